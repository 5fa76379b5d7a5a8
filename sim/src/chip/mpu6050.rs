//! InvenSense MPU-6050: acceleration and rotation. Registers are those of RM-MPU-6000A-00 revision 4.2.
//!
//! It is as its maker ships it, and nobody calibrated it: how far it is off, in zero and in sensitivity, is drawn
//! once, with the tolerances of the data sheet (PS-MPU-6000A-00 revision 3.4, 6.1 and 6.2) as three deviations. Its
//! noise is that of its low-pass filter's bandwidth.
//!
//! Simpler than in the chip: that filter delays nothing, it needs no time to wake, its noise changes once a
//! millisecond, and it has neither FIFO, interrupts nor a bus of its own. It is always at 25 °C.

use super::{Chip, Inputs};
use crate::clock::Nanos;
use crate::digest::Digest;

const CONFIG: usize = 0x1A;
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
/// By DLPF_CFG, Hz (register map, 4.3).
const ACCEL_BANDWIDTH: [f64; 8] = [260.0, 184.0, 94.0, 44.0, 21.0, 10.0, 5.0, 260.0];
const GYRO_BANDWIDTH: [f64; 8] = [256.0, 188.0, 98.0, 42.0, 20.0, 10.0, 5.0, 256.0];
/// Of noise in g and in degrees a second, for the root of each Hz.
const ACCEL_DENSITY: f64 = 400e-6;
const GYRO_DENSITY: f64 = 0.005;
/// How far off it may be without anything to feel, g on x, y and z and degrees a second; and its sensitivities,
/// as a share.
const ZERO_G: [f64; 3] = [0.05, 0.05, 0.08];
const ZERO_RATE: f64 = 20.0;
const SENSITIVITY: f64 = 0.03;
/// A tolerance, in deviations.
const TOLERANCE: f64 = 3.0;
/// (25 - 36.53) × 340 (register map, 4.18).
const TEMPERATURE: i16 = -3_920;

/// The chip.
#[derive(Debug)]
pub(crate) struct Mpu6050 {
    address: u8,
    registers: [u8; REGISTERS],
    pointer: usize,
}

impl Mpu6050 {
    /// As after power-up.
    pub(crate) fn new(address: u8) -> Self {
        let mut registers = [0; REGISTERS];
        registers[PWR_MGMT_1] = SLEEP;
        registers[WHO_AM_I] = 0x68;
        Self { address, registers, pointer: 0 }
    }

    /// What it feels, into the registers that say so. Asleep they stay as they are.
    fn measure(&mut self, at: &dyn Inputs) {
        if self.registers[PWR_MGMT_1] & SLEEP != 0 {
            return;
        }
        let (felt, filter) = (at.felt(), usize::from(self.registers[CONFIG] & 7));
        let scale = |register: usize| f64::from(1_u8 << (self.registers[register] >> 3 & 3));
        let (per_g, per_deg_s) = (STEPS_A_G / scale(ACCEL_CONFIG), STEPS_A_DEG_S / scale(GYRO_CONFIG));
        let accel_noise = ACCEL_DENSITY * libm::sqrt(ACCEL_BANDWIDTH[filter]);
        let gyro_noise = GYRO_DENSITY * libm::sqrt(GYRO_BANDWIDTH[filter]);
        let [ax, ay, az] = [0_u8, 1, 2].map(|axis| {
            let (value, zero) = (felt.acceleration[usize::from(axis)] / GRAVITY, ZERO_G[usize::from(axis)]);
            measured(value, zero, accel_noise, per_g, (at, axis))
        });
        let [gx, gy, gz] = [0_u8, 1, 2].map(|axis| {
            let value = felt.rotation[usize::from(axis)].to_degrees();
            measured(value, ZERO_RATE, gyro_noise, per_deg_s, (at, axis + 3))
        });
        let words = [ax, ay, az, TEMPERATURE, gx, gy, gz];
        for (pair, word) in self.registers[ACCEL_XOUT_H..=GYRO_ZOUT_L].chunks_exact_mut(2).zip(words) {
            pair.copy_from_slice(&word.to_be_bytes());
        }
    }

    fn set(&mut self, register: usize, value: u8, now: Nanos) {
        match register {
            PWR_MGMT_1 if value & DEVICE_RESET != 0 => self.power_on_reset(now),
            ACCEL_XOUT_H..=GYRO_ZOUT_L | WHO_AM_I => {}
            _ => {
                if let Some(stored) = self.registers.get_mut(register) {
                    *stored = value;
                }
            }
        }
    }
}

/// What an axis says of what is there, in steps. The first six numbers of chance are those of noise and of zero, the
/// next those of sensitivity.
fn measured(value: f64, zero: f64, noise: f64, steps: f64, (at, axis): (&dyn Inputs, u8)) -> i16 {
    let sensitivity = 1.0 + at.making(axis + 6) * SENSITIVITY / TOLERANCE;
    let off = at.making(axis) * zero / TOLERANCE + at.noise(axis) * noise;
    // Saturates.
    ((value * sensitivity + off) * steps).round() as i16
}

impl Chip for Mpu6050 {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    fn write(&mut self, bytes: &[u8], at: &dyn Inputs) -> bool {
        let Some((&pointer, data)) = bytes.split_first() else { return true };
        self.pointer = usize::from(pointer);
        for &byte in data {
            self.set(self.pointer, byte, at.now());
            self.pointer += 1;
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8], at: &dyn Inputs) {
        // One sample for the whole read.
        self.measure(at);
        for byte in buffer {
            *byte = self.registers.get(self.pointer).copied().unwrap_or(0);
            self.pointer += 1;
        }
    }

    fn power_on_reset(&mut self, _now: Nanos) {
        *self = Self::new(self.address);
    }

    fn register(&self, register: u8) -> Option<u8> {
        self.registers.get(usize::from(register)).copied()
    }

    fn digest(&self, into: &mut Digest) {
        into.bytes(&self.registers);
        into.integer(self.pointer as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::Felt;
    use crate::chip::bench::Bench;

    fn read<const N: usize>(chip: &mut Mpu6050, from: u8) -> [u8; N] {
        read_at(chip, from, &bench())
    }

    fn read_at<const N: usize>(chip: &mut Mpu6050, from: u8, at: &Bench) -> [u8; N] {
        assert!(chip.write(&[from], at));
        let mut bytes = [0xAA; N];
        chip.read(&mut bytes, at);
        bytes
    }

    fn bench() -> Bench {
        let rotation = [0.0, -100_f64.to_radians(), 500_f64.to_radians()];
        let acceleration = [GRAVITY / 2.0, -GRAVITY, 3.0 * GRAVITY];
        Bench { felt: Felt { acceleration, rotation }, ..Bench::default() }
    }

    fn words(bytes: [u8; 14]) -> [i16; 7] {
        [0, 2, 4, 6, 8, 10, 12].map(|at| i16::from_be_bytes([bytes[at], bytes[at + 1]]))
    }

    #[test]
    fn noise_is_that_of_the_filters_bandwidth_and_a_tolerance_is_three_deviations() {
        let mut chip = Mpu6050::new(0x68);
        assert!(chip.write(&[0x6B, 0x00], &0));
        let still = Bench::default();
        let noisy = Bench { noise: [10.0; 16], ..still };
        let off = Bench { making: [3.0; 16], ..still };
        // 400 µg × √260 and 0.005 degrees a second × √256, ten times over.
        assert_eq!(words(read_at(&mut chip, 0x3B, &noisy)), [1_057, 1_057, 1_057, -3_920, 105, 105, 105]);
        // ±50, 50 and 80 mg; ±20 degrees a second.
        assert_eq!(words(read_at(&mut chip, 0x3B, &off)), [819, 819, 1_311, -3_920, 2_620, 2_620, 2_620]);
        // At 44 Hz and 42 Hz.
        assert!(chip.write(&[0x1A, 0x03], &0));
        assert_eq!(words(read_at(&mut chip, 0x3B, &noisy)), [435, 435, 435, -3_920, 42, 42, 42]);
    }

    #[test]
    fn a_sensitivity_may_be_off_by_three_in_a_hundred() {
        let mut chip = Mpu6050::new(0x68);
        assert!(chip.write(&[0x6B, 0x00], &0));
        let mut making = [0.0; 16];
        making[6..12].fill(-3.0);
        let sample = words(read_at(&mut chip, 0x3B, &Bench { making, ..bench() }));
        assert_eq!(sample[..2], [7_946, -15_892]);
        assert_eq!(sample[5], -12_707);
    }

    #[test]
    fn after_power_up_it_sleeps_says_who_it_is_and_measures_nothing() {
        let mut chip = Mpu6050::new(0x68);
        assert_eq!(read(&mut chip, 0x75), [0x68]);
        assert_eq!(read(&mut chip, 0x6B), [0x40]);
        assert_eq!(read(&mut chip, 0x3B), [0; 14]);
    }

    #[test]
    fn awake_it_measures_with_the_sensitivities_of_the_data_sheet_and_saturates() {
        let mut chip = Mpu6050::new(0x68);
        assert!(chip.write(&[0x6B, 0x00], &0));
        // ±2 g, ±250 degrees a second.
        assert_eq!(words(read(&mut chip, 0x3B)), [8_192, -16_384, 32_767, -3_920, 0, -13_100, 32_767]);
        // ±4 g, ±1000 degrees a second.
        assert!(chip.write(&[0x1B, 0x10, 0x08], &0));
        assert_eq!(words(read(&mut chip, 0x3B)), [4_096, -8_192, 24_576, -3_920, 0, -3_275, 16_375]);
    }

    #[test]
    fn a_reset_puts_it_to_sleep() {
        let mut chip = Mpu6050::new(0x68);
        assert!(chip.write(&[0x6B, 0x01], &0));
        assert_ne!(read(&mut chip, 0x3B), [0; 14]);
        assert!(chip.write(&[0x6B, 0x80], &0));
        assert_eq!(read(&mut chip, 0x3B), [0; 14]);
        assert!(chip.write(&[0x6B, 0x01], &0));
        assert_ne!(read(&mut chip, 0x3B), [0; 14]);
    }
}
