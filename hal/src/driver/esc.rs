//! An electronic speed controller, as model cars have it: a pulse like a servo's says how fast.
//!
//! What lives here: when it obeys and how it is brought to reverse, as a state machine that is told the
//! time. What must never live here: what its motor turns.
//!
//! It obeys only after it has seen the neutral pulse for a while (it *arms*). Many take the first pulse on
//! the reverse side for a brake, and turn backward only when it comes again after neutral: "the ESC must
//! receive a reverse pulse, zero pulse, reverse pulse" (Donkeycar, Calibrate your car). So it is to be told
//! its power again and again, at the rate of a control loop: the sequence goes on with each call.
//!
//! Its safe state is the neutral pulse and not none at all: without pulses it stops too, but some then want
//! to be armed again by hand.

use std::time::Duration;

use embedded_hal::pwm::SetDutyCycle;

/// How long the pulse that brakes lasts, and the neutral one after it. Published sketches for such
/// controllers wait 200 ms at each; ten pulses at 50 Hz.
pub const BRAKE: Duration = Duration::from_millis(200);
/// See [`BRAKE`].
pub const PAUSE: Duration = Duration::from_millis(200);

/// The least pulse that brakes, as a share of the way from neutral to full reverse. Controllers take a band
/// of some percent around neutral for neutral: a brake that is shorter they do not see, and then the reverse
/// pulse is no second one. A fifth is well beyond such bands.
pub const LEAST_BRAKE: f64 = 0.2;

/// How it is made to turn backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reverse {
    /// By a shorter pulse.
    Direct,
    /// A shorter pulse brakes first; after neutral the next one turns it backward, until it has turned
    /// forward again.
    BrakeFirst,
    /// Not at all.
    None,
}

/// What it understands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulses {
    /// Full power backward, microseconds.
    pub reverse_us: f64,
    /// No power, microseconds.
    pub neutral_us: f64,
    /// Full power forward, microseconds.
    pub forward_us: f64,
    /// How long it must see the neutral pulse before it obeys.
    pub arm: Duration,
    /// How it is made to turn backward.
    pub reverse: Reverse,
}

impl Pulses {
    /// The pulse of a power, -1 to 1.
    fn of(&self, power: f64) -> f64 {
        let end = if power < 0.0 { self.reverse_us } else { self.forward_us };
        self.neutral_us + power.abs() * (end - self.neutral_us)
    }
}

/// What the controller is taken to be doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// It is not known what it sees.
    Lost,
    /// It sees neutral, since then.
    Arming(Duration),
    /// It obeys; a reverse pulse turns it backward, or brakes.
    Ready { reverses: bool },
    /// It sees a reverse pulse of [`LEAST_BRAKE`] or more, since then, and brakes.
    Braking(Duration),
    /// It sees neutral after a brake, since then.
    Pausing(Duration),
}

/// What pulse comes when.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    pulses: Pulses,
    phase: Phase,
}

impl Sequence {
    /// Of a controller of which nothing is known.
    #[must_use]
    pub fn new(pulses: Pulses) -> Self {
        Self { pulses, phase: Phase::Lost }
    }

    /// The pulse in microseconds for `power` at `now`. Powers beyond ±1 are taken for ±1.
    pub fn pulse_us(&mut self, power: f64, now: Duration) -> f64 {
        let power = power.clamp(-1.0, 1.0);
        if self.phase == Phase::Lost {
            self.phase = Phase::Arming(now);
        }
        if let Phase::Arming(since) = self.phase {
            if now.saturating_sub(since) < self.pulses.arm {
                return self.pulses.neutral_us;
            }
            self.phase = Phase::Ready { reverses: false };
        }
        if power < 0.0 { self.backward(power, now) } else { self.onward(power, now) }
    }

    /// Whether it now does a power that it was told, as far as its pulses tell.
    #[must_use]
    pub fn does(&self, power: f64) -> bool {
        match (self.phase, self.pulses.reverse) {
            (Phase::Ready { .. }, _) if power >= 0.0 => true,
            (Phase::Ready { reverses }, Reverse::BrakeFirst) => reverses,
            (Phase::Ready { .. }, reverse) => reverse == Reverse::Direct,
            _ => false,
        }
    }

    /// It may have been without pulses, or without its supply: it must be armed again.
    pub fn lose(&mut self) {
        self.phase = Phase::Lost;
    }

    fn onward(&mut self, power: f64, now: Duration) -> f64 {
        self.phase = match self.phase {
            _ if power > 0.0 => Phase::Ready { reverses: false },
            // To let go is the neutral that it waits for.
            Phase::Braking(since) if now.saturating_sub(since) >= BRAKE => Phase::Pausing(now),
            Phase::Braking(_) => Phase::Ready { reverses: false },
            Phase::Pausing(since) if now.saturating_sub(since) >= PAUSE => Phase::Ready { reverses: true },
            other => other,
        };
        self.pulses.of(power)
    }

    fn backward(&mut self, power: f64, now: Duration) -> f64 {
        match self.pulses.reverse {
            Reverse::None => return self.onward(0.0, now),
            Reverse::Direct => return self.pulses.of(power),
            Reverse::BrakeFirst => {}
        }
        self.phase = match self.phase {
            Phase::Ready { reverses: false } => Phase::Braking(now),
            Phase::Braking(since) if now.saturating_sub(since) >= BRAKE => Phase::Pausing(now),
            Phase::Pausing(since) if now.saturating_sub(since) >= PAUSE => Phase::Ready { reverses: true },
            other => other,
        };
        match self.phase {
            Phase::Pausing(_) => self.pulses.neutral_us,
            Phase::Braking(_) => self.pulses.of(power.min(-LEAST_BRAKE)),
            _ => self.pulses.of(power),
        }
    }
}

/// The pulses do not fit the PWM.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("pulses of {reverse_us}, {neutral_us} and {forward_us} µs do not fit a period of {period_us} µs")]
pub struct Unfit {
    reverse_us: f64,
    neutral_us: f64,
    forward_us: f64,
    period_us: f64,
}

/// A controller. It gets no pulse before it is first told something; a drop leaves it neutral.
#[derive(Debug)]
pub struct Esc<P: SetDutyCycle> {
    pwm: P,
    period_us: f64,
    sequence: Sequence,
    wanted_us: f64,
    /// The duty that its PWM is known to have, and the pulse that this is.
    known: Option<(u16, f64)>,
}

impl<P: SetDutyCycle> Esc<P> {
    /// A controller on a PWM of `frequency_hz`. Writes nothing.
    ///
    /// # Errors
    /// Pulses that are not in order, or not shorter than the period.
    pub fn new(pwm: P, frequency_hz: f64, pulses: Pulses) -> Result<Self, Unfit> {
        let Pulses { reverse_us, neutral_us, forward_us, .. } = pulses;
        let period_us = 1e6 / frequency_hz;
        // Comparisons with what is not a number are false.
        let fits = frequency_hz > 0.0
            && 0.0 < reverse_us
            && reverse_us < neutral_us
            && neutral_us < forward_us
            && forward_us < period_us;
        if !fits {
            return Err(Unfit { reverse_us, neutral_us, forward_us, period_us });
        }
        let sequence = Sequence::new(pulses);
        Ok(Self { pwm, period_us, sequence, wanted_us: neutral_us, known: None })
    }

    /// What the next [`zero`](Self::zero) and [`power`](Self::power) are for: a power at a time, or neutral
    /// without one. As nobody then knows for how long it has seen neutral, it is armed again after that.
    pub fn intend(&mut self, power: Option<(f64, Duration)>) {
        self.wanted_us = if let Some((power, now)) = power {
            self.sequence.pulse_us(power, now)
        } else {
            self.sequence.lose();
            self.sequence.pulses.neutral_us
        };
    }

    /// Whether it does a power that it was told, once the steps are done: not while it is armed, brakes or
    /// pauses before it reverses, nor backward where it cannot.
    #[must_use]
    pub fn does(&self, power: f64) -> bool {
        self.sequence.does(power)
    }

    /// First step: neutral, if that is wanted or lies on the way.
    ///
    /// # Errors
    /// What the PWM says. Its duty is then unknown, and written again next time.
    pub fn zero(&mut self) -> Result<(), P::Error> {
        let neutral_us = self.sequence.pulses.neutral_us;
        let from = self.known.map_or(0.0, |(_, pulse_us)| pulse_us - neutral_us);
        if from * (self.wanted_us - neutral_us) > 0.0 {
            return Ok(());
        }
        self.write(neutral_us)
    }

    /// Last step: the pulse.
    ///
    /// # Errors
    /// As of [`zero`](Self::zero).
    pub fn power(&mut self) -> Result<(), P::Error> {
        self.write(self.wanted_us)
    }

    /// Takes nothing for granted: it must be armed again, and the next steps write.
    pub fn forget(&mut self) {
        self.known = None;
        self.sequence.lose();
    }

    fn write(&mut self, pulse_us: f64) -> Result<(), P::Error> {
        // Below the maximum, as every pulse is shorter than the period.
        let duty = (pulse_us / self.period_us * f64::from(self.pwm.max_duty_cycle())).round() as u16;
        if self.known.is_some_and(|(known, _)| known == duty) {
            return Ok(());
        }
        self.known = None;
        self.pwm.set_duty_cycle(duty)?;
        self.known = Some((duty, pulse_us));
        Ok(())
    }
}

impl<P: SetDutyCycle> Drop for Esc<P> {
    fn drop(&mut self) {
        // Nobody is left to tell. Whoever must know brakes before.
        let _unheard = self.write(self.sequence.pulses.neutral_us);
    }
}

#[cfg(test)]
#[path = "esc_tests.rs"]
mod tests;
