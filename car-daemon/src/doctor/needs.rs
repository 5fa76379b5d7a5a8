//! What a board needs of a machine, and what for.
//!
//! What must never live here: what a machine has.

use hal::Board;
use hal::board::{AnalogRef, BatterySource, ChipKind, LineInput, PinRef};

/// One thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// An index into the board's chips.
    Chip(usize),
    /// A GPIO line.
    Line { name: String, is_input: bool },
    /// A PWM channel of the kernel.
    Channel { device: String, channel: u32 },
}

/// A thing, and which parts of the car use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) part: Part,
    pub(super) users: Vec<String>,
}

/// Everything that a board needs, each once: chips first, then what hangs on the computer itself.
pub(super) fn of(board: &Board) -> Vec<Need> {
    let mut list =
        List((0..board.chips.len()).map(|chip| Need { part: Part::Chip(chip), users: vec![] }).collect());
    for chip in &board.chips {
        if let ChipKind::RobotHat { reset: Some(line) } = &chip.kind {
            list.line(line, false, &format!("reset of {chip}"));
        }
    }
    for motor in &board.motors {
        let user = format!("motor {}", motor.name);
        motor.driver.pins().into_iter().for_each(|pin| list.pin(pin, &user));
        if let Some(encoder) = &motor.encoder {
            let lines = std::iter::once(&encoder.a).chain(&encoder.b);
            lines.for_each(|line| list.line(line, true, &format!("encoder of {user}")));
        }
    }
    for servo in &board.servos {
        list.pin(&servo.pwm, &format!("servo {}", servo.name));
    }
    if let Some(estop) = &board.estop {
        list.line(&estop.line, true, "e-stop button");
    }
    sensors(board, &mut list);
    for output in &board.outputs {
        list.pin(&output.pin, &format!("output {}", output.name));
    }
    list.0
}

fn sensors(board: &Board, list: &mut List) {
    if let Some(battery) = &board.battery {
        match &battery.source {
            BatterySource::Analog { input, .. } => list.analog(*input, "battery"),
            BatterySource::Ina219 { chip } => list.note(Part::Chip(*chip), "battery"),
        }
    }
    if let Some(range) = &board.range {
        list.line(&range.trigger, false, "range");
        list.line(&range.echo, true, "range");
    }
    for input in board.line.iter().flat_map(|line| &line.inputs) {
        match input {
            LineInput::Digital { line } => list.line(line, true, "line"),
            LineInput::Analog(input) => list.analog(*input, "line"),
        }
    }
    if let Some(imu) = &board.imu {
        list.note(Part::Chip(imu.chip), "imu");
    }
}

struct List(Vec<Need>);

impl List {
    fn pin(&mut self, pin: &PinRef, user: &str) {
        match pin {
            PinRef::Gpio { line } => self.line(line, false, user),
            PinRef::Pwm { device, channel } => {
                self.note(Part::Channel { device: device.clone(), channel: *channel }, user);
            }
            PinRef::Chip { chip, .. } => self.note(Part::Chip(*chip), user),
        }
    }

    fn line(&mut self, name: &str, is_input: bool, user: &str) {
        self.note(Part::Line { name: name.to_owned(), is_input }, user);
    }

    fn analog(&mut self, input: AnalogRef, user: &str) {
        self.note(Part::Chip(input.chip), user);
    }

    fn note(&mut self, part: Part, user: &str) {
        match self.0.iter_mut().find(|need| need.part == part) {
            Some(need) if need.users.iter().any(|known| known == user) => {}
            Some(need) => need.users.push(user.to_owned()),
            None => self.0.push(Need { part, users: vec![user.to_owned()] }),
        }
    }
}
