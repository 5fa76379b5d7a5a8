//! `length`: a 32-bit big-endian length, then that many bytes of any kind.

use bytes::{BufMut, BytesMut};

use super::{Decoded, Framing, counted, cut_short, frame_of};
use crate::SendError;

const HEADER: usize = size_of::<u32>();

pub(super) const FRAMING: Framing = Framing {
    name: "length",
    binary: true,
    longest: u32::MAX as usize,
    until_silence: false,
    decode,
    finish,
    encode,
};

fn decode(src: &mut BytesMut, _: &mut usize, limit: usize) -> Decoded {
    let message = counted(src, HEADER, announced(src), limit)?;
    Some(message.map(frame_of))
}

fn finish(src: &mut BytesMut, _: usize) -> Decoded {
    let rest = src.split();
    Some(Err(cut_short(rest.len(), HEADER, announced(&rest))))
}

fn encode(data: &[u8], dst: &mut BytesMut, limit: usize) -> Result<(), SendError> {
    let len = u32::try_from(data.len()).map_err(|_| SendError::TooLong { len: data.len(), limit })?;
    dst.reserve(HEADER + data.len());
    dst.put_u32(len);
    dst.put_slice(data);
    Ok(())
}

fn announced(src: &[u8]) -> Option<usize> {
    src.first_chunk().map(|header| u32::from_be_bytes(*header) as usize)
}
