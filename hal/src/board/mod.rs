//! A board is data: which chips there are and what is wired to which of their pins. Parsed from
//! TOML by `parse.rs`; the presets are embedded from `hal/boards`.
//!
//! (interface sketch: types are as below; parser, presets and docs to be completed)

use std::fmt;

/// A board.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    pub name: String,
    pub description: String,
    pub chips: Vec<Chip>,
    pub drivetrain: DrivetrainSpec,
    /// In the order of the file.
    pub motors: Vec<MotorSpec>,
    pub servos: Vec<ServoSpec>,
}

/// A chip on an I²C bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    pub kind: ChipKind,
    /// `i2c-1`
    pub bus: String,
    pub address: u8,
}

#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ChipKind {
    Pca9685 { frequency_hz: f64 },
}

/// Where a signal comes out: `gpio:GPIO17`, `pwm:DEVICE:CHANNEL`, `pca9685@0x40:0`
/// (`pca9685@i2c-3/0x40:0` where the bus is not `i2c-1`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PinRef {
    Gpio {
        line: String,
    },
    Pwm {
        device: String,
        channel: u32,
    },
    /// A channel of `Board::chips[chip]`.
    Chip {
        chip: usize,
        channel: u8,
    },
}

impl fmt::Display for PinRef {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct MotorSpec {
    pub name: String,
    pub side: Side,
    pub bridge: BridgeSpec,
    pub invert: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// An H-bridge and its wires.
#[derive(Clone, Debug, PartialEq)]
pub enum BridgeSpec {
    /// EN by PWM, IN1 and IN2 digital.
    L298n { en: PinRef, in1: PinRef, in2: PinRef, frequency_hz: f64 },
    /// PWM, IN1 and IN2 digital, and STBY where it is wired.
    Tb6612 { pwm: PinRef, in1: PinRef, in2: PinRef, standby: Option<PinRef>, frequency_hz: f64 },
    /// Both inputs by PWM.
    Drv8833 { in1: PinRef, in2: PinRef, frequency_hz: f64 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct ServoSpec {
    pub name: String,
    pub role: ServoRole,
    pub pwm: PinRef,
    /// 50 Hz usually; of a chip, the chip's.
    pub frequency_hz: f64,
    /// Pulse in µs at `min_deg` and at `max_deg` of the *servo*; linear between.
    pub min_us: f64,
    pub max_us: f64,
    /// Angle of the camera, degrees, at `min_us` and `max_us` respectively (inversion: min_deg > max_deg is refused; `invert` swaps).
    pub min_deg: f64,
    pub max_deg: f64,
    pub invert: bool,
    /// Where `center` and a start put it.
    pub center_deg: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServoRole {
    Pan,
    Tilt,
}

#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DrivetrainSpec {
    Differential {
        /// Metres between left and right wheels.
        track_m: f64,
        wheel_diameter_m: f64,
        /// Metres a second at full power.
        top_speed_mps: f64,
    },
}

impl Board {
    /// From the text of a board file; `file` names it in faults. Reports every fault at once.
    pub fn parse(_file: &str, _text: &str) -> Result<Self, crate::file::Faults> {
        todo!()
    }
    /// A preset by name.
    pub fn preset(_name: &str) -> Option<Self> {
        todo!()
    }
}

/// A board file that comes with the daemon.
#[derive(Debug)]
pub struct Preset {
    pub name: &'static str,
    pub toml: &'static str,
}

/// All of them.
pub const PRESETS: &[Preset] = &[];
