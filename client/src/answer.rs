//! What the daemon answers, as types. Those that are objects of the model are taken from there.

use protocol::{Limit, Topics, Visitor};
use serde::Deserialize;
use serde_json::Value;

/// The answer to a motion, and to `stop`, `estop` and `reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Accepted {
    /// Always true: what is not accepted is an error.
    pub accepted: bool,
    /// What cut the command, if anything.
    #[serde(default)]
    pub limited: Option<Limit>,
}

/// The answer to `acquire` and `release`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Driver {
    /// Who drives now.
    pub(crate) driver: Option<Visitor>,
}

/// The answer to `subscribe` and `unsubscribe`: what is subscribed now.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Subscribed {
    /// Which topics.
    pub topics: Topics,
    /// States a second.
    pub rate_hz: f64,
}

/// The answer to `ping`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Pong {
    /// What was sent.
    pub value: Value,
    /// The daemon's monotonic seconds.
    pub t: f64,
}

/// The answer to `sim.step`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub(crate) struct Stepped {
    /// The daemon's monotonic seconds.
    pub(crate) t: f64,
}
