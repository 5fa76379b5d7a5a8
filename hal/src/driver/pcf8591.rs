//! NXP PCF8591: four analog inputs of 8 bits over I²C. Its analog output is left off.
//!
//! What must never live here: what is wired to an input.
//!
//! Sections are those of the data sheet, PCF8591 rev. 7.

use embedded_hal::i2c::I2c;

use super::analog::{Analog, Conversion, Error, check};

/// Inputs, each against ground.
pub const CHANNELS: u8 = 4;

/// Steps of its range. The last one reads 255.
const STEPS: f64 = 256.0;

/// The chip.
#[derive(Debug)]
pub struct Pcf8591<I> {
    bus: I,
    address: u8,
    reference_v: f64,
}

impl<I: I2c> Pcf8591<I> {
    /// With what the board gives it for a reference, volts. Nothing is written.
    pub const fn new(bus: I, address: u8, reference_v: f64) -> Self {
        Self { bus, address, reference_v }
    }
}

impl<I: I2c> Analog for Pcf8591<I> {
    type Error = I::Error;

    fn full_scale_v(&self) -> f64 {
        self.reference_v
    }

    /// Done with one transfer. The chip begins to convert as its address is acknowledged for a read,
    /// and sends the result of the conversion before (8.4), so the first byte is of another time and
    /// perhaps of another channel; the second is the one that counts.
    fn convert(&mut self, channel: u8) -> Result<Conversion, Error<I::Error>> {
        check(channel, CHANNELS)?;
        let mut answer = [0; 2];
        // The control byte (8.2) of four single inputs, no auto-increment, no output is the channel.
        self.bus.write_read(self.address, &[channel], &mut answer).map_err(Error::Bus)?;
        Ok(Conversion::Volts(f64::from(answer[1]) / STEPS * self.reference_v))
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

    use super::*;

    const AT: u8 = 0x4F;

    #[test]
    fn the_first_byte_is_stale_and_the_second_is_the_reading() {
        let mut bus = Mock::new(&[
            // Figure 5: output off, single-ended, no increment, channel 0 and 3.
            Transaction::write_read(AT, vec![0b0000_0000], vec![0xFF, 0x40]),
            Transaction::write_read(AT, vec![0b0000_0011], vec![0x40, 0xC0]),
        ]);
        let mut chip = Pcf8591::new(bus.clone(), AT, 4.0);
        assert_eq!(chip.convert(0), Ok(Conversion::Volts(1.0)));
        assert_eq!(chip.convert(3), Ok(Conversion::Volts(3.0)));
        bus.done();
    }

    #[test]
    fn a_channel_that_it_does_not_have_is_refused_without_a_transfer() {
        let mut bus = Mock::new(&[]);
        let refused = Pcf8591::new(bus.clone(), AT, 3.3).convert(4);
        assert_eq!(refused, Err(Error::Channel { channel: 4, count: 4 }));
        bus.done();
    }
}
