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
    /// How much of a lamp or buzzer, 0 (off) to 1.
    Level, get, 0.0, 1.0, "0 to 1"
}
ranged! {
    /// An angle of the camera in degrees, -180 to 180; pan is positive to the left, tilt is
    /// positive upward.
    Angle, degrees, -180.0, 180.0, "-180 to 180 degrees"
}
ranged! {
    /// Samples a second, 0.1 to 1000; the daemon grants what it is configured to.
    Rate, hz, 0.1, 1000.0, "0.1 to 1000 Hz"
}
ranged! {
    /// Speed over ground in metres a second, -100 to 100: beyond any car, and far from where a product
    /// of two numbers overflows. Forward is positive.
    LinearSpeed, m_s, -100.0, 100.0, "-100 to 100 m/s"
}
ranged! {
    /// Speed of turning in radians a second, -100 to 100: beyond any car, as for [`LinearSpeed`]. Left
    /// is positive.
    AngularSpeed, rad_s, -100.0, 100.0, "-100 to 100 rad/s"
}

ranged! {
    /// Where something is along an axis, in metres, -1000 to 1000: beyond any room.
    Place, metres, -1000.0, 1000.0, "-1000 to 1000 metres"
}
ranged! {
    /// Where something looks to, in radians, -100 to 100: as many turns as anybody adds up. Left is positive.
    Heading, radians, -100.0, 100.0, "-100 to 100 radians"
}

ranged! {
    /// A point of the daemon's monotonic clock in seconds, 0 to 1e9 (31 years): as `t` in a state, in
    /// `hello` and in the answer to `ping`.
    Moment, seconds, 0.0, 1e9, "0 to 1e9 seconds"
}

/// The pulse of a servo in microseconds, 400 to 2600: what any hobby servo understands.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Pulse(f64);

impl Pulse {
    /// The shortest.
    pub const MIN: Self = Self(400.0);
    /// The longest.
    pub const MAX: Self = Self(2600.0);

    /// Checked against the range; `what` names the parameter in the error.
    ///
    /// # Errors
    /// Outside the range, or not a number.
    pub fn new(what: &'static str, us: f64) -> Result<Self, OutOfRange> {
        let range = "400 to 2600 microseconds";
        if (400.0..=2600.0).contains(&us) { Ok(Self(us)) } else { Err(OutOfRange { what, got: us, range }) }
    }

    /// The nearest value in range; NaN becomes the shortest.
    #[must_use]
    pub fn clamped(us: f64) -> Self {
        let us = if us.is_nan() { Self::MIN.0 } else { us };
        Self(us.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// In microseconds.
    #[must_use]
    pub const fn us(self) -> f64 {
        self.0
    }
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

/// How much time is to pass: 1 ms to an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch(Duration);

impl Stretch {
    /// The longest: what a client waits for must end.
    pub const MAX: Self = Self(Duration::from_secs(3600));

    /// From milliseconds.
    ///
    /// # Errors
    /// Outside 1 to 3600000.
    pub fn from_ms(ms: f64) -> Result<Self, OutOfRange> {
        if !(1.0..=3_600_000.0).contains(&ms) {
            return Err(OutOfRange { what: "ms", got: ms, range: "1 to 3600000 milliseconds" });
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
        self.0.as_nanos() as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_are_in_it_and_nothing_beyond() {
        for value in [-1.0, 1.0, 0.0, f64::MIN_POSITIVE] {
            assert_eq!(Power::new("steer", value).unwrap().get(), value);
        }
        for value in [1.0_f64.next_up(), (-1.0_f64).next_down(), f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Power::new("steer", value).is_err(), "{value}");
        }
        for value in [100.0_f64.next_up(), -1.5e308, f64::INFINITY, f64::NAN] {
            assert!(LinearSpeed::new("linear", value).is_err(), "{value}");
            assert!(AngularSpeed::new("angular", value).is_err(), "{value}");
        }
        for us in [400.0, 1500.5, 2600.0] {
            assert_eq!(Pulse::new("pulse_us", us).unwrap().us(), us);
        }
        for us in [399.9, 2600.1, f64::NAN, f64::INFINITY] {
            assert!(Pulse::new("pulse_us", us).is_err(), "{us}");
        }
        let error = Angle::new("pan", 200.0).unwrap_err();
        assert_eq!(error.to_string(), "`pan` is 200: it must be -180 to 180 degrees");
    }

    #[test]
    fn a_zero_has_no_sign() {
        assert!(Power::new("steer", -0.0).unwrap().get().is_sign_positive());
    }

    #[test]
    fn what_is_clamped_is_in_range() {
        assert_eq!(Power::clamped(7.0), Power::MAX);
        assert_eq!(Power::clamped(f64::NEG_INFINITY), Power::MIN);
        assert_eq!(Power::clamped(f64::NAN).get(), 0.0);
        assert_eq!(Rate::clamped(f64::NAN), Rate::MIN);
        assert_eq!([0.0, 1e9, f64::NAN].map(Pulse::clamped), [Pulse::MIN, Pulse::MAX, Pulse::MIN]);
    }

    #[test]
    fn a_time_to_live_is_between_one_millisecond_and_two_seconds() {
        assert_eq!(Ttl::from_ms(2000.0).unwrap(), Ttl::MAX);
        assert_eq!(Ttl::from_ms(1.0).unwrap().get(), Duration::from_millis(1));
        assert_eq!(Ttl::from_ms(250.0).unwrap().as_ms(), 250.0);
        for ms in [0.0, 0.999, 2000.1, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Ttl::from_ms(ms).is_err(), "{ms}");
        }
    }

    #[test]
    fn what_passes_at_once_is_between_one_millisecond_and_an_hour() {
        assert_eq!(Stretch::from_ms(3_600_000.0).unwrap(), Stretch::MAX);
        assert_eq!(Stretch::from_ms(1.0).unwrap().get(), Duration::from_millis(1));
        assert_eq!(Stretch::from_ms(33.3).unwrap().as_ms(), 33.3);
        for ms in [0.0, 0.999, 3_600_000.5, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Stretch::from_ms(ms).is_err(), "{ms}");
        }
    }
}
