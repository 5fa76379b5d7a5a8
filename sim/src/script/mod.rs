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
use hal::file::{self, Faults, Source};

use crate::clock::{Nanos, nanos};
use crate::digest::Digest;
use crate::fault::Outage;

/// What happens in a run, in the order of time. Empty by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    events: Vec<Event>,
    source: Source,
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

impl Event {
    fn digest(&self, into: &mut Digest) {
        into.integer(nanos(self.at));
        match &self.act {
            Act::Break(outage) => {
                into.words("break");
                outage.digest(into);
            }
            Act::Press(pressed) => {
                into.words("press");
                into.integer(u64::from(*pressed));
            }
            Act::Teleport { x_m, y_m, heading_rad } => {
                into.words("teleport");
                [x_m, y_m, heading_rad].iter().for_each(|value| into.number(**value));
            }
        }
    }
}

impl Script {
    /// From the text of a script, for a board; `file` names it in faults.
    ///
    /// # Errors
    /// Every fault of the file at once, and what the board does not have.
    pub fn parse(file: &str, text: &str, board: &Board) -> Result<Self, Faults> {
        Ok(Self { source: text.into(), ..read::script(file, text, board)? })
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
        Self { events, source: Source::default() }
    }

    /// The script's file; empty where it is of no file.
    #[must_use]
    pub fn source(&self) -> &str {
        self.source.text()
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
    ahead: VecDeque<Ahead>,
}

/// An event that is still to come.
#[derive(Debug)]
struct Ahead {
    event: Event,
    /// A fingerprint of it and of all that come after it. There may be thousands, and a run is asked for its
    /// fingerprint again and again.
    onwards: u64,
}

impl Plan {
    /// All of it.
    pub(crate) fn new(script: &Script) -> Self {
        let mut ahead = VecDeque::with_capacity(script.events.len());
        let mut onwards = 0;
        for event in script.events.iter().rev() {
            let mut digest = Digest::new();
            digest.integer(onwards);
            event.digest(&mut digest);
            onwards = digest.finish();
            ahead.push_front(Ahead { event: event.clone(), onwards });
        }
        Self { ahead }
    }

    /// When the next event is; the end of time if there is none.
    pub(crate) fn due(&self) -> Nanos {
        self.ahead.front().map_or(Nanos::MAX, |ahead| nanos(ahead.event.at))
    }

    /// What happens next, if it is due by `now`.
    pub(crate) fn next(&mut self, now: Nanos) -> Option<Act> {
        (self.due() <= now).then(|| self.ahead.pop_front()).flatten().map(|ahead| ahead.event.act)
    }

    /// Takes what is left into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.option(self.ahead.front(), |into, ahead| into.integer(ahead.onwards));
    }
}
