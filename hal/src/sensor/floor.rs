//! Line sensors that are high or low, all read at once.
//!
//! What must never live here: those at an analog input, which are their converter's.

use std::time::Duration;

use super::schedule::{Sensor, Step, after};
use super::{LINE_PERIOD, Readings};
use crate::IoError;
use crate::board::Level;
use crate::platform::Input;

pub(super) struct Floor {
    /// Each with its place in the line.
    inputs: Vec<(usize, Input)>,
    dark: Level,
    due: Duration,
}

impl Floor {
    pub(super) fn new(inputs: Vec<(usize, Input)>, dark: Level) -> Self {
        Self { inputs, dark, due: Duration::ZERO }
    }
}

impl Sensor for Floor {
    fn part(&self) -> &'static str {
        "line"
    }

    /// A system call for each, no bus.
    fn step(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError> {
        for (index, input) in &mut self.inputs {
            let dark = input.is_high()? == (self.dark == Level::High);
            readings.floor[*index] = Some(f64::from(u8::from(dark)));
        }
        self.due = after(self.due, LINE_PERIOD, now);
        Ok(Step::Done(self.due))
    }

    fn lose(&mut self, readings: &mut Readings) {
        for (index, _) in &self.inputs {
            readings.floor[*index] = None;
        }
    }
}
