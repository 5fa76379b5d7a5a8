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
    /// Lines of the computer by their numbers.
    a: Option<usize>,
    b: Option<usize>,
    /// It no longer sees its disc.
    pub(crate) dead: bool,
    quarters_a_rad: f64,
    /// Where the disc stands, in quarters of a pulse.
    at: i64,
    /// Where its wheel stood at the end of the last step.
    wheel_rad: f64,
}

/// Both lines are as said from this time on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Turn {
    pub(crate) at: Nanos,
    pub(crate) lines: [(Option<usize>, bool); 2],
}

impl Encoder {
    /// With both lines low, on a wheel that has not turned yet. `input` says the number of a line.
    pub(crate) fn new(spec: &EncoderSpec, input: impl Fn(&str) -> Option<usize>) -> Self {
        let (a, b) = (input(&spec.a), spec.b.as_deref().and_then(input));
        let (a, b) = if spec.invert && spec.b.is_some() { (b, a) } else { (a, b) };
        let quarters_a_rad = 4.0 * spec.pulses_per_turn / TAU;
        Self { a, b, dead: false, quarters_a_rad, at: 0, wheel_rad: 0.0 }
    }

    /// The wheel turned to there during the step that ends at `end`, evenly. Adds every edge at its time.
    pub(crate) fn turn(&mut self, to_rad: f64, end: Nanos, turns: &mut Vec<Turn>) {
        let from_rad = std::mem::replace(&mut self.wheel_rad, to_rad);
        let (from, to) = (from_rad * self.quarters_a_rad, to_rad * self.quarters_a_rad);
        let goal = to.floor() as i64;
        while self.at != goal {
            let forward = goal > self.at;
            // The boundary that is crossed is the upper one forward, and the lower one backward.
            let boundary = if forward { self.at + 1 } else { self.at };
            self.at += if forward { 1 } else { -1 };
            let share = ((boundary as f64 - from) / (to - from)).clamp(0.0, 1.0);
            let at = end.saturating_sub(STEP) + (share * STEP as f64) as Nanos;
            if !self.dead {
                turns.push(Turn { at, lines: self.stands() });
            }
        }
    }

    /// What both lines are where the disc stands.
    pub(crate) fn stands(&self) -> [(Option<usize>, bool); 2] {
        let quarter = self.at.rem_euclid(4);
        [(self.a, quarter == 1 || quarter == 2), (self.b, quarter >= 2)]
    }
}

#[cfg(test)]
mod tests {
    use hal::board::Pull;

    use super::*;

    fn encoder(invert: bool) -> Encoder {
        let (a, b) = ("A".to_owned(), Some("B".to_owned()));
        let number = |line: &str| ["A", "B"].iter().position(|name| *name == line);
        Encoder::new(&EncoderSpec { a, b, pulses_per_turn: 10.0, invert, pull: Pull::Up }, number)
    }

    /// What the first step shows, in which the wheel turns so far.
    fn first(mut encoder: Encoder, to_rad: f64) -> Vec<Turn> {
        let mut turns = Vec::new();
        encoder.turn(to_rad, STEP, &mut turns);
        turns
    }

    /// The levels of A and B after each edge, and when.
    fn levels(turns: &[Turn]) -> Vec<(bool, bool, Nanos)> {
        turns.iter().map(|turn| (turn.lines[0].1, turn.lines[1].1, turn.at)).collect()
    }

    #[test]
    fn a_pulse_forward_raises_a_before_b_and_lowers_it_before_b_evenly_in_the_step() {
        let turns = first(encoder(false), TAU / 10.0 + 1e-9);
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
        let turns = first(encoder(false), -TAU / 10.0 + 1e-9);
        let levels: Vec<_> = levels(&turns).into_iter().map(|(a, b, _)| (a, b)).collect();
        assert_eq!(levels, [(false, true), (true, true), (true, false), (false, false)]);
    }

    #[test]
    fn swapped_lines_are_swapped() {
        assert_eq!(first(encoder(true), TAU / 30.0)[0].lines[0], (Some(1), true));
    }
}
