//! A converter of volts and all that hangs at its inputs: it converts one at a time, so what shares it
//! takes turns here.
//!
//! What must never live here: registers.

use std::time::Duration;

use super::schedule::{Sensor, Step, after};
use super::{AnyAnalog, BATTERY_PERIOD, Battery, LINE_PERIOD, Readings};
use crate::board::{BatterySpec, Level};
use crate::driver::analog::{Conversion, Error};
use crate::error::TRIES;
use crate::{IoError, IoKind};

/// What an input's volts mean.
#[derive(Clone, Debug)]
pub(super) enum Use {
    /// Behind a divider.
    Battery { spec: BatterySpec, ratio: f64 },
    /// A sensor that sees the floor, and what darkness gives.
    Floor { index: usize, dark: Level },
}

impl Use {
    fn period(&self) -> Duration {
        match self {
            Self::Battery { .. } => BATTERY_PERIOD,
            Self::Floor { .. } => LINE_PERIOD,
        }
    }

    fn read(&self, volts: f64, full_scale_v: f64, readings: &mut Readings) {
        match self {
            Self::Battery { spec, ratio } => {
                readings.battery = Some(Battery::new(spec, volts * ratio, None));
            }
            Self::Floor { index, dark } => {
                let share = (volts / full_scale_v).clamp(0.0, 1.0);
                readings.floor[*index] = Some(if *dark == Level::High { share } else { 1.0 - share });
            }
        }
    }

    fn lose(&self, readings: &mut Readings) {
        match self {
            Self::Battery { .. } => readings.battery = None,
            Self::Floor { index, .. } => readings.floor[*index] = None,
        }
    }
}

struct Input {
    channel: u8,
    is: Use,
    due: Duration,
}

pub(super) struct Converter {
    part: String,
    chip: String,
    analog: AnyAnalog,
    /// Its chip is also what drives, behind the car's pass, which tries again itself.
    drives: bool,
    inputs: Vec<Input>,
    /// Which one is being converted.
    current: Option<usize>,
}

impl Converter {
    pub(super) fn new(chip: String, analog: AnyAnalog, drives: bool, inputs: Vec<(u8, Use)>) -> Self {
        let mut part = Vec::new();
        for (_, is) in &inputs {
            let name = if matches!(is, Use::Battery { .. }) { "battery" } else { "line" };
            if !part.contains(&name) {
                part.push(name);
            }
        }
        let inputs = inputs.into_iter().map(|(channel, is)| Input { channel, is, due: Duration::ZERO });
        Self { part: part.join(", "), chip, analog, drives, inputs: inputs.collect(), current: None }
    }

    /// Which input is due first, and when.
    fn first(&self) -> Option<(usize, Duration)> {
        let inputs = self.inputs.iter().enumerate().map(|(index, input)| (index, input.due));
        inputs.min_by_key(|(_, due)| *due)
    }
}

impl Sensor for Converter {
    fn part(&self) -> &str {
        &self.part
    }

    fn chip(&self) -> &str {
        &self.chip
    }

    fn tries(&self) -> usize {
        if self.drives { 1 } else { TRIES }
    }

    fn is_spoilt_by_writes(&self) -> bool {
        self.current.is_some_and(|index| self.analog.is_spoilt_by_writes(self.inputs[index].channel))
    }

    fn step(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError> {
        let Some(index) = self.current.or(self.first().map(|(index, _)| index)) else {
            return Ok(Step::Done(Duration::MAX));
        };
        let input = &mut self.inputs[index];
        // Until it is known to have worked.
        self.current = None;
        let converted = self.analog.convert(input.channel).map_err(|error| match error {
            Error::Bus(error) => error,
            refused => IoError { place: self.chip.clone(), reason: refused.to_string(), kind: IoKind::Other },
        })?;
        match converted {
            Conversion::Wait(time) => {
                self.current = Some(index);
                Ok(Step::Goes(now.saturating_add(time)))
            }
            Conversion::Volts(volts) => {
                input.is.read(volts, self.analog.full_scale_v(), readings);
                input.due = after(input.due, input.is.period(), now);
                Ok(Step::Done(self.first().map_or(Duration::MAX, |(_, due)| due)))
            }
        }
    }

    fn lose(&mut self, readings: &mut Readings) {
        self.inputs.iter().for_each(|input| input.is.lose(readings));
    }
}
