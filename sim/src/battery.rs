//! A lithium battery: what is left in it, and what its terminals hold when something is drawn from them.
//!
//! What must never live here: what draws, and what measures.

use hal::Board;

use crate::clock::STEP_S;
use crate::digest::Digest;

/// What an idle computer and its fans take, amperes (estimated).
pub(crate) const IDLE_A: f64 = 0.5;

/// Where a board does not measure its battery, two lithium cells, empty and full, volts.
const TWO_CELLS: [f64; 2] = [6.4, 8.4];

/// At rest, from empty (0) to full (1), at each tenth of the charge: a cell of 3.2 to 4.2 V as makers of lithium
/// cobalt and NMC cells draw it (estimated; they differ by some hundredths).
const REST: [f64; 11] = [0.0, 0.35, 0.45, 0.50, 0.55, 0.60, 0.67, 0.75, 0.82, 0.90, 1.0];
/// Beyond empty its voltage falls to nothing within this share of its charge.
const COLLAPSE: f64 = 0.02;

/// The battery.
#[derive(Clone, Debug)]
pub(crate) struct Battery {
    empty_v: f64,
    full_v: f64,
    ohms: f64,
    capacity_as: f64,
    /// 1 full, 0 empty, and a little below that.
    charge: f64,
    volts: f64,
    amps: f64,
}

/// What draws from a battery, as far as it depends on its volts: `amps + siemens · volts`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Draw {
    pub(crate) amps: f64,
    pub(crate) siemens: f64,
}

impl Draw {
    /// Something else besides.
    pub(crate) fn add(&mut self, other: Self) {
        self.amps += other.amps;
        self.siemens += other.siemens;
    }
}

impl Battery {
    /// Full.
    pub(crate) fn new(board: &Board) -> Self {
        let [empty_v, full_v] = match &board.battery {
            Some(battery) => [battery.empty_v, battery.full_v],
            None => TWO_CELLS,
        };
        let (ohms, capacity_as) = (board.model.battery_ohms, board.model.battery_ah * 3600.0);
        let mut battery = Self { empty_v, full_v, ohms, capacity_as, charge: 1.0, volts: full_v, amps: 0.0 };
        battery.fill();
        battery
    }

    /// Charges it, and lets it rest but for the idle computer.
    pub(crate) fn fill(&mut self) {
        self.charge = 1.0;
        self.settle(Draw { amps: IDLE_A, siemens: 0.0 });
    }

    /// At its terminals.
    pub(crate) fn volts(&self) -> f64 {
        self.volts
    }

    /// Drawn from it; below zero where motors give more back than anything takes.
    pub(crate) fn amps(&self) -> f64 {
        self.amps
    }

    /// What is left in it, 0 to 1.
    pub(crate) fn charge(&self) -> f64 {
        self.charge.clamp(0.0, 1.0)
    }

    /// Volts of a full one from which the idle computer and so much else is drawn.
    pub(crate) fn full_volts(board: &Board, amps: f64) -> f64 {
        let battery = Self::new(board);
        battery.full_v - battery.ohms * (IDLE_A + amps)
    }

    /// Gives for one step.
    pub(crate) fn step(&mut self, draw: Draw) {
        self.settle(draw);
        self.charge -= self.amps * STEP_S / self.capacity_as;
        self.charge = self.charge.clamp(-COLLAPSE, 1.0);
    }

    /// V = OCV - R·I and I = a + s·V, which is one equation for V.
    fn settle(&mut self, Draw { amps, siemens }: Draw) {
        self.volts = (self.rest_v() - self.ohms * amps) / (1.0 + self.ohms * siemens);
        self.amps = amps + siemens * self.volts;
    }

    /// At rest.
    fn rest_v(&self) -> f64 {
        if self.charge < 0.0 {
            return self.empty_v * (1.0 + self.charge / COLLAPSE);
        }
        let tenths = self.charge * 10.0;
        let index = (tenths as usize).min(REST.len() - 2);
        let (low, high) = (REST[index], REST[index + 1]);
        let share = low + (tenths - index as f64) * (high - low);
        self.empty_v + share * (self.full_v - self.empty_v)
    }

    /// Takes its state into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        [self.charge, self.volts, self.amps].iter().for_each(|value| into.number(*value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn battery() -> Battery {
        Battery::new(&Board::preset("demo").expect("a preset"))
    }

    #[test]
    fn it_rests_at_full_at_empty_and_between_them_on_its_curve() {
        let mut battery = battery();
        for (charge, volts) in [(1.0, 8.4), (0.95, 8.3), (0.5, 7.6), (0.05, 6.75), (0.0, 6.4), (-0.01, 3.2)] {
            battery.charge = charge;
            assert!((battery.rest_v() - volts).abs() < 1e-9, "{charge}: {}", battery.rest_v());
        }
    }

    #[test]
    fn what_hangs_at_it_is_worked_out_with_its_own_resistance() {
        let mut battery = battery();
        // Half an ampere whatever the volts, and 2 Ω: 8.4 V, 0.2 Ω.
        battery.step(Draw { amps: 0.5, siemens: 0.5 });
        let volts = (8.4 - 0.1) / 1.1;
        assert!((battery.volts() - volts).abs() < 1e-12);
        assert!((battery.amps() - (0.5 + volts / 2.0)).abs() < 1e-12);
    }

    #[test]
    fn it_is_never_fuller_than_full_nor_emptier_than_nothing() {
        let mut battery = battery();
        battery.step(Draw { amps: -1e3, siemens: 0.0 });
        assert_eq!(battery.charge(), 1.0);
        battery.step(Draw { amps: 1e9, siemens: 0.0 });
        assert_eq!((battery.charge(), battery.rest_v()), (0.0, 0.0));
    }
}
