//! TI INA219: volts of a supply, and those at a shunt. Numbers are those of its data sheet, SBOS448G.
//!
//! Simpler than in the chip: a conversion takes no time, so that averages and resolutions make no
//! difference, and one that is triggered is as good as one that runs on.

use super::{Chip, Inputs, STEPS_OF_NOISE};
use crate::clock::Nanos;
use crate::digest::Digest;

const CONFIGURATION: usize = 0;
const SHUNT: usize = 1;
const BUS: usize = 2;
const POWER: usize = 3;
const CURRENT: usize = 4;
const CALIBRATION: usize = 5;
/// After power-up (8.6.2).
const RESET: [u16; 6] = [0x399F, 0, 0, 0, 0, 0];
/// Bits of the configuration.
const RST: u16 = 0x8000;
const RANGE_32_V: u16 = 0x2000;
const MODE_SHUNT: u16 = 0x0001;
const MODE_BUS: u16 = 0x0002;
/// Bits of the bus voltage: ready, and too much for the arithmetic.
const READY: u16 = 0x0002;
const OVERFLOW: u16 = 0x0001;

/// The chip.
#[derive(Debug)]
pub(crate) struct Ina219 {
    address: u8,
    registers: [u16; 6],
    pointer: usize,
}

impl Ina219 {
    /// As after power-up.
    pub(crate) fn new(address: u8) -> Self {
        Self { address, registers: RESET, pointer: 0 }
    }

    /// What its converter makes of what it feels, as far as its mode lets it.
    fn measure(&mut self, at: &dyn Inputs) {
        let supply = at.supply();
        let [shunt_noise, bus_noise] = [0, 1].map(|which| at.noise(which) * STEPS_OF_NOISE);
        let configuration = self.registers[CONFIGURATION];
        if configuration & MODE_SHUNT != 0 {
            // 40 mV, times 1, 2, 4 or 8, in steps of 10 µV.
            let limit = f64::from(4_000_u16 << (configuration >> 11 & 3));
            let steps = (supply.shunt_v / 10e-6 + shunt_noise).round().clamp(-limit, limit);
            self.registers[SHUNT] = (steps as i16).cast_unsigned();
        }
        if configuration & MODE_BUS != 0 {
            let limit = if configuration & RANGE_32_V != 0 { 8_000.0 } else { 4_000.0 };
            let steps = (supply.volts / 4e-3 + bus_noise).round().clamp(0.0, limit);
            self.registers[BUS] = (steps as u16) << 3 | READY;
        }
        // 8.5.1: the last bit of the calibration is always 0.
        let calibration = i64::from(self.registers[CALIBRATION] & !1);
        let current = i64::from(self.registers[SHUNT].cast_signed()) * calibration / 4096;
        let power = current.abs() * i64::from(self.registers[BUS] >> 3) / 5000;
        match (i16::try_from(current), u16::try_from(power)) {
            (Ok(current), Ok(power)) => {
                (self.registers[CURRENT], self.registers[POWER]) = (current.cast_unsigned(), power);
            }
            _ => self.registers[BUS] |= OVERFLOW,
        }
    }
}

impl Chip for Ina219 {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    fn write(&mut self, bytes: &[u8], at: &dyn Inputs) -> bool {
        let Some((&pointer, data)) = bytes.split_first() else { return true };
        self.pointer = usize::from(pointer);
        if let &[high, low, ..] = data {
            let value = u16::from_be_bytes([high, low]);
            match self.pointer {
                CONFIGURATION if value & RST != 0 => self.power_on_reset(at.now()),
                CONFIGURATION | CALIBRATION => self.registers[self.pointer] = value,
                _ => {}
            }
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8], at: &dyn Inputs) {
        self.measure(at);
        let value = self.registers.get(self.pointer).copied().unwrap_or(0);
        for (byte, value) in buffer.iter_mut().zip(value.to_be_bytes().into_iter().cycle()) {
            *byte = value;
        }
    }

    fn power_on_reset(&mut self, _now: Nanos) {
        (self.registers, self.pointer) = (RESET, 0);
    }

    fn digest(&self, into: &mut Digest) {
        self.registers.iter().for_each(|&value| into.integer(value.into()));
        into.integer(self.pointer as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::Supply;
    use crate::chip::bench::Bench;

    /// A chip and what it measures.
    struct Rig {
        chip: Ina219,
        at: Bench,
    }

    impl Rig {
        fn new(volts: f64, shunt_v: f64) -> Self {
            let supply = Supply { volts, shunt_v };
            Self { chip: Ina219::new(0x41), at: Bench { supply, ..Bench::default() } }
        }

        fn write(&mut self, bytes: &[u8]) {
            assert!(self.chip.write(bytes, &self.at));
        }

        fn read(&mut self, register: u8) -> u16 {
            self.write(&[register]);
            let mut bytes = [0; 2];
            self.chip.read(&mut bytes, &self.at);
            u16::from_be_bytes(bytes)
        }
    }

    #[test]
    fn after_power_up_it_measures_by_itself_with_the_reset_configuration() {
        let mut rig = Rig::new(7.4, 0.065);
        let registers = [0, 1, 2, 3, 4, 5].map(|register| rig.read(register));
        // 6500 steps of 10 µV; 1850 of 4 mV, ready; no calibration, hence no power and no current.
        assert_eq!(registers, [0x399F, 6_500, 1_850 << 3 | 2, 0, 0, 0]);
    }

    #[test]
    fn the_example_of_the_data_sheet_comes_out() {
        // Section 8.5.1, table 8: 20 mV at the shunt, 11.98 V, calibration 5000h.
        let mut rig = Rig::new(11.98, 0.020);
        rig.write(&[0, 0x01, 0x9F]);
        rig.write(&[5, 0x50, 0x00]);
        assert_eq!(rig.read(1), 2_000);
        assert_eq!(rig.read(2) >> 3, 2_995);
        assert_eq!(rig.read(4), 10_000);
        assert_eq!(rig.read(3), 5_990);
    }

    #[test]
    fn more_than_its_range_saturates_and_a_current_that_flows_back_is_negative() {
        let mut rig = Rig::new(40.0, -0.5);
        assert_eq!((rig.read(2) >> 3, rig.read(1).cast_signed()), (8_000, -32_000));
        // 16 V, 40 mV.
        rig.write(&[0, 0x01, 0x9F]);
        assert_eq!((rig.read(2) >> 3, rig.read(1).cast_signed()), (4_000, -4_000));
    }

    #[test]
    fn powered_down_it_keeps_what_it_measured_last() {
        let mut rig = Rig::new(7.4, 0.01);
        assert_eq!(rig.read(1), 1_000);
        rig.write(&[0, 0x39, 0x98]);
        rig.at.supply = Supply { volts: 5.0, shunt_v: 0.02 };
        assert_eq!((rig.read(1), rig.read(2) >> 3), (1_000, 1_850));
    }
}
