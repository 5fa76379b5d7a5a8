//! The embedded-hal objects over the computer's own pins, and the one that waits. They write into
//! the world and hold its lock no longer than that.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use hal::IoError;

use crate::engine::Shared;

/// An open GPIO line. Dropped, it can be opened again, and its level stays: a Raspberry Pi's kernel
/// keeps driving it too.
#[derive(Debug)]
pub(crate) struct Line {
    engine: Shared,
    index: usize,
}

impl Line {
    /// Opens it at a level.
    pub(crate) fn open(engine: &Shared, name: &str, high: bool) -> Result<Self, IoError> {
        let index = engine.lock().change(|circuit| circuit.open_line(name, high))?;
        Ok(Self { engine: engine.clone(), index })
    }

    fn set(&self, high: bool) {
        self.engine.lock().set_line(self.index, high);
    }
}

impl digital::ErrorType for Line {
    type Error = IoError;
}

impl OutputPin for Line {
    fn set_low(&mut self) -> Result<(), IoError> {
        self.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), IoError> {
        self.set(true);
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.engine.lock().circuit.nets.close_line(self.index);
    }
}

/// An open line that something outside drives.
#[derive(Debug)]
pub(crate) struct Reading {
    engine: Shared,
    index: usize,
}

impl Reading {
    /// Opens it, if the board reads this line.
    pub(crate) fn open(engine: &Shared, name: &str) -> Result<Self, IoError> {
        let index = engine.lock().circuit.nets.open_input(name)?;
        Ok(Self { engine: engine.clone(), index })
    }
}

impl digital::ErrorType for Reading {
    type Error = IoError;
}

impl InputPin for Reading {
    fn is_high(&mut self) -> Result<bool, IoError> {
        Ok(self.engine.lock().input_is_high(self.index))
    }

    fn is_low(&mut self) -> Result<bool, IoError> {
        self.is_high().map(|high| !high)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.engine.lock().circuit.nets.close_input(self.index);
    }
}

/// An open PWM channel, 16 bits fine. Dropped, it can be opened again, and it keeps pulsing, as the
/// kernel's does.
#[derive(Debug)]
pub(crate) struct Channel {
    engine: Shared,
    index: usize,
}

impl Channel {
    /// Opens it, at zero duty.
    pub(crate) fn open(engine: &Shared, device: &str, number: u32, hz: f64) -> Result<Self, IoError> {
        let index = engine.lock().change(|circuit| circuit.nets.open_channel(device, number, hz))?;
        Ok(Self { engine: engine.clone(), index })
    }
}

impl pwm::ErrorType for Channel {
    type Error = IoError;
}

impl SetDutyCycle for Channel {
    fn max_duty_cycle(&self) -> u16 {
        u16::MAX
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), IoError> {
        let duty = f64::from(duty) / f64::from(u16::MAX);
        self.engine.lock().change(|circuit| circuit.nets.set_channel(self.index, duty));
        Ok(())
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.engine.lock().circuit.nets.close_channel(self.index);
    }
}

/// Waits by running the world: nobody's time is spent but the simulation's.
#[derive(Debug)]
pub(crate) struct Wait {
    engine: Shared,
}

impl Wait {
    /// In this world.
    pub(crate) fn new(engine: &Shared) -> Self {
        Self { engine: engine.clone() }
    }
}

impl DelayNs for Wait {
    fn delay_ns(&mut self, ns: u32) {
        self.engine.lock().run_for(ns.into());
    }
}
