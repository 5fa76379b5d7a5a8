//! A disc on a wheel and what looks at it: one line, or two of which A is a quarter of a pulse ahead of B as
//! the wheel turns forward.
//!
//! What must never live here: what turns the wheel, and who counts.

use std::f64::consts::TAU;

use hal::board::EncoderSpec;

use crate::clock::{Nanos, STEP};

/// The encoder.
#[derive(Debug)]
pub(crate) struct Encoder {
    a: String,
    b: Option<String>,
    /// It no longer sees its disc.
    pub(crate) dead: bool,
    quarters_a_rad: f64,
    /// Where the disc stands, in quarters of a pulse.
    at: i64,
}

/// Both lines are as said from this time on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turn<'a> {
    pub(crate) at: Nanos,
    pub(crate) lines: [(Option<&'a str>, bool); 2],
}

impl Encoder {
    /// With both lines low.
    pub(crate) fn new(spec: &EncoderSpec) -> Self {
        let (a, b) = match (&spec.b, spec.invert) {
            (Some(b), true) => (b.clone(), Some(spec.a.clone())),
            (b, _) => (spec.a.clone(), b.clone()),
        };
        Self { a, b, dead: false, quarters_a_rad: 4.0 * spec.pulses_per_turn / TAU, at: 0 }
    }

    /// The wheel turned during the step that ends at `end`, evenly. Every edge at its time.
    pub(crate) fn turn(&mut self, from_rad: f64, to_rad: f64, end: Nanos) -> Vec<Turn<'_>> {
        let (from, to) = (from_rad * self.quarters_a_rad, to_rad * self.quarters_a_rad);
        let goal = to.floor() as i64;
        let mut turns = Vec::new();
        while self.at != goal {
            let forward = goal > self.at;
            // The boundary that is crossed is the upper one forward, and the lower one backward.
            let boundary = if forward { self.at + 1 } else { self.at };
            self.at += if forward { 1 } else { -1 };
            let share = ((boundary as f64 - from) / (to - from)).clamp(0.0, 1.0);
            let at = end.saturating_sub(STEP) + (share * STEP as f64) as Nanos;
            turns.push((at, self.at));
        }
        if self.dead {
            turns.clear();
        }
        turns.into_iter().map(|(at, quarter)| Turn { at, lines: self.lines(quarter) }).collect()
    }

    /// What both lines are where the disc stands.
    pub(crate) fn stands(&self) -> [(Option<&str>, bool); 2] {
        self.lines(self.at)
    }

    fn lines(&self, quarter: i64) -> [(Option<&str>, bool); 2] {
        let quarter = quarter.rem_euclid(4);
        [(Some(&self.a), quarter == 1 || quarter == 2), (self.b.as_deref(), quarter >= 2)]
    }
}

#[cfg(test)]
mod tests {
    use hal::board::Pull;

    use super::*;

    fn encoder(invert: bool) -> Encoder {
        let (a, b) = ("A".to_owned(), Some("B".to_owned()));
        Encoder::new(&EncoderSpec { a, b, pulses_per_turn: 10.0, invert, pull: Pull::Up })
    }

    /// The levels of A and B after each edge, and when.
    fn levels(turns: &[Turn<'_>]) -> Vec<(bool, bool, Nanos)> {
        turns.iter().map(|turn| (turn.lines[0].1, turn.lines[1].1, turn.at)).collect()
    }

    #[test]
    fn a_pulse_forward_raises_a_before_b_and_lowers_it_before_b_evenly_in_the_step() {
        let mut encoder = encoder(false);
        let turns = encoder.turn(0.0, TAU / 10.0 + 1e-9, STEP);
        let [(up, ..), ..] = levels(&turns)[..] else { panic!("edges") };
        assert!(up);
        let expected = [(true, false), (true, true), (false, true), (false, false)];
        for (index, ((a, b, at), expected)) in levels(&turns).into_iter().zip(expected).enumerate() {
            assert_eq!((a, b), expected);
            assert!(at.abs_diff((index as Nanos + 1) * STEP / 4) < 10, "{at}");
        }
        assert_eq!(turns.len(), 4);
    }

    #[test]
    fn backward_is_the_same_undone() {
        let mut encoder = encoder(false);
        let turns = encoder.turn(0.0, -TAU / 10.0 + 1e-9, STEP);
        let levels: Vec<_> = levels(&turns).into_iter().map(|(a, b, _)| (a, b)).collect();
        assert_eq!(levels, [(false, true), (true, true), (true, false), (false, false)]);
    }

    #[test]
    fn swapped_lines_are_swapped() {
        let mut encoder = encoder(true);
        assert_eq!(encoder.turn(0.0, TAU / 30.0, STEP)[0].lines[0], (Some("B"), true));
    }
}
