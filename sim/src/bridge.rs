//! H-bridges. They see nothing but their pins, and obey the truth tables of their data sheets,
//! typed here from those and from nowhere else, so that a driver with the wrong table shows.

use hal::board::{BridgeSpec, PinRef};

use crate::signal::Signal;

/// What a bridge does to its motor, averaged over the cycle of its pulses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Terminals {
    /// Driven by this fraction of the supply, -1 to 1, positive where IN1 is high. The average
    /// voltage is what counts, whether the bridge shorts the motor between two pulses or lets go
    /// of it: the inductance carries the current across.
    Drive(f64),
    /// Shorted, for at least a part of the cycle.
    Brake,
    /// Open.
    Coast,
}

/// What a bridge does at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Forward,
    Reverse,
    Short,
    Open,
}

/// What the bridge makes of the signals that `read` finds on its pins. A pin that carries nothing
/// reads low: all three chips pull their inputs down or are treated so.
pub(crate) fn output(bridge: &BridgeSpec, read: impl Fn(&PinRef) -> Option<Signal>) -> Terminals {
    let read = |pin: &PinRef| read(pin).unwrap_or(Signal::LOW);
    match bridge {
        BridgeSpec::L298n { en, in1, in2, .. } => average([read(en), read(in1), read(in2)], l298n),
        BridgeSpec::Tb6612 { pwm, in1, in2, standby, .. } => {
            // A STBY that is not wired to the computer is wired to the supply.
            let standby = standby.as_ref().map_or(Signal::HIGH, read);
            average([read(pwm), read(in1), read(in2), standby], tb6612)
        }
        BridgeSpec::Drv8833 { in1, in2, .. } => average([read(in1), read(in2)], drv8833),
        BridgeSpec::RobotHat { pwm, direction, .. } => average([read(pwm), read(direction)], robot_hat),
    }
}

/// ST L298, table "bidirectional DC motor control": EN low lets go.
fn l298n([en, in1, in2]: [bool; 3]) -> State {
    match (en, in1, in2) {
        (false, _, _) => State::Open,
        (true, true, false) => State::Forward,
        (true, false, true) => State::Reverse,
        (true, _, _) => State::Short,
    }
}

/// Toshiba TB6612FNG, table "H-SW control function": PWM low shorts.
fn tb6612([pwm, in1, in2, standby]: [bool; 4]) -> State {
    match (standby, in1, in2, pwm) {
        (false, ..) | (_, false, false, _) => State::Open,
        (_, true, false, true) => State::Forward,
        (_, false, true, true) => State::Reverse,
        (_, true, true, _) | (_, _, _, false) => State::Short,
    }
}

/// TI DRV8833, table "H-bridge logic".
fn drv8833([in1, in2]: [bool; 2]) -> State {
    match (in1, in2) {
        (false, false) => State::Open,
        (true, false) => State::Forward,
        (false, true) => State::Reverse,
        (true, true) => State::Short,
    }
}

/// The Robot HAT's inputs: magnitude, and a direction that is high for forward (robot_hat 2.x, `motor.py`,
/// motor mode 1). Without magnitude it stops; whether that shorts the motor the maker does not say, so here
/// it lets go.
fn robot_hat([pwm, direction]: [bool; 2]) -> State {
    match (pwm, direction) {
        (false, _) => State::Open,
        (true, true) => State::Forward,
        (true, false) => State::Reverse,
    }
}

/// The longest list of edges: two of each of four pins, and the ends of the cycle.
const EDGES: usize = 10;

/// A truth table over one cycle of its inputs. Between two edges of any input nothing changes. All
/// inputs are taken to begin their cycles together, which is so for the channels of one chip, and
/// makes no difference where at most one of the inputs pulses.
fn average<const N: usize>(pins: [Signal; N], table: fn([bool; N]) -> State) -> Terminals {
    let mut edges = [1.0; EDGES];
    edges[0] = 0.0;
    for (pair, pin) in edges[1..].chunks_exact_mut(2).zip(&pins) {
        pair.copy_from_slice(&[pin.rise, pin.fall()]);
    }
    edges.sort_unstable_by(f64::total_cmp);

    let (mut forward, mut reverse, mut short) = (0.0, 0.0, 0.0);
    for pair in edges.windows(2) {
        let (share, middle) = (pair[1] - pair[0], f64::midpoint(pair[0], pair[1]));
        match table(pins.map(|pin| pin.is_high_at(middle))) {
            State::Forward => forward += share,
            State::Reverse => reverse += share,
            State::Short => short += share,
            State::Open => {}
        }
    }
    match (forward + reverse > 0.0, short > 0.0) {
        (true, _) => Terminals::Drive((forward - reverse).clamp(-1.0, 1.0)),
        (false, true) => Terminals::Brake,
        (false, false) => Terminals::Coast,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(rise: f64, duty: f64) -> Signal {
        Signal { rise, duty, frequency_hz: 50.0 }
    }

    const L: Signal = Signal::LOW;
    const H: Signal = Signal::HIGH;

    #[test]
    fn an_l298n_is_pulsed_at_its_enable_and_brakes_only_while_enabled() {
        let half = pulse(0.0, 0.5);
        assert_eq!(average([half, H, L], l298n), Terminals::Drive(0.5));
        assert_eq!(average([half, L, H], l298n), Terminals::Drive(-0.5));
        assert_eq!(average([H, H, H], l298n), Terminals::Brake);
        assert_eq!(average([H, L, L], l298n), Terminals::Brake);
        assert_eq!(average([L, H, L], l298n), Terminals::Coast);
    }

    #[test]
    fn a_tb6612_shorts_between_pulses_and_is_dead_in_standby() {
        let quarter = pulse(0.0, 0.25);
        assert_eq!(average([quarter, H, L, H], tb6612), Terminals::Drive(0.25));
        assert_eq!(average([quarter, L, H, H], tb6612), Terminals::Drive(-0.25));
        assert_eq!(average([L, H, L, H], tb6612), Terminals::Brake);
        assert_eq!(average([H, H, H, H], tb6612), Terminals::Brake);
        assert_eq!(average([H, L, L, H], tb6612), Terminals::Coast);
        assert_eq!(average([H, H, L, L], tb6612), Terminals::Coast);
    }

    #[test]
    fn a_drv8833_drives_with_either_kind_of_pulse() {
        let part = pulse(0.0, 0.25);
        assert_eq!(average([part, L], drv8833), Terminals::Drive(0.25));
        assert_eq!(average([L, part], drv8833), Terminals::Drive(-0.25));
        // The other input held high, it brakes between the pulses and drives for the rest.
        assert_eq!(average([H, part], drv8833), Terminals::Drive(0.75));
        assert_eq!(average([part, H], drv8833), Terminals::Drive(-0.75));
        assert_eq!(average([H, H], drv8833), Terminals::Brake);
        assert_eq!(average([L, L], drv8833), Terminals::Coast);
    }

    #[test]
    fn a_robot_hat_goes_forward_where_its_direction_is_high_and_lets_go_without_magnitude() {
        let part = pulse(0.0, 0.25);
        assert_eq!(average([part, H], robot_hat), Terminals::Drive(0.25));
        assert_eq!(average([part, L], robot_hat), Terminals::Drive(-0.25));
        assert_eq!(average([L, H], robot_hat), Terminals::Coast);
    }

    #[test]
    fn two_pulses_of_one_chip_are_compared_at_every_moment_of_the_cycle() {
        // The same pulse on both inputs never drives; shifted apart, they cancel.
        assert_eq!(average([pulse(0.0, 0.5), pulse(0.0, 0.5)], drv8833), Terminals::Brake);
        assert_eq!(average([pulse(0.0, 0.5), pulse(0.5, 0.5)], drv8833), Terminals::Drive(0.0));
        // 0.9 to 0.2 against 0.1 to 0.3: forward for 0.2, both for 0.1, reverse for 0.1.
        let Terminals::Drive(drive) = average([pulse(0.9, 0.3), pulse(0.1, 0.2)], drv8833) else { panic!() };
        assert!((drive - 0.1).abs() < 1e-12);
    }
}
