//! What a simulated car can be told past its driver, and what is so whatever its sensors say.
//!
//! What must never live here: how it is simulated.

use serde::{Deserialize, Serialize};

use crate::{Pose, Stretch};

/// Something that only a simulated car can do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SimOrder {
    /// Lets so much time pass, as fast as it can.
    Step(Stretch),
    /// Says what is so, whatever the sensors say.
    Truth,
}

/// The answer to `sim.truth`. Numbers are as the simulator has them, not rounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Monotonic seconds of the daemon.
    pub t: f64,
    /// Where the car is in its world; `null` for a board without wheels.
    pub pose: Option<Pose>,
    /// How it moves.
    pub speed: Option<TrueSpeed>,
    /// A fingerprint of the whole simulation: two runs that agree in it agree in every bit.
    pub hash: String,
}

/// How a car really moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrueSpeed {
    /// Metres a second, forward positive.
    pub linear: f64,
    /// Metres a second, left positive.
    pub lateral: f64,
    /// Radians a second, left positive.
    pub angular: f64,
}
