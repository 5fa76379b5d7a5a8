//! `length`: a 32-bit big-endian length, then that many bytes of any kind.

use bytes::{Buf, BufMut, BytesMut};

use super::{Decoded, Framing, cut_short, frame_of};
use crate::{RecvError, SendError};

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
    let len = announced(src)?;
    if len > limit {
        return Some(Err(RecvError::TooLong { limit }));
    }
    // Nothing is reserved for what a header only announces.
    if src.len() - HEADER < len {
        return None;
    }
    src.advance(HEADER);
    Some(Ok(frame_of(src.split_to(len).freeze())))
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
