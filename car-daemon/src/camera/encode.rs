//! The making of JPEG files, as a camera makes them.
//!
//! What must never live here: what is on the pictures.

use jpeg_encoder::{Encoder, EncodingError, SamplingFactor};

/// A JPEG of a quality from 1 to 100, with colours at half the resolution; it has `room` for so many bytes at first.
pub(super) fn encoded(
    quality: u8,
    room: usize,
    encode: impl FnOnce(Encoder<&mut Vec<u8>>) -> Result<(), EncodingError>,
) -> Result<Vec<u8>, EncodingError> {
    let mut jpeg = Vec::with_capacity(room);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encode(encoder)?;
    Ok(jpeg)
}
