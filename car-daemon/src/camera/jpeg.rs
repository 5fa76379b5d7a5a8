//! Whether some bytes are a whole JPEG file, by its markers alone (ITU-T T.81, annex B).
//!
//! What must never live here: what is in the picture.

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

const START: u8 = 0xD8;
const END: [u8; 2] = [0xFF, 0xD9];
const SCAN: u8 = 0xDA;

/// Columns and rows of a JPEG that has its end. Zeros behind it, with which some cameras fill their buffers, do no
/// harm.
///
/// # Errors
/// It is none, or not a whole one, or claims too much.
pub(crate) fn size(file: &[u8]) -> Result<(u16, u16), NoJpeg> {
    let Some(([0xFF, START], mut rest)) = file.split_first_chunk() else { return Err(NoJpeg::Other) };
    let mut size = None;
    loop {
        let Some(([0xFF, marker], behind)) = rest.split_first_chunk() else {
            return Err(if rest.len() < 2 { NoJpeg::Short } else { NoJpeg::Other });
        };
        // Any number of these bytes may stand before a marker (B.1.1.2).
        if *marker == 0xFF {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let length = behind.first_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
        let Some(segment) = behind.get(2..length).filter(|_| length >= 2) else {
            return Err(if length < 2 && behind.len() >= 2 { NoJpeg::Other } else { NoJpeg::Short });
        };
        match (*marker, segment) {
            (SCAN, _) => break,
            // A frame: its precision, its rows, its columns (B.2.2).
            (0xC0..=0xCF, [_, a, b, c, d, ..]) if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                size = Some((u16::from_be_bytes([*c, *d]), u16::from_be_bytes([*a, *b])));
            }
            _ => {}
        }
        rest = behind.get(length..).unwrap_or_default();
    }
    let size = size.filter(|(width, height)| *width > 0 && *height > 0).ok_or(NoJpeg::Other)?;
    let (width, height) = size;
    if width.max(height) > MOST || u32::from(width) * u32::from(height) > MOST_DOTS {
        return Err(NoJpeg::Huge(width, height));
    }
    let last = file.iter().rposition(|byte| *byte != 0).unwrap_or_default();
    if file.get(..=last).is_some_and(|used| used.ends_with(&END)) { Ok(size) } else { Err(NoJpeg::Short) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: u16, height: u16) -> Vec<u8> {
        let mut file = Vec::new();
        let dots = vec![90; usize::from(width) * usize::from(height)];
        let encoder = jpeg_encoder::Encoder::new(&mut file, 50);
        encoder.encode(&dots, width, height, jpeg_encoder::ColorType::Luma).expect("memory takes it");
        file
    }

    #[test]
    fn a_whole_picture_has_its_size_and_zeros_behind_it_do_no_harm() {
        let mut file = picture(40, 24);
        assert_eq!(size(&file), Ok((40, 24)));
        file.extend([0; 100]);
        assert_eq!(size(&file), Ok((40, 24)));
    }

    #[test]
    fn a_picture_that_breaks_off_anywhere_is_told_apart_from_what_is_none() {
        let file = picture(40, 24);
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
        ] {
            assert_eq!(size(other), Err(NoJpeg::Other), "{other:?}");
        }
    }

    #[test]
    fn a_picture_that_claims_more_than_can_be_drawn_is_told_with_what_it_claims() {
        let claiming = |width: u16, height: u16| {
            let mut file = picture(8, 8);
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
                file.splice(..0, [0xFF, START, 0xFF]);
            }
            let _ = size(&file);
        }
    }
}
