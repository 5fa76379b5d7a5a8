//! What a car has besides wheels, servos and sensors: a buzzer, lamps, and the wires of a test.

use super::{Level, PinRef};

/// A buzzer or a lamp.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// Its key in the file: `horn`, `headlight`.
    pub name: String,
    /// What it is.
    pub kind: OutputKind,
    /// Where its signal comes out.
    pub pin: PinRef,
    /// Of a pin with PWM; of a PCA9685's channel, the chip's.
    pub frequency_hz: f64,
    /// What turns it on.
    pub active: Level,
}

impl OutputSpec {
    /// What is on its pin while it is off.
    #[must_use]
    pub fn rests(&self) -> Level {
        match self.active {
            Level::High => Level::Low,
            Level::Low => Level::High,
        }
    }
}

/// What an [`OutputSpec`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// Makes a noise, and so never for longer than somebody says so.
    Buzzer,
    /// A lamp, which stays as it was told.
    Led,
}

/// A wire from an output of the board back to an input of the computer, by which a test sees what the
/// output does.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopbackSpec {
    /// An output that the board names elsewhere.
    pub from: PinRef,
    /// A line of the computer.
    pub to: String,
}
