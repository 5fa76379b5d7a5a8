//! TI ADS1115: four analog inputs of 16 bits. Numbers are those of its data sheet, SBAS444D.
//!
//! Simpler than in the chip: there is no comparator, hence no ALERT pin, and its oscillator is exact. A
//! conversion is of the moment at which it ends.

use super::{Chip, Inputs, STEPS_OF_NOISE};
use crate::clock::Nanos;
use crate::digest::Digest;

const CONVERSION: usize = 0;
const CONFIG: usize = 1;
/// After power-up: conversion, configuration, thresholds (8.1).
const RESET: [u16; 4] = [0x0000, 0x8583, 0x8000, 0x7FFF];
/// OS: written, begins a conversion; read, none is under way.
const OS: u16 = 0x8000;
/// MODE: one conversion, then sleep; else one after the other.
const ONE: u16 = 0x0100;
/// By PGA (table 8-3), volts.
const FULL_SCALE_V: [f64; 8] = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256];
/// By DR (table 8-3), conversions a second.
const RATE: [Nanos; 8] = [8, 16, 32, 64, 128, 250, 475, 860];
/// From sleep to the beginning of a conversion (8.4.2.1).
const WAKE: Nanos = 25_000;
/// To everybody: reset (8.5.1.2).
const SOFTWARE_RESET: [u8; 1] = [0x06];

/// The chip.
#[derive(Debug)]
pub(crate) struct Ads1115 {
    address: u8,
    registers: [u16; 4],
    pointer: usize,
    /// When the conversion under way ends.
    ready_at: Option<Nanos>,
}

impl Ads1115 {
    /// As after power-up.
    pub(crate) fn new(address: u8) -> Self {
        Self { address, registers: RESET, pointer: 0, ready_at: None }
    }

    fn bits(&self, from: u32, mask: u16) -> usize {
        usize::from(self.registers[CONFIG] >> from & mask)
    }

    fn period(&self) -> Nanos {
        1_000_000_000 / RATE[self.bits(5, 7)]
    }

    fn configure(&mut self, value: u16, now: Nanos) {
        self.registers[CONFIG] = value & !OS;
        if value & ONE == 0 {
            self.ready_at = Some(now.saturating_add(self.period()));
        } else if value & OS != 0 && self.ready_at.is_none() {
            self.ready_at = Some(now.saturating_add(WAKE + self.period()));
        }
    }

    fn convert(&self, at: &dyn Inputs) -> i16 {
        let pins = match self.bits(12, 7) {
            0 => (0, Some(1)),
            1 => (0, Some(3)),
            2 => (1, Some(3)),
            3 => (2, Some(3)),
            4 => (0, None),
            5 => (1, None),
            6 => (2, None),
            _ => (3, None),
        };
        let volts = at.volts(pins.0) - pins.1.map_or(0.0, |minus| at.volts(minus));
        let noise = at.noise(pins.0) * STEPS_OF_NOISE;
        // Saturates.
        (volts / FULL_SCALE_V[self.bits(9, 7)] * 32_768.0 + noise).round() as i16
    }
}

impl Chip for Ads1115 {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    fn write(&mut self, bytes: &[u8], at: &dyn Inputs) -> bool {
        self.tick(at);
        let Some((&pointer, data)) = bytes.split_first() else { return true };
        self.pointer = usize::from(pointer & 3);
        if let &[high, low, ..] = data {
            let value = u16::from_be_bytes([high, low]);
            match self.pointer {
                CONVERSION => {}
                CONFIG => self.configure(value, at.now()),
                threshold => self.registers[threshold] = value,
            }
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8], _at: &dyn Inputs) {
        let idle = self.pointer == CONFIG && self.ready_at.is_none();
        let value = self.registers[self.pointer] | if idle { OS } else { 0 };
        for (byte, value) in buffer.iter_mut().zip(value.to_be_bytes().into_iter().cycle()) {
            *byte = value;
        }
    }

    fn general_call(&mut self, bytes: &[u8], now: Nanos) -> bool {
        let reset = bytes == SOFTWARE_RESET;
        if reset {
            self.power_on_reset(now);
        }
        reset
    }

    fn power_on_reset(&mut self, _now: Nanos) {
        (self.registers, self.pointer, self.ready_at) = (RESET, 0, None);
    }

    fn tick(&mut self, at: &dyn Inputs) -> bool {
        if let Some(ready_at) = self.ready_at.filter(|ready_at| *ready_at <= at.now()) {
            self.registers[CONVERSION] = self.convert(at).cast_unsigned();
            let goes_on = self.registers[CONFIG] & ONE == 0;
            self.ready_at = goes_on.then(|| ready_at.saturating_add(self.period()));
        }
        false
    }

    fn digest(&self, into: &mut Digest) {
        self.registers.iter().for_each(|&value| into.integer(value.into()));
        into.integer(self.pointer as u64);
        into.integer(self.ready_at.unwrap_or(Nanos::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::bench::Bench;

    const MS: Nanos = 1_000_000;

    fn read(chip: &mut Ads1115, register: u8) -> u16 {
        assert!(chip.write(&[register], &0));
        let mut bytes = [0; 2];
        chip.read(&mut bytes, &0);
        u16::from_be_bytes(bytes)
    }

    #[test]
    fn after_power_up_the_registers_have_their_reset_values_and_nothing_is_converted() {
        let mut chip = Ads1115::new(0x48);
        assert_eq!([0, 1, 2, 3].map(|n| read(&mut chip, n)), [0x0000, 0x8583, 0x8000, 0x7FFF]);
        chip.tick(&(1_000 * MS));
        assert_eq!(read(&mut chip, 0), 0);
    }

    #[test]
    fn one_conversion_takes_the_time_of_its_rate_and_says_that_it_is_busy() {
        let mut chip = Ads1115::new(0x48);
        let at = |ms| Bench { now: ms * MS, ..Bench::volts(&[0.0, 0.0, 1.024]) };
        // OS, AIN2, ±2.048 V, one, 128 a second.
        assert!(chip.write(&[1, 0xE5, 0x83], &0));
        assert_eq!(read(&mut chip, 1), 0x6583);
        chip.tick(&at(7));
        assert_eq!(read(&mut chip, 0), 0);
        chip.tick(&at(8));
        assert_eq!((read(&mut chip, 0), read(&mut chip, 1)), (0x4000, 0xE583));
    }

    #[test]
    fn differences_have_a_sign_and_too_much_saturates() {
        let mut chip = Ads1115::new(0x48);
        let at = Bench { now: 10 * MS, ..Bench::volts(&[0.0, 0.5, 0.0, 3.0]) };
        for (config, expected) in [([0x83, 0xE3], -4_000), ([0xA3, 0xE3], -20_000), ([0xFB, 0xE3], 32_767)] {
            assert!(chip.write(&[1, config[0], config[1]], &0));
            chip.tick(&at);
            assert_eq!(read(&mut chip, 0).cast_signed(), expected, "{config:02x?}");
            chip.power_on_reset(0);
        }
    }

    #[test]
    fn without_mode_it_converts_one_after_the_other() {
        let mut chip = Ads1115::new(0x48);
        assert!(chip.write(&[1, 0x42, 0xE3], &0));
        for (at, volts) in [(2, 1.0), (4, 2.0)] {
            chip.tick(&Bench { now: at * MS, ..Bench::volts(&[volts]) });
            assert_eq!(read(&mut chip, 0), (volts * 8_000.0) as u16);
        }
    }
}
