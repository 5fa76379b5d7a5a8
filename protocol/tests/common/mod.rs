//! A car that accepts everything, for tests that want an answer.
#![allow(dead_code, clippy::unwrap_used, reason = "each test takes what it needs")]

use protocol::{Answer, Command, DialectId, Fault, Id, Outgoing, Request, Requests};
use serde_json::Value;

/// Does every command at once.
pub(crate) fn car(command: Command) -> Result<Answer, Fault> {
    Ok(match command {
        Command::Stop { .. } => Answer::Done,
        Command::Ping { value } => Answer::Pong { value, t: 1.5 },
        Command::Help => Answer::Help,
        Command::State => Answer::State(std::sync::Arc::default()),
        _ => Answer::Accepted { limited: None },
    })
}

/// What the car answers to a message; `None` where it answers nothing.
pub(crate) fn answer(dialect: DialectId, message: &[u8]) -> Option<Vec<u8>> {
    let replies = dialect.get().decode(message).answered_by(car)?;
    Some(dialect.get().reply(&replies).data.to_vec())
}

/// The one request in a message.
pub(crate) fn one(dialect: DialectId, message: &[u8]) -> Request {
    match dialect.get().decode(message) {
        Requests::One(request) => request,
        batch @ Requests::Batch(_) => panic!("one request was expected: {batch:?}"),
    }
}

/// The command of the one request in a message.
pub(crate) fn command(dialect: DialectId, message: &[u8]) -> Command {
    one(dialect, message).command.unwrap_or_else(|fault| panic!("{}: {fault}", message.escape_ascii()))
}

/// What is wrong with the one request in a message: code and words.
pub(crate) fn fault(dialect: DialectId, message: &[u8]) -> (i32, String) {
    let fault = one(dialect, message).command.expect_err("this message is wrong");
    (fault.code.0, fault.message)
}

/// The outcome of the one reply in what the daemon said.
pub(crate) fn outcome(dialect: DialectId, data: &[u8]) -> Result<Value, Fault> {
    match dialect.get().decode_outgoing(data) {
        Ok(Outgoing::Reply { outcome, .. }) => outcome,
        other => panic!("a reply was expected: {other:?}"),
    }
}

/// A numeric id.
pub(crate) fn id(number: u64) -> Id {
    Id::Number(number.into())
}
