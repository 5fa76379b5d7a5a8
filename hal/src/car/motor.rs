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

    /// Whether the steps brought about what they were for, as far as anybody can tell: not where it takes more
    /// time, or cannot be.
    fn does(&self) -> bool;
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

    fn does(&self) -> bool {
        true
    }
}

/// A controller, and the power that it is to have.
pub(super) struct Controlled {
    esc: Esc<Boxed<DynPwm>>,
    power: f64,
}

impl Controlled {
    pub(super) fn new(esc: Esc<Boxed<DynPwm>>) -> Self {
        Self { esc, power: 0.0 }
    }
}

impl Driver for Controlled {
    fn intend(&mut self, next: Command, now: Option<Duration>) {
        // Without a brake of its own, no power is neutral.
        self.power = if let Command::Power(power) = next { power.get() } else { 0.0 };
        self.esc.intend(now.map(|now| (self.power, now)));
    }

    fn zero(&mut self) -> Result<(), IoError> {
        self.esc.zero()
    }

    /// Its pulse is direction and power at once.
    fn switch(&mut self) -> Result<(), IoError> {
        Ok(())
    }

    fn power(&mut self) -> Result<(), IoError> {
        self.esc.power()
    }

    fn forget(&mut self) {
        self.esc.forget();
    }

    fn does(&self) -> bool {
        self.esc.does(self.power)
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
    /// The power that its wheel is to have, forward positive; none if it is to brake.
    wanted: f64,
    /// The power that its wheel is known to have; none where that is not known.
    pub(super) given: f64,
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
            wanted: 0.0,
            given: 0.0,
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

    /// What the next steps are for: what its driver is told for a `power` of its wheel.
    pub(super) fn intend(&mut self, next: Command, power: f64, now: Option<Duration>) {
        self.brakes = next == Command::Brake;
        self.wanted = if self.brakes { 0.0 } else { power };
        self.driver.intend(next, now);
    }

    pub(super) fn brake(&mut self, now: Option<Duration>) {
        self.intend(Command::Brake, 0.0, now);
    }

    /// The steps were done without a failure.
    pub(super) fn confirm(&mut self) {
        self.given = if self.driver.does() { self.wanted } else { 0.0 };
    }

    pub(super) fn error(&self, source: IoError) -> HardwareError {
        HardwareError { part: self.part.clone(), source }
    }
}
