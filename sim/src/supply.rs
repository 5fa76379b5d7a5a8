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

/// What a step did to what is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It lost its supply.
    Lost,
    /// It has it again, and is as after power-up.
    Back,
}

impl Supply {
    /// Full.
    pub(crate) fn new(board: &Board) -> Self {
        let brown_out_v = board.model.brown_out_v;
        Self { battery: Battery::new(board), brown_out_v, low_since: None, down_until: None }
    }

    /// Gives what motors draw for the step that ends at `now`, and the computer what it takes.
    pub(crate) fn step(&mut self, motors: Draw, now: Nanos) -> Option<Change> {
        let idle = if self.down_until.is_some() { 0.0 } else { IDLE_A };
        self.battery.step(Draw { amps: motors.amps + idle, ..motors });
        let enough = if self.down_until.is_some() { ENOUGH } else { 1.0 };
        let low = self.battery.volts() < self.brown_out_v * enough;
        let since = low.then(|| self.low_since.unwrap_or(now));
        self.low_since = since;
        match (self.down_until, since) {
            (Some(until), _) if low => {
                self.down_until = Some(until.max(now.saturating_add(HOLD)));
                None
            }
            (Some(until), _) if now >= until => {
                self.down_until = None;
                Some(Change::Back)
            }
            (None, Some(since)) if now.saturating_sub(since) >= BEARS => self.lose(now, HOLD),
            _ => None,
        }
    }

    /// Nothing is fed from now on for so long, at least.
    pub(crate) fn lose(&mut self, now: Nanos, length: Nanos) -> Option<Change> {
        let until = now.saturating_add(length);
        let before = self.down_until;
        self.down_until = Some(before.map_or(until, |before| before.max(until)));
        before.is_none().then_some(Change::Lost)
    }

    /// Another battery, which is full.
    pub(crate) fn fill(&mut self) {
        self.battery.fill();
        self.low_since = None;
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

    #[test]
    fn a_dip_is_borne_and_a_longer_one_is_not_and_then_all_waits_until_it_is_over_and_a_while() {
        let mut supply = supply();
        assert_eq!(supply.step(draw(20.0), STEP), None);
        assert_eq!(supply.step(draw(0.0), 2 * STEP), None);
        let changes: Vec<_> = (3..1_000)
            .filter_map(|step| {
                let amps = if step < 500 { 20.0 } else { 0.0 };
                Some((step, supply.step(draw(amps), step * STEP)?))
            })
            .collect();
        assert_eq!(changes, [(5, Change::Lost), (739, Change::Back)]);
    }

    #[test]
    fn somebody_who_takes_the_supply_away_gives_it_back() {
        let mut supply = supply();
        assert_eq!(supply.lose(0, 50 * STEP), Some(Change::Lost));
        assert_eq!(supply.lose(0, 20 * STEP), None, "it is gone already");
        assert!((1..50).all(|step| supply.step(draw(0.0), step * STEP).is_none()));
        assert_eq!(supply.step(draw(0.0), 50 * STEP), Some(Change::Back));
    }

    #[test]
    fn an_empty_battery_feeds_nobody_any_more() {
        let mut supply = supply();
        let hours = |hours: u64| hours * 3_600_000;
        let changes: Vec<_> =
            (1..hours(5)).filter_map(|step| Some((step, supply.step(draw(0.0), step * STEP)?))).collect();
        let [(at, Change::Lost)] = changes[..] else { panic!("{changes:?}") };
        // 2 Ah at half an ampere are four hours.
        assert!((hours(4)..hours(4) + 300_000).contains(&at), "{at}");
    }
}
