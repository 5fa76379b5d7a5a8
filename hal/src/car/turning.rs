//! Whether a wheel turns that has power, by its encoder. Told the time.
//!
//! What must never live here: what is done about a wheel that does not.

use std::time::Duration;

use crate::board::{BridgeSpec, DriverSpec, MotorSpec};

/// Less power than this may turn nothing, where the bridge shorts its motor between pulses, or where the board file says
/// which duty turns it: friction holds a gear motor until it has 20 to 30 % of its volts, and a tired battery gives less.
const LEAST_POWER: f64 = 0.4;
/// The same behind a bridge that lets go between pulses, where nobody has calibrated it: the battery then takes down
/// what little current a short pulse began. At up to 2 kHz, and faster; worked out for a TT gear motor (5 Ω and about
/// 1 mH, which needs 0.32 A) on two empty lithium cells: 0.48 and 0.64.
const LETS_GO: [f64; 2] = [0.5, 0.65];
/// And behind an L298N, whose junctions keep 1.4 V for themselves besides (ST L298, VCEsat): 0.62 and 0.77.
const LETS_GO_L298N: [f64; 2] = [0.65, 0.8];
/// Pulses are slow up to this, hertz.
const SLOW_HZ: f64 = 2000.0;
/// So long a wheel has power before it is judged, and again for each later judgement.
const WINDOW: Duration = Duration::from_secs(1);
/// A wheel that did less than this share of the way that its power means does not turn: a disc that trembles at an
/// edge counts now and then.
const STANDS: f64 = 0.1;
/// One that did this share of it turns again.
const TURNS: f64 = 0.25;

/// Watches one wheel.
#[derive(Debug)]
pub(super) struct Turning {
    /// With less power than this it may stand.
    least_power: f64,
    window: Option<Window>,
    stands: bool,
}

/// While the power has one direction.
#[derive(Debug)]
struct Window {
    lasts: Duration,
    looked: Duration,
    forward: bool,
    /// What the power meant, and what was counted, radians.
    meant: f64,
    counted: f64,
}

/// What is new about a wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has had power for a while, and does not turn.
    Stands,
    /// It turns again.
    Again,
}

impl Turning {
    pub(super) fn new(spec: &MotorSpec) -> Self {
        Self { least_power: least_power(spec), window: None, stands: false }
    }

    /// The wheel turned by `counted` radians since the last call, and now gets a power that means `speed_rad_s`.
    pub(super) fn look(&mut self, power: f64, speed_rad_s: f64, counted: f64, now: Duration) -> Option<Turn> {
        if power.abs() < self.least_power {
            self.window = None;
            return None;
        }
        let forward = power > 0.0;
        let fresh = Window { lasts: Duration::ZERO, looked: now, forward, meant: 0.0, counted: 0.0 };
        let window = self.window.get_or_insert(fresh);
        if window.forward != forward {
            self.window = None;
            return None;
        }
        // A clock that jumps, or a loop that stood still, says nothing of the wheel.
        let by = now.saturating_sub(std::mem::replace(&mut window.looked, now)).min(WINDOW / 10);
        window.lasts += by;
        window.meant += speed_rad_s.abs() * by.as_secs_f64();
        window.counted += counted;
        if window.lasts < WINDOW {
            return None;
        }
        let share = window.counted.abs() / window.meant.max(f64::MIN_POSITIVE);
        self.window = None;
        let stands = if self.stands { share < TURNS } else { share < STANDS };
        let changed = std::mem::replace(&mut self.stands, stands) != stands;
        changed.then_some(if stands { Turn::Stands } else { Turn::Again })
    }
}

/// The least power that turns any wheel behind such a bridge.
fn least_power(spec: &MotorSpec) -> f64 {
    let by_speed = |[slow, fast]: [f64; 2]| if spec.driver.frequency_hz() > SLOW_HZ { fast } else { slow };
    let least_duty = match &spec.driver {
        _ if spec.min_duty > 0.0 => return LEAST_POWER,
        DriverSpec::HBridge(BridgeSpec::L298n { .. }) => by_speed(LETS_GO_L298N),
        DriverSpec::HBridge(BridgeSpec::Drv8833 { .. } | BridgeSpec::RobotHat { .. }) => by_speed(LETS_GO),
        DriverSpec::HBridge(BridgeSpec::Tb6612 { .. }) | DriverSpec::Esc(_) => LEAST_POWER,
    };
    // What the deadband and the trim leave of a power.
    spec.deadband + (1.0 - spec.deadband) * least_duty / spec.trim
}

#[cfg(test)]
mod tests {
    use crate::Board;

    use super::*;

    /// Of a preset's first motor.
    fn turning(preset: &str) -> Turning {
        Turning::new(&Board::preset(preset).expect("a preset").motors[0])
    }

    /// What is new, and after how many milliseconds, of a wheel that means 10 rad/s at full power, where `does`
    /// says its power and its speed at each of them.
    fn told(ms: u32, does: impl Fn(u32) -> (f64, f64)) -> Vec<(u32, Turn)> {
        let mut turning = turning("demo");
        let mut told = Vec::new();
        for at in (0..ms).step_by(10) {
            let (power, speed) = does(at);
            let now = Duration::from_millis(at.into());
            if let Some(turn) = turning.look(power, power * 10.0, speed * 0.01, now) {
                told.push((at, turn));
            }
        }
        told
    }

    #[test]
    fn a_wheel_that_turns_and_one_without_power_are_nothing_new() {
        assert_eq!(told(60_000, |_| (0.6, 6.0)), []);
        assert_eq!(told(60_000, |_| (-0.6, -3.0)), []);
        assert_eq!(told(60_000, |_| (0.0, 0.0)), []);
        assert_eq!(told(60_000, |_| (0.3, 0.0)), [], "friction may hold it");
    }

    #[test]
    fn a_bridge_that_lets_go_between_pulses_may_need_more_power_unless_it_was_calibrated() {
        let least = |preset, calibrate: fn(&mut MotorSpec)| {
            let mut board = Board::preset(preset).expect("a preset");
            calibrate(&mut board.motors[0]);
            (least_power(&board.motors[0]) * 1000.0).round() / 1000.0
        };
        assert_eq!(["demo", "donkeycar", "picar-x"].map(|preset| least(preset, |_| {})), [0.4; 3]);
        assert_eq!(["drv8833", "l298n"].map(|preset| least(preset, |_| {})), [0.5, 0.65]);
        assert_eq!(least("l298n", |motor| (motor.min_duty, motor.deadband) = (0.4, 0.02)), 0.4);
        assert_eq!(least("l298n", |motor| (motor.trim, motor.deadband) = (0.9, 0.02)), 0.728);
        let faster = |motor: &mut MotorSpec| {
            let DriverSpec::HBridge(BridgeSpec::L298n { frequency_hz, .. }) = &mut motor.driver else {
                panic!()
            };
            *frequency_hz = 25e3;
        };
        assert_eq!(least("l298n", faster), 0.8);
    }

    #[test]
    fn one_that_stands_with_power_for_a_second_is_told_once_and_again_when_it_turns() {
        assert_eq!(told(60_000, |_| (1.0, 0.0)), [(1_000, Turn::Stands)]);
        let back = |at| (-1.0, if (10_000..20_000).contains(&at) { 0.0 } else { -9.0 });
        let [(stands, Turn::Stands), (again, Turn::Again)] = told(60_000, back)[..] else { panic!() };
        assert!(
            (11_000..=12_100).contains(&stands) && (20_000..=22_100).contains(&again),
            "{stands} {again}"
        );
    }

    #[test]
    fn a_disc_that_trembles_at_an_edge_does_not_turn() {
        // An edge forward and one back, of 40 a turn, ten times a second.
        let edge = std::f64::consts::TAU / 40.0 / 0.01;
        let speed = |at: u32| match at % 100 {
            0 => edge,
            50 => -edge,
            _ => 0.0,
        };
        let trembles = |at| (0.6, speed(at));
        assert_eq!(told(10_000, trembles), [(1_000, Turn::Stands)]);
    }

    #[test]
    fn short_drives_and_changes_of_direction_are_too_short_to_judge() {
        assert_eq!(told(60_000, |at| (if at % 1_000 < 900 { 1.0 } else { 0.0 }, 0.0)), []);
        assert_eq!(told(60_000, |at| (if at % 1_600 < 800 { 1.0 } else { -1.0 }, 0.0)), []);
    }

    #[test]
    fn a_jump_of_the_clock_blames_nobody() {
        let mut turning = turning("demo");
        assert_eq!(turning.look(1.0, 10.0, 0.0, Duration::ZERO), None);
        assert_eq!(turning.look(1.0, 10.0, 0.0, Duration::from_millis(100)), None);
        assert_eq!(turning.look(1.0, 10.0, 0.0, Duration::from_secs(60)), None);
        assert_eq!(turning.look(1.0, 10.0, 0.9, Duration::from_millis(60_100)), None);
    }
}
