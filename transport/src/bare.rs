//! The readers of bytes without their sockets: what `fuzz/` feeds. No part of the API, and only there
//! with the feature `fuzzing`.

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{Decoder, Encoder};

use crate::framing::{Choice, Decode, Encode};
pub use crate::udp::bare::{Came, Dialling, Heard, Listening};
use crate::{Connection, Endpoint, Frame, HandshakeError, Limits, RecvError, SendError, ws};

/// One stream of a listener with `framing=`.
#[derive(Debug)]
pub struct Framed {
    decode: Decode,
    encode: Encode,
}

impl Framed {
    /// At its beginning.
    ///
    /// # Panics
    /// Where there is no such framing.
    pub fn new(framing: &str, limits: &Limits) -> Self {
        let at: Endpoint = format!("tcp://127.0.0.1:1?framing={framing}").parse().expect("a framing");
        let choice = Choice::for_listener(&at, limits);
        Self { decode: Decode::new(choice.clone()), encode: Encode::new(choice) }
    }

    /// Everything that a peer says who sends these bytes in these reads and leaves.
    pub fn read<'a>(&mut self, reads: impl Iterator<Item = &'a [u8]>) -> Vec<Result<Frame, RecvError>> {
        let (mut buffer, mut heard) = (BytesMut::new(), Vec::new());
        for read in reads {
            buffer.extend_from_slice(read);
            while let Ok(Some(message)) = self.decode.decode(&mut buffer) {
                heard.push(message);
                if heard.last().is_some_and(|last| last.as_ref().is_err_and(RecvError::is_fatal)) {
                    return heard;
                }
            }
        }
        while let Ok(Some(message)) = self.decode.decode_eof(&mut buffer) {
            heard.push(message);
        }
        heard
    }

    /// The bytes of a frame.
    ///
    /// # Errors
    /// Where this framing cannot carry it.
    pub fn write(&mut self, frame: Frame) -> Result<Bytes, SendError> {
        let mut bytes = BytesMut::new();
        self.encode.encode(frame, &mut bytes)?;
        Ok(bytes.freeze())
    }
}

/// The server's side of a WebSocket on any stream of bytes.
///
/// # Errors
/// Where its handshake is none.
pub async fn web_socket(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    limits: &Limits,
) -> Result<Connection, HandshakeError> {
    ws::on(stream, limits).await
}
