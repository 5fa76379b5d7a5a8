//! A board is data: which chips there are and what is wired to which of their pins.
//!
//! What lives here: the description, its TOML form (`read`) and the presets. What must never live here:
//! opening any of it.

use crate::file::{self, Faults};

pub use crate::file::{LoadError, Preset};

mod chip;
#[cfg(test)]
mod document;
mod drive;
#[cfg(test)]
mod furnished_tests;
mod model;
mod motor;
mod panel;
mod pin;
mod presets;
mod read;
mod sensor;
mod servo;
#[cfg(test)]
mod slips;
#[cfg(test)]
mod tests;

pub use chip::{Chip, ChipKind, DEFAULT_BUS};
pub use drive::DrivetrainSpec;
pub use model::ModelSpec;
pub use motor::{BridgeSpec, DriverSpec, EncoderSpec, End, EscReverse, EscSpec, MotorSpec, Side};
pub use panel::{LoopbackSpec, OutputKind, OutputSpec};
pub(crate) use pin::HEADER_PWM;
pub use pin::{AnalogRef, PinRef};
pub use presets::PRESETS;
pub use sensor::{
    BatterySource, BatterySpec, EstopSpec, ImuSpec, Level, LineInput, LineSpec, Mount, Pull, RangeSpec,
};
pub use servo::{ServoRole, ServoSpec};

/// What a channel runs at that is only ever low or high, alone on its timer.
const LEVEL_HZ: f64 = 50.0;

/// A board.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// What people call it.
    pub name: String,
    /// One line on what it is.
    pub description: String,
    /// In the order of the file; a [`PinRef`] counts on it.
    pub chips: Vec<Chip>,
    /// How the wheels move the car.
    pub drivetrain: DrivetrainSpec,
    /// In the order of the file; as many as the drivetrain needs.
    pub motors: Vec<MotorSpec>,
    /// In the order of the file; at most one for each role.
    pub servos: Vec<ServoSpec>,
    /// The e-stop button, where there is one.
    pub estop: Option<EstopSpec>,
    /// What measures the battery.
    pub battery: Option<BatterySpec>,
    /// What measures the distance ahead.
    pub range: Option<RangeSpec>,
    /// What sees the floor.
    pub line: Option<LineSpec>,
    /// What feels motion.
    pub imu: Option<ImuSpec>,
    /// Buzzers and lamps, in the order of the file.
    pub outputs: Vec<OutputSpec>,
    /// Wires for tests with hardware in the loop.
    pub loopbacks: Vec<LoopbackSpec>,
    /// Its body, for the simulator.
    pub model: ModelSpec,
}

impl Board {
    /// From the text of a board file; `file` names it in faults.
    ///
    /// # Errors
    /// Every fault of the file at once.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        read::board(file, text)
    }

    /// A preset by name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let preset = PRESETS.iter().find(|preset| preset.name == name)?;
        // A test parses every preset, so none is lost here.
        Self::parse(preset.name, preset.toml).ok()
    }

    /// A preset by name, or a board file by path, which has a `/` in it or ends with `.toml`.
    ///
    /// # Errors
    /// No such preset; or the file cannot be read; or every fault in it.
    pub fn load(name_or_path: &str) -> Result<Self, LoadError> {
        let text = file::named("board", name_or_path, PRESETS)?;
        Ok(Self::parse(name_or_path, &text)?)
    }

    /// Whether this names a board file, and no preset.
    #[must_use]
    pub fn is_path(name_or_path: &str) -> bool {
        file::is_path(name_or_path)
    }

    /// What there is on it, for people: `differential drive, 2 motors, 2 servos, 1 chip, battery`.
    #[must_use]
    pub fn parts(&self) -> String {
        let counted = [
            (self.motors.len(), "motor"),
            (self.motors.iter().filter(|motor| motor.encoder.is_some()).count(), "encoder"),
            (self.servos.len(), "servo"),
            (self.outputs.len(), "output"),
            (self.chips.len(), "chip"),
            (self.loopbacks.len(), "loopback wire"),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        });
        let single = [
            (self.estop.is_some(), "e-stop button"),
            (self.battery.is_some(), "battery"),
            (self.range.is_some(), "range"),
            (self.line.is_some(), "line"),
            (self.imu.is_some(), "imu"),
        ];
        let single = single.into_iter().filter(|(there, _)| *there).map(|(_, what)| what.to_owned());
        let drive = format!("{} drive", self.drivetrain.name());
        std::iter::once(drive).chain(counted).chain(single).collect::<Vec<_>>().join(", ")
    }

    /// The same board, of which nothing is read but the e-stop's button.
    pub(crate) fn without_sensors(&self) -> Self {
        let mut blind = self.clone();
        (blind.battery, blind.range, blind.line, blind.imu) = (None, None, None, None);
        blind.motors.iter_mut().for_each(|motor| motor.encoder = None);
        blind
    }

    /// What a pin is called in this board's file: `gpio:GPIO17`, `pca9685@0x40:0`.
    #[must_use]
    pub fn pin_name(&self, pin: &PinRef) -> String {
        match pin {
            PinRef::Chip { chip, channel } => match self.chips.get(*chip) {
                Some(chip) => match chip.kind {
                    ChipKind::RobotHat { .. } => format!("{chip}:P{channel}"),
                    _ => format!("{chip}:{channel}"),
                },
                None => pin.to_string(),
            },
            PinRef::Gpio { .. } | PinRef::Pwm { .. } => pin.to_string(),
        }
    }

    /// Whether two pins that change together do so in one transfer, so that none changes without the other.
    #[must_use]
    pub fn writes_together(&self, one: &PinRef, other: &PinRef) -> bool {
        match (one, other) {
            (PinRef::Chip { chip, channel }, PinRef::Chip { chip: same, channel: other }) if chip == same => {
                self.chips.get(*chip).is_some_and(|chip| chip.kind.writes_together(*channel, *other))
            }
            _ => false,
        }
    }

    /// The PWM channels of a chip that something is wired to, each with the frequency in hertz that it
    /// shall have. A wire that is only ever low or high takes what others on its timer have.
    #[must_use]
    pub fn channels_of(&self, chip: usize) -> Vec<(u8, f64)> {
        let motors = self.motors.iter().flat_map(|motor| {
            motor
                .driver
                .pins()
                .into_iter()
                .map(|pin| (pin, motor.driver.modulates(pin).then(|| motor.driver.frequency_hz())))
        });
        let servos = self.servos.iter().map(|servo| (&servo.pwm, Some(servo.frequency_hz)));
        let outputs = self.outputs.iter().map(|output| (&output.pin, Some(output.frequency_hz)));
        let mut channels: Vec<(u8, Option<f64>)> = Vec::new();
        for (pin, frequency_hz) in motors.chain(servos).chain(outputs) {
            let PinRef::Chip { chip: index, channel } = pin else { continue };
            if *index == chip && channels.iter().all(|(known, _)| known != channel) {
                channels.push((*channel, frequency_hz));
            }
        }
        let timer = |channel| self.chips.get(chip).map(|chip| chip.kind.timer_of(channel));
        let of_timer = |channel| {
            let mates = timer(channel)?;
            channels.iter().find_map(|(mate, hz)| hz.filter(|_| mates.contains(mate)))
        };
        let known = channels.iter().map(|(channel, hz)| (*channel, hz.or_else(|| of_timer(*channel))));
        known.map(|(channel, hz)| (channel, hz.unwrap_or(LEVEL_HZ))).collect()
    }

    /// What an analog input is called in this board's file: `ads7830@0x48:2`, `robot-hat@0x14:A4`.
    #[must_use]
    pub fn analog_name(&self, input: &AnalogRef) -> String {
        match self.chips.get(input.chip) {
            Some(chip) if chip.kind.pwm_channels() > 0 => format!("{chip}:A{}", input.channel),
            Some(chip) => format!("{chip}:{}", input.channel),
            None => format!("chips[{}]:A{}", input.chip, input.channel),
        }
    }
}
