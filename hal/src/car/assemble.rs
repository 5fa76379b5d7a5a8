//! Opening what a board names.
//!
//! What must never live here: writing to what was opened, save to bring it to rest.

use super::Car;
use std::time::Duration;

use super::chip::{Chip, OnBoard, PwmChip, RobotHat, explained};
use super::guard::{Pass, asks_a_robot_hat, reads_a_register};
use super::motor::{Bridge, Bridged, Controlled, Driver, Motor, Wire};
use super::panel::{Light, Signal};
use super::parts::{Button, ESTOP, Standby};
use super::probe::Probe;
use super::reckoning::Reckoning;
use super::turret::{Turret, refused_by_servo};
use crate::board::{
    Board, BridgeSpec, ChipKind, DriverSpec, EscReverse, EscSpec, EstopSpec, Level, MotorSpec, OutputSpec,
    PinRef, ServoSpec,
};
use crate::driver::esc::{Esc, Pulses, Reverse};
use crate::driver::hbridge::{self, HBridge, Table};
use crate::driver::servo::{Servo, Travel};
use crate::driver::staged::Staged;
use crate::driver::{pca9685, scmd};
use crate::platform::adapt::Boxed;
use crate::platform::{DynOutput, DynPwm, Output, Platform, Pwm};
use crate::sensor::{self, Sensors};
use crate::{AssembleError, Drivetrain, HardwareError, Interlock, IoError, IoKind};

pub(super) fn car(
    board: &Board,
    platform: &mut dyn Platform,
    interlock: Interlock,
) -> Result<Car, AssembleError> {
    let error =
        |part: &str, source| AssembleError { board: board.name.clone(), part: part.to_owned(), source };
    let broken = |failure: HardwareError| error(&failure.part, failure.source);

    let pass = Pass::new(interlock);
    let mut opener = Opener { board, platform, pass: pass.clone(), chips: Vec::new() };
    let mut estop = match &board.estop {
        Some(spec) => Some(opener.button(spec).map_err(|source| error(ESTOP, source))?),
        None => None,
    };
    // Before the servos are told anything.
    if estop.as_mut().is_some_and(|button| !matches!(button.is_pressed(), Ok(false))) {
        pass.interlock().engage();
    }
    for (index, spec) in board.chips.iter().enumerate() {
        opener.chip(index).map_err(|source| error(&format!("chip {spec}"), source))?;
    }
    let mut motors = Vec::new();
    for spec in &board.motors {
        let part = format!("motor {}", spec.name);
        motors.push(opener.motor(&part, spec).map_err(|source| error(&part, source))?);
    }
    let mut servos = Vec::new();
    for spec in &board.servos {
        let part = format!("servo {}", spec.name);
        servos.push(opener.servo(&part, spec).map_err(|source| error(&part, source))?);
    }
    let mut standby = Vec::new();
    for (part, pin) in standby_lines(board) {
        let line = opener.output(pin).map_err(|source| error(&part, source))?;
        opener.used_by(&part, pin);
        standby.push(Standby { part, line, pass: pass.clone() });
    }

    let mut lights = Vec::new();
    for spec in &board.outputs {
        let part = format!("output {}", spec.name);
        lights.push(opener.light(&part, spec).map_err(|source| error(&part, source))?);
    }
    let chips = opener.chips;
    let probes = probes(board, &chips, opener.platform).map_err(broken)?;
    let on_board = |index| chips.iter().find(|chip| chip.index == index)?.pwm.analog();
    let sensors = Sensors::open(board, opener.platform, &on_board).map_err(broken)?;
    let encoders = sensor::encoders(board, opener.platform).map_err(broken)?;
    let reckoning = Reckoning::new(board, encoders);
    let drivetrain = Drivetrain::new(board);
    let now = Duration::ZERO;
    let mut car = Car {
        motors,
        servos,
        lights,
        standby,
        awake: false,
        chips,
        probes,
        estop,
        pass,
        drivetrain,
        sensors,
        reckoning,
        now,
    };
    car.recover().map_err(broken)?;
    Ok(car)
}

/// One for each bus over which the car is driven.
fn probes(board: &Board, chips: &[Chip], platform: &mut dyn Platform) -> Result<Vec<Probe>, HardwareError> {
    let mut probes: Vec<Probe> = Vec::new();
    for chip in chips {
        let bus = &board.chips[chip.index].bus;
        match probes.iter_mut().find(|probe| probe.bus == *bus) {
            Some(probe) => probe.chips.push(chip.index),
            None => probes
                .push(Probe::open(platform, bus, vec![chip.index]).map_err(|source| chip.error(source))?),
        }
    }
    Ok(probes)
}

/// Each standby line once, with the first motor that names it.
pub(super) fn standby_lines(board: &Board) -> Vec<(String, &PinRef)> {
    let mut lines: Vec<(String, &PinRef)> = Vec::new();
    for motor in &board.motors {
        let Some(pin) = motor.driver.standby() else { continue };
        if lines.iter().all(|(_, known)| *known != pin) {
            lines.push((format!("motor {}", motor.name), pin));
        }
    }
    lines
}

/// What a bridge's wires are connected to, in the order of its table, and the frequency of its PWM.
pub(super) fn wires<'a>(board: &Board, bridge: &'a BridgeSpec) -> (&'static Table, Vec<&'a PinRef>, f64) {
    match bridge {
        BridgeSpec::L298n { en, in1, in2, frequency_hz } => {
            (&hbridge::L298N, vec![in1, in2, en], *frequency_hz)
        }
        BridgeSpec::Tb6612 { pwm, in1, in2, frequency_hz, .. } => {
            (&hbridge::TB6612, vec![in1, in2, pwm], *frequency_hz)
        }
        BridgeSpec::Drv8833 { in1, in2, frequency_hz } => {
            let together = board.writes_together(in1, in2);
            let table = if together { &hbridge::DRV8833 } else { &hbridge::DRV8833_APART };
            (table, vec![in1, in2], *frequency_hz)
        }
        BridgeSpec::RobotHat { pwm, direction, frequency_hz } => {
            (&hbridge::ROBOT_HAT, vec![direction, pwm], *frequency_hz)
        }
    }
}

pub(super) struct Opener<'a> {
    pub(super) board: &'a Board,
    pub(super) platform: &'a mut dyn Platform,
    pub(super) pass: Pass,
    pub(super) chips: Vec<Chip>,
}

impl Opener<'_> {
    /// Opens a chip that puts out PWM, with every channel off that the board names. One that only senses is
    /// opened by whoever reads it.
    pub(super) fn chip(&mut self, index: usize) -> Result<(), IoError> {
        let Some(spec) = self.board.chips.get(index) else { return Ok(()) };
        let name = spec.to_string();
        let asks = match spec.kind {
            ChipKind::RobotHat { .. } => asks_a_robot_hat,
            _ => reads_a_register,
        };
        let mut hardware = || -> Result<_, IoError> {
            let bus = self.platform.i2c(&spec.bus, spec.address)?;
            Ok((Boxed(self.pass.bus(bus, name.clone(), asks)), Boxed(self.platform.delay())))
        };
        let pwm: Box<dyn PwmChip> = match &spec.kind {
            ChipKind::Pca9685 { frequency_hz } => {
                let (bus, delay) = hardware()?;
                self.shared(&name, || pca9685::Pca9685::new(bus, delay, spec.address, *frequency_hz))?
            }
            ChipKind::Scmd => {
                let (bus, delay) = hardware()?;
                self.shared(&name, || scmd::Scmd::new(bus, delay, spec.address))?
            }
            ChipKind::RobotHat { reset } => {
                let (bus, delay) = hardware()?;
                let channels = self.board.channels_of(index);
                // Reset from the moment its line is opened. Without that line its channels are turned off all
                // the same, before anybody hears of it.
                let (reset, missing) = match reset.as_deref().map(|line| self.line(line)).transpose() {
                    Ok(line) => (line.map(Boxed), None),
                    Err(error) => (None, Some(error)),
                };
                let chip =
                    self.shared(&name, || RobotHat::new(bus, delay, reset, spec.address, &channels))?;
                missing.map_or(Ok(chip), Err)?
            }
            _ => return Ok(()),
        };
        self.chips.push(Chip { index, users: Vec::new(), pwm });
        Ok(())
    }

    /// Sets up a chip, which turns its channels off and so halts.
    fn shared<C: Staged<Bus = IoError> + Send + 'static>(
        &self,
        name: &str,
        set_up: impl FnOnce() -> Result<C, C::Error>,
    ) -> Result<Box<dyn PwmChip>, IoError> {
        let chip = self.pass.halting(set_up).map_err(|error| explained::<C>(name, error))?;
        Ok(Box::new(OnBoard::new(name, chip)))
    }

    fn motor(&mut self, part: &str, spec: &MotorSpec) -> Result<Motor, IoError> {
        let wires = spec.driver.pins().into_iter().filter(|pin| Some(*pin) != spec.driver.standby());
        let chips = wires.filter_map(|pin| self.used_by(part, pin)).collect();
        let driver: Box<dyn Driver> = match &spec.driver {
            DriverSpec::HBridge(bridge) => Box::new(Bridged::new(self.bridge(part, bridge)?)),
            DriverSpec::Esc(spec) => Box::new(Controlled::new(self.esc(part, spec)?)),
        };
        Ok(Motor::new(part, spec, driver, chips))
    }

    fn bridge(&mut self, part: &str, spec: &BridgeSpec) -> Result<Bridge, IoError> {
        let (table, pins, frequency_hz) = wires(self.board, spec);
        let mut wires = Vec::new();
        for pin in pins {
            wires.push(self.wire(pin, frequency_hz)?);
        }
        HBridge::new(table, wires).map_err(|error| IoError {
            place: part.to_owned(),
            reason: error.to_string(),
            kind: IoKind::Other,
        })
    }

    fn esc(&mut self, part: &str, spec: &EscSpec) -> Result<Esc<Boxed<DynPwm>>, IoError> {
        let (pwm, frequency_hz) = self.pulses(&spec.pwm, spec.frequency_hz)?;
        let pulses = Pulses {
            reverse_us: spec.reverse_us,
            neutral_us: spec.neutral_us,
            forward_us: spec.forward_us,
            arm: Duration::from_secs_f64(spec.arm_ms / 1e3),
            reverse: match spec.reverse {
                EscReverse::Direct => Reverse::Direct,
                EscReverse::BrakeFirst => Reverse::BrakeFirst,
                EscReverse::None => Reverse::None,
            },
        };
        Esc::new(Boxed(pwm), frequency_hz, pulses).map_err(|error| IoError {
            place: part.to_owned(),
            reason: error.to_string(),
            kind: IoKind::Other,
        })
    }

    fn servo(&mut self, part: &str, spec: &ServoSpec) -> Result<Turret, IoError> {
        let chip = self.used_by(part, &spec.pwm);
        let (pwm, frequency_hz) = self.pulses(&spec.pwm, spec.frequency_hz)?;
        let travel = Travel {
            min_us: spec.min_us,
            max_us: spec.max_us,
            min_deg: spec.min_deg,
            max_deg: spec.max_deg,
            invert: spec.invert,
        };
        let servo =
            Servo::new(Boxed(pwm), frequency_hz, travel).map_err(|error| refused_by_servo(part, error))?;
        Ok(Turret::new(part, spec, servo, chip))
    }

    /// A pin that carries pulses of a length, and the frequency that it really has.
    fn pulses(&mut self, pin: &PinRef, frequency_hz: f64) -> Result<(Pwm, f64), IoError> {
        match pin {
            // A pulse is as exact as the period: what the chip makes of it, not what it was asked for.
            PinRef::Chip { chip, channel } => {
                let pwm = self.channel(*chip, *channel)?;
                let real_hz = self.pwm_chip(*chip, pin)?.frequency_hz(*channel);
                Ok((pwm, real_hz.unwrap_or(frequency_hz)))
            }
            PinRef::Pwm { device, channel } => Ok((self.pwm(device, *channel, frequency_hz)?, frequency_hz)),
            PinRef::Gpio { .. } => Err(self.unfit(pin, "a plain line cannot carry PWM")),
        }
    }

    fn wire(&mut self, pin: &PinRef, frequency_hz: f64) -> Result<Wire, IoError> {
        Ok(match pin {
            PinRef::Gpio { line } => Wire::Level(Boxed(self.line(line)?)),
            PinRef::Pwm { device, channel } => Wire::Pwm(Boxed(self.pwm(device, *channel, frequency_hz)?)),
            PinRef::Chip { chip, channel } => Wire::Pwm(Boxed(self.channel(*chip, *channel)?)),
        })
    }

    fn button(&mut self, spec: &EstopSpec) -> Result<Button, IoError> {
        let input = self.platform.input(&spec.line, spec.pull)?;
        Ok(Button { input, pressed: spec.pressed })
    }

    fn light(&mut self, part: &str, spec: &OutputSpec) -> Result<Light, IoError> {
        let chip = self.used_by(part, &spec.pin);
        let signal = match &spec.pin {
            PinRef::Gpio { line } => Signal::Line(Boxed(self.line_at(line, spec.rests())?)),
            PinRef::Pwm { device, channel } => {
                Signal::Pwm(Boxed(self.pwm(device, *channel, spec.frequency_hz)?))
            }
            PinRef::Chip { chip, channel } => Signal::Pwm(Boxed(self.channel(*chip, *channel)?)),
        };
        Ok(Light::new(part, spec, signal, chip))
    }

    fn line(&mut self, line: &str) -> Result<Output, IoError> {
        self.line_at(line, Level::Low)
    }

    fn line_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        let output = self.platform.output_at(line, first)?;
        Ok(self.pass.output(output, PinRef::Gpio { line: line.to_owned() }.to_string()))
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        let pwm = self.platform.pwm(device, channel, frequency_hz)?;
        Ok(self.pass.pwm(pwm, PinRef::Pwm { device: device.to_owned(), channel }.to_string()))
    }

    /// A pin that is only ever low or high.
    fn output(&mut self, pin: &PinRef) -> Result<Boxed<DynOutput>, IoError> {
        let output: Output = match pin {
            PinRef::Gpio { line } => self.line(line)?,
            PinRef::Chip { chip, channel } => {
                self.pwm_chip(*chip, pin)?.output(*channel, self.board.pin_name(pin))?
            }
            PinRef::Pwm { .. } => {
                return Err(self.unfit(pin, "standby takes a plain line or a chip's channel"));
            }
        };
        Ok(Boxed(output))
    }

    fn channel(&self, chip: usize, channel: u8) -> Result<Pwm, IoError> {
        let pin = PinRef::Chip { chip, channel };
        self.pwm_chip(chip, &pin)?.pwm(channel, self.board.pin_name(&pin))
    }

    fn pwm_chip(&self, index: usize, pin: &PinRef) -> Result<&dyn PwmChip, IoError> {
        let chip = self.chips.iter().find(|chip| chip.index == index);
        chip.map(|chip| &*chip.pwm).ok_or_else(|| self.unfit(pin, "the board has no such chip"))
    }

    /// Notes that `part` depends on the chip of `pin`, and says which that is.
    fn used_by(&mut self, part: &str, pin: &PinRef) -> Option<usize> {
        let PinRef::Chip { chip: index, .. } = pin else { return None };
        let chip = self.chips.iter_mut().find(|chip| chip.index == *index)?;
        if !chip.users.iter().any(|user| user == part) {
            chip.users.push(part.to_owned());
        }
        Some(*index)
    }

    fn unfit(&self, pin: &PinRef, reason: &str) -> IoError {
        IoError { place: self.board.pin_name(pin), reason: reason.to_owned(), kind: IoKind::Other }
    }
}
