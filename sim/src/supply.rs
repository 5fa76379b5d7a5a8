//! What feeds the computer and its chips: the battery, and the regulator behind it, which lets go of them when the
//! battery's volts are too few, and feeds them again some time after they are enough.
//!
//! What must never live here: what a reset does to whom.

use hal::Board;

use crate::battery::{Battery, Draw, IDLE_A};
use crate::clock::{Nanos, STEP};
use crate::digest::Digest;

/// Too few volts are borne for so long: 1000 µF hold an idle computer for some milliseconds (estimated).
const BEARS: Nanos = 2 * STEP;
/// So much more than too few must they be before they are enough again, as a share: a battery that was just relieved
/// shows more than it can hold.
const ENOUGH: f64 = 1.05;
/// A supply that is back is not given on for so long, as supervisors of resets do (240 ms of a MAX809 by its data
/// sheet).
const HOLD: Nanos = 240 * STEP;

/// The supply.
#[derive(Debug)]
pub(crate) struct Supply {
    pub(crate) battery: Battery,
    brown_out_v: f64,
    /// Since when the volts are too few.
    low_since: Option<Nanos>,
    /// Until when nothing is fed.
    down_until: Option<Nanos>,
}

impl Supply {
    /// Full.
    pub(crate) fn new(board: &Board) -> Self {
        let brown_out_v = board.model.brown_out_v;
        Self { battery: Battery::new(board), brown_out_v, low_since: None, down_until: None }
    }

    /// Gives for the step that ends at `now` what motors draw, and what the computer takes where it is fed.
    pub(crate) fn step(&mut self, motors: Draw, fed: bool, now: Nanos) {
        let idle = if fed { IDLE_A } else { 0.0 };
        self.battery.step(Draw { amps: motors.amps + idle, ..motors });
        let enough = if self.is_down() { ENOUGH } else { 1.0 };
        let low = self.battery.volts() < self.brown_out_v * enough;
        self.low_since = low.then(|| self.low_since.unwrap_or(now));
        let back_at = now.saturating_add(HOLD);
        self.down_until = match (self.down_until, self.low_since) {
            (Some(_), Some(_)) => Some(back_at),
            (Some(until), None) => (now < until).then_some(until),
            (None, Some(since)) => (now.saturating_sub(since) >= BEARS).then_some(back_at),
            (None, None) => None,
        };
    }

    /// Whether it lets go of what it feeds.
    pub(crate) fn is_down(&self) -> bool {
        self.down_until.is_some()
    }

    /// Another battery, which is full.
    pub(crate) fn fill(&mut self) {
        self.battery.fill();
        (self.low_since, self.down_until) = (None, None);
    }

    /// Takes its state into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        self.battery.digest(into);
        [self.low_since, self.down_until].iter().for_each(|at| into.integer(at.unwrap_or(Nanos::MAX)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The demo car's: 8.4 V behind 0.2 Ω, which must not fall below 5.76.
    fn supply() -> Supply {
        Supply::new(&Board::preset("demo").expect("a preset"))
    }

    fn draw(amps: f64) -> Draw {
        Draw { amps, siemens: 0.0 }
    }

    /// Each change of whether it is down, with the number of its step.
    fn changes(supply: &mut Supply, steps: u64, amps: impl Fn(u64) -> f64) -> Vec<(u64, bool)> {
        let mut changes = Vec::new();
        for step in 1..steps {
            let before = supply.is_down();
            supply.step(draw(amps(step)), !before, step * STEP);
            if supply.is_down() != before {
                changes.push((step, !before));
            }
        }
        changes
    }

    #[test]
    fn a_dip_is_borne_and_a_longer_one_is_not_and_then_all_waits_until_it_is_over_and_a_while() {
        let strong = |step| if step == 1 || (3..500).contains(&step) { 20.0 } else { 0.0 };
        assert_eq!(changes(&mut supply(), 1_000, strong), [(5, true), (739, false)]);
    }

    #[test]
    fn an_empty_battery_feeds_nobody_any_more() {
        let hours = |hours: u64| hours * 3_600_000;
        let changes = changes(&mut supply(), hours(5), |_| 0.0);
        let [(at, true)] = changes[..] else { panic!("{changes:?}") };
        // 2 Ah at half an ampere are four hours.
        assert!((hours(4)..hours(4) + 300_000).contains(&at), "{at}");
    }
}
