//! Chips on an I²C bus, one a file, each at register level from its datasheet. A chip knows its
//! registers, the time and its outputs; never what is wired to them.

mod pca9685;
mod robot_hat;

use std::fmt::Debug;

use hal::board::{self, ChipKind};

use crate::clock::Nanos;
use crate::digest::Digest;
use crate::signal::Signal;

/// A chip on an I²C bus.
pub(crate) trait Chip: Debug + Send {
    /// Whether it acknowledges this address now.
    fn answers(&self, address: u8) -> bool;

    /// The bytes after the address, from start to stop; none at all is a mere "are you there?".
    /// Whether it acknowledged every one of them.
    fn write(&mut self, bytes: &[u8], now: Nanos) -> bool;

    /// Fills `buffer`.
    fn read(&mut self, buffer: &mut [u8]);

    /// A write to everybody (address 0x00). Whether it acknowledged.
    fn general_call(&mut self, bytes: &[u8]) -> bool;

    /// What a supply that drops for a moment does to it: everything as after power-up.
    fn power_on_reset(&mut self);

    /// Does what was due by `now`. Whether an output changed.
    fn tick(&mut self, now: Nanos) -> bool;

    /// What an output carries; `None` if there is no such output.
    fn output(&self, channel: u8) -> Option<Signal>;

    /// What a register holds; `None` if there is no such register. Changes nothing.
    fn register(&self, register: u8) -> Option<u8>;

    /// Puts volts on an analog input. Whether there is one.
    fn set_analog(&mut self, input: u8, volts: f64) -> bool {
        let _: (u8, f64) = (input, volts);
        false
    }

    /// Takes everything that makes a difference into a fingerprint.
    fn digest(&self, into: &mut Digest);
}

/// The chip as after power-up. `None` for a kind that has no model here: nothing answers at its
/// address, so that its driver says so at once.
pub(crate) fn build(spec: &board::Chip) -> Option<Box<dyn Chip>> {
    match spec.kind {
        ChipKind::Pca9685 { .. } => Some(Box::new(pca9685::Pca9685::new(spec.address))),
        ChipKind::RobotHat { .. } => Some(Box::new(robot_hat::RobotHat::new(spec.address))),
        _ => None,
    }
}
