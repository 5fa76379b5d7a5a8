//! A motor of a car, and what drives it behind one trait.
//!
//! What must never live here: the order in which motors are written.

use std::time::Duration;

use super::calibration::Calibration;
use crate::board::{End, MotorSpec, Side};
use crate::driver::esc::Esc;
use crate::driver::hbridge::{self, Command, HBridge, Power};
use crate::platform::adapt::Boxed;
use crate::platform::{DynOutput, DynPwm};
use crate::{HardwareError, IoError, IoKind, WheelPower};

pub(super) type Bridge = HBridge<IoError, Boxed<DynOutput>, Boxed<DynPwm>>;
pub(super) type Wire = hbridge::Wire<Boxed<DynOutput>, Boxed<DynPwm>>;

/// What drives a motor. A change takes three steps, as [`hbridge`](crate::driver::hbridge) says.
pub(super) trait Driver: Send {
    /// What the next three steps are for. Without a time it is for good: the car is brought to rest.
    fn intend(&mut self, next: Command, now: Option<Duration>);

    /// First step: no power, if the direction changes.
    fn zero(&mut self) -> Result<(), IoError>;

    /// Second step: the direction.
    fn switch(&mut self) -> Result<(), IoError>;

    /// Last step: the power.
    fn power(&mut self) -> Result<(), IoError>;

    /// Takes nothing for granted.
    fn forget(&mut self);
}

/// An H-bridge, and what it is to do.
pub(super) struct Bridged {
    bridge: Bridge,
    next: Command,
}

impl Bridged {
    pub(super) fn new(bridge: Bridge) -> Self {
        Self { bridge, next: Command::Brake }
    }
}

impl Driver for Bridged {
    fn intend(&mut self, next: Command, _now: Option<Duration>) {
        self.next = next;
    }

    fn zero(&mut self) -> Result<(), IoError> {
        self.bridge.zero(self.next)
    }

    fn switch(&mut self) -> Result<(), IoError> {
        self.bridge.switch(self.next)
    }

    fn power(&mut self) -> Result<(), IoError> {
        self.bridge.power(self.next)
    }

    fn forget(&mut self) {
        self.bridge.forget();
    }
}

impl Driver for Esc<Boxed<DynPwm>> {
    fn intend(&mut self, next: Command, now: Option<Duration>) {
        // Without a brake of its own, no power is neutral.
        let power = if let Command::Power(power) = next { power.get() } else { 0.0 };
        self.intend(now.map(|now| (power, now)));
    }

    fn zero(&mut self) -> Result<(), IoError> {
        self.zero()
    }

    /// Its pulse is direction and power at once.
    fn switch(&mut self) -> Result<(), IoError> {
        Ok(())
    }

    fn power(&mut self) -> Result<(), IoError> {
        self.power()
    }

    fn forget(&mut self) {
        self.forget();
    }
}

pub(super) struct Motor {
    /// `motor left`
    pub(super) part: String,
    pub(super) side: Side,
    pub(super) end: Option<End>,
    calibration: Calibration,
    pub(super) driver: Box<dyn Driver>,
    /// Which chips its wires are on.
    pub(super) chips: Vec<usize>,
    /// It is to brake.
    pub(super) brakes: bool,
    /// Its inputs are known to be those of what it is to do.
    pub(super) switched: bool,
}

impl Motor {
    pub(super) fn new(part: &str, spec: &MotorSpec, driver: Box<dyn Driver>, chips: Vec<usize>) -> Self {
        Self {
            part: part.to_owned(),
            side: spec.side,
            end: spec.end,
            calibration: Calibration::new(spec),
            driver,
            chips,
            brakes: true,
            switched: false,
        }
    }

    /// Its power of what the wheels shall do.
    pub(super) fn share(&self, wheels: &WheelPower) -> f64 {
        wheels.of(self.side, self.end)
    }

    /// How fast its wheel turns at a power, as a share of the car's top speed.
    pub(super) fn turns(&self, power: f64) -> f64 {
        self.calibration.turns(power)
    }

    /// What the wheels do if this motor alone has `power`.
    pub(super) fn alone(&self, power: f64) -> WheelPower {
        let on = |side| if self.side == side || self.side == Side::Both { power } else { 0.0 };
        WheelPower { left: on(Side::Left), right: on(Side::Right), strafe: 0.0 }
    }

    /// What its driver is told for a power, forward positive.
    pub(super) fn command(&self, power: f64) -> Result<Command, HardwareError> {
        self.checked(self.calibration.duty(power))
    }

    /// The same for a bare duty.
    pub(super) fn raw(&self, duty: f64) -> Result<Command, HardwareError> {
        self.checked(self.calibration.raw(duty))
    }

    fn checked(&self, power: f64) -> Result<Command, HardwareError> {
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

    pub(super) fn intend(&mut self, next: Command, now: Option<Duration>) {
        self.brakes = next == Command::Brake;
        self.driver.intend(next, now);
    }

    pub(super) fn error(&self, source: IoError) -> HardwareError {
        HardwareError { part: self.part.clone(), source }
    }
}
