//! TI ADS7830: eight analog inputs of 8 bits over I²C.
//!
//! What must never live here: what is wired to an input.
//!
//! Sections are those of the data sheet, SBAS302C.

use embedded_hal::i2c::I2c;

use super::analog::{Analog, Conversion, Error, check};

/// Inputs, each against ground.
pub const CHANNELS: u8 = 8;

/// SD: against ground, not against its neighbour (table 1).
const SINGLE_ENDED: u8 = 0x80;
/// PD1 = 0, PD0 = 1: its own reference is off, so that the board's counts; the converter stays on
/// (table 2).
const CONVERTER_ON: u8 = 0x04;
/// Steps of its range. The last one reads 255.
const STEPS: f64 = 256.0;

/// The chip.
#[derive(Debug)]
pub struct Ads7830<I> {
    bus: I,
    address: u8,
    reference_v: f64,
}

impl<I: I2c> Ads7830<I> {
    /// With what the board gives it for a reference, volts. Nothing is written.
    pub const fn new(bus: I, address: u8, reference_v: f64) -> Self {
        Self { bus, address, reference_v }
    }
}

impl<I: I2c> Analog for Ads7830<I> {
    type Error = I::Error;

    fn full_scale_v(&self) -> f64 {
        self.reference_v
    }

    /// Done with one transfer: the chip converts while it is read.
    fn convert(&mut self, channel: u8) -> Result<Conversion, Error<I::Error>> {
        check(channel, CHANNELS)?;
        let mut answer = [0];
        self.bus.write_read(self.address, &[command(channel)], &mut answer).map_err(Error::Bus)?;
        Ok(Conversion::Volts(f64::from(answer[0]) / STEPS * self.reference_v))
    }
}

/// The command byte. C2 says whether the channel is odd, C1 and C0 which pair it is of (table 1).
const fn command(channel: u8) -> u8 {
    SINGLE_ENDED | (channel & 1) << 6 | (channel >> 1) << 4 | CONVERTER_ON
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::ErrorKind;
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

    use super::*;

    const AT: u8 = 0x48;

    #[test]
    fn each_channel_has_the_command_of_the_data_sheet_and_takes_one_transfer() {
        // Table 1: SD C2 C1 C0 PD1 PD0 x x, written out for all eight.
        let commands: [u8; 8] = [
            0b1000_0100,
            0b1100_0100,
            0b1001_0100,
            0b1101_0100,
            0b1010_0100,
            0b1110_0100,
            0b1011_0100,
            0b1111_0100,
        ];
        for (channel, command) in (0..).zip(commands) {
            let mut bus = Mock::new(&[Transaction::write_read(AT, vec![command], vec![0x80])]);
            let mut chip = Ads7830::new(bus.clone(), AT, 3.3);
            assert_eq!(chip.convert(channel), Ok(Conversion::Volts(1.65)), "channel {channel}");
            bus.done();
        }
    }

    #[test]
    fn nothing_reads_0_and_full_scale_one_step_below_the_reference() {
        for (byte, volts) in [(0x00, 0.0), (0xFF, 5.2 * 255.0 / 256.0)] {
            let mut bus = Mock::new(&[Transaction::write_read(AT, vec![0x84], vec![byte])]);
            assert_eq!(Ads7830::new(bus.clone(), AT, 5.2).convert(0), Ok(Conversion::Volts(volts)));
            bus.done();
        }
    }

    #[test]
    fn a_channel_that_it_does_not_have_is_refused_without_a_transfer() {
        let mut bus = Mock::new(&[]);
        let refused = Ads7830::new(bus.clone(), AT, 3.3).convert(8);
        assert_eq!(refused, Err(Error::Channel { channel: 8, count: 8 }));
        bus.done();
    }

    #[test]
    fn what_fails_on_the_bus_is_handed_on() {
        let dead = Transaction::write_read(AT, vec![0x84], vec![0]).with_error(ErrorKind::Bus);
        let mut bus = Mock::new(&[dead]);
        assert_eq!(Ads7830::new(bus.clone(), AT, 3.3).convert(0), Err(Error::Bus(ErrorKind::Bus)));
        bus.done();
    }
}
