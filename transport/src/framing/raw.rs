//! `raw`: each read is a message, and messages are written as they are. Whoever needs their borders
//! kept must choose another framing.

use bytes::BytesMut;

use super::{Decoded, Framing, foreign, frame_of};
use crate::SendError;

pub(super) const FRAMING: Framing =
    Framing { name: "raw", binary: true, longest: usize::MAX, until_silence: false, decode, finish, encode };

fn decode(src: &mut BytesMut, _: &mut usize, limit: usize) -> Decoded {
    finish(src, limit)
}

/// A read that is longer than a message may be becomes several: nothing in it says where one ends.
fn finish(src: &mut BytesMut, limit: usize) -> Decoded {
    let first = src[..].split(|&b| b == b'\n').next().unwrap_or_default();
    if let Some(refused) = foreign(first.strip_suffix(b"\r").unwrap_or(first)) {
        return Some(Err(refused));
    }
    let len = src.len().min(limit.max(1));
    (len > 0).then(|| Ok(frame_of(src.split_to(len).freeze())))
}

fn encode(data: &[u8], dst: &mut BytesMut, _: usize) -> Result<(), SendError> {
    if data.is_empty() {
        return Err(SendError::Unrepresentable("without framing an empty message is nothing"));
    }
    dst.extend_from_slice(data);
    Ok(())
}
