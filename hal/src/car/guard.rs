//! The look at the interlock before each write: every wire and bus of a car is opened through this.
//!
//! What must never live here: which writes halt a car. Whoever knows says so, with [`Pass::halting`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use embedded_hal::digital::{self, OutputPin};
use embedded_hal::i2c::{self, I2c, Operation};
use embedded_hal::pwm::{self, SetDutyCycle};

use crate::platform::{Bus, Output, Pwm};
use crate::{Interlock, IoError, IoKind};

/// Whether a write may go out. Clones are the same pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    interlock: Interlock,
    /// What is written now halts the car. Only the owner of the car changes it.
    halts: Arc<AtomicBool>,
}

impl Pass {
    pub(super) fn new(interlock: Interlock) -> Self {
        Self { interlock, halts: Arc::default() }
    }

    pub(super) fn interlock(&self) -> &Interlock {
        &self.interlock
    }

    /// Whatever `act` writes halts the car, and passes an engaged interlock.
    pub(super) fn halting<T>(&self, act: impl FnOnce() -> T) -> T {
        let outer = self.halts.swap(true, Ordering::Relaxed);
        let done = act();
        self.halts.store(outer, Ordering::Relaxed);
        done
    }

    /// From now on every write halts the car: it is being taken apart.
    pub(super) fn only_halting(&self) {
        self.halts.store(true, Ordering::Relaxed);
    }

    fn check(&self, place: &str) -> Result<(), IoError> {
        if self.interlock.is_engaged() && !self.halts.load(Ordering::Relaxed) {
            let reason = "not written: the e-stop is engaged".to_owned();
            return Err(IoError { place: place.to_owned(), reason, kind: IoKind::Interlocked });
        }
        Ok(())
    }
}

/// Something of the platform, behind a pass.
struct Guarded<T> {
    inner: T,
    place: String,
    pass: Pass,
}

impl Pass {
    pub(super) fn output(&self, inner: Output, place: String) -> Output {
        Box::new(Guarded { inner, place, pass: self.clone() })
    }

    pub(super) fn pwm(&self, inner: Pwm, place: String) -> Pwm {
        Box::new(Guarded { inner, place, pass: self.clone() })
    }

    /// `asks` knows the transfers that only ask, and so move nothing.
    pub(super) fn bus(&self, inner: Bus, place: String, asks: Asks) -> Bus {
        Box::new(GuardedBus { inner, place, asks, pass: self.clone() })
    }
}

impl digital::ErrorType for Guarded<Output> {
    type Error = IoError;
}

impl OutputPin for Guarded<Output> {
    fn set_low(&mut self) -> Result<(), IoError> {
        self.pass.check(&self.place)?;
        self.inner.set_low()
    }

    fn set_high(&mut self) -> Result<(), IoError> {
        self.pass.check(&self.place)?;
        self.inner.set_high()
    }
}

impl pwm::ErrorType for Guarded<Pwm> {
    type Error = IoError;
}

impl SetDutyCycle for Guarded<Pwm> {
    fn max_duty_cycle(&self) -> u16 {
        self.inner.max_duty_cycle()
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), IoError> {
        self.pass.check(&self.place)?;
        self.inner.set_duty_cycle(duty)
    }
}

/// Whether a transfer only asks.
pub(super) type Asks = fn(&[Operation<'_>]) -> bool;

/// A register is read: the write before the read only says which.
pub(super) fn reads_a_register(operations: &[Operation<'_>]) -> bool {
    matches!(operations, [Operation::Write(_), Operation::Read(_)])
}

/// A Robot HAT is read, or told which of its analog inputs is to be read: its commands 0x10 to 0x17.
pub(super) fn asks_a_robot_hat(operations: &[Operation<'_>]) -> bool {
    matches!(operations, [Operation::Read(_)] | [Operation::Write([0x10..=0x17, 0, 0])])
}

/// A chip's bus, behind a pass.
struct GuardedBus {
    inner: Bus,
    place: String,
    asks: Asks,
    pass: Pass,
}

impl i2c::ErrorType for GuardedBus {
    type Error = IoError;
}

impl I2c for GuardedBus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        if !(self.asks)(operations) {
            self.pass.check(&self.place)?;
        }
        self.inner.transaction(address, operations)
    }
}
