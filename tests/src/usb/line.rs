//! A line of an adapter, as far as what is wired to it is concerned.

use std::fmt;

use hal::Platform;
use hal::board::Pull;
use hal::platform::{Input, Output};

/// As after power-up: an input, and low once it is an output. The platform is asked for what is wired to it
/// when that matters first.
#[derive(Default)]
pub(super) struct Line {
    /// Whether it is an output.
    pub(super) driven: bool,
    /// What it drives, or will.
    pub(super) high: bool,
    output: Option<Output>,
    input: Option<Input>,
}

impl Line {
    /// Drives what is wired to it, where it is an output.
    pub(super) fn drive(&mut self, name: &str, platform: &mut dyn Platform) {
        if !self.driven {
            return;
        }
        if self.output.is_none() {
            // Where there is none, nothing is wired to it.
            self.output = platform.output(name).ok();
        }
        if let Some(output) = &mut self.output {
            let level = if self.high { output.set_high() } else { output.set_low() };
            // What is wired to a line cannot refuse a level.
            drop(level);
        }
    }

    /// What is on it.
    pub(super) fn is_high(&mut self, name: &str, platform: &mut dyn Platform) -> bool {
        if self.driven {
            return self.high;
        }
        if self.input.is_none() {
            self.input = platform.input(name, Pull::None).ok();
        }
        // A line to which nothing is wired floats; low is as good as high.
        self.input.as_mut().is_some_and(|input| input.is_high().unwrap_or(false))
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("driven", &self.driven).field("high", &self.high).finish_non_exhaustive()
    }
}
