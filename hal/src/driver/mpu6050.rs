//! InvenSense MPU-6050: acceleration and rotation over I²C.
//!
//! What must never live here: how it is fastened to the car.
//!
//! Registers are those of the register map RM-MPU-6000A-00 rev. 4.2, figures those of the product
//! specification PS-MPU-6000A-00 rev. 3.4.

use std::time::Duration;

use embedded_hal::i2c::I2c;

/// Standard gravity, m/s².
pub const GRAVITY: f64 = 9.806_65;
/// From waking to a reading that holds: 30 ms for the gyroscope (6.1), and a margin of the same again.
pub const WAKE: Duration = Duration::from_millis(60);

const CONFIG: u8 = 0x1A;
/// DLPF_CFG 3: what shakes faster than 42 to 44 Hz is filtered out, since it is read 50 times a second.
const FILTER_44_HZ: u8 = 3;
/// FS_SEL 2: ±1000 degrees a second. A small car on the spot turns at 600.
const GYRO_1000_DEG_S: u8 = 2 << 3;
/// AFS_SEL 1: ±4 g. A wheel that hits a threshold passes 2.
const ACCEL_4_G: u8 = 1 << 3;
/// Steps for g and for a degree a second at these ranges (6.1, 6.2).
const STEPS_A_G: f64 = 8_192.0;
const STEPS_A_DEG_S: f64 = 32.8;
const ACCEL_XOUT_H: u8 = 0x3B;
const PWR_MGMT_1: u8 = 0x6B;
/// Awake, clocked by the gyroscope on X, which the register map prefers over its own oscillator.
const AWAKE: u8 = 0x01;
/// Three axes, the temperature, three axes; two bytes each.
const SAMPLE_BYTES: usize = 14;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error<E> {
    /// A transfer failed.
    #[error("{0}")]
    Bus(E),
    /// Every register reads 0, as of a chip that sleeps: it was reset since it was set up.
    #[error("the chip was reset (it sleeps): does its supply drop under load?")]
    Asleep,
}

/// Along and about the axes printed on the chip, which are right-handed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// x, y, z in m/s². At rest one [`GRAVITY`] upwards.
    pub acceleration: [f64; 3],
    /// About x, y, z in rad/s.
    pub rotation: [f64; 3],
}

/// What a step gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// It is being set up: ask again after this long.
    Wait(Duration),
    /// A sample.
    Sample(Sample),
}

/// The chip.
#[derive(Debug)]
pub struct Mpu6050<I> {
    bus: I,
    address: u8,
    setup: Setup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setup {
    /// Nothing is known of it.
    None,
    /// Awake, with the ranges of a chip that was reset.
    Awake,
    /// As this driver wants it.
    Done,
}

impl<I: I2c> Mpu6050<I> {
    /// Nothing is written.
    pub const fn new(bus: I, address: u8) -> Self {
        Self { bus, address, setup: Setup::None }
    }

    /// The next step: exactly one transfer. The first two set the chip up. One that failed is the next again.
    ///
    /// # Errors
    /// A failed transfer, or a chip that was reset.
    pub fn step(&mut self) -> Result<Step, Error<I::Error>> {
        match self.setup {
            Setup::None => self.wake(),
            Setup::Awake => self.set_ranges(),
            Setup::Done => self.sample().inspect_err(|error| {
                if matches!(error, Error::Asleep) {
                    self.forget();
                }
            }),
        }
    }

    /// Takes nothing for granted: the next step begins to set the chip up.
    pub fn forget(&mut self) {
        self.setup = Setup::None;
    }

    fn wake(&mut self) -> Result<Step, Error<I::Error>> {
        self.bus.write(self.address, &[PWR_MGMT_1, AWAKE]).map_err(Error::Bus)?;
        self.setup = Setup::Awake;
        Ok(Step::Wait(Duration::ZERO))
    }

    /// CONFIG, GYRO_CONFIG and ACCEL_CONFIG are neighbours.
    fn set_ranges(&mut self) -> Result<Step, Error<I::Error>> {
        let bytes = [CONFIG, FILTER_44_HZ, GYRO_1000_DEG_S, ACCEL_4_G];
        self.bus.write(self.address, &bytes).map_err(Error::Bus)?;
        self.setup = Setup::Done;
        Ok(Step::Wait(WAKE))
    }

    /// All of one moment: the chip holds its registers while it is read (4.17).
    fn sample(&mut self) -> Result<Step, Error<I::Error>> {
        let mut bytes = [0; SAMPLE_BYTES];
        self.bus.write_read(self.address, &[ACCEL_XOUT_H], &mut bytes).map_err(Error::Bus)?;
        // The temperature between them is 36.53 °C at 0, and something pulls at the car.
        if bytes == [0; SAMPLE_BYTES] {
            return Err(Error::Asleep);
        }
        let axes = |first: usize, unit: f64| {
            [0, 2, 4].map(|axis| {
                let at = first + axis;
                f64::from(i16::from_be_bytes([bytes[at], bytes[at + 1]])) * unit
            })
        };
        Ok(Step::Sample(Sample {
            acceleration: axes(0, GRAVITY / STEPS_A_G),
            rotation: axes(8, (1.0 / STEPS_A_DEG_S).to_radians()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::ErrorKind;
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

    use super::*;

    const AT: u8 = 0x68;

    fn setup() -> [Transaction; 2] {
        [
            Transaction::write(AT, vec![0x6B, 0x01]),             // PWR_MGMT_1
            Transaction::write(AT, vec![0x1A, 0x03, 0x10, 0x08]), // CONFIG, GYRO_CONFIG, ACCEL_CONFIG
        ]
    }

    fn sample(bytes: [u8; 14]) -> Transaction {
        Transaction::write_read(AT, vec![0x3B], bytes.to_vec())
    }

    fn next(chip: &mut Mpu6050<Mock>) -> Result<Step, Error<ErrorKind>> {
        chip.step()
    }

    #[test]
    fn it_wakes_the_chip_sets_its_ranges_and_reads_fourteen_bytes_at_once() {
        let reading = sample([
            0xE0, 0x00, 0x10, 0x00, 0x20, 0x00, // -1 g, 0.5 g, 1 g of 8192
            0xF3, 0x50, // some temperature
            0x00, 0x00, 0xFE, 0xB8, 0x0C,
            0xD0, // 0, -328 and 3280 of 32.8: -10 and 100 degrees a second
        ]);
        let mut bus = Mock::new(&[&setup()[..], &[reading]].concat());
        let mut chip = Mpu6050::new(bus.clone(), AT);
        assert_eq!(next(&mut chip), Ok(Step::Wait(Duration::ZERO)));
        assert_eq!(next(&mut chip), Ok(Step::Wait(WAKE)));
        let Ok(Step::Sample(sample)) = next(&mut chip) else { panic!("no sample") };
        let expected = [-9.806_65, 4.903_325, 9.806_65, 0.0, (-10.0_f64).to_radians(), 100_f64.to_radians()];
        for (got, expected) in sample.acceleration.iter().chain(&sample.rotation).zip(expected) {
            assert!((got - expected).abs() < 1e-12, "{sample:?}");
        }
        bus.done();
    }

    #[test]
    fn a_chip_that_sleeps_is_an_error_and_is_set_up_again() {
        let mut bus = Mock::new(&[&setup()[..], &[sample([0; 14])], &setup()].concat());
        let mut chip = Mpu6050::new(bus.clone(), AT);
        assert!(next(&mut chip).is_ok() && next(&mut chip).is_ok());
        assert_eq!(next(&mut chip), Err(Error::Asleep));
        assert!(next(&mut chip).is_ok() && next(&mut chip).is_ok());
        bus.done();
    }

    #[test]
    fn a_transfer_that_failed_is_the_next_again_unless_the_chip_is_to_be_forgotten() {
        let dead = sample([0; 14]).with_error(ErrorKind::Bus);
        let mut bus = Mock::new(&[&setup()[..], &[dead.clone(), dead], &setup()[..1]].concat());
        let mut chip = Mpu6050::new(bus.clone(), AT);
        assert!(next(&mut chip).is_ok() && next(&mut chip).is_ok());
        for _ in 0..2 {
            assert_eq!(next(&mut chip), Err(Error::Bus(ErrorKind::Bus)));
        }
        chip.forget();
        assert!(next(&mut chip).is_ok());
        bus.done();
    }
}
