//! `lines`: UTF-8 text that ends at a newline, at the end of the stream, or in silence. A carriage
//! return before the newline belongs to it; blank lines are no messages.

use bytes::BytesMut;

use super::{Decoded, Framing, foreign};
use crate::{Frame, Kind, RecvError, SendError};

pub(super) const FRAMING: Framing = Framing {
    name: "lines",
    binary: false,
    longest: usize::MAX,
    until_silence: true,
    decode,
    finish,
    encode,
};

fn decode(src: &mut BytesMut, position: &mut usize, limit: usize) -> Decoded {
    loop {
        let Some(found) = src[*position..].iter().position(|&b| b == b'\n') else {
            *position = src.len();
            // No more than the limit is held, whatever may still follow.
            return (without_return(src) > limit).then_some(Err(RecvError::TooLong { limit }));
        };
        let line = src.split_to(*position + found + 1);
        *position = 0;
        if let Some(message) = message(line, limit) {
            return Some(message);
        }
    }
}

fn finish(src: &mut BytesMut, limit: usize) -> Decoded {
    message(src.split(), limit)
}

fn encode(data: &[u8], dst: &mut BytesMut, _: usize) -> Result<(), SendError> {
    let fault = match std::str::from_utf8(data) {
        Err(_) => Some("a line carries UTF-8 text only: other bytes need framing=length"),
        Ok("") => Some("an empty line is no message"),
        Ok(text) if text.contains(['\n', '\r']) => Some("a line cannot hold a line break"),
        Ok(_) => None,
    };
    if let Some(fault) = fault {
        return Err(SendError::Unrepresentable(fault));
    }
    dst.reserve(data.len() + 1);
    dst.extend_from_slice(data);
    dst.extend_from_slice(b"\n");
    Ok(())
}

/// The message of a line with or without its end; a blank one has none.
fn message(mut line: BytesMut, limit: usize) -> Decoded {
    if line.ends_with(b"\n") {
        line.truncate(line.len() - 1);
    }
    line.truncate(without_return(&line));
    if line.is_empty() {
        return None;
    }
    if line.len() > limit {
        return Some(Err(RecvError::TooLong { limit }));
    }
    if let Some(refused) = foreign(&line) {
        return Some(Err(refused));
    }
    Some(match std::str::from_utf8(&line) {
        Ok(_) => Ok(Frame { data: line.freeze(), kind: Kind::Text }),
        Err(error) => Err(RecvError::BadMessage(format!(
            "a line is not valid UTF-8 at byte {}: other bytes need framing=length",
            error.valid_up_to()
        ))),
    })
}

fn without_return(line: &[u8]) -> usize {
    line.strip_suffix(b"\r").unwrap_or(line).len()
}
