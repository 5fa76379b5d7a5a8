//! Buzzers and lamps.
//!
//! What must never live here: for how long anything sounds.

use embedded_hal::digital::OutputPin;
use embedded_hal::pwm::SetDutyCycle;

use crate::board::{Level, OutputKind, OutputSpec};
use crate::platform::adapt::Boxed;
use crate::platform::{DynOutput, DynPwm};
use crate::{HardwareError, IoError, IoKind};

/// Where a lamp's or buzzer's signal comes out.
pub(super) enum Signal {
    Line(Boxed<DynOutput>),
    Pwm(Boxed<DynPwm>),
}

pub(super) struct Light {
    /// `output horn`
    part: String,
    kind: OutputKind,
    active: Level,
    signal: Signal,
    /// Which chip its wire is on.
    chip: Option<usize>,
    /// What it was last told, 0 to 1.
    told: f64,
    /// It is known to have been told.
    heard: bool,
}

impl Light {
    /// Off, as far as its wire already says so.
    pub(super) fn new(part: &str, spec: &OutputSpec, signal: Signal, chip: Option<usize>) -> Self {
        let (kind, active) = (spec.kind, spec.active);
        // A line was opened at its level; a PWM has no duty, which is active where low is.
        let heard = matches!(signal, Signal::Line(_));
        Self { part: part.to_owned(), kind, active, signal, chip, told: 0.0, heard }
    }

    pub(super) fn sounds(&self) -> bool {
        self.kind == OutputKind::Buzzer
    }

    /// What it was last told.
    pub(super) fn told(&self) -> f64 {
        self.told
    }

    /// Writes only what changed. A wire that is only high or low is on from above 0.
    pub(super) fn show(&mut self, level: f64) -> Result<(), HardwareError> {
        if !(0.0..=1.0).contains(&level) {
            let reason = format!("{level} is no level from 0 to 1");
            let source = IoError { place: self.part.clone(), reason, kind: IoKind::Other };
            return Err(self.error(source));
        }
        if self.heard && self.told == level {
            return Ok(());
        }
        self.heard = false;
        let high = if self.active == Level::High { level } else { 1.0 - level };
        let done = match &mut self.signal {
            Signal::Line(line) => line.set_state(((level > 0.0) == (self.active == Level::High)).into()),
            Signal::Pwm(pwm) => {
                let duty = (high * f64::from(pwm.max_duty_cycle())).round() as u16;
                pwm.set_duty_cycle(duty)
            }
        };
        done.map_err(|source| self.error(source))?;
        (self.told, self.heard) = (level, true);
        Ok(())
    }

    /// Whatever it was told may not be there.
    pub(super) fn doubt(&mut self) {
        self.heard = false;
    }

    pub(super) fn is_on(&self, chip: usize) -> bool {
        self.chip == Some(chip)
    }

    fn error(&self, source: IoError) -> HardwareError {
        HardwareError { part: self.part.clone(), source }
    }
}
