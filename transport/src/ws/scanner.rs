//! Counts the fragments and the bytes of a message by reading nothing but frame headers (RFC 6455,
//! section 5.2).
//!
//! The bytes pass through unchanged. Whether they make sense is for the WebSocket itself to say;
//! no payload and no socket must ever be known here.

/// So many bytes of a message are as good a sign of life as a short message: over a slow link a long one
/// takes longer than a link may be silent. A trickle of less is none.
const SIGN: u64 = 1024;

/// Where in the stream the next byte belongs, and how much of the current message was seen.
#[derive(Debug)]
pub(super) struct Scanner {
    at: At,
    fragments: usize,
    most: usize,
    /// Whether the frame at hand is the last of its message.
    last: bool,
    /// Whether it stands between the frames of messages, and belongs to none.
    control: bool,
    /// Bytes of the message at hand.
    unfinished: u64,
    /// Of them, those since the last sign of life.
    unsigned: u64,
    /// Whether there was a sign of life since this was last asked.
    alive: bool,
}

#[derive(Debug)]
enum At {
    /// Before the byte that holds FIN and the opcode.
    First,
    /// Before the byte that holds MASK and the short length.
    Second,
    /// In a long length: bytes to come, value so far, bytes of the mask.
    Length(u8, u64, u64),
    /// In mask and payload, with so many bytes to come.
    Payload(u64),
}

impl Scanner {
    /// Before the first frame. A message may have `most` fragments.
    pub(super) fn new(most: usize) -> Self {
        Self {
            at: At::First,
            fragments: 0,
            most,
            last: false,
            control: false,
            unfinished: 0,
            unsigned: 0,
            alive: false,
        }
    }

    /// Whether a message, or a control frame, was completed since this was last asked, or a message
    /// became longer by [`SIGN`].
    pub(super) fn take_alive(&mut self) -> bool {
        std::mem::take(&mut self.alive)
    }

    /// Bytes of a message that is not whole yet.
    pub(super) fn unfinished(&self) -> usize {
        // It fits: the bytes are here.
        self.unfinished as usize
    }

    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    /// How many of them precede the fragment that is one too many.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<(), usize> {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if let At::Payload(left) = self.at {
                let skipped = left.min(rest.len() as u64);
                self.count(skipped);
                self.at = self.after_payload(left - skipped);
                // It fits: it is at most the length of a slice.
                rest = &rest[skipped as usize..];
                continue;
            }
            if !self.step(byte) {
                return Err(bytes.len() - rest.len());
            }
            rest = after;
        }
        Ok(())
    }

    /// One byte of a header; false where it begins a fragment too many.
    fn step(&mut self, byte: u8) -> bool {
        self.at = match self.at {
            At::First => {
                self.last = byte & 0x80 != 0;
                self.control = byte & 0x08 != 0;
                match byte & 0x0F {
                    0 => self.fragments += 1,
                    1 | 2 => self.fragments = 1,
                    // A control frame may stand between two fragments and is none.
                    _ => {}
                }
                if self.fragments > self.most {
                    return false;
                }
                At::Second
            }
            At::Second => {
                let mask = if byte & 0x80 != 0 { 4 } else { 0 };
                match byte & 0x7F {
                    126 => At::Length(2, 0, mask),
                    127 => At::Length(8, 0, mask),
                    short => self.after_payload(mask + u64::from(short)),
                }
            }
            At::Length(left, value, mask) => {
                let value = value << 8 | u64::from(byte);
                match left {
                    1 => self.after_payload(value.saturating_add(mask)),
                    _ => At::Length(left - 1, value, mask),
                }
            }
            At::Payload(left) => self.after_payload(left - 1),
        };
        true
    }

    fn count(&mut self, bytes: u64) {
        if !self.control {
            self.unfinished += bytes;
            self.unsigned += bytes;
            if self.unsigned >= SIGN {
                self.unsigned = 0;
                self.alive = true;
            }
        }
    }

    fn after_payload(&mut self, left: u64) -> At {
        if left > 0 {
            return At::Payload(left);
        }
        self.alive |= self.last;
        if self.last && !self.control {
            (self.unfinished, self.unsigned) = (0, 0);
        }
        At::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame whose payload looks like the beginnings of fragments.
    fn frame(first: u8, len: usize, masked: bool) -> Vec<u8> {
        let mask = if masked { 0x80 } else { 0 };
        let mut bytes = match len {
            0..=125 => vec![first, mask | len as u8],
            126..=0xFFFF => [&[first, mask | 126][..], &(len as u16).to_be_bytes()].concat(),
            _ => [&[first, mask | 127][..], &(len as u64).to_be_bytes()].concat(),
        };
        bytes.extend(vec![0; if masked { 4 + len } else { len }]);
        bytes
    }

    /// Where the scan ends, when the stream comes in pieces of `size`.
    fn end(most: usize, stream: &[u8], size: usize) -> Option<usize> {
        let mut scanner = Scanner::new(most);
        stream
            .chunks(size)
            .enumerate()
            .find_map(|(n, piece)| scanner.scan(piece).err().map(|good| n * size + good))
    }

    #[test]
    fn only_a_whole_message_counts_as_one() {
        for len in [0, 5, 126, SIGN as usize - 5] {
            let (mut scanner, bytes) = (Scanner::new(4), frame(0x81, len, true));
            let (last, before) = bytes.split_last().expect("a frame has bytes");
            scanner.scan(before).expect("one fragment");
            assert!(!scanner.take_alive(), "{len}");
            scanner.scan(&[*last]).expect("one fragment");
            assert!(scanner.take_alive() && !scanner.take_alive(), "{len}");
            scanner.scan(&frame(0x01, len, true)).expect("one fragment");
            assert!(!scanner.take_alive(), "a fragment is no message: {len}");
            scanner.scan(&frame(0x80, 0, true)).expect("two fragments");
            assert!(scanner.take_alive(), "{len}");
        }
    }

    #[test]
    fn a_long_message_is_a_sign_of_life_each_kibibyte_and_a_trickle_is_none() {
        let (mut scanner, bytes) = (Scanner::new(4), frame(0x81, 10_000, true));
        let signs = bytes.chunks(100).filter(|piece| {
            scanner.scan(piece).expect("one fragment");
            scanner.take_alive()
        });
        assert_eq!(signs.count(), 10_000 / SIGN as usize + 1, "and one for the whole message");
        scanner.scan(&frame(0x01, 0, true)).expect("one fragment");
        scanner.scan(&[0x80, 0xFE, 0xFF, 0xFF]).expect("two fragments");
        // The mask of the first fragment has four bytes.
        for _ in 0..SIGN - 4 - 1 {
            scanner.scan(&[0]).expect("two fragments");
            assert!(!scanner.take_alive());
        }
    }

    #[test]
    fn what_has_come_of_a_message_is_known_until_it_is_whole() {
        let mut scanner = Scanner::new(4);
        scanner.scan(&frame(0x01, 3_000, true)).expect("one fragment");
        scanner.scan(&frame(0x89, 100, true)).expect("a ping");
        scanner.scan(&frame(0x80, 2_000, true)[..1_008]).expect("two fragments");
        assert_eq!(scanner.unfinished(), 3_004 + 1_004, "with masks, without headers");
        scanner.scan(&[0; 1_000]).expect("the rest");
        assert_eq!(scanner.unfinished(), 0);
    }

    #[test]
    fn the_fragment_that_is_one_too_many_is_found_however_the_bytes_are_cut() {
        for masked in [false, true] {
            for len in [0, 1, 125, 126, 127, 128, 65535, 65536] {
                let good = [
                    frame(0x02, len, masked),
                    frame(0x89, 5, masked),
                    frame(0x00, len, masked),
                    frame(0x80, len, masked),
                    frame(0x01, 2, masked),
                    frame(0x00, len, masked),
                    frame(0x00, len, masked),
                ]
                .concat();
                let stream = [good.clone(), frame(0x80, len, masked)].concat();
                for size in [1, 2, 7, 1024, stream.len()] {
                    assert_eq!(end(3, &stream, size), Some(good.len()), "{len} bytes in pieces of {size}");
                    assert_eq!(end(4, &stream, size), None, "{len} bytes in pieces of {size}");
                }
            }
        }
    }

    #[test]
    fn a_length_past_all_memory_is_only_skipped() {
        let mut stream = vec![0x02, 0xFF];
        stream.extend([0xFF; 8]);
        stream.extend([0; 64]);
        assert_eq!(end(1, &stream, 1), None);
    }
}
