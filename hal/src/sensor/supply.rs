//! An INA219 at the battery.
//!
//! What must never live here: registers.

use std::time::Duration;

use super::schedule::{Sensor, Step, after};
use super::{BATTERY_PERIOD, Battery, Readings};
use crate::board::BatterySpec;
use crate::driver::ina219::{self, Error, Ina219};
use crate::platform::DynBus;
use crate::platform::adapt::Boxed;
use crate::{IoError, IoKind};

pub(super) struct Supply {
    name: String,
    chip: Ina219<Boxed<DynBus>>,
    spec: BatterySpec,
    due: Duration,
}

impl Supply {
    pub(super) fn new(name: String, chip: Ina219<Boxed<DynBus>>, spec: BatterySpec) -> Self {
        Self { name, chip, spec, due: Duration::ZERO }
    }
}

impl Sensor for Supply {
    fn part(&self) -> &'static str {
        "battery"
    }

    fn chip(&self) -> &str {
        &self.name
    }

    fn step(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError> {
        Ok(match self.chip.step().map_err(|error| refused(&self.name, error))? {
            ina219::Step::Wait(time) => Step::Goes(now.saturating_add(time)),
            ina219::Step::Sample(ina219::Supply { volts, amps }) => {
                readings.battery = Some(Battery::new(&self.spec, volts, Some(amps)));
                self.due = after(self.due, BATTERY_PERIOD, now);
                Step::Done(self.due)
            }
        })
    }

    fn lose(&mut self, readings: &mut Readings) {
        readings.battery = None;
    }
}

pub(super) fn refused(name: &str, error: Error<IoError>) -> IoError {
    match error {
        Error::Bus(error) => error,
        refused => IoError { place: name.to_owned(), reason: refused.to_string(), kind: IoKind::Other },
    }
}
