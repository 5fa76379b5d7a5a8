//! What flows through a motor's winding, and what of it the battery gives, in the mean of a bridge's cycle.
//!
//! L·di/dt = V·(what the bridge does) - drop - Ke·ω - R·i, solved for the steady state: currents come and go within a
//! millisecond or so, which a step is. What a bridge does between pulses is known here, why it does so is not.
//!
//! What must never live here: what turns, and what holds it.

use hal::Board;
use hal::board::MotorSpec;

use crate::battery::Battery;
use crate::bridge::{Loss, Output, Terminals};

/// A cycle is taken for so long at least, in time constants of the winding: for a shorter one the result is the same.
const SHORTEST: f64 = 1e-6;

/// What is between the battery and the shaft.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Winding {
    /// Of winding and bridge.
    pub(crate) ohms: f64,
    drop_v: f64,
    /// How fast a current comes and goes, seconds.
    electrical_s: f64,
    /// Ke
    pub(crate) volts_a_rad_s: f64,
    /// Kt
    pub(crate) nm_per_a: f64,
    /// -1 of a motor with its leads swapped.
    sign: f64,
}

/// A current near one moment: `amps_a_volt · V + amps - amps_a_rad_s · ω`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub(crate) amps_a_volt: f64,
    pub(crate) amps: f64,
    pub(crate) amps_a_rad_s: f64,
}

/// The currents of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Flow {
    /// Which turns the motor.
    pub(crate) winding: Line,
    /// Which the battery gives.
    pub(crate) battery: Line,
}

/// The cycle of a bridge that lets go of its motor between two pulses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pulses {
    /// The pulse's share of the cycle.
    on: f64,
    /// How far a current comes in a pulse that begins without one, as a share of where it would end.
    comes: f64,
    /// What a pause leaves of what is beyond its end.
    leaves: f64,
    /// The winding's time constant in cycles.
    slow: f64,
    /// What the battery gives less, and takes back less, since a current that never dies waves.
    wave: f64,
}

impl Line {
    fn times(self, by: f64) -> Self {
        Self {
            amps_a_volt: self.amps_a_volt * by,
            amps: self.amps * by,
            amps_a_rad_s: self.amps_a_rad_s * by,
        }
    }
}

impl Pulses {
    fn new(on: f64, cycles: f64) -> Self {
        let cycle = cycles.max(SHORTEST);
        let (comes, goes) = (-libm::expm1(-on * cycle), -libm::expm1(-(1.0 - on) * cycle));
        let slow = 1.0 / cycle;
        let wave = 2.0 * slow * comes * goes / -libm::expm1(-cycle);
        Self { on, comes, leaves: 1.0 - goes, slow, wave }
    }

    /// The mean currents of winding and battery times the resistance, as the factors of the volts that drive the
    /// current in a pulse, which are above 0, and of those that take it down in a pause.
    fn means(&self, drives_v: f64, takes_v: f64) -> [[f64; 2]; 2] {
        let Self { on, comes, leaves, slow, wave } = *self;
        let peak = takes_v + drives_v * comes;
        if peak * leaves >= takes_v {
            // The next pulse finds it flowing.
            return [[on, on - 1.0], [on - wave, 1.0 - on - wave]];
        }
        // It is gone after τ·ln(1 + peak current / where it goes to).
        let ratio = drives_v * comes / takes_v;
        let (lasts, late) = (slow * libm::log1p(ratio), slow * comes * drives_v / peak);
        let back = slow * comes * takes_v / peak;
        [[on - back, late - lasts], [on - 2.0 * slow * comes + back, lasts - late]]
    }
}

impl Winding {
    /// Turns its wheel at the board's top speed at full power, where the battery is full and all motors do the same.
    /// `faster` is by which factor it turns faster than others.
    pub(crate) fn new(board: &Board, spec: &MotorSpec, loss: Loss, faster: f64) -> Self {
        let top_rad_s = board.drivetrain.top_speed_mps() / board.drivetrain.wheel_diameter_m() * 2.0;
        let model = &board.model;
        let ohms = model.motor_ohms + loss.ohms;
        let held_nm = model.friction_nm + model.drag_nm_s * top_rad_s;
        let (volts, sags) = (Battery::full_volts(board, 0.0), model.battery_ohms * board.motors.len() as f64);
        let needs = held_nm * (ohms + sags);
        let left = volts - loss.volts;
        let mut nm_per_a = model.motor_nm_per_a;
        // A motor that is too weak for its friction gets a tenth of its volts for turning, and does not get there.
        let mut volts_a_rad_s = (left - needs / nm_per_a).max(0.1 * left) / top_rad_s;
        if nm_per_a > volts_a_rad_s {
            // Without losses Kt is Ke: Ke²·ω - left·Ke + needs = 0.
            let root = libm::sqrt((left * left - 4.0 * top_rad_s * needs).max(0.0));
            volts_a_rad_s = (left + root) / (2.0 * top_rad_s);
            nm_per_a = volts_a_rad_s;
        }
        let electrical_s = model.motor_mh * 1e-3 / ohms;
        let sign = if spec.invert { -1.0 } else { 1.0 };
        // A weaker magnet is both a faster motor and a weaker one.
        let (volts_a_rad_s, nm_per_a) = (volts_a_rad_s / faster, nm_per_a / faster);
        Self { ohms, drop_v: loss.volts, electrical_s, volts_a_rad_s, nm_per_a, sign }
    }

    /// What its cycle is behind a bridge that does so.
    pub(crate) fn pulses(&self, output: &Output) -> Pulses {
        match output.terminals {
            Terminals::Drive(share) => Pulses::new(share.abs(), output.period_s / self.electrical_s),
            Terminals::Brake | Terminals::Coast => Pulses::default(),
        }
    }

    /// What flows for what is done to its terminals, near these volts of the battery and at this speed.
    pub(crate) fn flow(&self, output: &Output, pulses: &Pulses, volts: f64, speed_rad_s: f64) -> Flow {
        let conducts = output.driven + output.shorted;
        let back_v = self.volts_a_rad_s * speed_rad_s;
        match output.terminals {
            Terminals::Coast => Flow::default(),
            Terminals::Brake => self.through(0.0, output.shorted, volts, back_v),
            // Between pulses the current goes on through the short, either way.
            Terminals::Drive(share) if output.shorted > 0.0 || conducts > 1.0 - 1e-9 => {
                self.through(share, conducts, volts, back_v)
            }
            Terminals::Drive(share) => self.pulsed(share, pulses, volts, back_v),
        }
    }

    /// Behind a share of the battery, for a part of the time. The junctions let nothing through that is weaker than
    /// they are, and stand against the rest, wherever it flows.
    fn through(&self, share: f64, conducts: f64, volts: f64, back_v: f64) -> Flow {
        // Of the time in which a current flows at all.
        let share = self.sign * share / conducts;
        let left_v = share * volts - back_v;
        if left_v.abs() <= self.drop_v && self.drop_v > 0.0 {
            return Flow::default();
        }
        let siemens = conducts / self.ohms;
        let winding = Line {
            amps_a_volt: share * siemens,
            amps: -self.drop_v.copysign(left_v) * siemens,
            amps_a_rad_s: self.volts_a_rad_s * siemens,
        };
        Flow { winding, battery: winding.times(share) }
    }

    /// Between pulses the bridge lets go, and its diodes lead the current back into the battery, which takes it down.
    fn pulsed(&self, share: f64, pulses: &Pulses, volts: f64, back_v: f64) -> Flow {
        let way = share.signum() * self.sign;
        let back_v = way * back_v;
        if back_v - volts > self.drop_v {
            // It charges the battery through the diodes, pulse or pause.
            return self.through(share.signum(), 1.0, volts, way * back_v);
        }
        let drives_v = volts - self.drop_v - back_v;
        if drives_v <= 0.0 {
            return Flow::default();
        }
        let [winding, battery] = pulses.means(drives_v, volts + self.drop_v + back_v);
        // Each is a tangent: a mean is in proportion to both volts together.
        let line = |[drives, takes]: [f64; 2]| Line {
            amps_a_volt: (drives + takes) / self.ohms,
            amps: (takes - drives) * self.drop_v / self.ohms,
            amps_a_rad_s: (drives - takes) * way * self.volts_a_rad_s / self.ohms,
        };
        Flow { winding: line(winding).times(way), battery: line(battery) }
    }
}

#[cfg(test)]
#[path = "../examples/physics/integral.rs"]
mod integral;

#[cfg(test)]
mod tests {
    use super::integral::Pulsed;
    use super::*;

    /// Behind an L298N: 5 Ω and 1 mH.
    fn winding() -> Winding {
        let board = Board::preset("l298n").expect("a preset");
        Winding::new(&board, &board.motors[0], Loss { ohms: 1.15, volts: 1.4 }, 1.0)
    }

    fn pulsed(share: f64, hz: f64) -> Output {
        Output { terminals: Terminals::Drive(share), driven: share.abs(), shorted: 0.0, period_s: 1.0 / hz }
    }

    /// Of winding and battery, at a speed that gives back so many volts.
    fn amps(winding: &Winding, output: &Output, volts: f64, back_v: f64) -> [f64; 2] {
        let speed = back_v / winding.volts_a_rad_s;
        let flow = winding.flow(output, &winding.pulses(output), volts, speed);
        [flow.winding, flow.battery]
            .map(|line| line.amps_a_volt * volts + line.amps - line.amps_a_rad_s * speed)
    }

    #[test]
    fn means_of_pulses_are_those_of_the_integral_whether_the_current_dies_between_them_or_not() {
        for drop_v in [1.4, 0.0] {
            let winding = Winding { drop_v, ..winding() };
            for hz in [50.0, 500.0, 1e3, 2e3, 25e3] {
                for (duty, back_v) in
                    (1..20).flat_map(|d| [-9.5, -3.0, 0.0, 2.0, 4.0, 6.0].map(|v| (f64::from(d) / 20.0, v)))
                {
                    let expected = Pulsed {
                        volts: 8.0,
                        drop_v,
                        ohms: winding.ohms,
                        henries: 1e-3,
                        duty,
                        period_s: 1.0 / hz,
                        shorts: false,
                    }
                    .means(back_v);
                    for way in [1.0, -1.0] {
                        let [motor, battery] = amps(&winding, &pulsed(way * duty, hz), 8.0, way * back_v);
                        let near =
                            |got: f64, expected: f64| (got - expected).abs() <= 0.003 * expected.abs() + 1e-5;
                        assert!(
                            near(way * motor, expected.motor) && near(battery, expected.battery),
                            "{drop_v} V, {hz} Hz, {duty}, {back_v} V: {motor} {battery}, not {expected:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_a_line_says_nearby_is_what_flows_there() {
        let winding = winding();
        for duty in [0.1, 0.3, 0.5, 0.7, 0.9] {
            let output = pulsed(duty, 1e3);
            let pulses = winding.pulses(&output);
            for back_v in [0.0, 1.0, 3.0] {
                let speed = back_v / winding.volts_a_rad_s;
                let here = winding.flow(&output, &pulses, 8.0, speed);
                let [motor, battery] = amps(&winding, &output, 8.001, back_v + 0.001);
                for (line, got) in [(here.winding, motor), (here.battery, battery)] {
                    let speed = (back_v + 0.001) / winding.volts_a_rad_s;
                    let said = line.amps_a_volt * 8.001 + line.amps - line.amps_a_rad_s * speed;
                    assert!((said - got).abs() < 1e-6, "{duty} {back_v}: {said} {got}");
                }
            }
        }
    }

    #[test]
    fn a_motor_never_gives_back_more_than_it_takes_from_its_wheel() {
        let winding = winding();
        for (share, shorted) in [(1.0, 0.0), (0.999, 0.0), (0.999, 0.001), (0.5, 0.0), (0.5, 0.5), (0.0, 1.0)]
        {
            let terminals = if share > 0.0 { Terminals::Drive(share) } else { Terminals::Brake };
            let output = Output { terminals, driven: share, shorted, period_s: 1e-3 };
            for back_v in (-120..=120).map(|tenths| f64::from(tenths) / 10.0) {
                let [motor, battery] = amps(&winding, &output, 8.0, back_v);
                // What the battery gives less what becomes motion: all of it warms the bridge and the winding.
                let lost = battery * 8.0 - motor * back_v;
                let heat = winding.ohms * motor * motor + winding.drop_v * motor.abs();
                assert!(lost > 0.99 * heat - 1e-9, "{share} {shorted} {back_v}: {lost} W, {heat} W");
            }
        }
    }

    #[test]
    fn junctions_let_nothing_through_that_is_weaker_than_they_are() {
        let winding = winding();
        let full = Output { terminals: Terminals::Drive(1.0), driven: 1.0, shorted: 0.0, period_s: 0.0 };
        for (back_v, expected) in [(6.5, 0.1), (6.7, 0.0), (8.0, 0.0), (9.3, 0.0), (9.5, -0.1)] {
            let expected = expected / winding.ohms;
            for output in [full, pulsed(0.999_999, 1e3)] {
                let [motor, battery] = amps(&winding, &output, 8.0, back_v);
                assert!(
                    (motor - expected).abs() < 1e-4 && (battery - expected).abs() < 1e-4,
                    "{back_v}: {motor}"
                );
            }
        }
    }
}
