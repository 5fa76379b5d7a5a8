//! The parts of a car, each with the name that a person reads where it fails.
//!
//! What must never live here: the order in which parts are written.

use embedded_hal::digital::OutputPin;

use super::guard::Pass;
use crate::board::{Level, ServoSpec, Side};
use crate::driver::hbridge::{self, Command, HBridge, Power};
use crate::driver::pca9685::{self, Shared};
use crate::driver::servo::{self, Servo};
use crate::platform::adapt::Boxed;
use crate::platform::{DynBus, DynDelay, DynOutput, DynPwm, Input};
use crate::{HardwareError, IoError, IoKind, WheelPower};

type Bridge = HBridge<IoError, Boxed<DynOutput>, Boxed<DynPwm>>;
pub(super) type Wire = hbridge::Wire<Boxed<DynOutput>, Boxed<DynPwm>>;

pub(super) struct Motor {
    /// `motor left`
    pub(super) part: String,
    pub(super) side: Side,
    pub(super) invert: bool,
    pub(super) bridge: Bridge,
    /// Which chips its wires are on.
    pub(super) chips: Vec<usize>,
    pub(super) next: Command,
    /// Its inputs are known to be those of `next`.
    pub(super) switched: bool,
}

impl Motor {
    pub(super) fn command(&self, wheels: &WheelPower) -> Result<Command, HardwareError> {
        let power = match self.side {
            Side::Left => wheels.left,
            Side::Right => wheels.right,
            Side::Both => f64::midpoint(wheels.left, wheels.right),
        };
        let power = if self.invert { -power } else { power };
        match Power::new(power) {
            Some(power) if power.get() == 0.0 => Ok(Command::Brake),
            Some(power) => Ok(Command::Power(power)),
            None => Err(self.error(IoError {
                place: "power".to_owned(),
                reason: format!("{power} is not a number from -1 to 1"),
                kind: IoKind::Other,
            })),
        }
    }

    pub(super) fn error(&self, source: IoError) -> HardwareError {
        HardwareError { part: self.part.clone(), source }
    }
}

pub(super) struct Turret {
    /// `servo pan`
    pub(super) part: String,
    pub(super) spec: ServoSpec,
    pub(super) servo: Servo<Boxed<DynPwm>>,
    /// Which chip its wire is on.
    pub(super) chip: Option<usize>,
    /// Where it was last told to turn, degrees.
    pub(super) told_deg: f64,
    /// It was told something since it was opened.
    pub(super) told: bool,
    /// It is known to have been told.
    pub(super) heard: bool,
    /// Where it last heard to turn, degrees.
    pub(super) heard_deg: f64,
}

impl Turret {
    pub(super) fn turn_to(&mut self, wanted_deg: f64) -> Result<(), HardwareError> {
        // Limited here already, so that a target further beyond the limit is no change. The servo
        // refused ends that are not in order.
        let wanted_deg = wanted_deg.clamp(self.spec.min_deg, self.spec.max_deg);
        if self.heard && self.told_deg == wanted_deg {
            return Ok(());
        }
        self.heard = false;
        self.told_deg = self.servo.turn_to(wanted_deg).map_err(|error| HardwareError {
            part: self.part.clone(),
            source: refused_by_servo(&self.part, error),
        })?;
        (self.heard, self.told) = (true, true);
        Ok(())
    }

    /// Takes back what its chip was told and may not have sent. On a wire of its own nothing waits.
    pub(super) fn take_back(&mut self) -> Result<(), HardwareError> {
        if self.heard || !self.told || self.chip.is_none() {
            return Ok(());
        }
        self.turn_to(self.heard_deg)
    }
}

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

pub(super) struct Chip {
    /// `pca9685@0x40`
    pub(super) name: String,
    /// `motor left, servo pan`: what fails if it fails.
    pub(super) users: Vec<String>,
    pub(super) shared: Shared<Boxed<DynBus>, Boxed<DynDelay>>,
}

impl Chip {
    pub(super) fn error(&self, error: pca9685::Error<IoError>) -> HardwareError {
        HardwareError { part: self.users.join(", "), source: refused_by_chip(&self.name, error) }
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

pub(super) fn refused_by_chip(name: &str, error: pca9685::Error<IoError>) -> IoError {
    match error {
        pca9685::Error::Bus(error) => error,
        refused => IoError { place: name.to_owned(), reason: refused.to_string(), kind: IoKind::Other },
    }
}

pub(super) fn refused_by_servo(name: &str, error: servo::Error<IoError>) -> IoError {
    match error {
        servo::Error::Pwm(error) => error,
        refused => IoError { place: name.to_owned(), reason: refused.to_string(), kind: IoKind::Other },
    }
}
