//! A hobby servo: an angle is a pulse, and a pulse is a share of the PWM's period.
//!
//! What must never live here: what the servo turns.

use std::ops::RangeInclusive;

use embedded_hal::pwm::SetDutyCycle;

/// Pulses that a hobby servo may be given at all, microseconds: the field's 500 to 2500, and a little for
/// those that are off.
pub const PULSES_US: RangeInclusive<f64> = 400.0..=2600.0;

/// How a servo turns: the angle is linear in the pulse between the two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Travel {
    /// The shortest pulse, microseconds.
    pub min_us: f64,
    /// The longest pulse, microseconds.
    pub max_us: f64,
    /// The least angle, degrees.
    pub min_deg: f64,
    /// The greatest angle, degrees.
    pub max_deg: f64,
    /// The longest pulse is the least angle.
    pub invert: bool,
}

impl Travel {
    fn is_sound(&self) -> bool {
        // Comparisons with what is not a number are false.
        self.min_us > 0.0
            && self.min_us < self.max_us
            && self.min_deg < self.max_deg
            && [self.max_us, self.min_deg, self.max_deg].iter().all(|value| value.is_finite())
    }

    /// The pulse in microseconds for an angle between the ends.
    fn pulse_us(&self, angle_deg: f64) -> f64 {
        let share = (angle_deg - self.min_deg) / (self.max_deg - self.min_deg);
        let share = if self.invert { 1.0 - share } else { share };
        self.min_us + share * (self.max_us - self.min_us)
    }

    /// The angle in degrees for a pulse; an end for a pulse beyond it.
    fn angle_deg(&self, pulse_us: f64) -> f64 {
        let share = ((pulse_us - self.min_us) / (self.max_us - self.min_us)).clamp(0.0, 1.0);
        let share = if self.invert { 1.0 - share } else { share };
        self.min_deg + share * (self.max_deg - self.min_deg)
    }
}

/// What the driver refuses, or what went wrong below it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error<E> {
    /// The PWM failed.
    #[error("{0}")]
    Pwm(E),
    /// Ends that are not two ends, or do not fit the period.
    #[error(
        "pulses of {min_us} to {max_us} µs for {min_deg} to {max_deg}° do not fit a period of {period_us} µs"
    )]
    Travel {
        /// As given.
        min_us: f64,
        /// As given.
        max_us: f64,
        /// As given.
        min_deg: f64,
        /// As given.
        max_deg: f64,
        /// Of the PWM.
        period_us: f64,
    },
    /// No angle at all.
    #[error("{0} is no angle")]
    Angle(f64),
    /// No pulse at all.
    #[error("{0} is no pulse")]
    Pulse(f64),
}

/// A servo. It gets no pulse before the first [`turn_to`](Self::turn_to), and a drop leaves it where it
/// is: one that holds is at rest, one without pulses lets its load fall.
#[derive(Debug)]
pub struct Servo<P> {
    pwm: P,
    period_us: f64,
    travel: Travel,
}

impl<P: SetDutyCycle> Servo<P> {
    /// A servo on a PWM of `frequency_hz`. Writes nothing.
    ///
    /// # Errors
    /// [`Error::Travel`] where least is not less than greatest, or the longest pulse is not shorter
    /// than the period.
    pub fn new(pwm: P, frequency_hz: f64, travel: Travel) -> Result<Self, Error<P::Error>> {
        let period_us = 1e6 / frequency_hz;
        let Travel { min_us, max_us, min_deg, max_deg, .. } = travel;
        if travel.is_sound() && frequency_hz > 0.0 && max_us < period_us {
            return Ok(Self { pwm, period_us, travel });
        }
        Err(Error::Travel { min_us, max_us, min_deg, max_deg, period_us })
    }

    /// Turns to an angle in degrees, or as far towards it as the travel goes. Answers where to.
    ///
    /// # Errors
    /// What is not a number; a PWM that fails.
    pub fn turn_to(&mut self, angle_deg: f64) -> Result<f64, Error<P::Error>> {
        if angle_deg.is_nan() {
            return Err(Error::Angle(angle_deg));
        }
        let angle_deg = angle_deg.clamp(self.travel.min_deg, self.travel.max_deg);
        self.write_us(self.travel.pulse_us(angle_deg))?;
        Ok(angle_deg)
    }

    /// Gives a raw pulse in microseconds, as far as [`limited_us`](Self::limited_us) lets it. Answers which.
    ///
    /// # Errors
    /// What is not a number; a PWM that fails.
    pub fn pulse(&mut self, pulse_us: f64) -> Result<f64, Error<P::Error>> {
        if pulse_us.is_nan() {
            return Err(Error::Pulse(pulse_us));
        }
        let pulse_us = self.limited_us(pulse_us);
        self.write_us(pulse_us)?;
        Ok(pulse_us)
    }

    /// The pulse nearest to `pulse_us` that is one of [`PULSES_US`] and leaves a pause in the period.
    pub fn limited_us(&self, pulse_us: f64) -> f64 {
        let longest = PULSES_US.end().min(0.95 * self.period_us);
        pulse_us.clamp(PULSES_US.start().min(longest), longest)
    }

    /// Where a pulse turns it, degrees within its travel.
    pub fn angle_at(&self, pulse_us: f64) -> f64 {
        self.travel.angle_deg(pulse_us)
    }

    /// The PWM, still sending its pulse.
    pub fn release(self) -> P {
        self.pwm
    }

    fn write_us(&mut self, pulse_us: f64) -> Result<(), Error<P::Error>> {
        let duty = (pulse_us / self.period_us * f64::from(self.pwm.max_duty_cycle())).round();
        // Below the maximum, as every pulse is shorter than the period.
        self.pwm.set_duty_cycle(duty as u16).map_err(Error::Pwm)
    }
}

#[cfg(test)]
#[path = "servo_tests.rs"]
mod tests;
