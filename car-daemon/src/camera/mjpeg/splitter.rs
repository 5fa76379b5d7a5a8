//! A stream of pictures, one after the other, cut into pictures however the bytes arrive.
//!
//! What must never live here: reading. The walk is from marker to marker, so a picture within a segment, such as a
//! thumbnail, and bytes that look like markers do not cut one.

use super::{EOI, SOI, SOS, is_alone, is_frame, is_reserved};

/// What is kept of what stands between two pictures, in bytes, at least: several times the head of a part.
const LONGEST_HEAD: usize = 4096;

/// Cuts a stream into pictures. Keeps one unfinished picture at most, of bounded length.
#[derive(Debug)]
pub(crate) struct Splitter {
    place: Place,
    /// The picture so far.
    picture: Vec<u8>,
    /// What stood before it.
    head: Vec<u8>,
    /// It has said what its frame is, and begun a scan.
    frame: bool,
    scan: bool,
    longest: usize,
    /// There was a picture that is too long.
    is_overrun: bool,
}

/// Where in the stream the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between pictures; after an `FF`, or not.
    Between {
        marked: bool,
    },
    /// Where a marker has to begin.
    Marker,
    /// After the `FF` of a marker.
    Code,
    /// The first byte of the length of a segment, and the second.
    High {
        marker: u8,
    },
    Low {
        marker: u8,
        high: u8,
    },
    /// In a segment.
    Within {
        marker: u8,
        left: usize,
    },
    /// In entropy-coded data; after an `FF`, or not.
    Coded {
        marked: bool,
    },
}

impl Splitter {
    /// Pictures that are longer than so many bytes are left out.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            place: Place::Between { marked: false },
            picture: Vec::new(),
            head: Vec::new(),
            frame: false,
            scan: false,
            longest,
            is_overrun: false,
        }
    }

    /// Takes the next bytes, and gives each picture that ends in them, after the last bytes that stood before it.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8], Vec<u8>)) {
        while let Some((&byte, rest)) = bytes.split_first() {
            let is_between = matches!(self.place, Place::Between { .. });
            let many = self.run(bytes);
            if many > 0 {
                let (piece, rest) = bytes.split_at(many);
                match is_between {
                    true => self.keep(piece),
                    false => self.picture.extend_from_slice(piece),
                }
                bytes = rest;
            } else {
                self.step(byte, &mut each);
                bytes = rest;
            }
            if self.picture.len() > self.longest {
                self.is_overrun = true;
                self.lose();
            }
        }
    }

    /// Whether a picture was left out since it is too long.
    pub(crate) fn is_overrun(&self) -> bool {
        self.is_overrun
    }

    /// How many of the bytes are of one piece, and need not be looked at one by one.
    fn run(&mut self, bytes: &[u8]) -> usize {
        match &mut self.place {
            Place::Within { marker, left } => {
                let many = (*left).min(bytes.len());
                *left -= many;
                if *left == 0 {
                    self.place = after_segment(*marker);
                }
                many
            }
            Place::Between { marked: false } | Place::Coded { marked: false } => {
                bytes.iter().position(|byte| *byte == 0xFF).unwrap_or(bytes.len())
            }
            _ => 0,
        }
    }

    /// What stands between two pictures: the last of it.
    fn keep(&mut self, piece: &[u8]) {
        let piece = &piece[piece.len().saturating_sub(LONGEST_HEAD)..];
        let all = self.head.len() + piece.len();
        // Not at each byte.
        if all > 2 * LONGEST_HEAD {
            self.head.drain(..all - LONGEST_HEAD);
        }
        self.head.extend_from_slice(piece);
    }

    fn step(&mut self, byte: u8, each: &mut impl FnMut(&[u8], Vec<u8>)) {
        self.picture.push(byte);
        match self.place {
            Place::Between { marked: true } if byte == SOI => self.begin(),
            Place::Between { .. } => {
                self.keep(&[byte]);
                self.lose_and(byte == 0xFF);
            }
            Place::Marker if byte == 0xFF => self.place = Place::Code,
            Place::Marker => self.lose(),
            Place::Code | Place::Coded { marked: true } => self.marker(byte, each),
            Place::High { marker } => self.place = Place::Low { marker, high: byte },
            Place::Low { marker, high } => match u16::from_be_bytes([high, byte]) {
                0 | 1 => self.lose(),
                2 => self.place = after_segment(marker),
                length => self.place = Place::Within { marker, left: usize::from(length) - 2 },
            },
            Place::Coded { .. } => self.place = Place::Coded { marked: byte == 0xFF },
            // All of it is a run.
            Place::Within { .. } => self.lose(),
        }
    }

    /// The code of a marker, before the first scan or in one.
    fn marker(&mut self, code: u8, each: &mut impl FnMut(&[u8], Vec<u8>)) {
        let coded = self.place == Place::Coded { marked: true };
        match code {
            // A fill byte.
            0xFF => {}
            // One that is data, of value FF.
            0x00 if coded => self.place = Place::Coded { marked: false },
            _ if is_alone(code) => {
                self.place = if coded { Place::Coded { marked: false } } else { Place::Marker };
            }
            // The one before has no end.
            SOI => self.begin(),
            // Too long by these bytes.
            EOI if self.picture.len() > self.longest => {}
            EOI if self.frame && self.scan => {
                let picture = std::mem::take(&mut self.picture);
                // The next one is about as long.
                self.picture.reserve(picture.len());
                self.place = Place::Between { marked: false };
                each(&std::mem::take(&mut self.head), picture);
            }
            EOI => self.lose(),
            _ if is_reserved(code) => self.lose(),
            _ => {
                self.frame |= is_frame(code);
                self.scan |= code == SOS;
                self.place = Place::High { marker: code };
            }
        }
    }

    /// A picture begins with the last two bytes.
    fn begin(&mut self) {
        self.picture.clear();
        self.picture.extend_from_slice(&[0xFF, SOI]);
        (self.frame, self.scan) = (false, false);
        self.place = Place::Marker;
    }

    /// What there is becomes no picture.
    fn lose(&mut self) {
        self.lose_and(false);
    }

    /// The same; the last byte may begin the next one.
    fn lose_and(&mut self, marked: bool) {
        self.picture.clear();
        if marked {
            self.picture.push(0xFF);
        }
        self.place = Place::Between { marked };
    }
}

fn after_segment(marker: u8) -> Place {
    if marker == SOS { Place::Coded { marked: false } } else { Place::Marker }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{picture, with_thumbnail};
    use super::*;

    const LONGEST: usize = 1 << 20;

    fn split<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Vec<Vec<u8>> {
        let (mut splitter, mut pictures) = (Splitter::new(LONGEST), Vec::new());
        pieces.into_iter().for_each(|piece| splitter.push(piece, |_, picture| pictures.push(picture)));
        pictures
    }

    #[test]
    fn pictures_are_cut_where_they_end_and_not_at_a_thumbnail() {
        let all = [picture(64, 48, 1), with_thumbnail(2), picture(33, 17, 3)];
        let pictures = split([all.concat().as_slice()]);
        assert!(pictures == all, "{} pictures", pictures.len());
    }

    #[test]
    fn restart_intervals_and_several_scans_are_part_of_a_picture() {
        let (mut restarts, mut scans) = (Vec::new(), Vec::new());
        let rgb: Vec<u8> = (0..64 * 64 * 3).map(|at| (at % 251) as u8).collect();
        let mut encoder = jpeg_encoder::Encoder::new(&mut restarts, 80);
        encoder.set_restart_interval(4);
        encoder.encode(&rgb, 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
        let mut encoder = jpeg_encoder::Encoder::new(&mut scans, 80);
        encoder.set_progressive(true);
        encoder.encode(&rgb, 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
        assert!(restarts.windows(2).any(|two| two == [0xFF, 0xD2]));
        assert!(scans.windows(2).filter(|two| two == &[0xFF, SOS]).count() > 3);
        let pictures = split([[&restarts[..], &scans].concat().as_slice()]);
        assert!(pictures == [restarts, scans]);
    }

    #[test]
    fn what_is_no_picture_is_left_out_and_the_next_picture_is_found() {
        let whole = picture(40, 40, 7);
        let noise: &[u8] = b"rpicam-apps build: v1.5\n\xFF\xFF\x00";
        let cut = &whole[..whole.len() / 2];
        let tables_only: &[u8] = &[0xFF, SOI, 0xFF, EOI];
        let pictures = split([&[noise, &whole, cut, &whole, tables_only, &whole, noise].concat()[..]]);
        assert_eq!(pictures, vec![whole.clone(); 3]);
    }

    #[test]
    fn a_picture_without_end_is_not_kept() {
        let mut splitter = Splitter::new(1000);
        let begin = &picture(64, 48, 0)[..800];
        splitter.push(begin, |_, _| panic!("no picture"));
        for _ in 0..100 {
            splitter.push(&[0x55; 4096], |_, _| panic!("no picture"));
            assert!(splitter.picture.len() <= 1000 + 4096);
        }
        assert!(splitter.picture.capacity() < 10_000);
        let mut found = 0;
        let small = picture(8, 8, 1);
        Splitter::new(small.len()).push(&small, |_, _| found += 1);
        let mut short = Splitter::new(small.len() - 1);
        short.push(&small, |_, _| found += 10);
        assert!(found == 1 && short.is_overrun() && splitter.is_overrun());
    }

    #[test]
    fn what_stands_before_a_picture_is_given_with_it_however_it_is_cut() {
        let (one, two) = (picture(8, 8, 1), picture(8, 8, 2));
        let stream = [b"--b\r\nX: 1\r\n\r\n", &one[..], b"\r\n--b\r\n\r\n", &two, &one].concat();
        for size in [1, 7, stream.len()] {
            let (mut splitter, mut heads) = (Splitter::new(LONGEST), Vec::new());
            stream.chunks(size).for_each(|piece| splitter.push(piece, |head, _| heads.push(head.to_vec())));
            let heads: Vec<_> = heads.iter().map(|head| head.strip_suffix(&[0xFF]).unwrap_or(head)).collect();
            assert_eq!(heads, [&b"--b\r\nX: 1\r\n\r\n"[..], b"\r\n--b\r\n\r\n", b""]);
        }
        for before in [LONGEST_HEAD - 9, 2 * LONGEST_HEAD - 9, 100_000] {
            let stream = [&vec![b'x'; before][..], b"\r\nX-Words: off\r\n\r\n", &one].concat();
            for size in [1, 5000, stream.len()] {
                let (mut splitter, mut kept) = (Splitter::new(LONGEST), Vec::new());
                stream.chunks(size).for_each(|piece| {
                    splitter.push(piece, |head, _| kept = head.to_vec());
                    assert!(splitter.head.len() <= 2 * LONGEST_HEAD);
                });
                assert!(kept.ends_with(b"\r\nX-Words: off\r\n\r\n\xFF"), "{before} in pieces of {size}");
            }
        }
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_pictures_are_the_same(
            parts in prop::collection::vec(
                prop_oneof![
                    (8_u16..40, 8_u16..40, any::<u8>()).prop_map(|(w, h, seed)| picture(w, h, seed)),
                    any::<u8>().prop_map(with_thumbnail),
                    (any::<u8>(), 1_usize..600).prop_map(|(seed, to)| picture(24, 24, seed)[..to].to_vec()),
                    prop::collection::vec(prop_oneof![Just(0xFF), Just(SOI), Just(0), any::<u8>()], 0..60),
                ],
                0..5,
            ),
            cuts in prop::collection::vec(1_usize..900, 1..20),
        ) {
            let stream = parts.concat();
            let whole = split([stream.as_slice()]);
            let mut pieces = Vec::new();
            let (mut rest, mut cut) = (stream.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cut.next().unwrap()).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            prop_assert_eq!(&split(pieces), &whole);
            prop_assert_eq!(&split(stream.chunks(1)), &whole);
            for picture in &whole {
                prop_assert!(picture.starts_with(&[0xFF, SOI]) && picture.ends_with(&[0xFF, EOI]));
            }
        }
    }
}
