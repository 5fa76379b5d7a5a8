//! One way of a bad link: which frames are under way, what happens to each, and when it is there.
//!
//! Time is an argument and randomness a seed; no task must ever come in here.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Direction;
use crate::framing::frame_of;
use crate::{Frame, Kind};

/// Most frames under way.
pub(super) const ROOM: usize = 64;

/// How long a frame is held back so that others overtake it: long beside the time between two
/// frames of a burst, short beside what a person notices.
const HELD_BACK: Duration = Duration::from_millis(5);

/// A frame at the end of its way.
#[derive(Debug, PartialEq)]
pub(super) struct Arrival {
    pub(super) frame: Frame,
    /// Whether it is still what was sent.
    pub(super) intact: bool,
}

/// One way of one connection.
#[derive(Debug)]
pub(super) struct Lane {
    direction: Direction,
    random: Random,
    /// By the time of arrival, and by number among those of the same time.
    under_way: BTreeMap<(Instant, u64), Arrival>,
    taken: u64,
    placed: u64,
    /// When the last one that was not held back arrives.
    last: Option<Instant>,
}

impl Lane {
    pub(super) fn new(direction: &Direction, seed: u64) -> Self {
        Self {
            direction: direction.clone(),
            random: Random(seed),
            under_way: BTreeMap::new(),
            taken: 0,
            placed: 0,
            last: None,
        }
    }

    /// Whether a frame, perhaps twice, can still be taken.
    pub(super) fn has_room(&self) -> bool {
        self.under_way.len() + 2 <= ROOM
    }

    /// Whether the connection is to break now.
    pub(super) fn is_worn_out(&self) -> bool {
        self.direction.disconnect_after.is_some_and(|most| self.taken >= most)
    }

    /// When the next frame arrives, if any is under way.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.under_way.first_key_value().map(|((due, _), _)| *due)
    }

    /// Sends a frame on its way. Draws as often whatever is switched on, so that the faults of one
    /// kind stay where they are when another is added.
    pub(super) fn push(&mut self, frame: Frame, now: Instant) {
        self.taken += 1;
        let delay = self.random.between(*self.direction.delay.start(), *self.direction.delay.end());
        let lost = self.random.chance(self.direction.loss);
        let twice = self.random.chance(self.direction.duplication);
        let held_back = self.random.chance(self.direction.reordering);
        let corrupted = self.random.chance(self.direction.corruption);
        let truncated = self.random.chance(self.direction.truncation);
        let (bit, length) = (self.random.next(), self.random.next());
        if lost {
            return;
        }
        let mut arrival = Arrival { frame, intact: true };
        if corrupted && !arrival.frame.data.is_empty() {
            let mut data = arrival.frame.data.to_vec();
            let bit = below(bit, data.len() * 8);
            data[bit / 8] ^= 1 << (bit % 8);
            arrival = mangled(&arrival, data);
        }
        if truncated && !arrival.frame.data.is_empty() {
            let length = below(length, arrival.frame.data.len());
            let data = arrival.frame.data[..length].to_vec();
            arrival = mangled(&arrival, data);
        }
        let mut due = now + delay;
        if held_back {
            due += HELD_BACK;
        } else {
            due = self.last.map_or(due, |last| due.max(last));
            self.last = Some(due);
        }
        if twice {
            let copy = Arrival { frame: arrival.frame.clone(), intact: arrival.intact };
            self.place(due, copy);
        }
        self.place(due, arrival);
    }

    /// Takes the next frame that has arrived by `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Arrival> {
        let first = self.under_way.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    fn place(&mut self, due: Instant, arrival: Arrival) {
        self.placed += 1;
        self.under_way.insert((due, self.placed), arrival);
    }
}

/// A text that is none any more must not be called one.
fn mangled(before: &Arrival, data: Vec<u8>) -> Arrival {
    let guessed = frame_of(data.into());
    let kind = if before.frame.kind == Kind::Text { guessed.kind } else { Kind::Binary };
    Arrival { frame: Frame { kind, ..guessed }, intact: false }
}

/// Mixes a seed with the number of what it is for, so that each has its own randomness.
pub(super) fn seed_for(seed: u64, number: u64) -> u64 {
    Random(seed ^ Random(number).next()).next()
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): good
/// enough to choose faults, and the same on every machine.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1, without 1: the 53 bits that an `f64` holds exactly.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn chance(&mut self, p: f64) -> bool {
        self.fraction() < p
    }

    fn between(&mut self, least: Duration, most: Duration) -> Duration {
        least + most.saturating_sub(least).mul_f64(self.fraction())
    }
}

/// A draw as an index below `bound`, which is not 0. Frames are so short that the bias is not seen.
fn below(draw: u64, bound: usize) -> usize {
    (draw % bound as u64) as usize
}

#[cfg(test)]
mod tests;
