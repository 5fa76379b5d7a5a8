//! `java-utf`: what Java's `DataOutputStream.writeUTF` writes: a 16-bit big-endian length, then
//! *modified* UTF-8. That is each UTF-16 unit of the text in one to three bytes, with NUL as `C0 80`
//! (JVM specification §4.4.7), so characters beyond U+FFFF are two surrogates of three bytes.

use bytes::{BufMut, Bytes, BytesMut};

use super::{Decoded, Framing, check_len, counted, cut_short, foreign};
use crate::{Frame, Kind, RecvError, SendError};

const HEADER: usize = size_of::<u16>();

pub(super) const FRAMING: Framing = Framing {
    name: "java-utf",
    binary: false,
    longest: u16::MAX as usize,
    until_silence: false,
    decode,
    finish,
    encode,
};

fn decode(src: &mut BytesMut, _: &mut usize, limit: usize) -> Decoded {
    // Two letters of a request are a length too, and where that ends a page of any origin could have a
    // browser send messages. So a first message that is the request is the last one.
    let len = announced(src).filter(|len| *len <= limit);
    let whole = len.and_then(|len| src.get(..HEADER + len));
    if let Some(request) = whole.filter(|bytes| bytes[0].is_ascii_uppercase()) {
        let first = request.split(|&b| b == b'\n').next().unwrap_or_default();
        if let Some(refused) = foreign(first.strip_suffix(b"\r").unwrap_or(first)) {
            return Some(Err(refused));
        }
    }
    let message = counted(src, HEADER, announced(src), limit)?;
    Some(message.and_then(text))
}

fn text(message: Bytes) -> Result<Frame, RecvError> {
    // ASCII is the same in both, and nearly every message is ASCII.
    let text = if message.is_ascii() { Ok(message) } else { from_modified(&message).map(Bytes::from) };
    text.map(|data| Frame { data, kind: Kind::Text }).map_err(RecvError::BadMessage)
}

fn finish(src: &mut BytesMut, _: usize) -> Decoded {
    let rest = src.split();
    Some(Err(cut_short(rest.len(), HEADER, announced(&rest))))
}

/// The limit counts the bytes as they travel: they are never fewer than those of the text.
fn encode(data: &[u8], dst: &mut BytesMut, limit: usize) -> Result<(), SendError> {
    let text = std::str::from_utf8(data).map_err(|_| {
        SendError::Unrepresentable("java-utf carries text only: other bytes need framing=length")
    })?;
    let len = text.encode_utf16().map(|unit| usize::from(width(unit))).sum();
    check_len(len, limit)?;
    let header = u16::try_from(len).map_err(|_| SendError::TooLong { len, limit })?;
    dst.reserve(HEADER + len);
    dst.put_u16(header);
    for unit in text.encode_utf16() {
        put_unit(dst, unit);
    }
    Ok(())
}

fn announced(src: &[u8]) -> Option<usize> {
    src.first_chunk().map(|header| usize::from(u16::from_be_bytes(*header)))
}

/// How many bytes a UTF-16 unit takes.
fn width(unit: u16) -> u8 {
    match unit {
        0x01..=0x7F => 1,
        0 | 0x80..=0x7FF => 2,
        0x800.. => 3,
    }
}

fn put_unit(dst: &mut BytesMut, unit: u16) {
    let [high, low] = unit.to_be_bytes();
    let tail = 0x80 | (low & 0x3F);
    match width(unit) {
        1 => dst.put_u8(low),
        2 => dst.put_slice(&[0xC0 | (high << 2) | (low >> 6), tail]),
        _ => dst.put_slice(&[0xE0 | (high >> 4), 0x80 | ((high & 0x0F) << 2) | (low >> 6), tail]),
    }
}

fn from_modified(bytes: &[u8]) -> Result<String, String> {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((unit, after)) = next_unit(rest) {
        units.push(unit);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(format!("not modified UTF-8 at byte {}", bytes.len() - rest.len()));
    }
    char::decode_utf16(units)
        .collect::<Result<_, _>>()
        .map_err(|lone| format!("half a surrogate pair: U+{:04X}", lone.unpaired_surrogate()))
}

/// The unit at the front, if there is one in its shortest form. As Java does, a NUL of one byte is
/// taken too.
fn next_unit(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let low = |byte: u8| (byte & 0xC0 == 0x80).then_some(u16::from(byte & 0x3F));
    let (unit, after) = match *bytes {
        [a @ ..0x80, ..] => return Some((a.into(), &bytes[1..])),
        [a @ 0xC0..0xE0, b, ..] => (u16::from(a & 0x1F) << 6 | low(b)?, &bytes[2..]),
        [a @ 0xE0..0xF0, b, c, ..] => (u16::from(a & 0x0F) << 12 | low(b)? << 6 | low(c)?, &bytes[3..]),
        _ => return None,
    };
    (usize::from(width(unit)) == bytes.len() - after.len()).then_some((unit, after))
}
