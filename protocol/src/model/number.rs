//! Numbers with a unit and a range. None of them can hold NaN or an infinity.

use std::time::Duration;

/// A number outside its range, in words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{what}` is {got}: it must be {range}")]
pub struct OutOfRange {
    /// Name of the parameter.
    pub what: &'static str,
    /// What was given.
    pub got: f64,
    /// What would be right, as "-1 to 1".
    pub range: &'static str,
}

macro_rules! ranged {
    ($(#[$doc:meta])* $name:ident, $get:ident, $low:expr, $high:expr, $range:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// Smallest value.
            pub const MIN: Self = Self($low);
            /// Largest value.
            pub const MAX: Self = Self($high);

            /// Checked against the range; `what` names the parameter in the error.
            ///
            /// # Errors
            /// Outside the range, or not a number.
            pub fn new(what: &'static str, value: f64) -> Result<Self, OutOfRange> {
                // Adding zero turns -0.0, which prints oddly, into 0.0.
                if ($low..=$high).contains(&value) { Ok(Self(value + 0.0)) } else { Err(OutOfRange { what, got: value, range: $range }) }
            }

            /// The nearest value in range; NaN becomes the value nearest zero.
            #[must_use]
            pub fn clamped(value: f64) -> Self {
                let value = if value.is_nan() { 0.0 } else { value };
                Self(value.clamp($low, $high))
            }

            /// The plain number.
            #[must_use]
            pub const fn $get(self) -> f64 {
                self.0
            }
        }
    };
}

ranged! {
    /// Normalised power: -1 (full reverse) to 1 (full forward); for `steer`, 1 is full left.
    Power, get, -1.0, 1.0, "-1 to 1"
}
ranged! {
    /// An angle of the camera in degrees, -180 to 180; pan is positive to the left, tilt is
    /// positive upward.
    Angle, degrees, -180.0, 180.0, "-180 to 180 degrees"
}
ranged! {
    /// Samples a second, 0.1 to 100.
    Rate, hz, 0.1, 100.0, "0.1 to 100 Hz"
}

/// How long a motion stays good without another: 1 ms to 2 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ttl(Duration);

impl Ttl {
    /// The longest life of a motion. A driver that is silent for longer is no driver.
    pub const MAX: Self = Self(Duration::from_millis(2000));

    /// From milliseconds.
    ///
    /// # Errors
    /// Outside 1 to 2000.
    pub fn from_ms(ms: f64) -> Result<Self, OutOfRange> {
        if !(1.0..=2000.0).contains(&ms) {
            return Err(OutOfRange { what: "ttl_ms", got: ms, range: "1 to 2000 milliseconds" });
        }
        Ok(Self(Duration::from_secs_f64(ms / 1000.0)))
    }

    /// As a duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }

    /// In milliseconds.
    #[must_use]
    pub fn as_ms(self) -> f64 {
        self.0.as_secs_f64() * 1000.0
    }
}
