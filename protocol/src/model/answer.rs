//! What the daemon says: answers to requests, and notifications unasked.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::{BoardInfo, Gimbal, Role, State, Topics, Truth, Visitor, Who};

/// Which limit changed a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// More speed was asked than the car has.
    Speed,
    /// The drivetrain cannot strafe.
    Strafe,
    /// The car does not turn that tightly; one with front wheels that steer not at all where it stands.
    Turn,
}

/// The result of a command that was done. Serialises as the `result` of a JSON-RPC reply.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// `drive`, `velocity`, `test` and the words that drive: `{accepted: true, limited?: "speed"}`.
    Accepted {
        /// What cut it.
        limited: Option<Limit>,
    },
    /// `stop`, `estop`, `reset`: `{accepted: true}`.
    Done,
    /// `acquire` and `release`: who drives now, `{driver}`; `null` for nobody.
    Driver(Option<Box<Visitor>>),
    /// `who`.
    Who(Box<Who>),
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
    /// `hello` and `auth`.
    Hello(Arc<Hello>),
    /// `info`.
    Info(Arc<Info>),
    /// `board`.
    Board(Arc<BoardInfo>),
    /// `ping`: `{value, t}`.
    Pong {
        /// The same back; `null` where none was given.
        value: Value,
        /// Monotonic seconds of the daemon.
        t: f64,
    },
    /// `help`: the words, which the text dialect itself knows; `null` in every other.
    Help,
    /// `sim.step`: `{t}`.
    Stepped {
        /// Monotonic seconds of the daemon when it was done.
        t: f64,
    },
    /// `sim.truth`.
    Truth(Box<Truth>),
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Accepted { limited: None } | Self::Done => {
                pairs(serializer, ("accepted", &true), None::<(_, &())>)
            }
            Self::Accepted { limited: Some(limit) } => {
                pairs(serializer, ("accepted", &true), Some(("limited", limit)))
            }
            Self::Driver(driver) => pairs(serializer, ("driver", driver), None::<(_, &())>),
            Self::Who(who) => who.serialize(serializer),
            Self::Angles(gimbal) => gimbal.serialize(serializer),
            Self::State(state) => state.serialize(serializer),
            Self::Subscribed { topics, rate_hz } => {
                pairs(serializer, ("topics", topics), Some(("rate_hz", rate_hz)))
            }
            Self::Hello(hello) => hello.serialize(serializer),
            Self::Info(info) => info.serialize(serializer),
            Self::Board(board) => board.serialize(serializer),
            Self::Pong { value, t } => pairs(serializer, ("value", value), Some(("t", t))),
            Self::Help => serializer.serialize_unit(),
            Self::Stepped { t } => pairs(serializer, ("t", t), None::<(_, &())>),
            Self::Truth(truth) => truth.serialize(serializer),
        }
    }
}

/// An object of one or two members.
fn pairs<S: Serializer>(
    serializer: S,
    first: (&str, &impl Serialize),
    second: Option<(&str, &impl Serialize)>,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1 + usize::from(second.is_some())))?;
    map.serialize_entry(first.0, first.1)?;
    if let Some((key, value)) = second {
        map.serialize_entry(key, value)?;
    }
    map.end()
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
    /// What only this session is told, so that a camera's stream can be shown to be its own: `/stream?eye=EYE`; empty
    /// where nothing follows from it.
    #[serde(default)]
    pub eye: String,
    /// What this session may do; `null`: it must show a token first.
    #[serde(default)]
    pub role: Option<Role>,
    /// Monotonic seconds of the daemon.
    #[serde(default)]
    pub t: f64,
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
    /// The board's buzzers and lamps by name: `buzzer` or `led`.
    #[serde(default)]
    pub outputs: std::collections::BTreeMap<String, String>,
    /// How the wheels move the car, as the board file calls it: `differential`, `ackermann` or `mecanum`; empty from a daemon
    /// that does not say it.
    #[serde(default)]
    pub drivetrain: String,
    /// How many times as fast as the wall's a simulated car's time goes: a number from 1 to 100, `max` (as fast as who drives
    /// answers) or `step` (by `sim.step` alone). `None` of a real car, and from a daemon that does not say it.
    #[serde(default)]
    pub sim_speed: Option<String>,
    /// The least role that may release the emergency stop or a fault; `None` from a daemon that does not say it.
    #[serde(default)]
    pub reset: Option<Role>,
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
    /// The lease went to somebody else, or to nobody.
    Lease {
        /// Who holds it now.
        driver: Option<u64>,
        /// Why it changed, in words.
        reason: String,
    },
    /// Somebody asks whoever holds the lease for it.
    Asked {
        /// Who.
        session: u64,
        /// In words.
        who: String,
    },
    /// The emergency stop was latched, or released.
    Estop {
        /// Whether it is latched now.
        latched: bool,
        /// Who did it.
        by: String,
        /// Why, as they said.
        reason: Option<String>,
    },
    /// The hardware failed, answers again, or was reset.
    Hardware {
        /// What failed, and whether it answers again; `null` when it was reset.
        fault: Option<String>,
    },
    /// The battery is empty, or no longer is.
    Battery {
        /// Whether it is empty now.
        empty: bool,
        /// Volts.
        volts: f64,
    },
    /// A sensor fails, or answers again. It never stops the car.
    Sensor {
        /// The part of the car: `range`, `line`; `motor left` for its encoder.
        sensor: String,
        /// What is wrong, in words; `null` when it answers again.
        fault: Option<String>,
    },
    /// Somebody did something to the simulated car past its driver: broke or mended it, or moved it by hand.
    Sim {
        /// Who.
        by: String,
        /// What, in words.
        what: String,
    },
    /// This listener was too slow for events before this one.
    Missed {
        /// So many.
        count: u64,
    },
    /// The daemon is going away.
    Bye {
        /// Why, in words.
        reason: String,
    },
}

/// What the daemon says unasked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Notification<'a> {
    /// First, on a new connection.
    Hello(&'a Hello),
    /// To subscribers of [`Topic::State`](crate::Topic::State).
    State(&'a State),
    /// To subscribers of [`Topic::Events`](crate::Topic::Events).
    Event(&'a Event),
}
