//! The microcontroller of SunFounder's Robot HAT. There is no data sheet: its commands are those that the
//! maker's library gives it (robot_hat 2.x: `pwm.py`, `adc.py`).
//!
//! Three things are guesses. A timer that nobody set up puts out nothing; a pulse as long as its period is
//! always high; a read without a command before it gives zeros.

use super::{Chip, Inputs, STEPS_OF_NOISE};
use crate::clock::Nanos;
use crate::digest::Digest;
use crate::signal::Signal;

const CLOCK_HZ: f64 = 72e6;
/// Outputs.
const CHANNELS: u8 = 20;
const INPUTS: u8 = 8;
/// What an input converts at full scale, and its volts.
const FULL_SCALE: f64 = 4095.0;
const REFERENCE_V: f64 = 3.3;

const CHANNEL: u8 = 0x20;
const CHANNEL_LAST: u8 = CHANNEL + CHANNELS - 1;
const SAMPLE: u8 = 0x10;
const SAMPLE_LAST: u8 = SAMPLE + INPUTS - 1;

/// The chip.
#[derive(Debug)]
pub(crate) struct RobotHat {
    address: u8,
    /// Sixteen bits each.
    registers: [u16; 256],
    /// What was sampled, and is still to be read.
    sampled: [u8; 2],
}

impl RobotHat {
    /// As after power-up.
    pub(crate) fn new(address: u8) -> Self {
        Self { address, registers: [0; 256], sampled: [0; 2] }
    }

    fn sample(&mut self, command: u8, at: &dyn Inputs) {
        // Counted from the end.
        let input = SAMPLE_LAST - command;
        let noise = at.noise(input) * STEPS_OF_NOISE;
        let value = (at.volts(input) / REFERENCE_V * FULL_SCALE + noise).round().clamp(0.0, FULL_SCALE);
        self.sampled = (value as u16).to_be_bytes();
    }

    fn get(&self, register: u8) -> f64 {
        f64::from(self.registers[usize::from(register)])
    }
}

impl Chip for RobotHat {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    fn write(&mut self, bytes: &[u8], at: &dyn Inputs) -> bool {
        match *bytes {
            [command @ SAMPLE..=SAMPLE_LAST, 0, 0] => self.sample(command, at),
            [register, high, low] if exists(register) => {
                self.registers[usize::from(register)] = u16::from_be_bytes([high, low]);
            }
            _ => {}
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8], _at: &dyn Inputs) {
        let sampled = std::mem::take(&mut self.sampled);
        for (index, byte) in buffer.iter_mut().enumerate() {
            *byte = sampled.get(index).copied().unwrap_or(0);
        }
    }

    fn power_on_reset(&mut self, _now: Nanos) {
        *self = Self::new(self.address);
    }

    fn output(&self, channel: u8) -> Option<Signal> {
        let (prescaler, period) = timer(channel)?;
        let (prescaler, period) = (self.get(prescaler) + 1.0, self.get(period));
        if period == 0.0 {
            return Some(Signal::LOW);
        }
        let duty = (self.get(CHANNEL + channel) / period).min(1.0);
        Some(Signal { rise: 0.0, duty, frequency_hz: CLOCK_HZ / prescaler / period })
    }

    /// The lower half of a register.
    fn register(&self, register: u8) -> Option<u8> {
        exists(register).then(|| self.registers[usize::from(register)].to_be_bytes()[1])
    }

    fn digest(&self, into: &mut Digest) {
        for register in (0..=u8::MAX).filter(|register| exists(*register)) {
            into.integer(self.registers[usize::from(register)].into());
        }
        into.bytes(&self.sampled);
    }
}

/// The registers of a channel's prescaler and period.
fn timer(channel: u8) -> Option<(u8, u8)> {
    match channel {
        0..=15 => Some((0x40 + channel / 4, 0x44 + channel / 4)),
        16 | 17 => Some((0x50, 0x54)),
        18 => Some((0x51, 0x55)),
        19 => Some((0x52, 0x56)),
        _ => None,
    }
}

fn exists(register: u8) -> bool {
    matches!(register, CHANNEL..=CHANNEL_LAST | 0x40..=0x47 | 0x50..=0x52 | 0x54..=0x56)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::bench::Bench;

    fn chip(writes: &[(u8, u16)]) -> RobotHat {
        let mut chip = RobotHat::new(0x14);
        for (register, value) in writes {
            let [high, low] = value.to_be_bytes();
            assert!(chip.write(&[*register, high, low], &0));
        }
        chip
    }

    #[test]
    fn after_power_up_every_output_is_low() {
        let chip = chip(&[]);
        assert!((0..20).all(|channel| chip.output(channel) == Some(Signal::LOW)));
        assert_eq!(chip.output(20), None);
    }

    #[test]
    fn a_pulse_is_a_share_of_its_timers_period() {
        // As the library sets up a servo: 352 less one, 4095; 1500 of 20000 microseconds are 307.
        let chip = chip(&[(0x40, 351), (0x44, 4095), (0x22, 307)]);
        let signal = chip.output(2).unwrap();
        assert!((signal.frequency_hz - 49.95).abs() < 0.01);
        assert!((signal.pulse_us().unwrap() - 1501.0).abs() < 1.0);
        assert_eq!(chip.output(3).unwrap().duty, 0.0);
    }

    #[test]
    fn the_last_channels_have_timers_of_their_own() {
        let chip = chip(&[(0x50, 71), (0x54, 1000), (0x51, 71), (0x55, 2000), (0x52, 71), (0x56, 4000)]);
        let hz = [16, 17, 18, 19].map(|channel| chip.output(channel).unwrap().frequency_hz);
        assert_eq!(hz, [1000.0, 1000.0, 500.0, 250.0]);
    }

    #[test]
    fn a_pulse_as_long_as_its_period_is_always_high() {
        let chip = chip(&[(0x43, 71), (0x47, 1000), (0x2D, 1000), (0x2C, 2000)]);
        assert_eq!([12, 13].map(|channel| chip.output(channel).unwrap().duty), [1.0, 1.0]);
    }

    #[test]
    fn an_input_is_sampled_by_its_command_counted_from_the_end_and_read_once() {
        let mut chip = chip(&[]);
        let at = Bench::volts(&[9.0, 0.0, 0.0, 0.0, 1.65]);
        let mut read = |command| {
            assert!(chip.write(&[command, 0, 0], &at));
            let mut bytes = [0; 2];
            chip.read(&mut bytes, &0);
            u16::from_be_bytes(bytes)
        };
        assert_eq!((read(0x13), read(0x17), read(0x10)), (2048, 4095, 0));
        let mut again = [7; 2];
        chip.read(&mut again, &0);
        assert_eq!(again, [0, 0]);
    }

    #[test]
    fn a_reset_leaves_every_output_low_and_nothing_sampled() {
        let mut chip = chip(&[(0x40, 1), (0x44, 100), (0x20, 50)]);
        assert!(chip.write(&[0x17, 0, 0], &Bench::volts(&[3.3])));
        chip.power_on_reset(0);
        assert_eq!(chip.output(0), Some(Signal::LOW));
        let mut bytes = [7; 2];
        chip.read(&mut bytes, &0);
        assert_eq!(bytes, [0, 0]);
    }
}
