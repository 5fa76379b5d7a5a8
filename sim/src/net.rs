//! The pins of the computer itself: GPIO lines and PWM channels, those that the board names and no
//! others. What is wired to them is not known here.

use hal::board::{Board, Level, PinRef};
use hal::{IoError, IoKind};

use crate::digest::Digest;
use crate::signal::Signal;

/// Every pin of the computer that the board names.
#[derive(Debug, Default)]
pub(crate) struct Nets {
    lines: Vec<Line>,
    channels: Vec<Channel>,
    button: Option<Button>,
}

/// What drives a line from outside.
#[derive(Debug)]
struct Button {
    line: String,
    /// Its line is high while it is pressed, and low while it is not; or the other way round.
    pressed_high: bool,
    pressed: bool,
    open: bool,
}

#[derive(Debug)]
struct Line {
    name: String,
    high: bool,
    open: bool,
}

#[derive(Debug)]
struct Channel {
    device: String,
    channel: u32,
    duty: f64,
    frequency_hz: f64,
    open: bool,
}

impl Nets {
    /// All low, all closed.
    pub(crate) fn new(board: &Board) -> Self {
        let mut nets = Self::default();
        for pin in pins(board) {
            match pin {
                PinRef::Gpio { line } if nets.line(line).is_none() => {
                    nets.lines.push(Line { name: line.clone(), high: false, open: false });
                }
                PinRef::Pwm { device, channel } if nets.channel(device, *channel).is_none() => {
                    let (device, channel) = (device.clone(), *channel);
                    nets.channels.push(Channel {
                        device,
                        channel,
                        duty: 0.0,
                        frequency_hz: 0.0,
                        open: false,
                    });
                }
                _ => {}
            }
        }
        nets.button = board.estop.as_ref().map(|spec| Button {
            line: spec.line.clone(),
            pressed_high: spec.pressed == Level::High,
            pressed: false,
            open: false,
        });
        nets
    }

    /// What a GPIO line carries.
    pub(crate) fn line_signal(&self, name: &str) -> Option<Signal> {
        let button = self.button.as_ref().filter(|button| button.line == name).map(Button::is_high);
        button.or_else(|| Some(self.lines[self.line(name)?].high)).map(Signal::level)
    }

    /// What a PWM channel carries.
    pub(crate) fn channel_signal(&self, device: &str, channel: u32) -> Option<Signal> {
        let Channel { duty, frequency_hz, .. } = self.channels[self.channel(device, channel)?];
        Some(Signal { rise: 0.0, duty, frequency_hz })
    }

    /// Opens a line, low, and says its number.
    pub(crate) fn open_line(&mut self, name: &str) -> Result<usize, IoError> {
        let place = || format!("gpio:{name}");
        let Some(index) = self.line(name) else {
            return Err(unknown(place(), "line", self.lines.iter().map(|line| line.name.clone())));
        };
        let line = &mut self.lines[index];
        if std::mem::replace(&mut line.open, true) {
            return Err(in_use(place()));
        }
        line.high = false;
        Ok(index)
    }

    /// Drives an open line.
    pub(crate) fn set_line(&mut self, index: usize, high: bool) {
        self.lines[index].high = high;
    }

    /// Closes a line, which keeps its level.
    pub(crate) fn close_line(&mut self, index: usize) {
        self.lines[index].open = false;
    }

    /// Whether a line is high; lines that nobody names are low.
    pub(crate) fn is_high(&self, line: &str) -> bool {
        self.line_signal(line).is_some_and(|signal| signal.duty > 0.5)
    }

    /// Opens the line of the button.
    pub(crate) fn open_button(&mut self, name: &str) -> Result<(), IoError> {
        let place = format!("gpio:{name}");
        let known = self.button.iter().map(|button| button.line.clone()).collect::<Vec<_>>();
        let Some(button) = self.button.as_mut().filter(|button| button.line == name) else {
            return Err(unknown(place, "input", known.into_iter()));
        };
        if std::mem::replace(&mut button.open, true) { Err(in_use(place)) } else { Ok(()) }
    }

    /// What is on the line of the button.
    pub(crate) fn button_is_high(&self) -> bool {
        self.button.as_ref().is_some_and(Button::is_high)
    }

    /// Closes it.
    pub(crate) fn close_button(&mut self) {
        if let Some(button) = &mut self.button {
            button.open = false;
        }
    }

    /// Presses the button or lets go of it. Says whether there is one.
    pub(crate) fn press_estop(&mut self, pressed: bool) -> bool {
        if let Some(button) = &mut self.button {
            button.pressed = pressed;
        }
        self.button.is_some()
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
        self.channels[index].duty = duty;
    }

    /// Closes a channel, which keeps its duty.
    pub(crate) fn close_channel(&mut self, index: usize) {
        self.channels[index].open = false;
    }

    /// Takes everything that a wire carries into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        for line in &self.lines {
            into.integer(u64::from(line.high));
        }
        if let Some(button) = &self.button {
            into.integer(u64::from(button.pressed));
        }
        for channel in &self.channels {
            into.number(channel.duty);
            into.number(channel.frequency_hz);
        }
    }

    fn line(&self, name: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.name == name)
    }

    fn channel(&self, device: &str, channel: u32) -> Option<usize> {
        self.channels.iter().position(|c| c.device == device && c.channel == channel)
    }
}

impl Button {
    fn is_high(&self) -> bool {
        self.pressed == self.pressed_high
    }
}

/// Every output that a board names, in the order of the board.
fn pins(board: &Board) -> impl Iterator<Item = &PinRef> {
    let motors = board.motors.iter().flat_map(|motor| motor.driver.pins());
    let servos = board.servos.iter().map(|servo| &servo.pwm);
    motors.chain(servos).chain(board.outputs.iter().map(|output| &output.pin))
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
