//! What was wrong with a request, as the peer is told.

use serde::{Deserialize, Serialize};

use crate::OutOfRange;

/// JSON-RPC error codes: its own, and the car's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(pub i32);

impl Code {
    /// Not JSON, not CBOR, not UTF-8.
    pub const PARSE: Self = Self(-32700);
    /// Well formed and not a request.
    pub const INVALID_REQUEST: Self = Self(-32600);
    /// No such method or word.
    pub const METHOD_NOT_FOUND: Self = Self(-32601);
    /// The method does not take these parameters.
    pub const INVALID_PARAMS: Self = Self(-32602);
    /// The daemon failed.
    pub const INTERNAL: Self = Self(-32603);
    /// The daemon refused and the dialect has no room for a code: what a client of the text dialect reads.
    pub const UNSPECIFIED: Self = Self(-32000);
    /// Somebody else drives: `data` says who.
    pub const NOT_DRIVER: Self = Self(-32001);
    /// The emergency stop is latched.
    pub const ESTOP: Self = Self(-32002);
    /// This session has not the role that is needed, or none at all yet.
    pub const NOT_AUTHORISED: Self = Self(-32003);
    /// The hardware failed, and was not reset.
    pub const HARDWARE: Self = Self(-32004);
    /// An older `seq` than one already seen, or too late.
    pub const STALE: Self = Self(-32005);
    /// Not now: as many as may be are here already, somebody else said stop, the daemon is closing.
    pub const BUSY: Self = Self(-32006);
}

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Fault {
    /// For programs.
    pub code: Code,
    /// For people: what was wrong and what would be right.
    pub message: String,
    /// More for programs, where there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
}

impl Fault {
    /// A fault without data.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// The method or word does not take what it was given.
    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(Code::INVALID_PARAMS, message)
    }
}

impl From<OutOfRange> for Fault {
    fn from(error: OutOfRange) -> Self {
        Self::params(error.to_string())
    }
}
