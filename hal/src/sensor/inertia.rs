//! An MPU-6050.
//!
//! What must never live here: registers.

use std::time::Duration;

use super::schedule::{Sensor, Step, after};
use super::{IMU_PERIOD, Readings};
use crate::driver::mpu6050::{self, Error, Mpu6050};
use crate::platform::DynBus;
use crate::platform::adapt::Boxed;
use crate::{IoError, IoKind};

pub(super) struct Inertia {
    name: String,
    chip: Mpu6050<Boxed<DynBus>>,
    due: Duration,
}

impl Inertia {
    pub(super) fn new(name: String, chip: Mpu6050<Boxed<DynBus>>) -> Self {
        Self { name, chip, due: Duration::ZERO }
    }
}

impl Sensor for Inertia {
    fn part(&self) -> &'static str {
        "imu"
    }

    fn chip(&self) -> &str {
        &self.name
    }

    fn step(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError> {
        let step = self.chip.step().map_err(|error| match error {
            Error::Bus(error) => error,
            reset @ Error::Asleep => {
                IoError { place: self.name.clone(), reason: reset.to_string(), kind: IoKind::Other }
            }
        })?;
        Ok(match step {
            mpu6050::Step::Wait(time) => Step::Goes(now.saturating_add(time)),
            mpu6050::Step::Sample(sample) => {
                readings.imu = Some(sample.into());
                self.due = after(self.due, IMU_PERIOD, now);
                Step::Done(self.due)
            }
        })
    }

    fn lose(&mut self, readings: &mut Readings) {
        // It may have been unplugged.
        self.chip.forget();
        readings.imu = None;
    }
}
