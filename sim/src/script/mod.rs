//! What happens to a car at which time of a run, from a file.
//!
//! What must never live here: what any of it does to the car.

#[cfg(test)]
mod document;
mod read;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use hal::Board;
use hal::file::{self, Faults};

use crate::clock::{Nanos, nanos};
use crate::digest::Digest;
use crate::fault::Outage;

/// What happens in a run, in the order of time. Empty by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    events: Vec<Event>,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When, of the time since the car was built.
    pub at: Duration,
    /// What.
    pub act: Act,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Act {
    /// Something breaks.
    Break(Outage),
    /// Somebody presses the e-stop's button, or lets go of it.
    Press(bool),
    /// Somebody takes the car and puts it there, at rest.
    Teleport {
        /// Metres.
        x_m: f64,
        /// Metres.
        y_m: f64,
        /// Radians, to the left positive.
        heading_rad: f64,
    },
}

impl Script {
    /// From the text of a script, for a board; `file` names it in faults.
    ///
    /// # Errors
    /// Every fault of the file at once, and what the board does not have.
    pub fn parse(file: &str, text: &str, board: &Board) -> Result<Self, Faults> {
        read::script(file, text, board)
    }

    /// From a file, for a board.
    ///
    /// # Errors
    /// The file cannot be read; or every fault in it.
    pub fn load(path: &str, board: &Board) -> Result<Self, Faults> {
        let text = file::read(Path::new(path), "give the path of a script")?;
        Self::parse(path, &text, board)
    }

    /// Of these events, in whatever order they are.
    #[must_use]
    pub fn of(mut events: Vec<Event>) -> Self {
        // Stable: what happens at the same time happens in the order of the file.
        events.sort_by_key(|event| event.at);
        Self { events }
    }

    /// What happens, in the order of time.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

/// What is still to come of a script.
#[derive(Debug)]
pub(crate) struct Plan {
    ahead: VecDeque<Event>,
}

impl Plan {
    /// All of it.
    pub(crate) fn new(script: &Script) -> Self {
        Self { ahead: script.events.iter().cloned().collect() }
    }

    /// When the next event is; the end of time if there is none.
    pub(crate) fn due(&self) -> Nanos {
        self.ahead.front().map_or(Nanos::MAX, |event| nanos(event.at))
    }

    /// What happens next, if it is due by `now`.
    pub(crate) fn next(&mut self, now: Nanos) -> Option<Act> {
        (self.due() <= now).then(|| self.ahead.pop_front()).flatten().map(|event| event.act)
    }

    /// Takes what is left into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        if !self.ahead.is_empty() {
            into.integer(self.ahead.len() as u64);
        }
    }
}
