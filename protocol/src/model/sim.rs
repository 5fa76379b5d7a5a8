//! What a simulated car can be told past its driver, and what is so whatever its sensors say.
//!
//! What must never live here: how it is simulated.

use serde::{Deserialize, Serialize};

use crate::{Heading, Place, Pose, Stretch};

/// Something that only a simulated car can do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SimOrder {
    /// Breaks something, until it is mended. Which kinds there are, and what each takes, the simulator knows.
    Fault {
        /// Which kind: `pin-stuck`.
        fault: String,
        /// What of the car, as its board file calls it: `gpio:GPIO17`.
        on: Option<String>,
        /// `low` or `high`.
        level: Option<String>,
        /// How many.
        count: Option<u32>,
        /// Seconds until it is mended by itself.
        for_s: Option<f64>,
    },
    /// Mends the faults of a kind, or of a part of the car, or all.
    Mend {
        /// Which kind.
        fault: Option<String>,
        /// Of what.
        on: Option<String>,
    },
    /// Puts the car where it began, at rest, with a full battery and nothing broken.
    Reset,
    /// Puts the car somewhere in its world, at rest.
    Teleport {
        /// Along the x of the world.
        x: Place,
        /// Along its y.
        y: Place,
        /// From x towards y.
        heading: Heading,
    },
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
    /// Whether it stands against a wall or a box.
    pub touches: bool,
    /// The battery.
    pub battery: TrueBattery,
    /// What is broken, oldest first, as `sim.fault` says it.
    pub faults: Vec<String>,
    /// A fingerprint of the whole simulation: two runs that agree in it agree in every bit.
    pub hash: String,
}

/// What the battery really has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrueBattery {
    /// Volts at its terminals.
    pub volts: f64,
    /// Amperes that are drawn from it.
    pub amps: f64,
    /// What is left in it, 0 to 1.
    pub charge: f64,
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
