//! Why a daemon does not start, or ends: what is wrong, for people, and what helps.
//!
//! What must never live here: what is done about it.

use std::io::ErrorKind;

use hal::AssembleError;
use transport::{BindError, LockError};

use crate::certificate::CertificateError;

/// Why a daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process drives the board.
    #[error("{0}; one daemon at most drives a board: stop the other first")]
    Lock(#[from] LockError),
    /// The board cannot be opened on this platform.
    #[error(transparent)]
    Board(#[from] AssembleError),
    /// An endpoint cannot be listened on.
    #[error("{0}{hint}", hint = if is_taken(.0) { OTHER_PORT } else { "" })]
    Bind(#[from] BindError),
    /// The page cannot be where it should.
    #[error("the page cannot be had at {url}: {why}{hint}", why = reason(.source), hint = if is_taken(.source) { OTHER_PAGE } else { "" })]
    Page {
        /// Where.
        url: String,
        /// Why not.
        source: BindError,
    },
    /// The run cannot be recorded.
    #[error("the run cannot be recorded: {0}")]
    Record(String),
    /// There is nothing to show on `tls` and `wss`.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No secret can be drawn.
    #[error("the system has no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// A thread cannot be started: that of the control loop, or that which keeps the emergency stop.
    #[error("a thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// How to choose another address, where somebody else listens: the end of what the transport says.
const OTHER_PORT: &str = " by `listen`, or by --listen, which replaces the whole list";

/// The same, for the page.
const OTHER_PAGE: &str = " for the page by `[http]` or --http, or turn it off there";

fn is_taken(error: &BindError) -> bool {
    matches!(error, BindError::Io { source, .. } if source.kind() == ErrorKind::AddrInUse)
}

/// Why an endpoint cannot be listened on, without the endpoint.
fn reason(error: &BindError) -> String {
    match error {
        BindError::Io { source, hint, .. } => format!("{source}{hint}"),
        BindError::Option { reason, .. } => reason.clone(),
        error @ BindError::NoTransport(_) => error.to_string(),
    }
}

/// Why a daemon ended that nobody asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The signals that stop it cannot be heard.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
    /// The control loop ended; the car was stopped first.
    #[error("the hardware thread died, and the car was stopped: {0}")]
    HardwareDied(String),
    /// The control loop does not turn.
    #[error("the control loop does not turn")]
    Stalled,
    /// The daemon was asked to end, and could not bring the car to rest.
    #[error("the car may not be at rest: {0}")]
    NotAtRest(String),
}
