//! The parts of a board that can be calibrated, and how one is tested alone.
//!
//! What must never live here: how a part is wired.

use serde::{Deserialize, Serialize};

use crate::{Power, Pulse};

/// One part and what it is told, past its calibration.
#[derive(Clone, Debug, PartialEq)]
pub enum Trial {
    /// A motor and the duty of its driver; all others brake.
    Motor {
        /// As the board file calls it.
        name: String,
        /// Forward positive, by the `invert` of the file; without its trim, deadband and least duty.
        power: Power,
    },
    /// A servo and its pulse; the wheels brake.
    Servo {
        /// As the board file calls it.
        name: String,
        /// Whatever the limits of the file are.
        pulse: Pulse,
    },
}

/// The answer to `board`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardInfo {
    /// The board's name.
    pub name: String,
    /// Which preset it is; `null` where it was read from a file.
    pub preset: Option<String>,
    /// In the order of the file.
    pub motors: Vec<MotorInfo>,
    /// In the order of the file.
    pub servos: Vec<ServoInfo>,
}

/// A motor as it is calibrated; its members are the keys of `[motors.NAME]` in a board file, but for
/// `reverses`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotorInfo {
    /// NAME.
    pub name: String,
    /// `left`, `right` or `both`.
    pub side: String,
    /// `front`, `rear` or `null`.
    pub end: Option<String>,
    /// Its leads are swapped.
    pub invert: bool,
    /// Factor of its power.
    pub trim: f64,
    /// Less power than this brakes.
    pub deadband: f64,
    /// The least duty that turns it.
    pub min_duty: f64,
    /// It can turn backward. One that cannot takes no `invert`.
    pub reverses: bool,
}

/// A servo as it is calibrated; its members are the keys of `[servos.NAME]` in a board file, but for
/// `reach_deg`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServoInfo {
    /// NAME.
    pub name: String,
    /// `pan`, `tilt` or `steering`.
    pub role: String,
    /// Of its pulses, hertz; each must be over before the next begins.
    pub frequency_hz: f64,
    /// Its shortest pulse, microseconds.
    pub min_us: f64,
    /// Its longest pulse, microseconds.
    pub max_us: f64,
    /// Its least angle, degrees.
    pub min_deg: f64,
    /// Its greatest angle, degrees.
    pub max_deg: f64,
    /// A longer pulse turns it right or down.
    pub invert: bool,
    /// Where it stands when nobody says otherwise, degrees.
    pub center_deg: f64,
    /// How far from `center_deg` each of its limits may be, from and to, degrees.
    pub reach_deg: [f64; 2],
}
