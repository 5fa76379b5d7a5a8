//! What `carctl` says when it fails.

use std::io;

use client::CallError;
use transport::{DialError, SendError};

/// Why a command failed; its words go to standard error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody answers at the address.
    #[error(
        "{0}\nIs car-daemon running there? Start it, or name another with --to, as --to tcp://127.0.0.1:9901"
    )]
    Dial(Box<DialError>),
    /// The car did not do it.
    #[error("{0}")]
    Call(#[from] CallError),
    /// The car answered `error: …`, which was printed already.
    #[error("the car refused")]
    Refused,
    /// The connection broke before there was an answer.
    #[error("the connection ended: {0}")]
    Ended(String),
    /// Standard output is closed.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
    /// The system did not let Ctrl-C be watched; without it a car would not be stopped.
    #[error("cannot watch for Ctrl-C: {0}")]
    Signal(io::Error),
}

impl From<DialError> for Error {
    fn from(error: DialError) -> Self {
        Self::Dial(Box::new(error))
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Ended(error.to_string())
    }
}
