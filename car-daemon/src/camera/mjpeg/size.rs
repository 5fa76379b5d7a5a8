//! Whether some bytes are a whole JPEG file, by its markers alone (ITU-T T.81, annex B).
//!
//! What must never live here: what is in the picture.

use super::segments::{self, Segment};
use super::{EOI, is_frame};

/// What is wrong with a file that should be a JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoJpeg {
    /// It is something else.
    #[error("is no JPEG picture")]
    Other,
    /// It began well.
    #[error("is a JPEG picture that breaks off")]
    Short,
    /// It claims more than a viewer could draw.
    #[error(
        "is a JPEG picture that claims {0} x {1} dots: {side} a side and {all} in all are the most", side = MOST, all = MOST_DOTS
    )]
    Huge(u16, u16),
}

/// Most dots of a side: a quarter of what the format can claim, and more than any camera for a small car has.
const MOST: u16 = 16_384;

/// Most dots in all: drawn with four bytes each, they take a viewer 256 MB.
const MOST_DOTS: u32 = 64_000_000;

/// Columns and rows of a JPEG that has its end. Zeros behind it, with which some cameras fill their buffers, do no
/// harm.
///
/// # Errors
/// It is none, or not a whole one, or claims too much.
pub(crate) fn size(file: &[u8]) -> Result<(u16, u16), NoJpeg> {
    let mut size = None;
    for segment in segments::of(file) {
        let Segment { marker, holds, .. } = segment?;
        // A frame: its precision, its rows, its columns (B.2.2).
        if is_frame(marker)
            && let [_, a, b, c, d, ..] = holds
        {
            size = Some((u16::from_be_bytes([*c, *d]), u16::from_be_bytes([*a, *b])));
        }
    }
    let size = size.filter(|(width, height)| *width > 0 && *height > 0).ok_or(NoJpeg::Other)?;
    let (width, height) = size;
    if width.max(height) > MOST || u32::from(width) * u32::from(height) > MOST_DOTS {
        return Err(NoJpeg::Huge(width, height));
    }
    let last = file.iter().rposition(|byte| *byte != 0).unwrap_or_default();
    if file.get(..=last).is_some_and(|used| used.ends_with(&[0xFF, EOI])) {
        Ok(size)
    } else {
        Err(NoJpeg::Short)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{grey, picture};
    use super::super::{SOI, Splitter};
    use super::*;

    #[test]
    fn a_whole_picture_has_its_size_and_zeros_behind_it_do_no_harm() {
        let mut file = picture(40, 24, 1);
        assert_eq!(size(&file), Ok((40, 24)));
        file.extend([0; 100]);
        assert_eq!(size(&file), Ok((40, 24)));
    }

    #[test]
    fn a_picture_that_breaks_off_anywhere_is_told_apart_from_what_is_none() {
        let file = picture(40, 24, 1);
        for end in 2..file.len() {
            assert_eq!(size(&file[..end]), Err(NoJpeg::Short), "{end} of {}", file.len());
        }
        for other in [
            &b""[..],
            b"\xFF",
            b"GIF89a",
            b"<!doctype html>",
            b"\xFF\xD8\x00\x00",
            b"\xFF\xD8\xFF\xDA\x00\x01",
            b"\xFF\xD8\xFF\xD9",
            b"\xFF\xD8\xFF\x02\x00\x04\x00\x00",
        ] {
            assert_eq!(size(other), Err(NoJpeg::Other), "{other:?}");
        }
    }

    #[test]
    fn a_marker_that_stands_alone_and_fill_bytes_are_passed_over_as_by_whoever_cuts_a_stream() {
        let file = picture(40, 24, 1);
        let odd = [&file[..2], &[0xFF, 0x01, 0xFF, 0xD0, 0xFF, 0xFF], &file[2..]].concat();
        assert_eq!(size(&odd), Ok((40, 24)));
        let mut cut = Vec::new();
        Splitter::new(1 << 20).push(&odd, |_, picture| cut.push(picture));
        assert_eq!(cut, [odd]);
    }

    #[test]
    fn a_picture_that_claims_more_than_can_be_drawn_is_told_with_what_it_claims() {
        let claiming = |width: u16, height: u16| {
            let mut file = grey(8, 8, 90);
            let frame = file.windows(2).position(|marker| marker == [0xFF, 0xC0]).expect("a frame is in it");
            file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
            file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
            file
        };
        for (width, height) in [(9_152, 6_944), (16_384, 3_906)] {
            assert_eq!(size(&claiming(width, height)), Ok((width, height)));
        }
        for (width, height) in [(65_535, 65_535), (16_385, 1), (1, 16_385), (9_152, 7_000)] {
            assert_eq!(size(&claiming(width, height)), Err(NoJpeg::Huge(width, height)));
        }
        assert_eq!(
            NoJpeg::Huge(65_535, 65_535).to_string(),
            "is a JPEG picture that claims 65535 x 65535 dots: 16384 a side and 64000000 in all are the most"
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_judged_without_a_panic(mut file in proptest::collection::vec(any::<u8>(), 0..300), like in any::<bool>()) {
            if like {
                file.splice(..0, [0xFF, SOI, 0xFF]);
            }
            let _ = size(&file);
        }
    }
}
