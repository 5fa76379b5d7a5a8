//! The pins of the computer itself: GPIO lines and PWM channels, those that the board names and no
//! others. What is wired to them is not known here.

use hal::board::{Board, ChipKind, LineInput, PinRef};
use hal::{IoError, IoKind};

use crate::digest::Digest;
use crate::signal::Signal;

/// Every pin of the computer that the board names.
#[derive(Debug, Default)]
pub(crate) struct Nets {
    lines: Vec<Line>,
    channels: Vec<Channel>,
    /// Lines that something outside drives.
    inputs: Vec<Line>,
    /// The computer's supply is down: no output is driven.
    down: bool,
    /// What is on an input may have changed.
    moved: bool,
}

#[derive(Debug)]
struct Line {
    name: String,
    /// As it is driven.
    high: bool,
    /// What it carries whatever drives it.
    stuck: Option<bool>,
    open: bool,
}

#[derive(Debug)]
struct Channel {
    device: String,
    channel: u32,
    duty: f64,
    frequency_hz: f64,
    /// What it carries whatever drives it.
    stuck: Option<bool>,
    open: bool,
}

impl Nets {
    /// All low, all closed.
    pub(crate) fn new(board: &Board) -> Self {
        let mut nets = Self::default();
        let read: Vec<&str> = inputs(board).collect();
        for (_, pin) in every_pin(board) {
            match pin {
                PinRef::Gpio { line } if read.contains(&line.as_str()) => nets.inputs.push(Line::low(line)),
                PinRef::Gpio { line } => nets.lines.push(Line::low(line)),
                PinRef::Pwm { device, channel } => nets.channels.push(Channel::low(device, channel)),
                PinRef::Chip { .. } => {}
            }
        }
        nets
    }

    /// What a GPIO line carries.
    pub(crate) fn line_signal(&self, name: &str) -> Option<Signal> {
        let line = self.inputs.iter().chain(&self.lines).find(|line| line.name == name)?;
        Some(Signal::level(line.carries()))
    }

    /// What a PWM channel carries.
    pub(crate) fn channel_signal(&self, device: &str, channel: u32) -> Option<Signal> {
        let Channel { duty, frequency_hz, stuck, .. } = self.channels[self.channel(device, channel)?];
        Some(stuck.map_or(Signal { rise: 0.0, duty, frequency_hz }, Signal::level))
    }

    /// Opens a line at a level, and says its number.
    pub(crate) fn open_line(&mut self, name: &str, high: bool) -> Result<usize, IoError> {
        let index = open(&mut self.lines, name, "line")?;
        self.set_line(index, high);
        Ok(index)
    }

    /// Drives an open line.
    pub(crate) fn set_line(&mut self, index: usize, high: bool) {
        self.lines[index].high = high && !self.down;
    }

    /// Closes a line, which keeps its level.
    pub(crate) fn close_line(&mut self, index: usize) {
        self.lines[index].open = false;
    }

    /// Whether a line is high; lines that nobody names are low.
    pub(crate) fn is_high(&self, line: &str) -> bool {
        self.line_signal(line).is_some_and(|signal| signal.duty > 0.5)
    }

    /// Opens a line that something outside drives, and says its number.
    pub(crate) fn open_input(&mut self, name: &str) -> Result<usize, IoError> {
        open(&mut self.inputs, name, "input")
    }

    /// The number of a line that something outside drives.
    pub(crate) fn input(&self, name: &str) -> Option<usize> {
        position(&self.inputs, name)
    }

    /// What is on an open input.
    pub(crate) fn input_is_high(&self, index: usize) -> bool {
        self.inputs[index].carries()
    }

    /// Closes an input.
    pub(crate) fn close_input(&mut self, index: usize) {
        self.inputs[index].open = false;
    }

    /// Drives an input from outside, whether or not it is open. A line that is none stays as it is.
    pub(crate) fn set_input(&mut self, name: &str, high: bool) {
        if let Some(index) = self.input(name) {
            self.drive_input(index, high);
        }
    }

    /// The same, by its number.
    pub(crate) fn drive_input(&mut self, index: usize, high: bool) {
        self.moved |= std::mem::replace(&mut self.inputs[index].high, high) != high;
    }

    /// Whether what is on an input may have changed since this was last asked.
    pub(crate) fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.moved)
    }

    /// Opens a PWM channel at zero duty and says its number.
    pub(crate) fn open_channel(&mut self, device: &str, number: u32, hz: f64) -> Result<usize, IoError> {
        let place = || format!("pwm:{device}:{number}");
        if !(hz.is_finite() && hz > 0.0) {
            let reason = format!("cannot do {hz} Hz: a frequency is above 0");
            return Err(IoError { place: place(), reason, kind: IoKind::Other });
        }
        let Some(index) = self.channel(device, number) else {
            let known = self.channels.iter().map(|c| format!("pwm:{}:{}", c.device, c.channel));
            return Err(unknown(place(), "PWM channel", known));
        };
        let channel = &mut self.channels[index];
        if std::mem::replace(&mut channel.open, true) {
            return Err(in_use(place()));
        }
        (channel.duty, channel.frequency_hz) = (0.0, hz);
        Ok(index)
    }

    /// Drives an open channel, with a fraction 0 to 1.
    pub(crate) fn set_channel(&mut self, index: usize, duty: f64) {
        self.channels[index].duty = if self.down { 0.0 } else { duty };
    }

    /// Closes a channel, which keeps its duty.
    pub(crate) fn close_channel(&mut self, index: usize) {
        self.channels[index].open = false;
    }

    /// Lets the computer's supply drop, or come back. Its outputs are low from then on, until they are
    /// driven with the supply there.
    pub(crate) fn set_down(&mut self, down: bool) {
        self.down = down;
        if down {
            self.lines.iter_mut().for_each(|line| line.high = false);
            self.channels.iter_mut().for_each(|channel| channel.duty = 0.0);
        }
    }

    /// These pins of the computer carry these levels whatever drives them, and no others do.
    pub(crate) fn set_stuck(&mut self, stuck: &[(PinRef, bool)]) {
        self.moved = true;
        let level =
            |is: &dyn Fn(&PinRef) -> bool| stuck.iter().find(|(pin, _)| is(pin)).map(|(_, high)| *high);
        for line in self.lines.iter_mut().chain(&mut self.inputs) {
            line.stuck = level(&|pin| matches!(pin, PinRef::Gpio { line: name } if *name == line.name));
        }
        for channel in &mut self.channels {
            let Channel { device, channel: number, .. } = &*channel;
            channel.stuck = level(
                &|pin| matches!(pin, PinRef::Pwm { device: of, channel } if of == device && channel == number),
            );
        }
    }

    /// Takes everything that a wire carries into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        for line in self.lines.iter().chain(&self.inputs) {
            into.integer(u64::from(line.high));
        }
        for channel in &self.channels {
            into.number(channel.duty);
            into.number(channel.frequency_hz);
        }
    }

    fn channel(&self, device: &str, channel: u32) -> Option<usize> {
        self.channels.iter().position(|c| c.device == device && c.channel == channel)
    }
}

impl Line {
    fn low(name: String) -> Self {
        Self { name, high: false, stuck: None, open: false }
    }

    fn carries(&self) -> bool {
        self.stuck.unwrap_or(self.high)
    }
}

impl Channel {
    fn low(device: String, channel: u32) -> Self {
        Self { device, channel, duty: 0.0, frequency_hz: 0.0, stuck: None, open: false }
    }
}

fn position(lines: &[Line], name: &str) -> Option<usize> {
    lines.iter().position(|line| line.name == name)
}

fn open(lines: &mut [Line], name: &str, what: &str) -> Result<usize, IoError> {
    let place = format!("gpio:{name}");
    let Some(index) = position(lines, name) else {
        return Err(unknown(place, what, lines.iter().map(|line| line.name.clone())));
    };
    if std::mem::replace(&mut lines[index].open, true) { Err(in_use(place)) } else { Ok(index) }
}

/// Every pin that a board names, by that name: outputs and then inputs, each in the order of the board.
pub(crate) fn every_pin(board: &Board) -> Vec<(String, PinRef)> {
    let lines = board.range.iter().map(|range| range.trigger.as_str());
    let lines = lines.chain(resets(board).map(String::as_str)).chain(inputs(board));
    let lines = lines.map(|line| PinRef::Gpio { line: line.to_owned() });
    let mut every: Vec<(String, PinRef)> = Vec::new();
    for pin in pins(board).cloned().chain(lines) {
        let name = board.pin_name(&pin);
        if every.iter().all(|(known, _)| *known != name) {
            every.push((name, pin));
        }
    }
    every
}

/// Every line that a board reads.
fn inputs(board: &Board) -> impl Iterator<Item = &str> {
    let encoders = board.motors.iter().filter_map(|motor| motor.encoder.as_ref());
    let turning = encoders.flat_map(|encoder| std::iter::once(&encoder.a).chain(&encoder.b));
    let floor = board.line.iter().flat_map(|line| &line.inputs).filter_map(|input| match input {
        LineInput::Digital { line } => Some(line),
        LineInput::Analog(_) => None,
    });
    let estop = board.estop.iter().map(|estop| &estop.line);
    let range = board.range.iter().map(|range| &range.echo);
    let wires = board.loopbacks.iter().map(|wire| &wire.to);
    estop.chain(range).chain(floor).chain(turning).chain(wires).map(String::as_str)
}

/// Every output of motors, servos and what people switch, in the order of the board.
fn pins(board: &Board) -> impl Iterator<Item = &PinRef> {
    let motors = board.motors.iter().flat_map(|motor| motor.driver.pins());
    let servos = board.servos.iter().map(|servo| &servo.pwm);
    motors.chain(servos).chain(board.outputs.iter().map(|output| &output.pin))
}

/// The lines that reset a chip.
fn resets(board: &Board) -> impl Iterator<Item = &String> {
    board.chips.iter().filter_map(|chip| match &chip.kind {
        ChipKind::RobotHat { reset } => reset.as_ref(),
        _ => None,
    })
}

fn unknown(place: String, what: &str, known: impl Iterator<Item = String>) -> IoError {
    let known: Vec<String> = known.collect();
    let reason = match known.as_slice() {
        [] => format!("no such {what}: the board names none"),
        _ => format!("no such {what}: the board names {}", known.join(", ")),
    };
    IoError { place, reason, kind: IoKind::Other }
}

fn in_use(place: String) -> IoError {
    IoError { place, reason: "in use: it is open already".into(), kind: IoKind::Other }
}
