//! Between the gate and a recording, under the gate's lock: takes down what the gate is told, or says it again
//! at the very places.
//!
//! What must never live here: files, and what follows from anything that is said.

use std::collections::VecDeque;
use std::time::Duration;

use super::told::Told;
use super::writer::Pen;
use super::{Line, Parts};
use crate::control::Input;

/// Where in a run something was said: in which turn, and after how many looks of it at the gate. Before the
/// first turn it is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) turn: u64,
    pub(crate) looks: u32,
}

/// What goes on at the gate.
#[derive(Debug)]
pub(crate) struct Tape {
    at: At,
    reel: Reel,
}

/// What becomes of it.
#[derive(Debug)]
pub(crate) enum Reel {
    /// Nothing.
    None,
    /// It is written down.
    Pen(Pen),
    /// It comes from here.
    Play(Play),
}

/// What is still to be said, and what the run was like.
#[derive(Debug, Default)]
pub(crate) struct Play {
    /// In order.
    pub(crate) told: VecDeque<(At, Duration, Input)>,
    /// The newest fingerprints.
    pub(crate) seen: Option<(Duration, Parts)>,
}

impl Tape {
    pub(crate) fn new(reel: Reel) -> Self {
        Self { at: At::default(), reel }
    }

    /// Whether anybody wants to know what the run is like.
    pub(crate) fn runs(&self) -> bool {
        !matches!(self.reel, Reel::None)
    }

    /// The gate is told something from outside.
    pub(crate) fn told(&mut self, input: &Input, now: Duration) {
        if let Reel::Pen(pen) = &mut self.reel
            && let Some(told) = Told::new(input.clone())
        {
            pen.write(&Line::Told(nanos(now), self.at.looks, told));
        }
    }

    /// The control loop turns.
    pub(crate) fn turn(&mut self, now: Duration) {
        self.at = At { turn: self.at.turn + 1, looks: 0 };
        if let Reel::Pen(pen) = &mut self.reel {
            pen.write(&Line::Turn(nanos(now)));
        }
    }

    /// What the gate was told before the control loop looks at it once more; to be asked until there is
    /// nothing.
    pub(crate) fn due(&mut self) -> Option<(Duration, Input)> {
        let Reel::Play(play) = &mut self.reel else { return None };
        play.told.front().filter(|(at, ..)| *at <= self.at)?;
        let (_, now, input) = play.told.pop_front()?;
        Some((now, input))
    }

    /// The control loop has looked at the gate.
    pub(crate) fn looked(&mut self) {
        self.at.looks = self.at.looks.saturating_add(1);
    }

    /// What every part is like now; at the `end`, when the car is at rest for good.
    pub(crate) fn digest(&mut self, now: Duration, parts: Parts, end: bool) {
        match &mut self.reel {
            Reel::None => {}
            Reel::Pen(pen) if end => pen.end(&Line::End(nanos(now), parts)),
            Reel::Pen(pen) => pen.write(&Line::Digest(nanos(now), parts)),
            Reel::Play(play) => play.seen = Some((now, parts)),
        }
    }

    /// What is played.
    pub(crate) fn play(&mut self) -> Option<&mut Play> {
        match &mut self.reel {
            Reel::Play(play) => Some(play),
            Reel::None | Reel::Pen(_) => None,
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
