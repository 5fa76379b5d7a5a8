//! What goes wrong between two peers, said for the person who reads the log.

use std::io;
use std::time::Duration;

use crate::{Endpoint, Fingerprint, Forbidden};

/// A listener could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// No row of the table has this scheme.
    #[error("{0}: no transport of this build listens on `{scheme}`", scheme = .0.scheme())]
    NoTransport(Endpoint),
    /// The operating system refused; `hint` says what usually helps.
    #[error("cannot listen on {endpoint}: {source}{hint}")]
    Io {
        /// Where.
        endpoint: Endpoint,
        /// What the system said.
        source: io::Error,
        /// Empty, or what to do, beginning with a separator.
        hint: &'static str,
    },
    /// An option of the endpoint has a value that this transport cannot use.
    #[error("cannot listen on {endpoint}: {reason}")]
    Option {
        /// Where.
        endpoint: Endpoint,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl BindError {
    /// The system's refusal of an IP address, with what usually helps.
    pub(crate) fn socket(endpoint: &Endpoint, source: io::Error) -> Self {
        let hint = match source.kind() {
            io::ErrorKind::AddrInUse => "; is another car-daemon running? choose another port",
            io::ErrorKind::PermissionDenied => "; ports below 1024 are the system's: choose a higher one",
            io::ErrorKind::AddrNotAvailable => {
                "; this machine has no such address: 0.0.0.0 and [::] mean every one it has"
            }
            _ => "",
        };
        Self::Io { endpoint: endpoint.clone(), source, hint }
    }
}

/// A connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// No row of the table has this scheme.
    #[error("{0}: no transport of this build dials `{scheme}`", scheme = .0.scheme())]
    NoTransport(Endpoint),
    /// The operating system refused.
    #[error("cannot reach {endpoint}: {source}")]
    Io {
        /// Where.
        endpoint: Endpoint,
        /// What the system said.
        source: io::Error,
    },
    /// The peer is there and does not speak this transport.
    #[error("cannot speak with {endpoint}: {source}")]
    Handshake {
        /// Where.
        endpoint: Endpoint,
        /// What went wrong.
        source: HandshakeError,
    },
    /// An option of the endpoint has a value that this transport cannot use.
    #[error("cannot dial {endpoint}: {reason}")]
    Option {
        /// Where.
        endpoint: Endpoint,
        /// What is wrong and what would be right.
        reason: String,
    },
}

/// A peer came, and no connection came of it.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// It did not finish in time.
    #[error("the handshake was not finished within {0:?}")]
    TimedOut(Duration),
    /// It did not speak the transport.
    #[error("{0}")]
    Protocol(String),
    /// A web page, or a name of ours, that is not allowed.
    #[error("{0}")]
    Forbidden(Forbidden),
    /// Whom a dialler met is not known to be the car.
    #[error("{0}")]
    Untrusted(Box<Untrusted>),
    /// As many as the configuration allows are here already.
    #[error("{0}")]
    Full(String),
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A certificate that a dialler does not take for the car's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificate {seen} is not trusted: {why}")]
pub struct Untrusted {
    /// The certificate that was shown.
    pub seen: Fingerprint,
    /// Why that does not do, and what would.
    pub why: String,
}

/// A frame could not be received.
#[derive(Debug, thiserror::Error)]
pub enum RecvError {
    /// One bad message in a good stream: it was passed over, the next can be read.
    #[error("{0}")]
    BadMessage(String),
    /// More came at once than may wait ([`Limits::recv_queue`](crate::Limits::recv_queue)), and the oldest
    /// were dropped: the next can be read.
    #[error("{0} messages were dropped: more came at once than may wait")]
    Missed(u64),
    /// A message longer than may be: the stream ends here.
    #[error("a message is longer than {limit} bytes")]
    TooLong {
        /// [`Limits::max_frame`](crate::Limits::max_frame).
        limit: usize,
    },
    /// The peer broke the rules of the transport: the stream ends here.
    #[error("{0}")]
    Protocol(String),
    /// [`Limits::memory`](crate::Limits::memory) is used up by others: the stream ends here.
    #[error("no memory is left for so long a message: try again later, or say less at once")]
    NoRoom,
    /// The peer did not answer for so long that the link counts as dead.
    #[error("nothing heard from the peer for {0:.1?}")]
    Dead(Duration),
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl RecvError {
    /// Whether the stream ends after this error.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::BadMessage(_) | Self::Missed(_))
    }

    /// Whether a stream of frames is over after this item: it had no more, or a
    /// [fatal](Self::is_fatal) error.
    pub fn ends<T>(item: &Option<Result<T, Self>>) -> bool {
        item.as_ref().is_none_or(|received| received.as_ref().is_err_and(Self::is_fatal))
    }
}

/// A frame could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// Longer than this connection can carry; nothing was sent and the connection is still good.
    #[error("a frame of {len} bytes is longer than the {limit} that can be sent here")]
    TooLong {
        /// The frame's length.
        len: usize,
        /// [`Caps::max_frame`](crate::Caps::max_frame).
        limit: usize,
    },
    /// This framing cannot carry such bytes; nothing was sent and the connection is still good.
    #[error("{0}")]
    Unrepresentable(&'static str),
    /// The connection broke.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for SendError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected => Self::Closed,
            _ => Self::Io(error),
        }
    }
}
