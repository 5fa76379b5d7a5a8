//! A simulated platform: pins, chips, motors and a chassis, from the board file alone.
//!
//! What lives here: virtual pins and PWM, an I²C bus with chips at register level, the physics of
//! motors and chassis, a virtual clock of integer nanoseconds with a fixed step. What must never
//! live here: tokio, wall-clock time, anything that a board file does not say.
//!
//! (interface sketch: to be completed)

use std::time::Duration;

use hal::platform::{Bus, Delay, Output, Pwm};
use hal::{Board, IoError, Motion, Platform};

/// The platform. Cheap handle; clones see the same world (tests keep one and give one to the car).
#[derive(Clone)]
pub struct Sim {}

impl Sim {
    /// A car at rest at the origin, wired as the board says.
    pub fn new(_board: &Board) -> Self {
        todo!()
    }
    /// Runs the world for a whole number of 1 ms steps.
    pub fn step(&self, _by: Duration) {
        todo!()
    }
    /// The virtual time.
    pub fn now(&self) -> Duration {
        todo!()
    }
    /// What a named motor gets from its bridge now, as a test sees it.
    pub fn wheel_speed_rad_s(&self, _motor: &str) -> Option<f64> {
        todo!()
    }
    // … also: level of a line, duty of a pwm, registers of a chip, a transcript of the bus, pulse/angle of a servo, motion()
}

impl Platform for Sim {
    fn name(&self) -> &'static str {
        "sim"
    }
    fn output(&mut self, _line: &str) -> Result<Output, IoError> {
        todo!()
    }
    fn pwm(&mut self, _device: &str, _channel: u32, _frequency_hz: f64) -> Result<Pwm, IoError> {
        todo!()
    }
    fn i2c(&mut self, _bus: &str, _address: u8) -> Result<Bus, IoError> {
        todo!()
    }
    fn delay(&mut self) -> Delay {
        todo!()
    }
    fn advance(&mut self, _now: Duration) {
        todo!()
    }
    fn motion(&self) -> Option<Motion> {
        todo!()
    }
}
