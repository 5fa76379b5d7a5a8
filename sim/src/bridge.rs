//! H-bridges. They see nothing but their pins, and obey the truth tables of their data sheets,
//! typed here from those and from nowhere else, so that a driver with the wrong table shows.

use hal::board::{BridgeSpec, PinRef};

use crate::signal::Signal;

/// What a bridge does to its motor, averaged over the cycle of its pulses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Terminals {
    /// Driven by this fraction of the supply, -1 to 1, positive where IN1 is high. What the motor makes of it
    /// depends on what the bridge does between two pulses.
    Drive(f64),
    /// Shorted, for at least a part of the cycle.
    Brake,
    /// Open.
    Coast,
}

/// The same, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Output {
    pub(crate) terminals: Terminals,
    /// The share of the cycle in which it drives the motor, either way.
    pub(crate) driven: f64,
    /// The share in which it shorts the motor; in the rest it lets go of it.
    pub(crate) shorted: f64,
    /// How long the cycle is, seconds; 0 where nothing pulses.
    pub(crate) period_s: f64,
}

impl Output {
    /// Lets go.
    pub(crate) const COAST: Self =
        Self { terminals: Terminals::Coast, driven: 0.0, shorted: 0.0, period_s: 0.0 };

    /// Of a bridge that shorts its motor whenever it does not drive it.
    pub(crate) fn synchronous(terminals: Terminals) -> Self {
        let driven = match terminals {
            Terminals::Drive(share) => share.abs(),
            Terminals::Brake => 0.0,
            Terminals::Coast => return Self::COAST,
        };
        Self { terminals, driven, shorted: 1.0 - driven, period_s: 0.0 }
    }
}

/// What is lost on the way through a bridge and back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loss {
    pub(crate) ohms: f64,
    /// Of the junctions, whatever flows.
    pub(crate) volts: f64,
}

/// Of an ESC for a car of 1:16: its transistors and leads (estimated).
pub(crate) const ESC_LOSS: Loss = Loss { ohms: 0.01, volts: 0.0 };

/// From the data sheets, typical and at 25 °C. L298: 1.35 and 1.2 V at 1 A, 2.0 and 1.7 V at 2 A (ST L298,
/// electrical characteristics, VCEsat), which is a line. TB6612FNG: 0.5 V at 1 A (Toshiba, Vsat). DRV8833: 360 mΩ
/// (TI SLVSAR1E, section 1). Robot HAT: as a TB6612FNG (estimated).
pub(crate) fn loss(bridge: &BridgeSpec) -> Loss {
    match bridge {
        BridgeSpec::L298n { .. } => Loss { ohms: 1.15, volts: 1.4 },
        BridgeSpec::Tb6612 { .. } | BridgeSpec::RobotHat { .. } => Loss { ohms: 0.5, volts: 0.0 },
        BridgeSpec::Drv8833 { .. } => Loss { ohms: 0.36, volts: 0.0 },
    }
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
pub(crate) fn output(bridge: &BridgeSpec, read: impl Fn(&PinRef) -> Option<Signal>) -> Output {
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
fn average<const N: usize>(pins: [Signal; N], table: fn([bool; N]) -> State) -> Output {
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
    let terminals = match (forward + reverse > 0.0, short > 0.0) {
        (true, _) => Terminals::Drive((forward - reverse).clamp(-1.0, 1.0)),
        (false, true) => Terminals::Brake,
        (false, false) => Terminals::Coast,
    };
    let pulses = pins.iter().filter_map(Signal::pulse_us).count() > 0;
    let slowest =
        pins.iter().map(|pin| pin.frequency_hz).filter(|hz| *hz > 0.0).fold(f64::INFINITY, f64::min);
    let period_s = if pulses { 1.0 / slowest } else { 0.0 };
    Output { terminals, driven: forward + reverse, shorted: short, period_s }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn average<const N: usize>(pins: [Signal; N], table: fn([bool; N]) -> State) -> Terminals {
        super::average(pins, table).terminals
    }

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

    #[test]
    fn what_a_bridge_does_between_two_pulses_is_known() {
        let quarter = pulse(0.0, 0.25);
        let between = |output: Output| (output.driven, output.shorted, output.period_s);
        assert_eq!(between(super::average([quarter, H, L], l298n)), (0.25, 0.0, 0.02));
        assert_eq!(between(super::average([quarter, H, L, H], tb6612)), (0.25, 0.75, 0.02));
        assert_eq!(between(super::average([quarter, L], drv8833)), (0.25, 0.0, 0.02));
        assert_eq!(between(super::average([H, quarter], drv8833)), (0.75, 0.25, 0.02));
        assert_eq!(between(super::average([H, L], drv8833)), (1.0, 0.0, 0.0));
        assert_eq!(between(super::average([H, H, L], l298n)), (1.0, 0.0, 0.0));
    }

    #[test]
    fn an_l298n_loses_what_its_data_sheet_says_at_one_ampere_and_at_two() {
        let pin = || PinRef::Gpio { line: "1".into() };
        let l298n = BridgeSpec::L298n { en: pin(), in1: pin(), in2: pin(), frequency_hz: 1e3 };
        let Loss { ohms, volts } = loss(&l298n);
        assert!((volts + ohms - 2.55).abs() < 1e-9 && (volts + 2.0 * ohms - 3.7).abs() < 1e-9);
    }
}
