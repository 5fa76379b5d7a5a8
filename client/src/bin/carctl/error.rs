//! What `carctl` says when it fails.

use std::fmt;
use std::io;
use std::path::Path;

use client::{CallError, ConnectError};
use protocol::Code;
use transport::{DialError, HandshakeError, NoToken, SendError};

use crate::refusal;

/// Why a command failed; its words go to standard error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody answers at the address.
    #[error(
        "{0}\nIs car-daemon running there? Start it, or name another with --to, as --to tcp://127.0.0.1:9901"
    )]
    Dial(Box<DialError>),
    /// Somebody answers who does not suit.
    #[error("{0}{hint}", hint = pin_it(.0))]
    Met(Box<DialError>),
    /// What is no token.
    #[error("CAR_TOKEN or --token: {0}")]
    Token(NoToken),
    /// A file of certificates or keys cannot be used.
    #[error("{0}")]
    File(String),
    /// The car did not do it.
    #[error("{}", told(.0, "drive"))]
    Call(#[from] CallError),
    /// The car did not let itself be calibrated.
    #[error("{}", told(.0, "calibrate"))]
    Calibrate(CallError),
    /// The car let nobody in with this token.
    #[error("{0}\n{SHOW}")]
    Entry(Box<ConnectError>),
    /// The file of the token cannot be read.
    #[error("`{0}` cannot be read: {1}")]
    TokenFile(String, io::Error),
    /// The car answered `error: …`, which was printed already.
    #[error("the car refused")]
    Refused,
    /// The connection broke before there was an answer.
    #[error("the connection ended: {0}")]
    Ended(String),
    /// Standard output is closed.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
    /// The board file is not the daemon's board, or cannot be written.
    #[error("{0}")]
    Board(String),
    /// A calibration was given up, and that was said already.
    #[error("given up")]
    GivenUp,
    /// There is nothing to drive from by keys.
    #[error("{0}: teleop needs a terminal. From a script: carctl drive 0.5 0 --for 2s; over SSH: ssh -t")]
    NoTerminal(&'static str),
    /// The terminal does not give keys.
    #[error("cannot read the keyboard: {0}")]
    Keyboard(io::Error),
    /// The system did not let Ctrl-C be watched; without it a car would not be stopped.
    #[error("cannot watch for Ctrl-C: {0}")]
    Signal(io::Error),
}

/// What to do about a token that is missing or wrong.
const SHOW: &str =
    "Its tokens are under [auth] in the daemon's configuration: show one by --token-file FILE, or CAR_TOKEN";

/// What the car did not do and why, and what to do about it; `command` is that which can force.
fn told(error: &CallError, command: &str) -> String {
    let CallError::Refused(fault) = error else { return error.to_string() };
    let why = refusal::why(fault);
    match fault.code {
        Code::NOT_AUTHORISED => format!("{why}\n{SHOW}"),
        Code::NOT_DRIVER if refusal::yields_to_force(fault) => {
            format!("{why}\n`carctl {command} --force` takes the wheel at once")
        }
        Code::NOT_DRIVER => format!("{why}\n`carctl who` shows when it is free"),
        Code::ESTOP if why.len() < fault.message.len() => {
            format!("{why}\n`carctl reset` releases it, once all is safe")
        }
        _ => fault.message.clone(),
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Dial(error) => error.into(),
            other => Self::Entry(Box::new(other)),
        }
    }
}

impl From<DialError> for Error {
    fn from(error: DialError) -> Self {
        match error {
            DialError::Io { .. } => Self::Dial(Box::new(error)),
            _ => Self::Met(Box::new(error)),
        }
    }
}

impl Error {
    /// Whether the command line is wrong, or what it names.
    pub(crate) fn is_of_arguments(&self) -> bool {
        matches!(self, Self::Token(_) | Self::File(_) | Self::NoTerminal(_))
    }

    /// What is wrong with a file.
    pub(crate) fn file(path: &Path, what: &impl fmt::Display) -> Self {
        Self::File(format!("{}: {what}", path.display()))
    }
}

/// What to type where the car's certificate is not known.
fn pin_it(error: &DialError) -> String {
    match error {
        DialError::Handshake { source: HandshakeError::Untrusted(met), .. } => {
            format!("\nIf the car prints the same when it starts: carctl --pin {} …", met.seen)
        }
        _ => String::new(),
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Ended(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use protocol::Fault;

    use super::*;
    use crate::refusal::tests::driven;

    #[test]
    fn a_refusal_names_one_way_out_and_it_is_a_command_of_this_program() {
        let told = |fault: Fault| Error::Call(CallError::Refused(fault)).to_string();
        for (fault, expected) in [
            (
                driven(true),
                "session 3 (ann, 10.0.0.2:9) drives, for 2.0 s now\n\
                 `carctl drive --force` takes the wheel at once",
            ),
            (
                driven(false),
                "session 3 (ann, 10.0.0.2:9) drives, for 2.0 s now: no force takes it, for your priority 50 is \
                 not above its 60\n`carctl who` shows when it is free",
            ),
            (
                Fault::new(
                    Code::ESTOP,
                    "the emergency stop is latched by ann: `reset` releases it, once all is safe",
                ),
                "the emergency stop is latched by ann\n`carctl reset` releases it, once all is safe",
            ),
            (Fault::new(Code::HARDWARE, "no power"), "no power"),
        ] {
            assert_eq!(told(fault), expected);
        }
        let forced = Error::Calibrate(CallError::Refused(driven(true))).to_string();
        assert!(forced.contains("`carctl calibrate --force`"), "{forced}");
    }
}
