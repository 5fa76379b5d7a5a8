//! TI ADS1115: four analog inputs of 16 bits over I²C, each converted when it is asked for.
//!
//! What must never live here: what is wired to an input.
//!
//! Sections are those of the data sheet, SBAS444D. The crate `ads1x1x` asks whether the chip is busy
//! before it reads or triggers, two transfers at a time; here a motor's write may come between any two,
//! so each step is one. That crate is a witness of the simulated chip instead.

use std::time::Duration;

use embedded_hal::i2c::I2c;

use super::analog::{Analog, Conversion, Error, check};

/// Inputs, each against ground.
pub const CHANNELS: u8 = 4;
/// Full scale as this driver sets it, volts (table 8-3, PGA 001). No input may be above the supply.
pub const FULL_SCALE_V: f64 = 4.096;
/// How long a conversion takes at most: 1/860 s, a tenth slower where the chip's oscillator is (6.5),
/// and 25 µs to wake (8.4.2.1); rounded up.
pub const CONVERSION: Duration = Duration::from_micros(1_400);

const CONVERSION_REGISTER: u8 = 0x00;
const CONFIG_REGISTER: u8 = 0x01;
/// OS: begin. MUX 1xx: the input against ground. PGA 001: ±4.096 V. MODE: one conversion, then sleep.
/// DR 111: 860 a second. COMP_QUE 11: no comparator (8.1.3).
const BEGIN: u16 = 0b1100_0011_1110_0011;
/// Where the input stands in the MUX.
const MUX: u32 = 12;
/// Steps from nothing to full scale.
const STEPS: f64 = 32_768.0;

/// The chip.
#[derive(Debug)]
pub struct Ads1115<I> {
    bus: I,
    address: u8,
    /// Of which channel a conversion is under way.
    begun: Option<u8>,
}

impl<I: I2c> Ads1115<I> {
    /// Nothing is written.
    pub const fn new(bus: I, address: u8) -> Self {
        Self { bus, address, begun: None }
    }

    fn begin(&mut self, channel: u8) -> Result<Conversion, I::Error> {
        let [high, low] = (BEGIN | u16::from(channel) << MUX).to_be_bytes();
        self.bus.write(self.address, &[CONFIG_REGISTER, high, low])?;
        self.begun = Some(channel);
        Ok(Conversion::Wait(CONVERSION))
    }

    fn finish(&mut self) -> Result<Conversion, I::Error> {
        self.begun = None;
        let mut answer = [0; 2];
        self.bus.write_read(self.address, &[CONVERSION_REGISTER], &mut answer)?;
        // Two's complement: around nothing its offset reads as less.
        let volts = f64::from(i16::from_be_bytes(answer)) / STEPS * FULL_SCALE_V;
        Ok(Conversion::Volts(volts.max(0.0)))
    }
}

impl<I: I2c> Analog for Ads1115<I> {
    type Error = I::Error;

    fn full_scale_v(&self) -> f64 {
        FULL_SCALE_V
    }

    /// Begins at the first call and reads at the second, which must come [`CONVERSION`] later.
    fn convert(&mut self, channel: u8) -> Result<Conversion, Error<I::Error>> {
        check(channel, CHANNELS)?;
        if self.begun == Some(channel) { self.finish() } else { self.begin(channel) }.map_err(Error::Bus)
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::ErrorKind;
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

    use super::*;

    const AT: u8 = 0x48;

    #[test]
    fn a_conversion_is_begun_by_one_transfer_and_read_by_another() {
        let mut bus = Mock::new(&[
            Transaction::write(AT, vec![0x01, 0xC3, 0xE3]),
            Transaction::write_read(AT, vec![0x00], vec![0x40, 0x00]),
            // Input 3: MUX 111.
            Transaction::write(AT, vec![0x01, 0xF3, 0xE3]),
            Transaction::write_read(AT, vec![0x00], vec![0x7F, 0xFF]),
        ]);
        let mut chip = Ads1115::new(bus.clone(), AT);
        assert!(matches!(chip.convert(0), Ok(Conversion::Wait(_))));
        assert_eq!(chip.convert(0), Ok(Conversion::Volts(2.048)));
        assert!(matches!(chip.convert(3), Ok(Conversion::Wait(_))));
        assert_eq!(chip.convert(3), Ok(Conversion::Volts(4.096 * 32_767.0 / 32_768.0)));
        bus.done();
    }

    #[test]
    fn another_channel_gives_up_what_was_under_way() {
        let mut bus = Mock::new(&[
            Transaction::write(AT, vec![0x01, 0xC3, 0xE3]),
            Transaction::write(AT, vec![0x01, 0xD3, 0xE3]),
            Transaction::write_read(AT, vec![0x00], vec![0, 8]),
        ]);
        let mut chip = Ads1115::new(bus.clone(), AT);
        assert!(matches!(chip.convert(0), Ok(Conversion::Wait(_))));
        assert!(matches!(chip.convert(1), Ok(Conversion::Wait(_))));
        assert_eq!(chip.convert(1), Ok(Conversion::Volts(0.001)));
        bus.done();
    }

    #[test]
    fn an_offset_below_nothing_is_nothing() {
        let mut bus = Mock::new(&[
            Transaction::write(AT, vec![0x01, 0xC3, 0xE3]),
            Transaction::write_read(AT, vec![0x00], vec![0xFF, 0xFE]),
        ]);
        let mut chip = Ads1115::new(bus.clone(), AT);
        chip.convert(0).unwrap();
        assert_eq!(chip.convert(0), Ok(Conversion::Volts(0.0)));
        bus.done();
    }

    #[test]
    fn a_reading_that_failed_is_begun_anew() {
        let begin = || Transaction::write(AT, vec![0x01, 0xC3, 0xE3]);
        let lost = Transaction::write_read(AT, vec![0x00], vec![0, 0]).with_error(ErrorKind::Bus);
        let mut bus = Mock::new(&[begin(), lost, begin()]);
        let mut chip = Ads1115::new(bus.clone(), AT);
        chip.convert(0).unwrap();
        assert_eq!(chip.convert(0), Err(Error::Bus(ErrorKind::Bus)));
        assert!(matches!(chip.convert(0), Ok(Conversion::Wait(_))));
        bus.done();
    }

    #[test]
    fn a_channel_that_it_does_not_have_is_refused_without_a_transfer() {
        let mut bus = Mock::new(&[]);
        let refused = Ads1115::new(bus.clone(), AT).convert(4);
        assert_eq!(refused, Err(Error::Channel { channel: 4, count: 4 }));
        bus.done();
    }
}
