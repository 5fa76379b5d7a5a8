//! Motion JPEG: one picture after the other as bytes, where each begins and ends, and what many a camera leaves out
//! (ITU-T T.81, annex B).
//!
//! What must never live here: where the bytes come from, and the decoding of a picture.

mod huffman;
mod segments;
mod size;
mod splitter;

pub(crate) use huffman::completed;
pub(crate) use size::size;
pub(crate) use splitter::Splitter;

/// Start of image.
const SOI: u8 = 0xD8;
/// End of image.
const EOI: u8 = 0xD9;
/// Start of scan: entropy-coded data follow.
const SOS: u8 = 0xDA;
/// Define Huffman tables.
const DHT: u8 = 0xC4;

/// A marker that stands alone: no length follows (T.81, table B.1).
const fn is_alone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xD0..=0xD7)
}

/// What no picture may have (T.81, table B.1: reserved).
const fn is_reserved(marker: u8) -> bool {
    matches!(marker, 0x00 | 0x02..=0xBF)
}

/// Start of frame, of whatever coding.
const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF if marker != DHT && marker != 0xC8 && marker != 0xCC)
}

/// Pictures for the tests of all that handles bytes of them.
#[cfg(test)]
pub(crate) mod samples {
    use jpeg_encoder::{ColorType, Encoder};

    /// A picture of one colour with noise, so that entropy-coded data have whatever bytes.
    pub(crate) fn picture(width: u16, height: u16, seed: u8) -> Vec<u8> {
        let noise = |at: usize| (at.wrapping_mul(2_654_435_761) >> 7) as u8 ^ seed;
        let rgb: Vec<u8> = (0..usize::from(width) * usize::from(height) * 3).map(noise).collect();
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, 70).encode(&rgb, width, height, ColorType::Rgb).unwrap();
        jpeg
    }

    /// One of a single grey, which every decoder gives back.
    pub(crate) fn grey(width: u16, height: u16, grey: u8) -> Vec<u8> {
        let dots = vec![grey; usize::from(width) * usize::from(height)];
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, 50).encode(&dots, width, height, ColorType::Luma).unwrap();
        jpeg
    }

    /// One with another, whole, in an APP1 segment, as cameras store thumbnails.
    pub(crate) fn with_thumbnail(seed: u8) -> Vec<u8> {
        let (outer, thumbnail) = (picture(64, 48, seed), picture(16, 16, seed));
        let length = u16::try_from(thumbnail.len() + 2).unwrap();
        let mut jpeg = vec![0xFF, super::SOI, 0xFF, 0xE1];
        jpeg.extend(length.to_be_bytes());
        jpeg.extend(&thumbnail);
        jpeg.extend(&outer[2..]);
        jpeg
    }

    /// A picture without its Huffman tables, as many a webcam sends it.
    pub(crate) fn without_tables(jpeg: &[u8]) -> Vec<u8> {
        let mut bare = jpeg[..2].to_vec();
        let mut rest = 2;
        for segment in super::segments::of(jpeg).map_while(Result::ok) {
            if segment.marker != super::DHT {
                bare.extend(&jpeg[segment.at..segment.end]);
            }
            rest = segment.end;
        }
        bare.extend(&jpeg[rest..]);
        bare
    }
}
