//! Servos: their pulses, their angles and their limits.
//!
//! What must never live here: how a pulse is made.

use std::ops::RangeInclusive;

use super::PinRef;
use crate::drivetrain::WIDEST_LOCK_DEG;

/// A servo. The angle is linear in the pulse between the two ends.
#[derive(Clone, Debug, PartialEq)]
pub struct ServoSpec {
    /// Its key in the file.
    pub name: String,
    /// What it turns.
    pub role: ServoRole,
    /// Where its signal comes out.
    pub pwm: PinRef,
    /// 50 hertz usually; of a PCA9685's channel, the chip's.
    pub frequency_hz: f64,
    /// The shortest pulse that it is given, microseconds.
    pub min_us: f64,
    /// The longest, microseconds.
    pub max_us: f64,
    /// The least angle, degrees; at `min_us`, or at `max_us` if inverted.
    pub min_deg: f64,
    /// The greatest angle, degrees; at `max_us`, or at `min_us` if inverted.
    pub max_deg: f64,
    /// A longer pulse turns it right or down.
    pub invert: bool,
    /// Where it stands when nobody says otherwise, degrees.
    pub center_deg: f64,
    /// It is told to turn no faster than this, degrees a second; as fast as it can if `None`.
    pub speed_deg_s: Option<f64>,
}

/// What a servo does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServoRole {
    /// Turns the camera left (positive) and right.
    Pan,
    /// Turns the camera up (positive) and down.
    Tilt,
    /// Turns the front wheels left (positive) and right.
    Steering,
}

impl ServoRole {
    /// How far from its centre each of its limits may be, degrees.
    #[must_use]
    pub fn reach_deg(self) -> RangeInclusive<f64> {
        match self {
            Self::Pan | Self::Tilt => 0.0..=180.0,
            // Less would steer nowhere.
            Self::Steering => 1.0..=WIDEST_LOCK_DEG,
        }
    }
}
