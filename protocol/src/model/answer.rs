//! What the daemon says: answers to requests, and notifications unasked.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Gimbal, State, Topics};

/// Which limit changed a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// More speed was asked than the car has.
    Speed,
    /// The drivetrain cannot strafe.
    Strafe,
}

/// The result of a command that was done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// `drive`, `velocity` and the words that drive: `{accepted: true, limited?: "speed"}`.
    Accepted {
        /// What cut it.
        limited: Option<Limit>,
    },
    /// `stop`: `{accepted: true}`.
    Stopped,
    /// `look`, `nudge`, `center`: the angles after limits.
    Angles(Gimbal),
    /// `state`.
    State(Arc<State>),
    /// `subscribe` and `unsubscribe`: what is subscribed now, `{topics, rate_hz}`.
    Subscribed {
        /// Which.
        topics: Topics,
        /// State samples a second.
        rate_hz: f64,
    },
    /// `hello`.
    Hello(Arc<Hello>),
    /// `info`.
    Info(Arc<Info>),
    /// `ping`: `{value, t}`.
    Pong {
        /// The same back; `null` where none was given.
        value: Option<Box<RawValue>>,
        /// Monotonic seconds of the daemon.
        t: f64,
    },
    /// `help`: one line.
    Help,
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// `car-daemon`.
    pub server: String,
    /// Its version.
    pub version: String,
    /// The car's name.
    pub name: String,
    /// What it understands.
    pub dialects: Vec<String>,
    /// This session's number.
    pub session: u64,
}

/// What there is to know about the car.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// The daemon's version.
    pub version: String,
    /// The car's name.
    pub name: String,
    /// The board's name.
    pub board: String,
    /// The platform's name.
    pub platform: String,
    /// Numbers a client may need, by name with unit.
    pub limits: std::collections::BTreeMap<String, f64>,
    /// What can be subscribed.
    pub topics: Vec<String>,
    /// What can be called.
    pub methods: Vec<String>,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The car began to move for a session.
    Driving {
        /// Whose motion it is.
        driver: u64,
    },
    /// The car was stopped.
    Stopped {
        /// Why, in words.
        reason: String,
    },
    /// The hardware failed, or works again.
    Hardware {
        /// What failed; `null` when it works again.
        fault: Option<String>,
    },
    /// The daemon is going away.
    Bye {
        /// Why, in words.
        reason: String,
    },
}

/// What the daemon says unasked.
#[derive(Clone, Copy, Debug)]
pub enum Notification<'a> {
    /// First, on a new connection.
    Hello(&'a Hello),
    /// To subscribers of [`Topic::State`](crate::Topic::State).
    State(&'a State),
    /// To subscribers of [`Topic::Events`](crate::Topic::Events).
    Event(&'a Event),
}
