//! A board is data: which chips there are and what is wired to which of their pins.
//!
//! What lives here: the description, its TOML form (`parse`, `wiring`, `pin`, `check`) and the presets. What
//! must never live here: opening any of it.

use std::fmt;

use crate::file::{Faults, nearest};

mod check;
mod parse;
mod pin;
mod presets;
#[cfg(test)]
mod tests;
mod wiring;

pub use pin::PinRef;
pub use presets::{PRESETS, Preset};

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
    /// In the order of the file; at least one on each side.
    pub motors: Vec<MotorSpec>,
    /// In the order of the file; at most one for each role.
    pub servos: Vec<ServoSpec>,
    /// The e-stop button, where there is one.
    pub estop: Option<EstopSpec>,
}

/// A chip on an I²C bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// Which chip, and how it is set up.
    pub kind: ChipKind,
    /// As the kernel calls it: `i2c-1`.
    pub bus: String,
    /// Seven bits.
    pub address: u8,
}

/// Which chip, and how it is set up.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ChipKind {
    /// Sixteen PWM channels with one prescaler.
    Pca9685 {
        /// Of all its channels, 24 to 1526 hertz.
        frequency_hz: f64,
    },
}

/// The bus that a board means when it names none: the one on the Raspberry Pi's header.
pub const DEFAULT_BUS: &str = "i2c-1";

impl fmt::Display for Chip {
    /// `pca9685@0x40`, or `pca9685@i2c-3/0x40` where the bus is not [`DEFAULT_BUS`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChipKind::Pca9685 { .. } = self.kind;
        f.write_str("pca9685@")?;
        if self.bus != DEFAULT_BUS {
            write!(f, "{}/", self.bus)?;
        }
        write!(f, "{:#04x}", self.address)
    }
}

/// A motor and its bridge.
#[derive(Clone, Debug, PartialEq)]
pub struct MotorSpec {
    /// Its key in the file: `left`, `front-left`.
    pub name: String,
    /// Which wheels it turns.
    pub side: Side,
    /// How it is wired.
    pub bridge: BridgeSpec,
    /// Its two leads are swapped.
    pub invert: bool,
}

/// A side of the car, seen from behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Turns forward to go right.
    Left,
    /// Turns forward to go left.
    Right,
}

/// An H-bridge and its wires. `frequency_hz` is that of the PWM; of a chip's channel, the chip's.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the wires have the names that the datasheets give them")]
pub enum BridgeSpec {
    /// EN by PWM, IN1 and IN2 digital.
    L298n { en: PinRef, in1: PinRef, in2: PinRef, frequency_hz: f64 },
    /// PWM, IN1 and IN2 digital, and STBY where it is wired. Two motors on one chip share it.
    Tb6612 { pwm: PinRef, in1: PinRef, in2: PinRef, standby: Option<PinRef>, frequency_hz: f64 },
    /// Both inputs by PWM.
    Drv8833 { in1: PinRef, in2: PinRef, frequency_hz: f64 },
}

/// A servo that turns the camera. The angle is linear in the pulse between the two ends.
#[derive(Clone, Debug, PartialEq)]
pub struct ServoSpec {
    /// Its key in the file.
    pub name: String,
    /// Which way it turns the camera.
    pub role: ServoRole,
    /// Where its signal comes out.
    pub pwm: PinRef,
    /// 50 hertz usually; of a chip's channel, the chip's.
    pub frequency_hz: f64,
    /// The shortest pulse that it is given, microseconds.
    pub min_us: f64,
    /// The longest, microseconds.
    pub max_us: f64,
    /// The camera's least angle, degrees; at `min_us`, or at `max_us` if inverted.
    pub min_deg: f64,
    /// The camera's greatest angle, degrees; at `max_us`, or at `min_us` if inverted.
    pub max_deg: f64,
    /// A longer pulse turns it right or down.
    pub invert: bool,
    /// Where it stands when nobody says otherwise, degrees.
    pub center_deg: f64,
}

/// What a servo does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServoRole {
    /// Turns the camera left (positive) and right.
    Pan,
    /// Turns the camera up (positive) and down.
    Tilt,
}

/// A button between a GPIO line and a supply or ground that stops the car.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstopSpec {
    /// `GPIO26`
    pub line: String,
    /// What is on the line while the button is pressed. With a normally closed button that is what the
    /// resistor pulls it to, so that a broken wire counts as pressed.
    pub pressed: Level,
    /// Where a resistor of the computer pulls the line.
    pub pull: Pull,
}

/// What is on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Ground.
    Low,
    /// The supply.
    High,
}

/// A resistor of the computer at an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// To the supply.
    Up,
    /// To ground.
    Down,
    /// None: there is one on the board.
    None,
}

/// How the wheels move the car.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DrivetrainSpec {
    /// Steered by the difference of its two sides.
    Differential {
        /// Metres between left and right wheels.
        track_m: f64,
        /// Metres.
        wheel_diameter_m: f64,
        /// Metres a second at full power.
        top_speed_mps: f64,
    },
}

/// A board could not be loaded. Its text is for the person who named it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// No preset has this name, and it is not a path either: a path has a `/` or ends with `.toml`.
    #[error("no board is called `{name}`; {hint}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest preset, and all of them.
        hint: String,
    },
    /// The file cannot be read, or says something that is wrong.
    #[error(transparent)]
    File(#[from] Faults),
}

impl Board {
    /// From the text of a board file; `file` names it in faults.
    ///
    /// # Errors
    /// Every fault of the file at once.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        parse::board(file, text)
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
        if name_or_path.contains('/') || name_or_path.ends_with(".toml") {
            let text = std::fs::read_to_string(name_or_path).map_err(|error| {
                Faults::whole(
                    name_or_path,
                    format_args!("cannot be read: {error}"),
                    "give the path of a board file",
                )
            })?;
            return Ok(Self::parse(name_or_path, &text)?);
        }
        Self::preset(name_or_path).ok_or_else(|| unknown(name_or_path))
    }

    /// What a pin is called in this board's file: `gpio:GPIO17`, `pca9685@0x40:0`.
    #[must_use]
    pub fn pin_name(&self, pin: &PinRef) -> String {
        match pin {
            PinRef::Chip { chip, channel } => match self.chips.get(*chip) {
                Some(chip) => format!("{chip}:{channel}"),
                None => pin.to_string(),
            },
            PinRef::Gpio { .. } | PinRef::Pwm { .. } => pin.to_string(),
        }
    }
}

fn unknown(name: &str) -> LoadError {
    let known: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    let presets = format!("the presets are {}; a path has a `/` or ends with .toml", known.join(", "));
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? {presets}"),
        None => presets,
    };
    LoadError::Unknown { name: name.to_owned(), hint }
}
