//! Why a call came to nothing.

use std::time::Duration;

use protocol::Fault;
use transport::DialError;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody answers there.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The car knows the token not; its words say what would be right.
    #[error("{0}")]
    Refused(Fault),
    /// The connection ended, or said nothing, before the token was answered.
    #[error("the car did not answer to the token: {0}")]
    Unanswered(String),
}

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// There is no connection, or it broke before the answer. A motion that was under way may have
    /// been done; it is not sent again.
    #[error("not connected to the car: {0}")]
    Disconnected(String),
    /// No answer came in time. The command may have been done.
    #[error("the car did not answer within {0:?}")]
    TimedOut(Duration),
    /// The car refused; its words say what would be right.
    #[error(transparent)]
    Refused(#[from] Fault),
    /// The answer is not what this method answers: client and daemon are of different versions.
    #[error("the car answered what this client does not understand: {0}")]
    Misunderstood(String),
}
