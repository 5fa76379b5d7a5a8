//! TI INA219: the volts of a supply, and the amperes through a shunt, in steps of one transfer each.
//!
//! What must never live here: registers, which the crate `ina219` knows, and whose supply it is.

use std::time::Duration;

use embedded_hal::i2c::I2c;
use ina219::SyncIna219;
use ina219::address::Address;
use ina219::calibration::UnCalibrated;
use ina219::configuration::Configuration;
use ina219::errors::{BusVoltageReadError, ShuntVoltageReadError};

/// From setting it up to its first reading: two conversions of 12 bits, 586 µs each at most (data sheet
/// SBOS448G, 7.5), rounded up.
pub const SETTLE: Duration = Duration::from_micros(1_500);

/// The most that it may be connected to, volts (data sheet SBOS448G, features), though its register goes to 32.
pub const HIGHEST_V: f64 = 26.0;

/// What is refused, or what went wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error<E> {
    /// A transfer failed.
    #[error("{0}")]
    Bus(E),
    /// The chip cannot have this address.
    #[error("{0:#04x} is no address of an INA219: 0x40 to 0x4f")]
    Address(u8),
    /// No current follows from a shunt of this many ohms.
    #[error("a shunt of {0} ohms is none: it must be above 0")]
    Shunt(f64),
    /// More than the chip measures.
    #[error("{0} is beyond an INA219: 32 V of supply, 320 mV at the shunt")]
    Range(&'static str),
}

/// A supply.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Supply {
    /// Volts between the load's side of the shunt and ground.
    pub volts: f64,
    /// Amperes from VIN+ to VIN-.
    pub amps: f64,
}

/// What a step gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Not all is known yet: ask again after this long.
    Wait(Duration),
    /// A sample.
    Sample(Supply),
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Setup,
    Volts,
    Shunt { volts: f64 },
}

/// The chip, measuring all the time.
pub struct Ina219<I> {
    chip: SyncIna219<I, UnCalibrated>,
    shunt_ohms: f64,
    next: Next,
}

impl<I: I2c> Ina219<I> {
    /// Nothing is written.
    ///
    /// # Errors
    /// An address that the chip cannot have, or a shunt of no ohms.
    pub fn new(bus: I, address: u8, shunt_ohms: f64) -> Result<Self, Error<I::Error>> {
        let address = Address::from_byte(address).map_err(|_| Error::Address(address))?;
        if !(shunt_ohms.is_finite() && shunt_ohms > 0.0) {
            return Err(Error::Shunt(shunt_ohms));
        }
        // The current is volts over ohms; the chip's own calibration would only round it once more.
        let chip = SyncIna219::new_unchecked(bus, address, UnCalibrated);
        Ok(Self { chip, shunt_ohms, next: Next::Setup })
    }

    /// The next step: exactly one transfer. The first sets the chip up, also after a failure: what was
    /// there before may have set other ranges.
    ///
    /// # Errors
    /// A failed transfer, or more than the chip measures.
    pub fn step(&mut self) -> Result<Step, Error<I::Error>> {
        let result = match self.next {
            Next::Setup => self.setup(),
            Next::Volts => self.volts(),
            Next::Shunt { volts } => self.shunt(volts),
        };
        result.inspect_err(|_| self.next = Next::Setup)
    }

    fn setup(&mut self) -> Result<Step, Error<I::Error>> {
        // As after power-up: 32 V, 320 mV, 12 bits, all the time.
        self.chip.set_configuration(Configuration::default()).map_err(Error::Bus)?;
        self.next = Next::Volts;
        Ok(Step::Wait(SETTLE))
    }

    fn volts(&mut self) -> Result<Step, Error<I::Error>> {
        let volts = self.chip.bus_voltage().map_err(|error| match error {
            BusVoltageReadError::I2cError(error) => Error::Bus(error),
            _ => Error::Range("the supply"),
        })?;
        self.next = Next::Shunt { volts: f64::from(volts.voltage_mv()) * 1e-3 };
        Ok(Step::Wait(Duration::ZERO))
    }

    fn shunt(&mut self, volts: f64) -> Result<Step, Error<I::Error>> {
        let shunt = self.chip.shunt_voltage().map_err(|error| match error {
            ShuntVoltageReadError::I2cError(error) => Error::Bus(error),
            _ => Error::Range("the shunt"),
        })?;
        self.next = Next::Volts;
        let amps = f64::from(shunt.shunt_voltage_uv()) * 1e-6 / self.shunt_ohms;
        Ok(Step::Sample(Supply { volts, amps }))
    }
}

impl<I> std::fmt::Debug for Ina219<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ina219").field("next", &self.next).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::ErrorKind;
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

    use super::*;

    const AT: u8 = 0x41;

    fn setup() -> Transaction {
        // Configuration (table 2): its reset value.
        Transaction::write(AT, vec![0x00, 0x39, 0x9F])
    }

    fn volts(bytes: [u8; 2]) -> Transaction {
        Transaction::write_read(AT, vec![0x02], bytes.to_vec())
    }

    fn shunt(bytes: [u8; 2]) -> Transaction {
        Transaction::write_read(AT, vec![0x01], bytes.to_vec())
    }

    fn chip(bus: &Mock) -> Ina219<Mock> {
        Ina219::new(bus.clone(), AT, 0.1).unwrap()
    }

    #[test]
    fn volts_and_shunt_are_each_one_transfer() {
        let mut bus = Mock::new(&[
            setup(),
            // 7.4 V is 1850 steps of 4 mV, three bits up, conversion ready.
            volts([0x39, 0xD2]),
            // 65 mV is 6500 steps of 10 µV: 0.65 A in 0.1 Ω.
            shunt([0x19, 0x64]),
            volts([0x39, 0xD2]),
            // A battery that is charged.
            shunt([0xFC, 0x18]),
        ]);
        let mut chip = chip(&bus);
        assert_eq!(chip.step(), Ok(Step::Wait(SETTLE)));
        for amps in [0.65, -0.1] {
            assert_eq!(chip.step(), Ok(Step::Wait(Duration::ZERO)));
            let Ok(Step::Sample(supply)) = chip.step() else { panic!("no sample") };
            assert!((supply.volts - 7.4).abs() < 1e-9 && (supply.amps - amps).abs() < 1e-9, "{supply:?}");
        }
        bus.done();
    }

    #[test]
    fn after_a_failure_it_is_set_up_again() {
        let dead = volts([0, 0]).with_error(ErrorKind::Bus);
        let mut bus = Mock::new(&[setup(), dead, setup()]);
        let mut chip = chip(&bus);
        chip.step().unwrap();
        assert_eq!(chip.step(), Err(Error::Bus(ErrorKind::Bus)));
        assert_eq!(chip.step(), Ok(Step::Wait(SETTLE)));
        bus.done();
    }

    #[test]
    fn an_address_or_a_shunt_that_cannot_be_is_refused_without_a_transfer() {
        let mut bus = Mock::new(&[]);
        assert_eq!(Ina219::new(bus.clone(), 0x50, 0.1).unwrap_err(), Error::Address(0x50));
        assert_eq!(Ina219::new(bus.clone(), AT, 0.0).unwrap_err(), Error::Shunt(0.0));
        assert!(matches!(Ina219::new(bus.clone(), AT, f64::NAN), Err(Error::Shunt(_))));
        bus.done();
    }
}
