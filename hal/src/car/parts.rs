//! The other parts of a car, each with the name that a person reads where it fails.
//!
//! What must never live here: the order in which parts are written.

use embedded_hal::digital::OutputPin;

use super::guard::Pass;
use crate::board::Level;
use crate::platform::adapt::Boxed;
use crate::platform::{DynOutput, Input};
use crate::{HardwareError, IoError};

/// A line that puts a bridge to sleep where it is low: the motors' leads are open.
pub(super) struct Standby {
    /// The first motor that it serves.
    pub(super) part: String,
    pub(super) line: Boxed<DynOutput>,
    pub(super) pass: Pass,
}

impl Standby {
    pub(super) fn raise(&mut self) -> Result<(), HardwareError> {
        self.line.set_high().map_err(|source| self.error(source))
    }

    pub(super) fn lower(&mut self) -> Result<(), HardwareError> {
        let pass = self.pass.clone();
        pass.halting(|| self.line.set_low()).map_err(|source| self.error(source))
    }

    fn error(&self, source: IoError) -> HardwareError {
        HardwareError { part: self.part.clone(), source }
    }
}

/// What the e-stop button is called where it fails.
pub(super) const ESTOP: &str = "e-stop button";

pub(super) struct Button {
    pub(super) input: Input,
    /// What is on its line while it is pressed.
    pub(super) pressed: Level,
}

impl Button {
    pub(super) fn is_pressed(&mut self) -> Result<bool, HardwareError> {
        let high = self.input.is_high();
        let high = high.map_err(|source| HardwareError { part: ESTOP.to_owned(), source })?;
        Ok(high == (self.pressed == Level::High))
    }
}

/// The first of several errors; the others follow from it, or say the same.
#[derive(Default)]
pub(super) struct FirstError(Option<HardwareError>);

impl FirstError {
    /// Whether `result` was good.
    pub(super) fn note(&mut self, result: Result<(), HardwareError>) -> bool {
        let error = result.err();
        let good = error.is_none();
        self.0 = self.0.take().or(error);
        good
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn into_result(self) -> Result<(), HardwareError> {
        self.0.map_or(Ok(()), Err)
    }
}
