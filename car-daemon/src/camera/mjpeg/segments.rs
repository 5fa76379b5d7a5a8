//! The segments before the first entropy-coded data of a picture.
//!
//! What must never live here: what a segment means.

use super::size::NoJpeg;
use super::{EOI, SOI, SOS, is_alone, is_reserved};

/// A segment: marker, length and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment<'j> {
    pub(super) marker: u8,
    /// Where its marker is in the picture.
    pub(super) at: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Without marker and length.
    pub(super) holds: &'j [u8],
}

/// Those of a picture in their order, the last of them the first start of a scan; or where the bytes are no picture, why
/// they are none.
pub(super) fn of(jpeg: &[u8]) -> impl Iterator<Item = Result<Segment<'_>, NoJpeg>> {
    let mut at = Some(2);
    std::iter::from_fn(move || {
        let from = at?;
        let is_begun = jpeg.starts_with(&[0xFF, SOI]);
        let segment = if is_begun { next(jpeg, from) } else { Err(NoJpeg::Other) };
        at = segment.ok().filter(|segment| segment.marker != SOS).map(|segment| segment.end);
        Some(segment)
    })
}

fn next(jpeg: &[u8], mut at: usize) -> Result<Segment<'_>, NoJpeg> {
    loop {
        let two = jpeg.get(at..).and_then(<[u8]>::split_first_chunk);
        let (&[first, marker], rest) = two.ok_or(NoJpeg::Short)?;
        match (first, marker) {
            // A fill byte (T.81, B.1.1.2).
            (0xFF, 0xFF) => at += 1,
            (0xFF, _) if is_alone(marker) => at += 2,
            (0xFF, marker) if !is_reserved(marker) && marker != SOI && marker != EOI => {
                let length = usize::from(u16::from_be_bytes(*rest.first_chunk().ok_or(NoJpeg::Short)?));
                if length < 2 {
                    return Err(NoJpeg::Other);
                }
                let holds = rest.get(2..length).ok_or(NoJpeg::Short)?;
                return Ok(Segment { marker, at, end: at + 2 + length, holds });
            }
            _ => return Err(NoJpeg::Other),
        }
    }
}
