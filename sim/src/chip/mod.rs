//! Chips on an I²C bus, one a file, each at register level from its datasheet. A chip knows its
//! registers, its outputs, and how to ask what is at its inputs; never what is wired to them.

mod ads1115;
mod ads7830;
#[cfg(test)]
mod bench;
mod ina219;
mod mpu6050;
mod pca9685;
mod pcf8591;
mod robot_hat;
mod scmd;

use std::fmt::Debug;

use hal::board::{self, ChipKind};

use crate::clock::Nanos;
use crate::digest::Digest;
use crate::signal::Signal;

/// What reaches a chip at this moment, besides its bus. A chip asks when it measures, and keeps nothing of it
/// but what its registers keep.
pub(crate) trait Inputs {
    /// The virtual time.
    fn now(&self) -> Nanos;

    /// Volts at an analog input, against ground; 0 where nothing is wired.
    fn volts(&self, _channel: u8) -> f64 {
        0.0
    }

    /// The supply that it measures.
    fn supply(&self) -> Supply {
        Supply::default()
    }

    /// What pulls at it and turns it.
    fn felt(&self) -> Felt {
        Felt::default()
    }

    /// What chance adds to this measurement of it: a draw of a bell curve, of deviation 1 where there is as
    /// much noise as data sheets say, and another one for each number below 16. The same for a whole step.
    fn noise(&self, _which: u8) -> f64 {
        0.0
    }

    /// The same of how it was made: never another one.
    fn making(&self, _which: u8) -> f64 {
        0.0
    }
}

/// A supply and the shunt in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Supply {
    pub(crate) volts: f64,
    /// At the shunt, from VIN+ to VIN-.
    pub(crate) shunt_v: f64,
}

/// Along and about the axes of a chip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Felt {
    /// m/s², at rest one gravity upwards.
    pub(crate) acceleration: [f64; 3],
    /// rad/s
    pub(crate) rotation: [f64; 3],
}

/// The noise of a converter, of its least steps: one step is two deviations (estimated; the data sheet of the ADS1115
/// gives less than a step, 8.1, and with eight bits what disturbs the wires of a small car is more than the converter).
const STEPS_OF_NOISE: f64 = 0.5;

/// A chip on an I²C bus.
pub(crate) trait Chip: Debug + Send {
    /// Whether it acknowledges this address now.
    fn answers(&self, address: u8) -> bool;

    /// The bytes after the address, from start to stop; none at all is a mere "are you there?".
    /// Whether it acknowledged every one of them.
    fn write(&mut self, bytes: &[u8], at: &dyn Inputs) -> bool;

    /// Fills `buffer`.
    fn read(&mut self, buffer: &mut [u8], at: &dyn Inputs);

    /// A write to everybody (address 0x00). Whether it acknowledged: most chips do not.
    fn general_call(&mut self, _bytes: &[u8], _now: Nanos) -> bool {
        false
    }

    /// What a supply that drops for a moment, and is back at `now`, does to it: everything as after power-up.
    fn power_on_reset(&mut self, now: Nanos);

    /// Does what was due by now. Whether an output changed. Most chips wait for nothing.
    fn tick(&mut self, _at: &dyn Inputs) -> bool {
        false
    }

    /// What an output carries; `None` if there is no such output. Sensors have none.
    fn output(&self, _channel: u8) -> Option<Signal> {
        None
    }

    /// What a register of one byte holds; `None` if there is no such register. Changes nothing.
    fn register(&self, _register: u8) -> Option<u8> {
        None
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
        ChipKind::Ina219 { .. } => Some(Box::new(ina219::Ina219::new(spec.address))),
        ChipKind::Ads7830 { reference_v } => Some(Box::new(ads7830::Ads7830::new(spec.address, reference_v))),
        ChipKind::Pcf8591 { reference_v } => Some(Box::new(pcf8591::Pcf8591::new(spec.address, reference_v))),
        ChipKind::Ads1115 => Some(Box::new(ads1115::Ads1115::new(spec.address))),
        ChipKind::Mpu6050 => Some(Box::new(mpu6050::Mpu6050::new(spec.address))),
        ChipKind::Scmd => Some(Box::new(scmd::Scmd::new(spec.address))),
        _ => None,
    }
}
