//! The segments before the first entropy-coded data of a picture.
//!
//! What must never live here: what a segment means.

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

/// Those of a picture in their order, the first start of a scan the last of them; it ends early where the bytes
/// are no picture.
pub(super) fn of(jpeg: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut at = if jpeg.starts_with(&[0xFF, SOI]) { Some(2) } else { None };
    std::iter::from_fn(move || {
        let segment = next(jpeg, at?);
        at = segment.filter(|segment| segment.marker != SOS).map(|segment| segment.end);
        segment
    })
}

fn next(jpeg: &[u8], mut at: usize) -> Option<Segment<'_>> {
    loop {
        let (&[0xFF, marker], rest) = jpeg.get(at..)?.split_first_chunk()? else { return None };
        match marker {
            // A fill byte.
            0xFF => at += 1,
            _ if is_alone(marker) => at += 2,
            SOI | EOI => return None,
            _ if is_reserved(marker) => return None,
            _ => {
                let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
                let holds = rest.get(2..length)?;
                return Some(Segment { marker, at, end: at + 2 + length, holds });
            }
        }
    }
}
