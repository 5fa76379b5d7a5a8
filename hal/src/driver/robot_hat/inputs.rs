//! The analog inputs of a Robot HAT: a command samples one, and a read fetches what was sampled.
//!
//! What must never live here: what is wired to an input.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal::i2c::I2c;

use super::RobotHat;
use crate::driver::analog::{self, Analog, Conversion};

/// Analog inputs, A0 to A7.
pub const ANALOG_INPUTS: u8 = 8;
/// Full scale of its analog inputs, volts.
pub const REFERENCE_V: f64 = 3.3;

/// What an analog input reads at [`REFERENCE_V`].
const FULL_SCALE: f64 = 4095.0;
/// Between the command and what it sampled. The library waits for nothing but its own next transfer.
const SAMPLE_TIME: Duration = Duration::from_millis(1);
/// The command that samples an analog input; the inputs are counted from the end.
const SAMPLE: u8 = 0x10;

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> Analog for RobotHat<I, D, R> {
    type Error = I::Error;

    fn full_scale_v(&self) -> f64 {
        REFERENCE_V
    }

    /// A write, and then a read. Whatever else is told to the chip between them gives the conversion up: who
    /// drives by it reads what is ready before it writes.
    fn convert(&mut self, channel: u8) -> Result<Conversion, analog::Error<I::Error>> {
        analog::check(channel, ANALOG_INPUTS)?;
        if self.sampled.take() != Some(channel) {
            let command = SAMPLE | (ANALOG_INPUTS - 1 - channel);
            self.bus.write(self.address, &[command, 0, 0]).map_err(analog::Error::Bus)?;
            self.sampled = Some(channel);
            return Ok(Conversion::Wait(SAMPLE_TIME));
        }
        let mut value = [0; 2];
        self.bus.read(self.address, &mut value).map_err(analog::Error::Bus)?;
        let share = f64::from(u16::from_be_bytes(value)) / FULL_SCALE;
        Ok(Conversion::Volts(REFERENCE_V * share.min(1.0)))
    }

    fn is_spoilt_by_writes(&self, channel: u8) -> bool {
        self.sampled == Some(channel)
    }
}
