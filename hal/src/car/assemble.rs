//! Opening what a board names.
//!
//! What must never live here: writing to what was opened, save to bring it to rest.

use super::Car;
use super::guard::Pass;
use super::parts::{Button, Chip, ESTOP, Motor, Standby, Turret, Wire, refused_by_chip, refused_by_servo};
use crate::board::{self, Board, BridgeSpec, ChipKind, DriverSpec, EstopSpec, MotorSpec, PinRef, ServoSpec};
use crate::driver::hbridge::{self, Command, HBridge, Table};
use crate::driver::pca9685::{Pca9685, Shared};
use crate::driver::servo::{Servo, Travel};
use crate::platform::adapt::{Boxed, Named};
use crate::platform::{DynBus, DynDelay, DynOutput, Output, Platform, Pwm};
use crate::{AssembleError, Drivetrain, HardwareError, Interlock, IoError, IoKind, WheelPower};

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
    for spec in &board.chips {
        let chip = opener.chip(spec).map_err(|source| error(&format!("chip {spec}"), source))?;
        opener.chips.push(chip);
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

    let chips = opener.chips;
    let drivetrain = Drivetrain::new(&board.drivetrain);
    let wheels = WheelPower::default();
    let mut car = Car { motors, servos, standby, awake: false, chips, estop, pass, drivetrain, wheels };
    car.recover().map_err(broken)?;
    Ok(car)
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
pub(super) fn wires(bridge: &BridgeSpec) -> (&'static Table, Vec<&PinRef>, f64) {
    match bridge {
        BridgeSpec::L298n { en, in1, in2, frequency_hz } => {
            (&hbridge::L298N, vec![in1, in2, en], *frequency_hz)
        }
        BridgeSpec::Tb6612 { pwm, in1, in2, frequency_hz, .. } => {
            (&hbridge::TB6612, vec![in1, in2, pwm], *frequency_hz)
        }
        BridgeSpec::Drv8833 { in1, in2, frequency_hz } => (&hbridge::DRV8833, vec![in1, in2], *frequency_hz),
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
    pub(super) fn chip(&mut self, spec: &board::Chip) -> Result<Chip, IoError> {
        let name = spec.to_string();
        let ChipKind::Pca9685 { frequency_hz } = spec.kind else {
            return Err(IoError { place: name, reason: "has no driver yet".to_owned(), kind: IoKind::Other });
        };
        let bus = self.platform.i2c(&spec.bus, spec.address)?;
        let bus = Boxed(self.pass.bus(bus, name.clone()));
        let delay = Boxed(self.platform.delay());
        // Turns every channel off.
        let chip = self.pass.halting(|| Pca9685::new(bus, delay, spec.address, frequency_hz));
        let chip = chip.map_err(|error| refused_by_chip(&name, error))?;
        Ok(Chip { name, users: Vec::new(), shared: Shared::new(chip) })
    }

    fn motor(&mut self, part: &str, spec: &MotorSpec) -> Result<Motor, IoError> {
        let DriverSpec::HBridge(bridge) = &spec.driver else {
            let reason = "has no driver yet".to_owned();
            return Err(IoError { place: part.to_owned(), reason, kind: IoKind::Other });
        };
        let (table, pins, frequency_hz) = wires(bridge);
        let mut wires = Vec::new();
        let mut chips = Vec::new();
        for pin in pins {
            wires.push(self.wire(pin, frequency_hz)?);
            chips.extend(self.used_by(part, pin));
        }
        let bridge = HBridge::new(table, wires).map_err(|error| IoError {
            place: part.to_owned(),
            reason: error.to_string(),
            kind: IoKind::Other,
        })?;
        Ok(Motor {
            part: part.to_owned(),
            side: spec.side,
            invert: spec.invert,
            bridge,
            chips,
            next: Command::Brake,
            switched: false,
        })
    }

    fn servo(&mut self, part: &str, spec: &ServoSpec) -> Result<Turret, IoError> {
        let chip = self.used_by(part, &spec.pwm);
        let (pwm, frequency_hz) = match &spec.pwm {
            // A pulse is as exact as the period: what the chip makes of it, not what it was asked for.
            PinRef::Chip { chip, channel } => (self.channel(*chip, *channel)?, self.real_hz(*chip, spec)),
            PinRef::Pwm { device, channel } => {
                (self.pwm(device, *channel, spec.frequency_hz)?, spec.frequency_hz)
            }
            PinRef::Gpio { .. } => return Err(self.unfit(&spec.pwm, "a plain line cannot carry PWM")),
        };
        let travel = Travel {
            min_us: spec.min_us,
            max_us: spec.max_us,
            min_deg: spec.min_deg,
            max_deg: spec.max_deg,
            invert: spec.invert,
        };
        let servo =
            Servo::new(Boxed(pwm), frequency_hz, travel).map_err(|error| refused_by_servo(part, error))?;
        Ok(Turret {
            part: part.to_owned(),
            spec: spec.clone(),
            servo,
            chip,
            told_deg: spec.center_deg,
            told: false,
            heard: false,
            heard_deg: spec.center_deg,
        })
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

    fn line(&mut self, line: &str) -> Result<Output, IoError> {
        let output = self.platform.output(line)?;
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
                let place = self.board.pin_name(pin);
                let channel = self.shared(*chip, pin)?.channel(*channel);
                let inner = channel.map_err(|error| refused_by_chip(&place, error))?;
                Box::new(Named { inner, place })
            }
            PinRef::Pwm { .. } => {
                return Err(self.unfit(pin, "standby takes a plain line or a chip's channel"));
            }
        };
        Ok(Boxed(output))
    }

    fn channel(&self, chip: usize, channel: u8) -> Result<Pwm, IoError> {
        let pin = PinRef::Chip { chip, channel };
        let place = self.board.pin_name(&pin);
        let inner =
            self.shared(chip, &pin)?.channel(channel).map_err(|error| refused_by_chip(&place, error))?;
        Ok(Box::new(Named { inner, place }))
    }

    fn shared(&self, chip: usize, pin: &PinRef) -> Result<&Shared<Boxed<DynBus>, Boxed<DynDelay>>, IoError> {
        let chip = self.chips.get(chip);
        chip.map(|chip| &chip.shared).ok_or_else(|| self.unfit(pin, "the board has no such chip"))
    }

    fn real_hz(&self, chip: usize, spec: &ServoSpec) -> f64 {
        self.chips.get(chip).map_or(spec.frequency_hz, |chip| chip.shared.lock().frequency_hz())
    }

    /// Notes that `part` depends on the chip of `pin`, and says which that is.
    fn used_by(&mut self, part: &str, pin: &PinRef) -> Option<usize> {
        let PinRef::Chip { chip: index, .. } = pin else { return None };
        let chip = self.chips.get_mut(*index)?;
        if !chip.users.iter().any(|user| user == part) {
            chip.users.push(part.to_owned());
        }
        Some(*index)
    }

    fn unfit(&self, pin: &PinRef, reason: &str) -> IoError {
        IoError { place: self.board.pin_name(pin), reason: reason.to_owned(), kind: IoKind::Other }
    }
}
