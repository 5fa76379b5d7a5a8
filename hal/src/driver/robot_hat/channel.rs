//! One channel of a chip as an object of embedded-hal.
//!
//! What must never live here: transfers. A channel only stages; whoever owns the chip flushes.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, OutputPin};
use embedded_hal::i2c::I2c;
use embedded_hal::pwm::{self, SetDutyCycle};

use super::{Error, FULL_ON, RobotHat};

/// A chip that its channels share with whoever flushes it and reads its analog inputs.
#[derive(Debug)]
pub struct Shared<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>>(Arc<Mutex<RobotHat<I, D, R>>>);

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> Shared<I, D, R> {
    /// Shares a chip.
    #[must_use]
    pub fn new(chip: RobotHat<I, D, R>) -> Self {
        Self(Arc::new(Mutex::new(chip)))
    }

    /// A channel, off for now.
    ///
    /// # Errors
    /// A channel that the chip was not set up for.
    pub fn channel(&self, index: u8) -> Result<Channel<I, D, R>, Error<I::Error>> {
        self.lock().frequency_hz(index)?;
        self.lock().stage(index, 0)?;
        Ok(Channel { chip: self.clone(), index })
    }

    /// The chip itself.
    pub fn lock(&self) -> MutexGuard<'_, RobotHat<I, D, R>> {
        // Staged values are plain numbers: a panic elsewhere leaves none of them half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> Clone for Shared<I, D, R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A channel. What it is told takes effect with the next flush of its chip.
#[derive(Debug)]
pub struct Channel<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> {
    chip: Shared<I, D, R>,
    index: u8,
}

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> pwm::ErrorType for Channel<I, D, R> {
    type Error = Error<I::Error>;
}

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> SetDutyCycle for Channel<I, D, R> {
    fn max_duty_cycle(&self) -> u16 {
        FULL_ON
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Self::Error> {
        self.chip.lock().stage(self.index, duty)
    }
}

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> digital::ErrorType for Channel<I, D, R> {
    type Error = Error<I::Error>;
}

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> OutputPin for Channel<I, D, R> {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        self.set_duty_cycle(0)
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        self.set_duty_cycle(FULL_ON)
    }
}

impl<E: Debug> pwm::Error for Error<E> {
    fn kind(&self) -> pwm::ErrorKind {
        pwm::ErrorKind::Other
    }
}

impl<E: Debug> digital::Error for Error<E> {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}
