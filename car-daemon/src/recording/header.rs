//! What a run begins with.

use protocol::Role;
use serde::{Deserialize, Serialize};

use super::told::Numbers;

/// Lines as these.
pub(crate) const FORMAT: u32 = 1;

/// The first line of a recording: all that is needed to begin the same run again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    /// How the lines are written: [`FORMAT`].
    pub(crate) format: u32,
    /// Of the daemon that recorded.
    pub(crate) version: String,
    /// Of all chance.
    pub(crate) seed: u64,
    /// How much of it sensors have.
    pub(crate) noise: f64,
    /// How fast its time ran; where that was not the wall's, the `t` of commands said nothing.
    pub(crate) speed: String,
    /// The board file, whole.
    pub(crate) board: String,
    /// The world file, whole.
    pub(crate) world: String,
    /// The script of what happens, whole; empty without one.
    pub(crate) script: String,
    /// `[control]`.
    pub(crate) control: Numbers,
    /// The least role that may release the emergency stop.
    pub(crate) reset: Role,
    /// The emergency stop, where it was latched before.
    pub(crate) latched: Option<Latched>,
}

/// An emergency stop: by whom, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Latched {
    pub(crate) by: String,
    pub(crate) reason: Option<String>,
}
