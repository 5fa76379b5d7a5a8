//! Small adapters between what a platform hands out and what a driver is generic over.

use std::fmt::Display;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::i2c::{self, I2c, Operation};
use embedded_hal::pwm::{self, SetDutyCycle};

use crate::{IoError, IoKind};

/// A box as an object of embedded-hal, which forwards its traits through `&mut` but not through boxes.
pub(crate) struct Boxed<T: ?Sized>(pub(crate) Box<T>);

impl<T: digital::ErrorType + ?Sized> digital::ErrorType for Boxed<T> {
    type Error = T::Error;
}

impl<T: OutputPin + ?Sized> OutputPin for Boxed<T> {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        self.0.set_low()
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        self.0.set_high()
    }
}

impl<T: pwm::ErrorType + ?Sized> pwm::ErrorType for Boxed<T> {
    type Error = T::Error;
}

impl<T: SetDutyCycle + ?Sized> SetDutyCycle for Boxed<T> {
    fn max_duty_cycle(&self) -> u16 {
        self.0.max_duty_cycle()
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Self::Error> {
        self.0.set_duty_cycle(duty)
    }
}

impl<T: i2c::ErrorType + ?Sized> i2c::ErrorType for Boxed<T> {
    type Error = T::Error;
}

impl<T: I2c + ?Sized> I2c for Boxed<T> {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), Self::Error> {
        self.0.transaction(address, operations)
    }
}

impl<T: DelayNs + ?Sized> DelayNs for Boxed<T> {
    fn delay_ns(&mut self, ns: u32) {
        self.0.delay_ns(ns);
    }
}

/// An object whose errors are given the name of their place.
pub(crate) struct Named<T> {
    pub(crate) inner: T,
    pub(crate) place: String,
}

impl<T> Named<T> {
    fn error(&self, reason: &impl Display) -> IoError {
        IoError { place: self.place.clone(), reason: reason.to_string(), kind: IoKind::Other }
    }
}

impl<T> digital::ErrorType for Named<T> {
    type Error = IoError;
}

impl<T: OutputPin<Error: Display>> OutputPin for Named<T> {
    fn set_low(&mut self) -> Result<(), IoError> {
        self.inner.set_low().map_err(|error| self.error(&error))
    }

    fn set_high(&mut self) -> Result<(), IoError> {
        self.inner.set_high().map_err(|error| self.error(&error))
    }
}

impl<T: InputPin<Error: Display>> InputPin for Named<T> {
    fn is_high(&mut self) -> Result<bool, IoError> {
        self.inner.is_high().map_err(|error| self.error(&error))
    }

    fn is_low(&mut self) -> Result<bool, IoError> {
        self.inner.is_low().map_err(|error| self.error(&error))
    }
}

impl<T> pwm::ErrorType for Named<T> {
    type Error = IoError;
}

impl<T: SetDutyCycle<Error: Display>> SetDutyCycle for Named<T> {
    fn max_duty_cycle(&self) -> u16 {
        self.inner.max_duty_cycle()
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), IoError> {
        self.inner.set_duty_cycle(duty).map_err(|error| self.error(&error))
    }
}
