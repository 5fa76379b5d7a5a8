//! What a client can ask for. A new method is one variant here, and one row in `dialect/methods.rs`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{
    Angle, AngularSpeed, Level, LinearSpeed, Moment, Power, Rate, Role, SimOrder, Token, Trial, Ttl,
};

/// A command, already valid.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Drive by power until the time to live is over.
    Drive {
        /// Forward (positive) or backward.
        throttle: Power,
        /// Left (positive) or right.
        steer: Power,
        /// Sideways to the left (positive) or right, for mecanum wheels.
        strafe: Option<Power>,
        /// How long this is good; the daemon's default where absent.
        ttl: Option<Ttl>,
        /// Grows with each command of one session; an older one is refused.
        seq: Option<u64>,
        /// When this was sent, as well as the client knows; refused once it is older than its time to
        /// live.
        t: Option<Moment>,
    },
    /// Drive by speed until the time to live is over.
    Velocity {
        /// Forward (positive) or backward.
        linear: LinearSpeed,
        /// Turning left (positive) or right.
        angular: AngularSpeed,
        /// As for `Drive`.
        ttl: Option<Ttl>,
        /// As for `Drive`.
        seq: Option<u64>,
        /// As for `Drive`.
        t: Option<Moment>,
    },
    /// Drive as a word says, until the next command or the end of the link.
    Move(Move),
    /// Tell one part of the board something past its calibration until the time to live is over. The
    /// part must be able to bear it: no limit of the board file is kept.
    Test {
        /// Which part, and what.
        trial: Trial,
        /// As for `Drive`.
        ttl: Option<Ttl>,
        /// As for `Drive`.
        seq: Option<u64>,
        /// As for `Drive`.
        t: Option<Moment>,
    },
    /// Stand still. Never refused.
    Stop {
        /// Motions of this session that are not newer are refused from now on: where messages overtake
        /// each other, one from before this is not to start the car again.
        seq: Option<u64>,
    },
    /// Stand still and stay so until [`Reset`](Self::Reset). For everybody.
    Estop {
        /// Why, for everybody to read.
        reason: Option<String>,
    },
    /// Release the emergency stop. Nothing that was asked before is resumed.
    Reset,
    /// Take the lease, or ask for it.
    Acquire {
        /// Take it from whoever holds it, by a higher priority.
        force: bool,
    },
    /// Give the lease back, or ask for it no more.
    Release,
    /// Who is here, and who drives.
    Who,
    /// Turn the camera to these angles; an axis that is absent stays.
    Look {
        /// Left positive.
        pan: Option<Angle>,
        /// Up positive.
        tilt: Option<Angle>,
    },
    /// Turn the camera by these angles.
    Nudge {
        /// Left positive.
        pan: Angle,
        /// Up positive.
        tilt: Angle,
    },
    /// Turn the camera by one step of the daemon's configured size.
    NudgeStep {
        /// -1, 0 or 1; left positive.
        pan: i8,
        /// -1, 0 or 1; up positive.
        tilt: i8,
    },
    /// Turn the camera straight ahead.
    Center,
    /// Sets a buzzer or a lamp of the board.
    Output {
        /// As the board calls it.
        name: String,
        /// How much.
        level: Level,
        /// How long; without it a lamp stays, and a buzzer sounds for the daemon's default.
        ttl: Option<Ttl>,
    },
    /// Say the state once.
    State,
    /// Say these topics from now on.
    Subscribe {
        /// Which.
        topics: Topics,
        /// How often the state is said; the daemon's default where absent.
        rate: Option<Rate>,
    },
    /// Say these topics no more.
    Unsubscribe {
        /// Which.
        topics: Topics,
    },
    /// Name oneself; the answer says whom one speaks with.
    Hello {
        /// For logs and for other clients to see.
        name: Option<String>,
        /// As for `Auth`.
        token: Option<Token>,
    },
    /// Show what one may do; the answer says the role.
    Auth {
        /// The secret.
        token: Token,
    },
    /// Version, board, limits, topics, methods.
    Info,
    /// The board's motors and servos, as they are calibrated.
    Board,
    /// Answered at once with the same value.
    Ping {
        /// Any JSON value, handed back as it is; `null` where none was given.
        value: Value,
    },
    /// The words of the text dialect.
    Help,
    /// What only a simulated car can do.
    Sim(SimOrder),
}

impl Command {
    /// Whether it only ever makes the car stand still: never refused for how often or how it is said.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        matches!(self, Self::Stop { .. } | Self::Estop { .. })
    }

    /// The least role that may ask this; `None` for what anybody may who has come so far.
    /// ([`Reset`](Self::Reset) may need more: the daemon's configuration says so.)
    #[must_use]
    pub fn needs(&self) -> Option<Role> {
        match self {
            Self::Hello { .. } | Self::Auth { .. } | Self::Ping { .. } | Self::Help => None,
            Self::State
            | Self::Subscribe { .. }
            | Self::Unsubscribe { .. }
            | Self::Info
            | Self::Board
            | Self::Who
            | Self::Stop { .. }
            | Self::Estop { .. } => Some(Role::Observer),
            Self::Drive { .. }
            | Self::Velocity { .. }
            | Self::Move(_)
            | Self::Look { .. }
            | Self::Nudge { .. }
            | Self::NudgeStep { .. }
            | Self::Center
            | Self::Output { .. }
            | Self::Acquire { .. }
            | Self::Release
            | Self::Reset => Some(Role::Driver),
            // A pulse beyond the limits of the file can break what the servo turns.
            Self::Test { .. } => Some(Role::Admin),
            // Past every driver.
            Self::Sim(_) => Some(Role::Admin),
        }
    }
}

/// The four words that drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// `up`
    Forward,
    /// `back`
    Backward,
    /// `left`: turns on the spot
    Left,
    /// `right`: turns on the spot
    Right,
}

/// A stream of notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// The state, at a rate.
    State,
    /// What happens, when it happens.
    Events,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 2] = [Self::State, Self::Events];

    /// `state` or `events`, as in `subscribe`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Events => "events",
        }
    }
}

/// A set of topics. Serialises as a list of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    /// [`Topic::State`]
    pub state: bool,
    /// [`Topic::Events`]
    pub events: bool,
}

impl Topics {
    /// Every topic.
    pub const ALL: Self = Self { state: true, events: true };

    /// Whether a topic is among them.
    #[must_use]
    pub const fn contains(self, topic: Topic) -> bool {
        match topic {
            Topic::State => self.state,
            Topic::Events => self.events,
        }
    }

    /// Those that are in the set.
    pub fn iter(self) -> impl Iterator<Item = Topic> {
        Topic::ALL.into_iter().filter(move |topic| self.contains(*topic))
    }
}

impl Serialize for Topics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Collected first: a CBOR array should say its length.
        self.iter().collect::<Vec<_>>().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Topics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Topic>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl FromIterator<Topic> for Topics {
    fn from_iter<I: IntoIterator<Item = Topic>>(topics: I) -> Self {
        let mut set = Self::default();
        for topic in topics {
            match topic {
                Topic::State => set.state = true,
                Topic::Events => set.events = true,
            }
        }
        set
    }
}
