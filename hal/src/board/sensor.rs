//! What the car can read: battery, distance, line, motion, and the e-stop's button.
//!
//! What must never live here: how a sensor is read.

use super::AnalogRef;

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

/// How the battery's voltage is measured, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct BatterySpec {
    /// What measures it.
    pub source: BatterySource,
    /// Volts at which nothing is left: 0 %.
    pub empty_v: f64,
    /// Volts of a full one: 100 %.
    pub full_v: f64,
}

/// What measures the battery.
#[derive(Clone, Debug, PartialEq)]
pub enum BatterySource {
    /// An analog input behind a divider.
    Analog {
        /// Where the divider's tap is.
        input: AnalogRef,
        /// Of the divider: the battery's volts for one volt at the input.
        ratio: f64,
    },
    /// An INA219, which measures the current too.
    Ina219 {
        /// Index into [`Board::chips`](super::Board::chips).
        chip: usize,
    },
}

/// An HC-SR04, which measures by sound how far away is what stands ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSpec {
    /// The line that begins a measurement.
    pub trigger: String,
    /// The line that is high for as long as the sound travels.
    pub echo: String,
    /// Beyond this is nothing, metres.
    pub max_m: f64,
    /// What it turns with.
    pub on: Mount,
}

/// What carries a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mount {
    /// The body: it looks where the car does.
    Body,
    /// The servo that pans: it looks where the camera does.
    Pan,
}

/// Sensors that see whether the floor is dark.
#[derive(Clone, Debug, PartialEq)]
pub struct LineSpec {
    /// From left to right.
    pub inputs: Vec<LineInput>,
    /// What darkness gives.
    pub dark: Level,
}

/// One of the sensors of a [`LineSpec`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineInput {
    /// A line that is high or low.
    Digital {
        /// `GPIO14`
        line: String,
    },
    /// A voltage between nothing and the reference of its chip.
    Analog(AnalogRef),
}

/// An inertial sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImuSpec {
    /// Index into [`Board::chips`](super::Board::chips): an MPU-6050.
    pub chip: usize,
}
