//! NXP PCF8591: four analog inputs of 8 bits. Numbers are those of its data sheet, revision 7.
//!
//! Two things are simpler than in the chip: its inputs are always single, and its analog output, which
//! no board has wired, is not there. A conversion takes no time.

use super::{Chip, Inputs, STEPS_OF_NOISE};
use crate::clock::Nanos;
use crate::digest::Digest;

/// What it sends first after power-up (8.4).
const FIRST: u8 = 0x80;
/// Bits of the control byte (figure 5).
const AUTO_INCREMENT: u8 = 0x04;
const CHANNEL: u8 = 0x03;

/// The chip.
#[derive(Debug)]
pub(crate) struct Pcf8591 {
    address: u8,
    reference_v: f64,
    control: u8,
    /// Of the conversion before, which is what the next byte says.
    result: u8,
}

impl Pcf8591 {
    /// As after power-up, with what the board gives it for a reference.
    pub(crate) fn new(address: u8, reference_v: f64) -> Self {
        Self { address, reference_v, control: 0, result: FIRST }
    }
}

impl Chip for Pcf8591 {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    /// The byte after the control byte is for the analog output.
    fn write(&mut self, bytes: &[u8], _at: &dyn Inputs) -> bool {
        self.control = bytes.first().copied().unwrap_or(self.control);
        true
    }

    /// Each byte is the result of the conversion that the byte before it began (8.4).
    fn read(&mut self, buffer: &mut [u8], at: &dyn Inputs) {
        for byte in buffer {
            *byte = self.result;
            let channel = self.control & CHANNEL;
            let noise = at.noise(channel) * STEPS_OF_NOISE;
            self.result = (at.volts(channel) / self.reference_v * 256.0 + noise) as u8;
            if self.control & AUTO_INCREMENT != 0 {
                self.control = self.control & !CHANNEL | (self.control + 1) & CHANNEL;
            }
        }
    }

    fn power_on_reset(&mut self, _now: Nanos) {
        (self.control, self.result) = (0, FIRST);
    }

    fn digest(&self, into: &mut Digest) {
        into.bytes(&[self.control, self.result]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::bench::Bench;

    fn bench() -> Bench {
        Bench::volts(&[0.1, 0.2, 0.3, 3.0].map(|volts| volts + 1e-6))
    }

    #[test]
    fn the_first_byte_is_that_of_the_conversion_before() {
        let (mut chip, at) = (Pcf8591::new(0x48, 2.56), bench());
        let mut bytes = [0; 3];
        assert!(chip.write(&[0x01], &at));
        chip.read(&mut bytes, &at);
        assert_eq!(bytes, [0x80, 20, 20]);
        assert!(chip.write(&[0x03], &at));
        chip.read(&mut bytes, &at);
        assert_eq!(bytes, [20, 255, 255]);
    }

    #[test]
    fn with_auto_increment_it_walks_through_the_channels() {
        let (mut chip, at) = (Pcf8591::new(0x48, 2.56), bench());
        let mut bytes = [0; 6];
        assert!(chip.write(&[0x04], &at));
        chip.read(&mut bytes, &at);
        assert_eq!(bytes, [0x80, 10, 20, 30, 255, 10]);
    }
}
