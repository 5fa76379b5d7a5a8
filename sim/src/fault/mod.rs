//! What can go wrong with a car, as a script or a person says it.
//!
//! What must never live here: what a driver or the daemon makes of it.

mod effect;
mod read;
mod standing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

pub(crate) use read::{COUNT, FOR_S};
pub use read::{KINDS, Kind, Said};
pub(crate) use standing::Standing;

use crate::clock::nanos;
use crate::digest::Digest;

/// Something that is broken. Names are those of the board file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// A chip no longer acknowledges; `pca9685@0x40`. Its outputs go on.
    ChipSilent(String),
    /// The supply of a chip dropped for a moment: it is as after power-up. There is nothing to mend.
    ChipReset(String),
    /// Somebody holds the wires of a bus, `i2c-1`: no transfer succeeds.
    BusStuck(String),
    /// SDA of a bus lies at ground: every byte to every address is acknowledged, and none arrives; what is
    /// read is zero.
    BusGrounded(String),
    /// The next so many transfers of a bus are spoilt. It mends itself.
    BusNoise(String, u32),
    /// A pin carries this level, whatever drives it; `gpio:GPIO17`, `pca9685@0x40:0`. True is high.
    PinStuck(String, bool),
    /// A motor's lead is broken: it coasts.
    MotorOpen(String),
    /// A motor cannot turn, and draws what a stalled one does.
    MotorStalled(String),
    /// The encoder of a motor no longer sees its disc: its lines stay as they are.
    EncoderDead(String),
    /// A sensor says nothing any more.
    SensorSilent(Sensor),
    /// A sensor says anything at all.
    SensorMad(Sensor),
    /// The supply is down: chips and the computer's pins are as after power-up, and no chip answers.
    BrownOut,
    /// The camera shows what it showed.
    CameraFrozen,
    /// The clock of whoever drives this world jumps ahead. There is nothing to mend.
    ClockJump(Duration),
}

impl Fault {
    /// As a script calls its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ChipSilent(_) => "chip-silent",
            Self::ChipReset(_) => "chip-reset",
            Self::BusStuck(_) => "bus-stuck",
            Self::BusGrounded(_) => "bus-grounded",
            Self::BusNoise(..) => "bus-noise",
            Self::PinStuck(..) => "pin-stuck",
            Self::MotorOpen(_) => "motor-open",
            Self::MotorStalled(_) => "motor-stalled",
            Self::EncoderDead(_) => "encoder-dead",
            Self::SensorSilent(_) => "sensor-silent",
            Self::SensorMad(_) => "sensor-mad",
            Self::BrownOut => "brown-out",
            Self::CameraFrozen => "camera-frozen",
            Self::ClockJump(_) => "clock-jump",
        }
    }

    /// What is broken, as the board file calls it; `None` of what concerns the whole car.
    #[must_use]
    pub fn on(&self) -> Option<&str> {
        match self {
            Self::ChipSilent(on)
            | Self::ChipReset(on)
            | Self::BusStuck(on)
            | Self::BusGrounded(on)
            | Self::BusNoise(on, _)
            | Self::PinStuck(on, _)
            | Self::MotorOpen(on)
            | Self::MotorStalled(on)
            | Self::EncoderDead(on) => Some(on),
            Self::SensorSilent(sensor) | Self::SensorMad(sensor) => Some(sensor.name()),
            Self::BrownOut | Self::CameraFrozen | Self::ClockJump(_) => None,
        }
    }

    /// Whether it is of one moment, so that nothing stays broken.
    #[must_use]
    pub fn is_momentary(&self) -> bool {
        matches!(self, Self::ChipReset(_) | Self::ClockJump(_))
    }

    /// Takes it into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.words(self.kind());
        into.words(self.on().unwrap_or_default());
        into.integer(match self {
            Self::PinStuck(_, high) => u64::from(*high),
            Self::BusNoise(_, count) => u64::from(*count),
            Self::ClockJump(by) => nanos(*by),
            _ => 0,
        });
    }

    /// Whether both are the same kind of fault of the same thing; that thing has one of them at most.
    pub(crate) fn is_at(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.on() == other.on()
    }
}

impl fmt::Display for Fault {
    /// `chip-silent pca9685@0x40`, `pin-stuck gpio:GPIO17 high`, `bus-noise i2c-1 3`, `clock-jump 60 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        if let Some(on) = self.on() {
            write!(f, " {on}")?;
        }
        match self {
            Self::PinStuck(_, high) => f.write_str(if *high { " high" } else { " low" }),
            Self::BusNoise(_, count) => write!(f, " {count}"),
            Self::ClockJump(by) => write!(f, " {} s", by.as_secs_f64()),
            _ => Ok(()),
        }
    }
}

/// A kind of sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the board file")]
pub enum Sensor {
    Battery,
    Range,
    Line,
    Imu,
}

impl Sensor {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Battery, Self::Range, Self::Line, Self::Imu];

    /// As the board file calls its table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Battery => "battery",
            Self::Range => "range",
            Self::Line => "line",
            Self::Imu => "imu",
        }
    }
}

/// Which sensors are silent, and which are mad.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ails {
    silent: [bool; 4],
    mad: [bool; 4],
}

impl Ails {
    pub(crate) fn silent(self, sensor: Sensor) -> bool {
        self.silent[sensor as usize]
    }

    pub(crate) fn mad(self, sensor: Sensor) -> bool {
        self.mad[sensor as usize]
    }
}

/// A fault, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// What breaks.
    pub fault: Fault,
    /// After this it is mended; `None`: when somebody mends it.
    pub lasts: Option<Duration>,
}

impl Outage {
    /// As somebody would say it.
    fn said(&self) -> Said<'_> {
        let Self { fault, lasts } = self;
        let level = match fault {
            Fault::PinStuck(_, high) => Some(if *high { "high" } else { "low" }),
            _ => None,
        };
        let count = match fault {
            Fault::BusNoise(_, count) => Some(*count),
            _ => None,
        };
        let time = match fault {
            Fault::ClockJump(by) => Some(by),
            _ => lasts.as_ref(),
        };
        Said { fault: fault.kind(), on: fault.on(), level, count, for_s: time.map(Duration::as_secs_f64) }
    }

    /// Takes it into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        self.fault.digest(into);
        into.option(self.lasts, |into, lasts| into.integer(nanos(lasts)));
    }
}

impl From<Fault> for Outage {
    /// Until somebody mends it.
    fn from(fault: Fault) -> Self {
        Self { fault, lasts: None }
    }
}

impl From<&Fault> for Outage {
    fn from(fault: &Fault) -> Self {
        fault.clone().into()
    }
}

/// Which of the faults there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Which {
    kind: Option<&'static str>,
    on: Option<String>,
}

impl Which {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    pub(crate) fn is(&self, fault: &Fault) -> bool {
        self.kind.is_none_or(|kind| kind == fault.kind())
            && self.on.as_deref().is_none_or(|on| Some(on) == fault.on())
    }
}

impl From<&Fault> for Which {
    /// This kind of fault of that thing, whatever its level or count.
    fn from(fault: &Fault) -> Self {
        Self { kind: Some(fault.kind()), on: fault.on().map(str::to_owned) }
    }
}

impl From<Fault> for Which {
    fn from(fault: Fault) -> Self {
        (&fault).into()
    }
}
