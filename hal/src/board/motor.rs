//! Motors: which wheels they turn, what drives them, and how they are calibrated.
//!
//! What must never live here: how a driver works.

use super::{PinRef, Pull};

/// A motor and what drives it.
#[derive(Clone, Debug, PartialEq)]
pub struct MotorSpec {
    /// Its key in the file: `left`, `front-left`.
    pub name: String,
    /// Which wheels it turns.
    pub side: Side,
    /// Which of the wheels of its side, where that matters: on mecanum wheels.
    pub end: Option<End>,
    /// What drives it.
    pub driver: DriverSpec,
    /// Its two leads are swapped.
    pub invert: bool,
    /// What it does less than others, as a factor of its power, 0.5 to 1: the stronger motors of a car
    /// are trimmed until it goes straight.
    pub trim: f64,
    /// Less power than this is none, 0 to 0.5; where a file has none, 0.02 with a least duty, else 0.
    pub deadband: f64,
    /// The least duty that turns it, 0 to 0.9: power between the deadband and 1 is spread over the duties
    /// between this and 1.
    pub min_duty: f64,
    /// What counts the turns of its wheel.
    pub encoder: Option<EncoderSpec>,
}

/// A side of the car, seen from behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Turns forward to go right.
    Left,
    /// Turns forward to go left.
    Right,
    /// One motor for both, behind a differential or on one axle.
    Both,
}

/// An end of the car.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where the car goes.
    Front,
    /// Where it comes from.
    Rear,
}

/// What drives a motor.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DriverSpec {
    /// An H-bridge and its wires.
    HBridge(BridgeSpec),
    /// A speed controller that is told by a servo's pulse.
    Esc(EscSpec),
}

/// An H-bridge and its wires. `frequency_hz` is that of the PWM; of a PCA9685's channel, the chip's.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the wires have the names that the datasheets give them")]
pub enum BridgeSpec {
    /// EN by PWM, IN1 and IN2 digital.
    L298n { en: PinRef, in1: PinRef, in2: PinRef, frequency_hz: f64 },
    /// PWM, IN1 and IN2 digital, and STBY where it is wired. Two motors on one chip share it.
    Tb6612 { pwm: PinRef, in1: PinRef, in2: PinRef, standby: Option<PinRef>, frequency_hz: f64 },
    /// Both inputs by PWM.
    Drv8833 { in1: PinRef, in2: PinRef, frequency_hz: f64 },
    /// Magnitude by PWM, and a line for the direction, as on SunFounder's Robot HAT.
    RobotHat { pwm: PinRef, direction: PinRef, frequency_hz: f64 },
}

impl DriverSpec {
    /// Every pin that it drives; the modulated one last, where there is just one.
    #[must_use]
    pub fn pins(&self) -> Vec<&PinRef> {
        match self {
            Self::HBridge(BridgeSpec::L298n { en, in1, in2, .. }) => vec![in1, in2, en],
            Self::HBridge(BridgeSpec::Tb6612 { pwm, in1, in2, standby, .. }) => {
                standby.iter().chain([in1, in2, pwm]).collect()
            }
            Self::HBridge(BridgeSpec::Drv8833 { in1, in2, .. }) => vec![in1, in2],
            Self::HBridge(BridgeSpec::RobotHat { pwm, direction, .. }) => vec![direction, pwm],
            Self::Esc(EscSpec { pwm, .. }) => vec![pwm],
        }
    }

    /// Whether one of its [`pins`](Self::pins) is modulated.
    #[must_use]
    pub fn modulates(&self, pin: &PinRef) -> bool {
        match self {
            Self::HBridge(BridgeSpec::Drv8833 { .. }) => true,
            _ => self.pins().last() == Some(&pin),
        }
    }

    /// Whether it can turn its motor backward.
    #[must_use]
    pub fn reverses(&self) -> bool {
        !matches!(self, Self::Esc(EscSpec { reverse: EscReverse::None, .. }))
    }

    /// Of its modulated wires, hertz.
    #[must_use]
    pub fn frequency_hz(&self) -> f64 {
        match self {
            Self::HBridge(
                BridgeSpec::L298n { frequency_hz, .. }
                | BridgeSpec::Tb6612 { frequency_hz, .. }
                | BridgeSpec::Drv8833 { frequency_hz, .. }
                | BridgeSpec::RobotHat { frequency_hz, .. },
            )
            | Self::Esc(EscSpec { frequency_hz, .. }) => *frequency_hz,
        }
    }

    /// The line that puts it to sleep while it is low, where it has one.
    #[must_use]
    pub fn standby(&self) -> Option<&PinRef> {
        match self {
            Self::HBridge(BridgeSpec::Tb6612 { standby, .. }) => standby.as_ref(),
            _ => None,
        }
    }
}

/// An electronic speed controller. Its pulses are those of a radio receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct EscSpec {
    /// Where its signal comes out.
    pub pwm: PinRef,
    /// 50 hertz usually; of a PCA9685's channel, the chip's.
    pub frequency_hz: f64,
    /// Full power backward, microseconds.
    pub reverse_us: f64,
    /// No power, microseconds.
    pub neutral_us: f64,
    /// Full power forward, microseconds.
    pub forward_us: f64,
    /// How long it must see the neutral pulse before it obeys, milliseconds.
    pub arm_ms: f64,
    /// How it is made to turn backward.
    pub reverse: EscReverse,
}

/// How an ESC is made to turn backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscReverse {
    /// By a shorter pulse.
    Direct,
    /// A shorter pulse brakes first; after neutral the next one turns it backward.
    BrakeFirst,
    /// Not at all.
    None,
}

/// What counts the turns of a wheel.
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderSpec {
    /// The line of phase A: `GPIO5`.
    pub a: String,
    /// That of phase B, of a quadrature encoder. Without it the direction is taken from the motor's power.
    pub b: Option<String>,
    /// Pulses on line A for one turn of the wheel, gears and all.
    pub pulses_per_turn: f64,
    /// Its two lines are swapped.
    pub invert: bool,
    /// Where a resistor of the computer pulls its lines.
    pub pull: Pull,
}
