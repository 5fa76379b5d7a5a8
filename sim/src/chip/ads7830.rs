//! TI ADS7830: eight analog inputs of 8 bits. Numbers are those of its data sheet, SBAS302C.
//!
//! A conversion takes no time: the chip does one while each byte is read, and stretches nothing.

use super::{Chip, Feed};
use crate::clock::Nanos;
use crate::digest::Digest;

const CHANNELS: usize = 8;
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
    volts: [f64; CHANNELS],
    command: u8,
}

impl Ads7830 {
    /// As after power-up, with what the board gives it for a reference.
    pub(crate) fn new(address: u8, external_v: f64) -> Self {
        Self { address, external_v, volts: [0.0; CHANNELS], command: 0 }
    }

    fn convert(&self) -> u8 {
        let odd = usize::from(self.command >> 6 & 1);
        let first = usize::from(self.command >> 4 & 3) * 2;
        let against = if self.command & SINGLE_ENDED != 0 { 0.0 } else { self.volts[first + 1 - odd] };
        let reference = if self.command & INTERNAL_REFERENCE != 0 { INTERNAL_V } else { self.external_v };
        // Saturates, and is nothing where a difference is negative.
        ((self.volts[first + odd] - against) / reference * 256.0) as u8
    }
}

impl Chip for Ads7830 {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    fn write(&mut self, bytes: &[u8], _now: Nanos) -> bool {
        self.command = bytes.last().copied().unwrap_or(self.command);
        true
    }

    fn read(&mut self, buffer: &mut [u8]) {
        buffer.fill(self.convert());
    }

    fn power_on_reset(&mut self) {
        self.command = 0;
    }

    fn feel(&mut self, feed: Feed) {
        super::feel_volts(&mut self.volts, feed);
    }

    fn digest(&self, into: &mut Digest) {
        into.integer(self.command.into());
        self.volts.iter().for_each(|&volts| into.number(volts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chip: &mut Ads7830, command: u8) -> u8 {
        assert!(chip.write(&[command], 0));
        let mut buffer = [0xAA];
        chip.read(&mut buffer);
        buffer[0]
    }

    fn chip() -> Ads7830 {
        let mut chip = Ads7830::new(0x48, 3.3);
        for channel in 0..8 {
            // 0.1 V, 0.2 V, …
            chip.feel(Feed::Analog { channel, volts: 0.1 * f64::from(channel + 1) + 1e-6 });
        }
        chip
    }

    #[test]
    fn the_command_byte_of_the_data_sheet_selects_the_channel() {
        let commands = [0x84, 0xC4, 0x94, 0xD4, 0xA4, 0xE4, 0xB4, 0xF4];
        let readings = commands.map(|command| read(&mut chip(), command));
        // 256 / 3.3 is 77.6 a volt.
        assert_eq!(readings, [7, 15, 23, 31, 38, 46, 54, 62]);
    }

    #[test]
    fn a_difference_is_between_neighbours_and_never_negative() {
        // +CH2 -CH3, and +CH3 -CH2.
        assert_eq!([read(&mut chip(), 0x14), read(&mut chip(), 0x54)], [0, 7]);
    }

    #[test]
    fn the_internal_reference_is_two_and_a_half_volts_and_more_saturates() {
        let mut chip = chip();
        assert_eq!(read(&mut chip, 0x8C), 10);
        chip.feel(Feed::Analog { channel: 0, volts: 5.0 });
        assert_eq!(read(&mut chip, 0x84), 255);
    }
}
