//! How messages are cut out of a byte stream: one file for each framing, one row here, and the
//! codecs that put the chosen row between a socket and its frames.
//!
//! A framing is pure: no socket, no clock. When bytes arrive, and what silence means for them, is
//! `stream`'s; what a message says must never be known here.

use std::io;
use std::sync::{Arc, OnceLock};

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::tls::server::HANDSHAKE_RECORD;
use crate::{Caps, Endpoint, Frame, Kind, Limits, OptionSpec, RecvError, SendError};

mod java_utf;
mod length;
mod lines;
mod raw;

/// Every framing; the first is spoken until the peer has shown another.
const FRAMINGS: [&Framing; 4] = [&lines::FRAMING, &length::FRAMING, &java_utf::FRAMING, &raw::FRAMING];

/// The value that leaves the choice to the peer.
const AUTO: &str = "auto";

/// The option by which an endpoint chooses its framing.
pub(crate) const OPTION: OptionSpec = OptionSpec { key: "framing", values: &NAMES, check: None };

const NAMES: [&str; 1 + FRAMINGS.len()] = {
    let mut names = [AUTO; 1 + FRAMINGS.len()];
    let mut row = 0;
    while row < FRAMINGS.len() {
        names[1 + row] = FRAMINGS[row].name;
        row += 1;
    }
    names
};

/// Room that is made before each read: most messages fit whole, and an idle peer costs little.
pub(crate) const READ_CHUNK: usize = 4 * 1024;

/// The next message of a stream: none yet, one, or an error, fatal or not.
type Decoded = Option<Result<Frame, RecvError>>;

/// A row: how one framing cuts and joins. Lengths of messages are bounded by `limit`.
#[derive(Debug)]
struct Framing {
    /// The value of [`OPTION`].
    name: &'static str,
    /// Whether any bytes can be carried.
    binary: bool,
    /// Longest message that the framing itself can express.
    longest: usize,
    /// Whether silence ends a message.
    until_silence: bool,
    /// Takes the next message off the front of `src`, if it is there. The position is the
    /// framing's own note of how far it has looked in vain; it is 0 again after each message.
    decode: fn(src: &mut BytesMut, position: &mut usize, limit: usize) -> Decoded,
    /// What is left of `src` as the stream ends, or falls silent; leaves it empty.
    finish: fn(src: &mut BytesMut, limit: usize) -> Decoded,
    /// Appends a message of at most `limit` bytes to `dst`, or leaves it alone.
    encode: fn(data: &[u8], dst: &mut BytesMut, limit: usize) -> Result<(), SendError>,
}

/// The framing of one connection: known from the start, or found out by its reader and then used
/// by its writer too.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    chosen: Arc<OnceLock<&'static Framing>>,
    limit: usize,
}

impl Choice {
    /// For an accepted connection.
    pub(crate) fn for_listener(at: &Endpoint, limits: &Limits) -> Self {
        let wanted = at.option(OPTION.key).unwrap_or(AUTO);
        let chosen = FRAMINGS.into_iter().find(|framing| framing.name == wanted);
        Self { chosen: Arc::new(chosen.map_or_else(OnceLock::new, OnceLock::from)), limit: limits.max_frame }
    }

    /// For a dialled connection: who dials shows the framing, so there is nothing to find out.
    pub(crate) fn for_dialler(to: &Endpoint, limits: &Limits) -> Self {
        let choice = Self::for_listener(to, limits);
        choice.chosen.get_or_init(|| FRAMINGS[0]);
        choice
    }

    /// What a connection of this framing can do.
    pub(crate) fn caps(&self) -> Caps {
        let framing = self.framing();
        Caps {
            reliable: true,
            ordered: true,
            linked: true,
            kinds: false,
            binary: framing.binary,
            max_frame: self.limit.min(framing.longest),
        }
    }

    fn framing(&self) -> &'static Framing {
        self.chosen.get().copied().unwrap_or(FRAMINGS[0])
    }

    /// The framing that the first bytes of a stream show; `None` while they can be of several.
    ///
    /// A first message of 64 KiB or more with a 32-bit length, and a first message that is empty
    /// with a 16-bit length, look like each other's framing: such peers choose theirs by option.
    fn detect(&self, src: &[u8]) -> Option<&'static Framing> {
        if let Some(framing) = self.chosen.get() {
            return Some(framing);
        }
        let shown = match src {
            [] | [0] => return None,
            [0, 0, ..] => &length::FRAMING,
            [0, ..] => &java_utf::FRAMING,
            _ => &lines::FRAMING,
        };
        Some(self.chosen.get_or_init(|| shown))
    }
}

/// Cuts frames out of bytes. Its items carry the errors of messages, so that a bad one does not end
/// the stream; its own error is the socket's.
#[derive(Debug)]
pub(crate) struct Decode {
    choice: Choice,
    position: usize,
}

impl Decode {
    pub(crate) fn new(choice: Choice) -> Self {
        Self { choice, position: 0 }
    }

    /// Whether silence ends the message of which `begun` is there.
    ///
    /// While nobody can tell the framing, it ends nothing: a length that is written byte by byte may
    /// have a pause in it, and a line that is one NUL is no message that anybody sends.
    pub(crate) fn until_silence(&self, begun: &[u8]) -> bool {
        self.choice.detect(begun).is_some_and(|framing| framing.until_silence)
    }

    /// Takes what is left of `src` as the last message.
    pub(crate) fn finish(&mut self, src: &mut BytesMut) -> Decoded {
        self.position = 0;
        if src.is_empty() {
            return None;
        }
        let framing = self.choice.chosen.get_or_init(|| FRAMINGS[0]);
        (framing.finish)(src, self.choice.limit)
    }
}

impl Decoder for Decode {
    type Item = Result<Frame, RecvError>;
    type Error = io::Error;

    fn decode(&mut self, src: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        let framing = self.choice.detect(src);
        let decoded = framing.and_then(|f| (f.decode)(src, &mut self.position, self.choice.limit));
        if decoded.is_none() {
            src.reserve(READ_CHUNK);
        }
        Ok(decoded)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        Ok(self.decode(src)?.or_else(|| self.finish(src)))
    }
}

/// Joins frames to bytes. After an error nothing of the frame is in the buffer.
#[derive(Debug)]
pub(crate) struct Encode {
    choice: Choice,
}

impl Encode {
    pub(crate) fn new(choice: Choice) -> Self {
        Self { choice }
    }
}

impl Encoder<Frame> for Encode {
    type Error = SendError;

    fn encode(&mut self, frame: Frame, dst: &mut BytesMut) -> Result<(), SendError> {
        let framing = self.choice.framing();
        let limit = self.choice.limit.min(framing.longest);
        check_len(frame.data.len(), limit)?;
        (framing.encode)(&frame.data, dst, limit)
    }
}

fn check_len(len: usize, limit: usize) -> Result<(), SendError> {
    if len > limit { Err(SendError::TooLong { len, limit }) } else { Ok(()) }
}

/// A frame of any bytes, called text where they are.
pub(crate) fn frame_of(data: Bytes) -> Frame {
    let kind = if std::str::from_utf8(&data).is_ok() { Kind::Text } else { Kind::Binary };
    Frame { data, kind }
}

/// The next message of a framing in which `header` bytes announce a length, once all of it is there.
/// Nothing is reserved for what a header only announces.
fn counted(
    src: &mut BytesMut,
    header: usize,
    announced: Option<usize>,
    limit: usize,
) -> Option<Result<Bytes, RecvError>> {
    let len = announced?;
    if len > limit {
        return Some(Err(RecvError::TooLong { limit }));
    }
    if src.len() - header < len {
        return None;
    }
    src.advance(header);
    Some(Ok(src.split_to(len).freeze()))
}

/// Fields that every browser sends with a request (RFC 9110), in lower case.
const FIELDS: [&[u8]; 6] =
    [b"host:", b"user-agent:", b"accept:", b"connection:", b"content-type:", b"content-length:"];

/// The refusal of a line that is spoken to somebody else.
///
/// It may be the request line of HTTP/1 (RFC 9112, section 3) or the beginning of one, or a field of a
/// request, where silence has cut what came before: a page of any origin can make a browser send a
/// request to any port, with lines of the page's choice after it; none of them must be heard. Or it is
/// HTTP's answer (section 4) to who dialled a port of WebSocket without, or the beginning of TLS (RFC 8446, section 5.1), whose author should know.
fn foreign(line: &[u8]) -> Option<RecvError> {
    let method = line.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let version = line.rsplit(|&b| b == b' ').next().unwrap_or_default();
    let is_request = method > 0 && (version.starts_with(b"HTTP/1.") || line[method..].starts_with(b" /"));
    let is_field =
        |name: &&[u8]| line.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
    let reason = if is_request || FIELDS.iter().any(is_field) {
        "this is HTTP, spoken to a plain socket: a browser needs ws://"
    } else if line.starts_with(b"HTTP/1.") {
        "that port speaks WebSocket: use ws:// in place of tcp://"
    } else if line.starts_with(&[HANDSHAKE_RECORD, 3]) {
        "this is TLS, spoken to a plain socket: dial tcp:// or unix://, or listen on tls://"
    } else {
        return None;
    };
    Some(RecvError::Protocol(reason.to_owned()))
}

/// The error where a stream ends with `have` bytes of a message for which `header` bytes of length
/// come first.
fn cut_short(have: usize, header: usize, announced: Option<usize>) -> RecvError {
    RecvError::Protocol(match announced {
        Some(len) => format!("the stream ended after {} of a message's {len} bytes", have - header),
        None => format!("the stream ended after {have} of the {header} bytes of a message's length"),
    })
}

#[cfg(test)]
mod tests;
