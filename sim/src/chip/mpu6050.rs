//! InvenSense MPU-6050: acceleration and rotation. Registers are those of RM-MPU-6000A-00 revision 4.2.
//!
//! Simpler than in the chip: it filters nothing, needs no time to wake, and has neither FIFO, interrupts
//! nor a bus of its own. It is always at 25 °C.

use super::{Chip, Feed};
use crate::clock::Nanos;
use crate::digest::Digest;

const GYRO_CONFIG: usize = 0x1B;
const ACCEL_CONFIG: usize = 0x1C;
const ACCEL_XOUT_H: usize = 0x3B;
const GYRO_ZOUT_L: usize = 0x48;
const PWR_MGMT_1: usize = 0x6B;
const WHO_AM_I: usize = 0x75;
const REGISTERS: usize = 0x76;
const DEVICE_RESET: u8 = 0x80;
const SLEEP: u8 = 0x40;
const GRAVITY: f64 = 9.806_65;
/// At the least range (product specification, 6.1 and 6.2); each further one halves them.
const STEPS_A_G: f64 = 16_384.0;
const STEPS_A_DEG_S: f64 = 131.0;
/// (25 - 36.53) × 340 (register map, 4.18).
const TEMPERATURE: i16 = -3_920;

/// The chip.
#[derive(Debug)]
pub(crate) struct Mpu6050 {
    address: u8,
    acceleration: [f64; 3],
    rotation: [f64; 3],
    registers: [u8; REGISTERS],
    pointer: usize,
}

impl Mpu6050 {
    /// As after power-up.
    pub(crate) fn new(address: u8) -> Self {
        let mut registers = [0; REGISTERS];
        registers[PWR_MGMT_1] = SLEEP;
        registers[WHO_AM_I] = 0x68;
        Self { address, acceleration: [0.0; 3], rotation: [0.0; 3], registers, pointer: 0 }
    }

    /// What it feels, into the registers that say so. Asleep they stay as they are.
    fn measure(&mut self) {
        if self.registers[PWR_MGMT_1] & SLEEP != 0 {
            return;
        }
        let scale = |register: usize| f64::from(1_u8 << (self.registers[register] >> 3 & 3));
        let per_m_s2 = STEPS_A_G / GRAVITY / scale(ACCEL_CONFIG);
        let per_rad_s = STEPS_A_DEG_S.to_degrees() / scale(GYRO_CONFIG);
        // Saturates.
        let steps = |value: f64, per_unit: f64| (value * per_unit).round() as i16;
        let [ax, ay, az] = self.acceleration.map(|value| steps(value, per_m_s2));
        let [gx, gy, gz] = self.rotation.map(|value| steps(value, per_rad_s));
        let words = [ax, ay, az, TEMPERATURE, gx, gy, gz];
        for (pair, word) in self.registers[ACCEL_XOUT_H..=GYRO_ZOUT_L].chunks_exact_mut(2).zip(words) {
            pair.copy_from_slice(&word.to_be_bytes());
        }
    }

    fn set(&mut self, register: usize, value: u8) {
        match register {
            PWR_MGMT_1 if value & DEVICE_RESET != 0 => self.power_on_reset(),
            ACCEL_XOUT_H..=GYRO_ZOUT_L | WHO_AM_I => {}
            _ => {
                if let Some(stored) = self.registers.get_mut(register) {
                    *stored = value;
                }
            }
        }
    }
}

impl Chip for Mpu6050 {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    fn write(&mut self, bytes: &[u8], _now: Nanos) -> bool {
        let Some((&pointer, data)) = bytes.split_first() else { return true };
        self.pointer = usize::from(pointer);
        for &byte in data {
            self.set(self.pointer, byte);
            self.pointer += 1;
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8]) {
        // One sample for the whole read.
        self.measure();
        for byte in buffer {
            *byte = self.registers.get(self.pointer).copied().unwrap_or(0);
            self.pointer += 1;
        }
    }

    fn power_on_reset(&mut self) {
        let (acceleration, rotation) = (self.acceleration, self.rotation);
        *self = Self { acceleration, rotation, ..Self::new(self.address) };
    }

    fn feel(&mut self, feed: Feed) {
        if let Feed::Motion { acceleration, rotation } = feed {
            (self.acceleration, self.rotation) = (acceleration, rotation);
        }
    }

    fn register(&self, register: u8) -> Option<u8> {
        self.registers.get(usize::from(register)).copied()
    }

    fn digest(&self, into: &mut Digest) {
        into.bytes(&self.registers);
        into.integer(self.pointer as u64);
        self.acceleration.iter().chain(&self.rotation).for_each(|&value| into.number(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(chip: &mut Mpu6050, from: u8) -> [u8; N] {
        assert!(chip.write(&[from], 0));
        let mut bytes = [0xAA; N];
        chip.read(&mut bytes);
        bytes
    }

    fn chip() -> Mpu6050 {
        let mut chip = Mpu6050::new(0x68);
        let rotation = [0.0, -100_f64.to_radians(), 500_f64.to_radians()];
        chip.feel(Feed::Motion { acceleration: [GRAVITY / 2.0, -GRAVITY, 3.0 * GRAVITY], rotation });
        chip
    }

    #[test]
    fn after_power_up_it_sleeps_says_who_it_is_and_measures_nothing() {
        let mut chip = chip();
        assert_eq!(read(&mut chip, 0x75), [0x68]);
        assert_eq!(read(&mut chip, 0x6B), [0x40]);
        assert_eq!(read(&mut chip, 0x3B), [0; 14]);
    }

    #[test]
    fn awake_it_measures_with_the_sensitivities_of_the_data_sheet_and_saturates() {
        let mut chip = chip();
        assert!(chip.write(&[0x6B, 0x00], 0));
        let words = |bytes: [u8; 14]| {
            [0, 2, 4, 6, 8, 10, 12].map(|at| i16::from_be_bytes([bytes[at], bytes[at + 1]]))
        };
        // ±2 g, ±250 degrees a second.
        assert_eq!(words(read(&mut chip, 0x3B)), [8_192, -16_384, 32_767, -3_920, 0, -13_100, 32_767]);
        // ±4 g, ±1000 degrees a second.
        assert!(chip.write(&[0x1B, 0x10, 0x08], 0));
        assert_eq!(words(read(&mut chip, 0x3B)), [4_096, -8_192, 24_576, -3_920, 0, -3_275, 16_375]);
    }

    #[test]
    fn a_reset_puts_it_to_sleep_and_leaves_what_it_feels() {
        let mut chip = chip();
        assert!(chip.write(&[0x6B, 0x01], 0));
        assert_ne!(read(&mut chip, 0x3B), [0; 14]);
        assert!(chip.write(&[0x6B, 0x80], 0));
        assert_eq!(read(&mut chip, 0x3B), [0; 14]);
        assert!(chip.write(&[0x6B, 0x01], 0));
        assert_ne!(read(&mut chip, 0x3B), [0; 14]);
    }
}
