//! One channel of a chip as an object of embedded-hal.
//!
//! What must never live here: transfers. A channel only stages; whoever owns the chip flushes.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, OutputPin};
use embedded_hal::i2c::I2c;
use embedded_hal::pwm::{self, SetDutyCycle};

use super::{CHANNELS, Error, FULL_ON, Pca9685};

/// A chip that its channels share with whoever flushes it.
#[derive(Debug)]
pub struct Shared<I: I2c, D: DelayNs>(Arc<Mutex<Pca9685<I, D>>>);

impl<I: I2c, D: DelayNs> Shared<I, D> {
    /// Shares a chip.
    #[must_use]
    pub fn new(chip: Pca9685<I, D>) -> Self {
        Self(Arc::new(Mutex::new(chip)))
    }

    /// A channel, off for now.
    ///
    /// # Errors
    /// No such channel.
    pub fn channel(&self, index: u8) -> Result<Channel<I, D>, Error<I::Error>> {
        if index >= CHANNELS {
            return Err(Error::Channel(index));
        }
        Ok(Channel { chip: self.clone(), index })
    }

    /// The chip itself.
    pub fn lock(&self) -> MutexGuard<'_, Pca9685<I, D>> {
        // Staged values are plain numbers: a panic elsewhere leaves none of them half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: I2c, D: DelayNs> Clone for Shared<I, D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A channel. What it is told takes effect with the next flush of its chip.
#[derive(Debug)]
pub struct Channel<I: I2c, D: DelayNs> {
    chip: Shared<I, D>,
    index: u8,
}

impl<I: I2c, D: DelayNs> pwm::ErrorType for Channel<I, D> {
    type Error = Error<I::Error>;
}

impl<I: I2c, D: DelayNs> SetDutyCycle for Channel<I, D> {
    fn max_duty_cycle(&self) -> u16 {
        FULL_ON
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Self::Error> {
        self.chip.lock().stage(self.index, duty)
    }
}

impl<I: I2c, D: DelayNs> digital::ErrorType for Channel<I, D> {
    type Error = Error<I::Error>;
}

impl<I: I2c, D: DelayNs> OutputPin for Channel<I, D> {
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
