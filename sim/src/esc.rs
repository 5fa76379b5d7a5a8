//! An electronic speed controller. It sees nothing but the pulses on its wire: a first neutral for as long
//! as the board says arms it, and after that a longer pulse turns its motor forward and a shorter one
//! backward, or brakes it first. What its motor turns is not known here.
//!
//! At neutral it lets its motor roll, as controllers do whose drag brake nobody set; so does a wire without
//! pulses, which must be armed again.

use hal::board::{EscReverse, EscSpec};

use crate::bridge::Terminals;
use crate::clock::STEP_S;
use crate::digest::Digest;
use crate::signal::Signal;

/// So near to neutral is neutral, microseconds: two of the steps that a PWM chip makes.
const NEUTRAL_US: f64 = 10.0;
/// A pulse must be there for so long to count for a brake, or for the neutral after it, seconds: two cycles
/// at 50 Hz.
const NOTICE_S: f64 = 0.04;

/// The controller.
#[derive(Debug)]
pub(crate) struct Esc {
    spec: EscSpec,
    pulse_us: Option<f64>,
    phase: Phase,
    /// How long it has been in that phase, seconds.
    for_s: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// It has not seen neutral for long enough.
    Disarmed,
    /// It obeys, and a shorter pulse brakes, if it is of that kind.
    Forward,
    Braking,
    /// Neutral after a brake.
    Released,
    /// It obeys, and a shorter pulse turns backward.
    Backward,
}

impl Esc {
    /// Without pulses.
    pub(crate) fn new(spec: &EscSpec) -> Self {
        Self { spec: spec.clone(), pulse_us: None, phase: Phase::Disarmed, for_s: 0.0 }
    }

    /// Reads the wire.
    pub(crate) fn listen(&mut self, signal: Option<Signal>) {
        self.pulse_us = signal.and_then(|signal| signal.pulse_us());
    }

    /// What it does to its motor for one step.
    pub(crate) fn step(&mut self) -> Terminals {
        let Some(pulse_us) = self.pulse_us else {
            self.enter(Phase::Disarmed);
            self.for_s = 0.0;
            return Terminals::Coast;
        };
        let asked = pulse_us - self.spec.neutral_us;
        let asked = if asked.abs() <= NEUTRAL_US { 0.0 } else { asked };
        if self.phase == Phase::Disarmed {
            // Half a step of slack: sums of steps are not exact.
            self.for_s = if asked == 0.0 { self.for_s + STEP_S } else { 0.0 };
            if self.for_s + STEP_S / 2.0 >= self.spec.arm_ms / 1e3 && asked == 0.0 {
                self.enter(Phase::Forward);
            }
            return Terminals::Coast;
        }
        self.for_s += STEP_S;
        match asked {
            0.0 => self.neutral(),
            ahead if ahead > 0.0 => {
                self.enter(Phase::Forward);
                let full = self.spec.forward_us - self.spec.neutral_us;
                Terminals::Drive((ahead / full).min(1.0))
            }
            back => self.shorter(back),
        }
    }

    fn neutral(&mut self) -> Terminals {
        match self.phase {
            Phase::Braking if self.for_s >= NOTICE_S => self.enter(Phase::Released),
            Phase::Braking => self.enter(Phase::Forward),
            Phase::Released if self.for_s >= NOTICE_S => self.enter(Phase::Backward),
            _ => {}
        }
        Terminals::Coast
    }

    fn shorter(&mut self, asked: f64) -> Terminals {
        let drive = Terminals::Drive((asked / (self.spec.neutral_us - self.spec.reverse_us)).max(-1.0));
        match (self.spec.reverse, self.phase) {
            (EscReverse::Direct, _) | (EscReverse::BrakeFirst, Phase::Backward) => drive,
            (EscReverse::None, _) => Terminals::Brake,
            (EscReverse::BrakeFirst, _) => {
                self.enter(Phase::Braking);
                Terminals::Brake
            }
        }
    }

    fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            (self.phase, self.for_s) = (phase, 0.0);
        }
    }

    /// Takes its state into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.number(self.pulse_us.unwrap_or(0.0));
        into.integer(self.phase as u64);
        into.number(self.for_s);
    }
}

#[cfg(test)]
mod tests {
    use hal::board::PinRef;

    use super::*;

    fn esc(reverse: EscReverse) -> Esc {
        Esc::new(&EscSpec {
            pwm: PinRef::Pwm { device: "header".into(), channel: 12 },
            frequency_hz: 50.0,
            reverse_us: 1000.0,
            neutral_us: 1500.0,
            forward_us: 2000.0,
            arm_ms: 500.0,
            reverse,
        })
    }

    /// What it does at the end of so many milliseconds of a pulse.
    fn run(esc: &mut Esc, us: f64, ms: u32) -> Terminals {
        esc.listen(Some(Signal { rise: 0.0, duty: us * 50e-6, frequency_hz: 50.0 }));
        let last = (0..ms).map(|_| esc.step()).last().unwrap();
        // Shares of floating point, to the millionth.
        if let Terminals::Drive(drive) = last { Terminals::Drive((drive * 1e6).round() / 1e6) } else { last }
    }

    #[test]
    fn it_obeys_only_after_a_neutral_that_lasts_and_forgets_it_without_pulses() {
        let mut esc = esc(EscReverse::Direct);
        assert_eq!(run(&mut esc, 2000.0, 1000), Terminals::Coast);
        run(&mut esc, 1500.0, 499);
        assert_eq!(run(&mut esc, 2000.0, 1000), Terminals::Coast, "too short");
        run(&mut esc, 1500.0, 500);
        assert_eq!(run(&mut esc, 1750.0, 1), Terminals::Drive(0.5));
        assert_eq!(run(&mut esc, 1000.0, 1), Terminals::Drive(-1.0));
        esc.listen(None);
        assert_eq!(esc.step(), Terminals::Coast);
        assert_eq!(run(&mut esc, 1750.0, 100), Terminals::Coast);
    }

    #[test]
    fn one_that_brakes_first_turns_backward_only_by_the_second_shorter_pulse() {
        let mut esc = esc(EscReverse::BrakeFirst);
        run(&mut esc, 1500.0, 500);
        assert_eq!(run(&mut esc, 1000.0, 5000), Terminals::Brake);
        assert_eq!(run(&mut esc, 1500.0, 100), Terminals::Coast);
        assert_eq!(run(&mut esc, 1000.0, 1), Terminals::Drive(-1.0));
        run(&mut esc, 1500.0, 100);
        assert_eq!(run(&mut esc, 1250.0, 1), Terminals::Drive(-0.5), "until it turns forward");
        run(&mut esc, 2000.0, 10);
        assert_eq!(run(&mut esc, 1000.0, 100), Terminals::Brake);
    }

    #[test]
    fn one_that_cannot_reverse_brakes_and_near_neutral_is_neutral() {
        let mut esc = esc(EscReverse::None);
        run(&mut esc, 1495.0, 500);
        assert_eq!(run(&mut esc, 1000.0, 100), Terminals::Brake);
        assert_eq!(run(&mut esc, 1509.0, 100), Terminals::Coast);
        assert_eq!(run(&mut esc, 2500.0, 1), Terminals::Drive(1.0));
    }
}
