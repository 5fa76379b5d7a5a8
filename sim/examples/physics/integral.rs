//! A winding behind a bridge that pulses, integrated in fine steps: L·di/dt = u - drop - back - R·i, cycle after cycle until
//! one is as the one before. Nothing here knows how the simulator comes to its means.
//!
//! What must never live here: a closed form, and a figure of a car.

/// Of each part of a cycle.
const STEPS: u32 = 400;
/// Cycles are tried until they are so much alike, as a share.
const ALIKE: f64 = 1e-7;
const CYCLES: u32 = 5000;

/// A bridge, its motor's winding and the battery, whose volts stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pulsed {
    pub(crate) volts: f64,
    /// Of the bridge's junctions.
    pub(crate) drop_v: f64,
    /// Of motor and bridge.
    pub(crate) ohms: f64,
    pub(crate) henries: f64,
    pub(crate) duty: f64,
    pub(crate) period_s: f64,
    /// Whether it shorts the motor between pulses, or lets go of it.
    pub(crate) shorts: bool,
}

/// The means of a cycle, amperes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Means {
    pub(crate) motor: f64,
    pub(crate) battery: f64,
}

impl Pulsed {
    /// Of a motor that turns so fast that it gives back so many volts.
    pub(crate) fn means(&self, back_v: f64) -> Means {
        let (mut amps, mut before) = (0.0, Means::default());
        for _ in 0..CYCLES {
            let on = self.part(&mut amps, back_v, true);
            let off = self.part(&mut amps, back_v, false);
            let motor = (on[0] + off[0]) / self.period_s;
            let now = Means { motor, battery: (on[1] + off[1]) / self.period_s };
            let change = (now.motor - before.motor).abs() + (now.battery - before.battery).abs();
            before = now;
            if change <= ALIKE * now.motor.abs() {
                break;
            }
        }
        before
    }

    /// One part of the cycle: the charges that pass motor and battery.
    fn part(&self, amps: &mut f64, back_v: f64, on: bool) -> [f64; 2] {
        let share = if on { self.duty } else { 1.0 - self.duty };
        let dt = share * self.period_s / f64::from(STEPS);
        let mut charges = [0.0; 2];
        for _ in 0..STEPS {
            let supply = self.supply(*amps, back_v, on);
            let (after, charge) = self.step(*amps, supply * self.volts - back_v, dt);
            *amps = after;
            charges[0] += charge;
            charges[1] += supply * charge;
        }
        charges
    }

    /// Which way the battery is in the circuit. Diodes turn it against what flows, and against nothing where the motor
    /// is too slow to overcome it.
    fn supply(&self, amps: f64, back_v: f64, on: bool) -> f64 {
        match (on, self.shorts) {
            (true, _) => 1.0,
            (false, true) => 0.0,
            (false, false) if amps != 0.0 => -amps.signum(),
            (false, false) => (back_v / self.volts).clamp(-1.0, 1.0),
        }
    }

    /// The current after a while, and the charge that passed meanwhile.
    fn step(&self, amps: f64, driving_v: f64, dt: f64) -> (f64, f64) {
        let way = if amps == 0.0 { driving_v.signum() } else { amps.signum() };
        if amps == 0.0 && driving_v.abs() <= self.drop_v {
            return (0.0, 0.0);
        }
        // The trapezoid's rule.
        let half = dt * self.ohms / (2.0 * self.henries);
        let after =
            (amps * (1.0 - half) + (driving_v - self.drop_v * way) * dt / self.henries) / (1.0 + half);
        if after * amps < 0.0 {
            let part = amps / (amps - after);
            return (0.0, amps * part * dt / 2.0);
        }
        (after, f64::midpoint(amps, after) * dt)
    }
}
