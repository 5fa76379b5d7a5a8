//! TI ADS7830: eight analog inputs of 8 bits. Numbers are those of its data sheet, SBAS302C.
//!
//! A conversion takes no time: the chip does one while each byte is read, and stretches nothing.

use super::{Chip, Inputs, STEPS_OF_NOISE};
use crate::clock::Nanos;
use crate::digest::Digest;

/// Its own reference (6, electrical characteristics).
const INTERNAL_V: f64 = 2.5;
/// Bits of the command byte (tables 1 and 2).
const SINGLE_ENDED: u8 = 0x80;
const INTERNAL_REFERENCE: u8 = 0x08;

/// The chip.
#[derive(Debug)]
pub(crate) struct Ads7830 {
    address: u8,
    external_v: f64,
    command: u8,
}

impl Ads7830 {
    /// As after power-up, with what the board gives it for a reference.
    pub(crate) fn new(address: u8, external_v: f64) -> Self {
        Self { address, external_v, command: 0 }
    }

    fn convert(&self, at: &dyn Inputs) -> u8 {
        let odd = self.command >> 6 & 1;
        let first = (self.command >> 4 & 3) * 2;
        let against = if self.command & SINGLE_ENDED != 0 { 0.0 } else { at.volts(first + 1 - odd) };
        let reference = if self.command & INTERNAL_REFERENCE != 0 { INTERNAL_V } else { self.external_v };
        // Saturates, and is nothing where a difference is negative.
        let noise = at.noise(first + odd) * STEPS_OF_NOISE;
        ((at.volts(first + odd) - against) / reference * 256.0 + noise) as u8
    }
}

impl Chip for Ads7830 {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    fn write(&mut self, bytes: &[u8], _at: &dyn Inputs) -> bool {
        self.command = bytes.last().copied().unwrap_or(self.command);
        true
    }

    fn read(&mut self, buffer: &mut [u8], at: &dyn Inputs) {
        buffer.fill(self.convert(at));
    }

    fn power_on_reset(&mut self, _now: Nanos) {
        self.command = 0;
    }

    fn digest(&self, into: &mut Digest) {
        into.integer(self.command.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::bench::Bench;

    fn read(command: u8, at: &Bench) -> u8 {
        let mut chip = Ads7830::new(0x48, 3.3);
        assert!(chip.write(&[command], at));
        let mut buffer = [0xAA];
        chip.read(&mut buffer, at);
        buffer[0]
    }

    /// 0.1 V, 0.2 V, …
    fn bench() -> Bench {
        Bench::volts(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8].map(|volts| volts + 1e-6))
    }

    #[test]
    fn the_command_byte_of_the_data_sheet_selects_the_channel() {
        let commands = [0x84, 0xC4, 0x94, 0xD4, 0xA4, 0xE4, 0xB4, 0xF4];
        let readings = commands.map(|command| read(command, &bench()));
        // 256 / 3.3 is 77.6 a volt.
        assert_eq!(readings, [7, 15, 23, 31, 38, 46, 54, 62]);
    }

    #[test]
    fn a_difference_is_between_neighbours_and_never_negative() {
        // +CH2 -CH3, and +CH3 -CH2.
        assert_eq!([read(0x14, &bench()), read(0x54, &bench())], [0, 7]);
    }

    #[test]
    fn the_internal_reference_is_two_and_a_half_volts_and_more_saturates() {
        assert_eq!(read(0x8C, &bench()), 10);
        assert_eq!(read(0x84, &Bench::volts(&[5.0])), 255);
    }

    #[test]
    fn noise_of_two_deviations_is_a_step() {
        let noisy = |deviations: f64| Bench { noise: [deviations; 16], ..bench() };
        assert_eq!([-2.0, 0.0, 2.0].map(|noise| read(0x84, &noisy(noise))), [6, 7, 8]);
    }
}
