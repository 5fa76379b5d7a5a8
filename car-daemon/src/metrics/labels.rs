//! From what the daemon knows to the few values that a label has: nobody outside can make new ones.
//!
//! What must never live here: a text that a peer chose.

use protocol::{Answer, Code, Command, Fault, Move, Role};
use transport::HandshakeError;

/// What is asked by name over HTTP.
const PATHS: [&str; 10] =
    ["/", "/ws", "/stream", "/snapshot", "/state", "/world", "/metrics", "/healthz", "/login", "/logout"];

/// The method of a command, as it is called in JSON, or the word.
pub(crate) fn method(command: &Command) -> &'static str {
    match command {
        Command::Drive { .. } => "drive",
        Command::Velocity { .. } => "velocity",
        Command::Move(Move::Forward) => "up",
        Command::Move(Move::Backward) => "back",
        Command::Move(Move::Left) => "left",
        Command::Move(Move::Right) => "right",
        Command::Test { .. } => "test",
        Command::Stop { .. } => "stop",
        Command::Estop { .. } => "estop",
        Command::Reset => "reset",
        Command::Acquire { .. } => "acquire",
        Command::Release => "release",
        Command::Who => "who",
        Command::Look { .. } => "look",
        Command::Nudge { .. } | Command::NudgeStep { .. } => "nudge",
        Command::Center => "center",
        Command::Output { .. } => "output",
        Command::State => "state",
        Command::Subscribe { .. } => "subscribe",
        Command::Unsubscribe { .. } => "unsubscribe",
        Command::Hello { .. } => "hello",
        Command::Auth { .. } => "auth",
        Command::Info => "info",
        Command::Board => "board",
        Command::Ping { .. } => "ping",
        Command::Help => "help",
        Command::Sim(_) => "sim",
        _ => "other",
    }
}

/// Whether it was done, or why not.
pub(super) fn outcome(outcome: &Result<Answer, Fault>) -> &'static str {
    match outcome.as_ref().map_err(|fault| fault.code) {
        Ok(_) => "ok",
        Err(Code::NOT_DRIVER) => "not_driver",
        Err(Code::ESTOP) => "estop",
        Err(Code::NOT_AUTHORISED) => "not_authorised",
        Err(Code::HARDWARE) => "hardware",
        Err(Code::STALE) => "stale",
        Err(Code::BUSY) => "busy",
        Err(Code::METHOD_NOT_FOUND) => "not_on_this_board",
        Err(Code::INVALID_PARAMS) => "invalid",
        Err(_) => "error",
    }
}

pub(super) fn role(role: Option<Role>) -> &'static str {
    role.map_or("none", Role::name)
}

pub(super) fn refusal(error: &HandshakeError) -> &'static str {
    match error {
        HandshakeError::Forbidden(_) => "forbidden",
        HandshakeError::Full(_) => "full",
        HandshakeError::TimedOut(_) => "timed_out",
        HandshakeError::Io(_) => "broken_off",
        _ => "protocol",
    }
}

/// Every reason.
pub(super) const REFUSALS: [&str; 5] = ["forbidden", "full", "timed_out", "broken_off", "protocol"];

/// The path, where it is one of ours.
pub(super) fn path(path: &str) -> &'static str {
    let files = path.starts_with("/page/").then_some("/page/");
    files.or_else(|| PATHS.into_iter().find(|known| *known == path)).unwrap_or("other")
}

/// The status, where we give it.
pub(super) fn status(status: u16) -> &'static str {
    match status {
        101 => "101",
        200 => "200",
        204 => "204",
        304 => "304",
        400 => "400",
        401 => "401",
        403 => "403",
        404 => "404",
        405 => "405",
        408 => "408",
        409 => "409",
        413 => "413",
        426 => "426",
        429 => "429",
        503 => "503",
        _ => "other",
    }
}
