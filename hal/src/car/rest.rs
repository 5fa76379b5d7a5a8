//! Bringing a board to rest of which any part may be dead.
//!
//! What must never live here: anything that gives a motor power, and any retry; whoever calls knows how
//! long there is to wait.

use super::Car;
use super::assemble::{Opener, standby_lines, wires};
use super::guard::Pass;
use crate::board::{Board, BridgeSpec, DriverSpec, Level, PinRef};
use crate::platform::{Output, Platform, Pwm};
use crate::{AssembleError, Interlock, IoError};

pub(super) fn board(board: &Board, platform: &mut dyn Platform) -> Result<(), Vec<AssembleError>> {
    let mut failures = Vec::new();
    let mut note = |part: &str, source| {
        failures.push(AssembleError { board: board.name.clone(), part: part.to_owned(), source });
    };
    // Held until the chips are off too: a line that is let go may float. A dead bus takes a second to
    // say so, hence the order.
    let mut held = Vec::new();
    for Rest { part, pin, frequency_hz, level } in pins(board) {
        match open(platform, pin, frequency_hz, level) {
            Ok(opened) => held.push(opened),
            Err(source) => note(&part, source),
        }
    }
    let mut opener = Opener { board, platform, pass: Pass::default(), chips: Vec::new() };
    for (index, spec) in board.chips.iter().enumerate() {
        if let Err(source) = opener.chip(index) {
            note(&format!("chip {spec}"), source);
        }
    }
    drop((opener, held));
    if failures.is_empty() {
        // A drop brakes once more, and leaves the bridges awake. The servos stay where they are.
        let interlock = Interlock::default();
        interlock.engage();
        // Nothing is sensed meanwhile, so nothing of that can keep it from resting.
        drop(
            Car::assemble_under(&board.without_sensors(), platform, interlock)
                .map_err(|error| vec![error])?,
        );
        return Ok(());
    }
    Err(failures)
}

/// A pin, and what it is at rest.
struct Rest<'a> {
    part: String,
    pin: &'a PinRef,
    frequency_hz: f64,
    level: Level,
}

impl<'a> Rest<'a> {
    fn low(part: String, pin: &'a PinRef, frequency_hz: f64) -> Self {
        Self { part, pin, frequency_hz, level: Level::Low }
    }
}

/// Every pin that the board names, with the part it belongs to.
fn pins(board: &Board) -> Vec<Rest<'_>> {
    let mut all = Vec::new();
    // Asleep, a bridge drives nothing whatever its other wires do.
    all.extend(standby_lines(board).into_iter().map(|(part, pin)| Rest::low(part, pin, 0.0)));
    for motor in &board.motors {
        let (pins, frequency_hz) = match &motor.driver {
            DriverSpec::HBridge(bridge) => {
                let (_, mut pins, frequency_hz) = wires(board, bridge);
                if let BridgeSpec::RobotHat { pwm: PinRef::Chip { .. }, direction, .. } = bridge {
                    // Its level stops nothing, and under the duty that the chip still gives it reverses.
                    pins.retain(|pin| *pin != direction);
                }
                (pins, frequency_hz)
            }
            // Without pulses it stops by itself. Neutral comes with the brakes of the others.
            DriverSpec::Esc(esc) => (vec![&esc.pwm], esc.frequency_hz),
        };
        // The modulated wire is the last of a table, and loses its duty before the inputs change.
        let part = || format!("motor {}", motor.name);
        all.extend(pins.into_iter().rev().map(|pin| Rest::low(part(), pin, frequency_hz)));
    }
    for servo in &board.servos {
        all.push(Rest::low(format!("servo {}", servo.name), &servo.pwm, servo.frequency_hz));
    }
    for output in &board.outputs {
        let part = format!("output {}", output.name);
        let (pin, frequency_hz, level) = (&output.pin, output.frequency_hz, output.rests());
        all.push(Rest { part, pin, frequency_hz, level });
    }
    all
}

/// What a platform hands out is at its level, or without duty, from the moment it is opened.
enum Opened {
    Line {
        _resting: Output,
    },
    Pwm {
        _off: Pwm,
    },
    /// Its chip turns it off.
    OnChip,
}

fn open(
    platform: &mut dyn Platform,
    pin: &PinRef,
    frequency_hz: f64,
    level: Level,
) -> Result<Opened, IoError> {
    Ok(match pin {
        PinRef::Gpio { line } => Opened::Line { _resting: platform.output_at(line, level)? },
        PinRef::Pwm { device, channel } => {
            Opened::Pwm { _off: platform.pwm(device, *channel, frequency_hz)? }
        }
        PinRef::Chip { .. } => Opened::OnChip,
    })
}
