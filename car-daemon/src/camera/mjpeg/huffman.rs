//! Huffman tables for pictures that come without: many a UVC camera leaves them out of its Motion JPEG and means
//! those of ITU-T T.81, annex K.3, which not every decoder knows by itself.
//!
//! What must never live here: anything that changes a picture which is whole.

use super::segments::{self, Segment};
use super::{DHT, EOI, SOS};

/// Of the class and number in the first byte (T.81, B.2.4.2): how many codes there are of each length from 1 to 16,
/// and what they mean. Tables K.3 and K.4 (DC), K.5 and K.6 (AC), each of luminance and of chrominance.
const STANDARD: [(u8, [u8; 16], &[u8]); 4] = [
    (0x00, [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], &DC),
    (0x01, [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], &DC),
    (0x10, [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D], &AC_LUMINANCE),
    (0x11, [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77], &AC_CHROMINANCE),
];

const DC: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

#[rustfmt::skip]
const AC_LUMINANCE: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71,
    0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72,
    0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37,
    0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
    0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3,
    0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
    0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
    0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
];

#[rustfmt::skip]
const AC_CHROMINANCE: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22,
    0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1,
    0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x35, 0x36,
    0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
    0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A,
    0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A,
    0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA,
    0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
    0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
];

/// A whole picture of what a camera gave as one: from its begin to its end, padding left out, and with the standard
/// tables where its scan needs such as it does not bring. `None` where that is no picture, or half of one.
pub(crate) fn completed(mut given: Vec<u8>) -> Option<Vec<u8>> {
    let end = given.windows(2).rposition(|two| two == [0xFF, EOI])? + 2;
    given.truncate(end);
    Some(match scan(&given)? {
        Scan { at, lacks: true, has } => inserted(&given, at, &has),
        Scan { lacks: false, .. } => given,
    })
}

/// The first scan of a picture.
struct Scan {
    /// Where it begins.
    at: usize,
    /// The tables that were defined before it.
    has: Vec<u8>,
    /// It needs others, and may mean those of annex K.
    lacks: bool,
}

fn scan(jpeg: &[u8]) -> Option<Scan> {
    let (mut has, mut baseline) = (Vec::new(), false);
    for segment in segments::of(jpeg) {
        let segment = segment.ok()?;
        match segment.marker {
            DHT => has.extend(defined(segment.holds)),
            0xC0 | 0xC1 => baseline = true,
            SOS => {
                let lacks = baseline && needed(&segment)?.any(|table| !has.contains(&table));
                return Some(Scan { at: segment.at, has, lacks });
            }
            _ => {}
        }
    }
    None
}

/// The tables of a segment, by class and number.
fn defined(mut holds: &[u8]) -> Vec<u8> {
    let mut tables = Vec::new();
    while let Some((&[table], rest)) = holds.split_first_chunk() {
        let Some((lengths, rest)) = rest.split_first_chunk::<16>() else { break };
        let codes: usize = lengths.iter().map(|count| usize::from(*count)).sum();
        tables.push(table);
        holds = rest.get(codes..).unwrap_or_default();
    }
    tables
}

/// The tables that a scan names (T.81, B.2.3): DC and AC for each component.
fn needed<'s>(scan: &Segment<'s>) -> Option<impl Iterator<Item = u8> + use<'s>> {
    let (&[count], rest) = scan.holds.split_first_chunk()?;
    let components = rest.get(..2 * usize::from(count))?;
    Some(components.chunks_exact(2).flat_map(|component| [component[1] >> 4, 0x10 | (component[1] & 0x0F)]))
}

/// With each standard table that it `has` not, in one segment before the scan.
fn inserted(jpeg: &[u8], scan: usize, has: &[u8]) -> Vec<u8> {
    let missing = || STANDARD.iter().filter(|(table, ..)| !has.contains(table));
    let length: usize =
        2 + missing().map(|(_, lengths, values)| 1 + lengths.len() + values.len()).sum::<usize>();
    let mut whole = Vec::with_capacity(jpeg.len() + 2 + length);
    whole.extend_from_slice(&jpeg[..scan]);
    whole.extend_from_slice(&[0xFF, DHT]);
    whole.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    for (table, lengths, values) in missing() {
        whole.push(*table);
        whole.extend_from_slice(lengths);
        whole.extend_from_slice(values);
    }
    whole.extend_from_slice(&jpeg[scan..]);
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::SOI;
    use super::super::samples::{picture, with_thumbnail, without_tables};
    use super::*;

    fn tables(jpeg: &[u8]) -> Vec<u8> {
        let segments = segments::of(jpeg).map_while(Result::ok);
        let mut held: Vec<&[u8]> =
            segments.filter(|segment| segment.marker == DHT).map(|segment| segment.holds).collect();
        held.sort_unstable();
        held.concat()
    }

    #[test]
    fn tables_that_are_missing_are_those_of_annex_k_and_stand_before_the_scan() {
        let whole = picture(64, 48, 5);
        let bare = without_tables(&whole);
        assert!(tables(&bare).is_empty() && bare.len() < whole.len());
        let again = completed(bare.clone()).unwrap();
        // The encoder writes the tables of annex K too.
        assert_eq!(tables(&again), tables(&whole));
        assert_eq!(again.len(), bare.len() + 4 + tables(&whole).len());
        assert_eq!(without_tables(&again), bare, "nothing else has changed");
    }

    #[test]
    fn a_picture_that_is_whole_is_given_on_byte_for_byte_and_padding_is_left_out() {
        for whole in [picture(64, 48, 1), with_thumbnail(9)] {
            assert_eq!(completed(whole.clone()).unwrap(), whole);
            let padded = [&whole[..], &[0; 300]].concat();
            assert_eq!(completed(padded).unwrap(), whole);
        }
    }

    #[test]
    fn only_the_tables_that_are_not_there_are_added() {
        let whole = picture(64, 48, 5);
        let bare = without_tables(&whole);
        let dc: Vec<u8> = [&[0xFF, DHT, 0, 31, 0x00], &STANDARD[0].1[..], &DC].concat();
        let half = [&bare[..2], &dc, &bare[2..]].concat();
        let again = completed(half).unwrap();
        let segments = segments::of(&again).map_while(Result::ok);
        let has: Vec<u8> = segments.filter(|s| s.marker == DHT).flat_map(|s| defined(s.holds)).collect();
        assert_eq!(has, [0x00, 0x01, 0x10, 0x11]);
    }

    #[test]
    fn half_a_picture_and_none_are_no_picture() {
        let whole = picture(64, 48, 1);
        assert_eq!(completed(whole[..whole.len() - 2].to_vec()), None, "no end");
        assert_eq!(completed(whole[4..].to_vec()), None, "no begin");
        assert_eq!(completed(Vec::new()), None);
        assert_eq!(completed(vec![0xFF, SOI, 0xFF, EOI]), None, "no scan");
    }

    proptest! {
        #[test]
        fn whatever_a_camera_gives_nothing_panics(mut given in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..700, byte: u8) {
            let _any = completed(given.clone());
            let mut broken = without_tables(&picture(16, 16, 3));
            let at = at % broken.len();
            broken[at] = byte;
            let _any = completed(broken);
            given.splice(0..0, [0xFF, SOI]);
            given.extend([0xFF, EOI]);
            let _any = completed(given.clone());
        }
    }
}
