//! A chip whose channels are staged and written together, shared with those channels as objects of
//! embedded-hal.
//!
//! What must never live here: transfers, and any one chip. A channel only stages; whoever owns the chip
//! flushes.

use std::fmt::{self, Debug, Display};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_hal::digital::{self, OutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};

use super::analog::{self, Analog, Conversion};

/// A chip with channels. Its own functions of these names say more.
pub trait Staged {
    /// What its bus says when it fails.
    type Bus;
    /// What the chip refuses, or what went wrong on its bus.
    type Error: Debug + Display;
    /// The duty that is always on.
    const FULL_ON: u16;

    /// What the bus said, where it is the bus that failed.
    ///
    /// # Errors
    /// The error itself, where it is not.
    fn of_bus(error: Self::Error) -> Result<Self::Bus, Self::Error>;

    /// Whether there is such a channel.
    ///
    /// # Errors
    /// There is none.
    fn check(&self, channel: u8) -> Result<(), Self::Error>;

    /// What it really makes of the frequency that a channel was to have, hertz; `None` where the chip does
    /// not say.
    fn frequency_hz(&self, channel: u8) -> Option<f64>;

    /// Sets what a channel shall do after the next flush.
    ///
    /// # Errors
    /// No such channel, or a duty beyond [`FULL_ON`](Self::FULL_ON).
    fn stage(&mut self, channel: u8, duty: u16) -> Result<(), Self::Error>;

    /// Writes what was staged and is not known to be there.
    ///
    /// # Errors
    /// A failed transfer. After it nothing is known, and the next flush writes everything.
    fn flush(&mut self) -> Result<(), Self::Error>;

    /// Stages again what a channel is known to have been given last, in place of what was not sent. A chip
    /// whose channels hold nothing in place need not know.
    fn take_back(&mut self, channel: u8) {
        let _: u8 = channel;
    }

    /// Whether it is there and runs as it was set up.
    ///
    /// # Errors
    /// A failed transfer, or a chip that was reset. After either the next flush writes everything.
    fn verify(&mut self) -> Result<(), Self::Error>;

    /// Takes nothing for granted: the next flush writes everything.
    fn forget(&mut self);

    /// From now on a drop leaves the channels as they are.
    fn leave_running(&mut self);

    /// Its analog inputs, if it has any besides its channels.
    fn analog(chip: &Shared<Self>) -> Option<Box<dyn Analog<Error = Self::Bus> + Send>>
    where
        Self: Sized,
    {
        let _: &Shared<Self> = chip;
        None
    }
}

/// A chip that its channels share with whoever flushes it.
#[derive(Debug)]
pub struct Shared<C>(Arc<Mutex<C>>);

impl<C: Staged> Shared<C> {
    /// Shares a chip.
    #[must_use]
    pub fn new(chip: C) -> Self {
        Self(Arc::new(Mutex::new(chip)))
    }

    /// A channel, off for now.
    ///
    /// # Errors
    /// No such channel.
    pub fn channel(&self, index: u8) -> Result<Channel<C>, C::Error> {
        self.lock().check(index)?;
        Ok(Channel { chip: self.clone(), index })
    }

    /// The chip itself.
    pub fn lock(&self) -> MutexGuard<'_, C> {
        // Staged values are plain numbers: a panic elsewhere leaves none of them half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Staged + Analog> Analog for Shared<C> {
    type Error = <C as Analog>::Error;

    fn full_scale_v(&self) -> f64 {
        self.lock().full_scale_v()
    }

    fn convert(&mut self, channel: u8) -> Result<Conversion, analog::Error<Self::Error>> {
        self.lock().convert(channel)
    }

    fn is_spoilt_by_writes(&self, channel: u8) -> bool {
        self.lock().is_spoilt_by_writes(channel)
    }
}

impl<C> Clone for Shared<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A channel. What it is told takes effect with the next flush of its chip.
#[derive(Debug)]
pub struct Channel<C> {
    chip: Shared<C>,
    index: u8,
}

/// What a chip says to one of its channels, as an error of embedded-hal.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused<E>(pub E);

impl<E: Display> Display for Refused<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: Debug> pwm::Error for Refused<E> {
    fn kind(&self) -> pwm::ErrorKind {
        pwm::ErrorKind::Other
    }
}

impl<E: Debug> digital::Error for Refused<E> {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}

impl<C: Staged> pwm::ErrorType for Channel<C> {
    type Error = Refused<C::Error>;
}

impl<C: Staged> SetDutyCycle for Channel<C> {
    fn max_duty_cycle(&self) -> u16 {
        C::FULL_ON
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Self::Error> {
        self.chip.lock().stage(self.index, duty).map_err(Refused)
    }
}

impl<C: Staged> digital::ErrorType for Channel<C> {
    type Error = Refused<C::Error>;
}

impl<C: Staged> OutputPin for Channel<C> {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        self.set_duty_cycle(0)
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        self.set_duty_cycle(C::FULL_ON)
    }
}
