//! What a terminal says, out of its bytes: keys, whether it has the focus, what it can, that it is there.
//! Pure: a read of the terminal goes in. Any bytes may come, and none makes it remember more than a few.
//!
//! Esc alone is a byte that also begins the sequences of other keys. It is taken for Esc where nothing follows in the
//! same read, or nothing that belongs to a sequence: an emergency stop waits for no next key. A sequence that a slow
//! line tears apart behind its first byte is an emergency stop too many, and what follows of it no letter.
//!
//! What must never live here: what a key means for the car.

/// A key, whichever way it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    Left,
    Right,
    Escape,
    /// Printable ASCII; a letter is a small one.
    Char(char),
    /// Ctrl-C, Ctrl-D, Ctrl-\.
    End,
    /// Ctrl-Z.
    Suspend,
}

/// What the finger did; all that most terminals tell is `Press`, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Press,
    Repeat,
    Release,
}

/// What a terminal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Key(Key, Phase),
    /// Keys go to this window now, or no longer.
    Focus(bool),
    /// It speaks kitty's keyboard protocol, and whether it tells when a key is let go.
    Protocol {
        releases: bool,
    },
    /// The answer to [`ARE_YOU_THERE`].
    Here,
}

/// A question that every terminal has answered since the VT100: the device status report.
pub(super) const ARE_YOU_THERE: &str = "\x1b[5n";

/// Asks for the flags of kitty's keyboard protocol; who does not know it says nothing.
pub(super) const WHICH_PROTOCOL: &str = "\x1b[?u";

/// Of a sequence, more than any that means something here has.
const LONGEST: usize = 48;

const ESC: u8 = 0x1b;

/// What stands before and behind pasted text, where the terminal was asked to mark it.
const PASTE: &str = "200";
const PASTED: &[u8] = b"\x1b[201~";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    /// Behind an ESC of the same read.
    Escape,
    /// Behind an ESC that ended a read, and was told as Esc.
    Torn,
    /// Behind `ESC [`.
    Csi,
    /// Behind `ESC O`.
    Ss3,
    /// In pasted text, behind so many bytes of what ends it.
    Paste(usize),
}

/// Keys out of bytes.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    within: Within,
    parameters: Vec<u8>,
}

impl Decoder {
    /// All that one read gave.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<Said> {
        let mut said = Vec::new();
        for byte in bytes {
            self.byte(*byte, &mut said);
        }
        // Within pasted text too: nothing hides an emergency stop.
        if matches!(self.within, Within::Escape | Within::Paste(1)) {
            said.push(press(Key::Escape));
            self.within = Within::Torn;
        }
        said
    }

    fn byte(&mut self, byte: u8, said: &mut Vec<Said>) {
        let within = std::mem::take(&mut self.within);
        match (within, byte) {
            (Within::Paste(matched), _) => self.within = pasted(matched, byte),
            (Within::Escape, b'[') | (Within::Torn, b'[') => {
                self.parameters.clear();
                self.within = Within::Csi;
            }
            (Within::Escape | Within::Torn, b'O') => self.within = Within::Ss3,
            (Within::Escape, _) => {
                said.push(press(Key::Escape));
                self.byte(byte, said);
            }
            (_, ESC) => self.within = Within::Escape,
            (Within::Csi, b' '..=b'?') => {
                self.within = Within::Csi;
                if self.parameters.len() < LONGEST {
                    self.parameters.push(byte);
                }
            }
            (Within::Csi, b'~') if self.parameters == PASTE.as_bytes() => {
                said.push(Said::Focus(false));
                self.within = Within::Paste(0);
            }
            (Within::Csi, b'@'..=b'~') => said.extend(sequence(&self.parameters, byte)),
            (Within::Ss3, _) => said.extend(arrow(byte).map(press)),
            _ => said.extend(plain(byte).map(press)),
        }
    }
}

/// Behind one more byte of pasted text, of which nothing is a key.
fn pasted(matched: usize, byte: u8) -> Within {
    match PASTED.get(matched) {
        Some(next) if *next == byte && matched + 1 == PASTED.len() => Within::Nothing,
        Some(next) if *next == byte => Within::Paste(matched + 1),
        _ => Within::Paste(usize::from(byte == ESC)),
    }
}

fn press(key: Key) -> Said {
    Said::Key(key, Phase::Press)
}

fn plain(byte: u8) -> Option<Key> {
    match byte {
        0x03 | 0x04 | 0x1c => Some(Key::End),
        0x1a => Some(Key::Suspend),
        b' '..=b'~' => Some(Key::Char(char::from(byte).to_ascii_lowercase())),
        _ => None,
    }
}

fn arrow(last: u8) -> Option<Key> {
    match last {
        b'A' => Some(Key::Up),
        b'B' => Some(Key::Down),
        b'C' => Some(Key::Right),
        b'D' => Some(Key::Left),
        _ => None,
    }
}

/// What `ESC [ parameters last` says, if that means something here.
fn sequence(parameters: &[u8], last: u8) -> Option<Said> {
    let text = std::str::from_utf8(parameters).ok()?;
    if parameters.len() >= LONGEST {
        return None;
    }
    match (last, text) {
        (b'I', "") => Some(Said::Focus(true)),
        (b'O', "") => Some(Said::Focus(false)),
        (b'n', "0") => Some(Said::Here),
        (b'u', _) if text.starts_with('?') => {
            let flags: u32 = text[1..].parse().ok()?;
            Some(Said::Protocol { releases: flags & RELEASES == RELEASES })
        }
        (b'u', _) => kitty(text),
        _ => Some(Said::Key(arrow(last)?, modifiers(text.split(';').nth(1))?.1)),
    }
}

/// The flags of kitty's protocol by which presses, repeats and releases are told apart, and of letters too.
const RELEASES: u32 = 0b1010;

/// Of a modifier's bits.
const SHIFT: u32 = 1;
const ALT: u32 = 2;
const CTRL: u32 = 4;

/// `modifiers:event`, each of which may be left out.
fn modifiers(field: Option<&str>) -> Option<(u32, Phase)> {
    let mut parts = field.unwrap_or_default().split(':');
    let bits = match parts.next() {
        None | Some("") => 0,
        Some(number) => number.parse::<u32>().ok()?.checked_sub(1)?,
    };
    let phase = match parts.next() {
        None | Some("" | "1") => Phase::Press,
        Some("2") => Phase::Repeat,
        Some("3") => Phase::Release,
        Some(_) => return None,
    };
    Some((bits, phase))
}

/// `key:shifted:base;modifiers:event;text u`, as <https://sw.kovidgoyal.net/kitty/keyboard-protocol/> has it.
fn kitty(text: &str) -> Option<Said> {
    let mut fields = text.split(';');
    let mut codes = fields.next()?.split(':').map(|code| code.parse::<u32>().ok());
    let (code, shifted, base) = (codes.next()??, codes.next().flatten(), codes.next().flatten());
    let (bits, phase) = modifiers(fields.next())?;
    let known = |code: &u32| (32..127).contains(code);
    let code = match (shifted, base) {
        (Some(shifted), _) if bits & SHIFT != 0 && known(&shifted) => shifted,
        // On a keyboard of other letters, the key in the place of the Latin one.
        (_, Some(base)) if !known(&code) && code != u32::from(ESC) => base,
        _ => code,
    };
    let letter = char::from_u32(code)?.to_ascii_lowercase();
    let key = match letter {
        '\x1b' => Key::Escape,
        // Whatever else is held by then: what is let go is let go.
        ' '..='~' if phase == Phase::Release => Key::Char(letter),
        'c' | 'd' | '\\' if bits & CTRL != 0 => Key::End,
        'z' if bits & CTRL != 0 => Key::Suspend,
        ' '..='~' if bits & (CTRL | ALT) == 0 => Key::Char(letter),
        _ => return None,
    };
    Some(Said::Key(key, phase))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Key::{Char, Down, Escape, Left, Right, Up};

    fn keys(reads: &[&[u8]]) -> Vec<Key> {
        let mut decoder = Decoder::default();
        let said = reads.iter().flat_map(|read| decoder.read(read));
        said.filter_map(|said| if let Said::Key(key, Phase::Press) = said { Some(key) } else { None })
            .collect()
    }

    #[test]
    fn letters_arrows_and_the_keys_that_end_it_are_read() {
        assert_eq!(keys(&[b"\x1b[A\x1b[B\x1bOC\x1b[D"]), [Up, Down, Right, Left]);
        assert_eq!(keys(&[b"wW \x03\x1a"]), [Char('w'), Char('w'), Char(' '), Key::End, Key::Suspend]);
        assert_eq!(keys(&[b"\x1b[15~\x1b[1;5Cx\xc3\xa9\x07q"]), [Right, Char('x'), Char('q')]);
    }

    #[test]
    fn esc_waits_for_no_next_key_and_none_hides_it() {
        assert_eq!(keys(&[b"\x1b"]), [Escape]);
        assert_eq!(keys(&[b"\x1bwww"]), [Escape, Char('w'), Char('w'), Char('w')]);
        assert_eq!(keys(&[b"\x1b\x1b[A"]), [Escape, Up]);
        assert_eq!(keys(&[b"w\x1b", b"w"]), [Char('w'), Escape, Char('w')]);
    }

    #[test]
    fn what_a_slow_line_tears_is_an_emergency_stop_and_no_letter() {
        assert_eq!(keys(&[b"\x1b", b"[A"]), [Escape, Up]);
        assert_eq!(keys(&[b"\x1b[", b"A"]), [Up]);
        assert_eq!(keys(&[b"\x1bO", b"D", b"d"]), [Left, Char('d')]);
    }

    #[test]
    fn a_terminal_with_kittys_protocol_tells_presses_repeats_and_releases() {
        let mut decoder = Decoder::default();
        for (bytes, said) in [
            (&b"\x1b[119;1:1u"[..], Said::Key(Char('w'), Phase::Press)),
            (b"\x1b[119;1:2u", Said::Key(Char('w'), Phase::Repeat)),
            (b"\x1b[119;1:3u", Said::Key(Char('w'), Phase::Release)),
            (b"\x1b[119;5:3u", Said::Key(Char('w'), Phase::Release)),
            (b"\x1b[100;7:3u", Said::Key(Char('d'), Phase::Release)),
            (b"\x1b[1;5:3A", Said::Key(Up, Phase::Release)),
            (b"\x1b[1;1:3A", Said::Key(Up, Phase::Release)),
            (b"\x1b[A", Said::Key(Up, Phase::Press)),
            (b"\x1b[27u", Said::Key(Escape, Phase::Press)),
            (b"\x1b[61:43;2u", Said::Key(Char('+'), Phase::Press)),
            (b"\x1b[1094::119;1:1u", Said::Key(Char('w'), Phase::Press)),
            (b"\x1b[99;5u", Said::Key(Key::End, Phase::Press)),
            (b"\x1b[122;5u", Said::Key(Key::Suspend, Phase::Press)),
            (b"\x1b[119;129:1u", Said::Key(Char('w'), Phase::Press)),
            (b"\x1b[?11u", Said::Protocol { releases: true }),
            (b"\x1b[?2u", Said::Protocol { releases: false }),
            (b"\x1b[0n", Said::Here),
            (b"\x1b[I", Said::Focus(true)),
            (b"\x1b[O", Said::Focus(false)),
        ] {
            assert_eq!(decoder.read(bytes), [said], "{bytes:?}");
        }
        for bytes in [&b"\x1b[57441;2:1u"[..], b"\x1b[119;3u", b"\x1b[119;0u", b"\x1b[;u", b"\x1b[119;1:9u"] {
            assert_eq!(decoder.read(bytes), [], "{bytes:?}");
        }
    }

    #[test]
    fn a_key_that_was_pressed_is_let_go_whatever_else_is_held_by_then() {
        for letter in "wasdijkl".bytes() {
            for bits in 1..=256 {
                let released = Decoder::default().read(format!("\x1b[{letter};{bits}:3u").as_bytes());
                assert_eq!(released, [Said::Key(Char(char::from(letter)), Phase::Release)], "{bits}");
            }
        }
    }

    #[test]
    fn what_is_pasted_is_no_key_and_lets_go_of_all() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.read(b"\x1b[200~for a dry floor\x1b[A\x1b[20"), [Said::Focus(false)]);
        assert_eq!(decoder.read(b"wr\x1b[2"), []);
        assert_eq!(decoder.read(b"01~w"), [press(Char('w'))]);
    }

    #[test]
    fn esc_is_told_within_text_whose_end_never_comes() {
        assert_eq!(keys(&[b"\x1b[200~rrr", b"\x1b", b"w"]), [Escape, Char('w')]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_remembered_by_few(reads: Vec<Vec<u8>>) {
            let mut decoder = Decoder::default();
            for read in &reads {
                let said = decoder.read(read);
                prop_assert!(said.len() <= read.len() + 1);
                prop_assert!(decoder.parameters.len() <= LONGEST);
            }
        }

        #[test]
        fn an_esc_at_the_end_of_a_read_is_always_told(mut read: Vec<u8>) {
            read.push(ESC);
            let said = Decoder::default().read(&read);
            prop_assert_eq!(said.last(), Some(&press(Escape)));
        }
    }
}
