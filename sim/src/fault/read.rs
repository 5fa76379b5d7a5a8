//! Faults in words, held against a board: what it does not have cannot break.
//!
//! What must never live here: files, and what a fault does.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use hal::Board;
use hal::file::nearest;

use super::{Fault, Outage, Sensor, Which};
use crate::{bus, net};

/// Of bus-noise, transfers.
pub(crate) const COUNT: RangeInclusive<u32> = 1..=1_000_000;
/// Of `for_s`: a step of the physics to a day.
pub(crate) const FOR_S: RangeInclusive<f64> = 0.001..=86_400.0;
/// Of what somebody said no more is said back, characters.
const SHOWN: usize = 80;

/// A fault as it is said. Which of its parts a kind needs, [`KINDS`] says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Said<'a> {
    /// The kind: `pin-stuck`.
    pub fault: &'a str,
    /// What breaks, as the board file calls it: `gpio:GPIO17`.
    pub on: Option<&'a str>,
    /// Of pin-stuck: `low` or `high`.
    pub level: Option<&'a str>,
    /// Of bus-noise, transfers: 1 to 1,000,000.
    pub count: Option<u32>,
    /// It is mended after so many seconds, 0.001 to 86,400; of clock-jump: so far.
    pub for_s: Option<f64>,
}

/// A kind of fault: how it is said.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// `pin-stuck`
    pub name: &'static str,
    on: On,
    value: Value,
    make: fn(Parts) -> Fault,
}

/// Every kind of fault.
pub const KINDS: &[Kind] = &[
    Kind::of("chip-silent", On::Chip, |it| Fault::ChipSilent(it.on)),
    Kind { value: Value::Moment, ..Kind::of("chip-reset", On::Chip, |it| Fault::ChipReset(it.on)) },
    Kind::of("bus-stuck", On::Bus, |it| Fault::BusStuck(it.on)),
    Kind::of("bus-grounded", On::Bus, |it| Fault::BusGrounded(it.on)),
    Kind { value: Value::Count, ..Kind::of("bus-noise", On::Bus, |it| Fault::BusNoise(it.on, it.count)) },
    Kind { value: Value::Level, ..Kind::of("pin-stuck", On::Pin, |it| Fault::PinStuck(it.on, it.high)) },
    Kind::of("motor-open", On::Motor, |it| Fault::MotorOpen(it.on)),
    Kind::of("motor-stalled", On::Motor, |it| Fault::MotorStalled(it.on)),
    Kind::of("encoder-dead", On::Encoder, |it| Fault::EncoderDead(it.on)),
    Kind::of("sensor-silent", On::Sensor, |it| Fault::SensorSilent(it.sensor())),
    Kind::of("sensor-mad", On::Sensor, |it| Fault::SensorMad(it.sensor())),
    Kind::of("brown-out", On::Nothing, |_| Fault::BrownOut),
    Kind::of("camera-frozen", On::Nothing, |_| Fault::CameraFrozen),
    Kind { value: Value::Jump, ..Kind::of("clock-jump", On::Nothing, |it| Fault::ClockJump(it.time)) },
];

/// What it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Chip,
    Bus,
    Pin,
    Motor,
    Encoder,
    Sensor,
    /// The whole car.
    Nothing,
}

/// What else it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// `for_s`, if anybody mends it by the clock.
    Nothing,
    /// Nor that: it is of one moment.
    Moment,
    /// `level`
    Level,
    /// `count`
    Count,
    /// `for_s`, which is how far the clock jumps.
    Jump,
}

/// What was said, checked; of what the kind does not take, anything.
struct Parts {
    on: String,
    high: bool,
    count: u32,
    time: Duration,
}

impl Parts {
    fn sensor(&self) -> Sensor {
        let named = Sensor::ALL.into_iter().find(|sensor| sensor.name() == self.on);
        named.expect("one of the board's, which are of these")
    }
}

impl Fault {
    /// What is said, on this board.
    ///
    /// # Errors
    /// The first thing that is wrong, and what would be right, on one line.
    pub fn read(said: &Said<'_>, board: &Board) -> Result<Outage, String> {
        Self::check(said, board).map_err(|slips| slips.first().map(Slip::to_string).unwrap_or_default())
    }

    /// The same, with everything that is wrong.
    pub(crate) fn check(said: &Said<'_>, board: &Board) -> Result<Outage, Vec<Slip>> {
        let kind = Kind::find(said.fault).map_err(|slip| vec![slip])?;
        let mut slips = Vec::new();
        let on = kept(kind.on(said.on, board), &mut slips);
        let high = kept(kind.level(said.level), &mut slips);
        let count = kept(kind.count(said.count), &mut slips);
        let time = kept(kind.time(said.for_s), &mut slips);
        let lasts = time.filter(|_| kind.value != Value::Jump);
        let parts = Parts { on, high, count, time: time.unwrap_or_default() };
        if slips.is_empty() { Ok(Outage { fault: (kind.make)(parts), lasts }) } else { Err(slips) }
    }
}

impl Which {
    /// Those of a kind, of a thing of this board, or of both; all of them where neither is said.
    ///
    /// # Errors
    /// What is wrong and what would be right, on one line.
    pub fn read(fault: Option<&str>, on: Option<&str>, board: &Board) -> Result<Self, String> {
        Self::check(fault, on, board).map_err(|slip| slip.to_string())
    }

    fn check(fault: Option<&str>, on: Option<&str>, board: &Board) -> Result<Self, Slip> {
        let kind = fault.map(Kind::find).transpose()?;
        let on = match (kind, on) {
            (_, None) => None,
            (Some(kind), on) => Some(kind.on(on, board)?),
            (None, Some(on)) => {
                let places = [On::Chip, On::Bus, On::Pin, On::Motor, On::Sensor];
                let known = places.into_iter().flat_map(|place| place.known(board)).collect();
                Some(pick(on, "thing that can break", known)?)
            }
        };
        Ok(Self { kind: kind.map(|kind| kind.name), on })
    }
}

/// What is wrong with a part of what was said.
#[derive(Debug)]
pub(crate) struct Slip {
    /// The part: `on`.
    pub(crate) key: &'static str,
    /// To be read after it: `is missing`.
    pub(crate) what: String,
    /// What would be right.
    pub(crate) hint: String,
}

impl Slip {
    fn new(key: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { key, what: what.into(), hint: hint.into() }
    }

    fn missing(key: &'static str, needs: String) -> Self {
        Self::new(key, "is missing", needs)
    }

    fn too_much(key: &'static str, why: String) -> Self {
        Self::new(key, "is too much", why)
    }
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key, self.what, self.hint)
    }
}

/// What is right; what is wrong goes to the others.
fn kept<T: Default>(read: Result<T, Slip>, slips: &mut Vec<Slip>) -> T {
    read.unwrap_or_else(|slip| {
        slips.push(slip);
        T::default()
    })
}

impl Kind {
    const fn of(name: &'static str, on: On, make: fn(Parts) -> Fault) -> Self {
        Self { name, on, value: Value::Nothing, make }
    }

    fn find(name: &str) -> Result<&'static Self, Slip> {
        let found = KINDS.iter().find(|kind| kind.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let near = nearest(name, known.iter().copied());
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let hint = format!("{near}there are {}", known.join(", "));
            Slip::new("fault", format!("is `{}`, which is none", shown(name)), hint)
        })
    }

    fn on(&self, said: Option<&str>, board: &Board) -> Result<String, Slip> {
        let name = self.name;
        match (self.on, said) {
            (On::Nothing, None) => Ok(String::new()),
            (On::Nothing, Some(_)) => Err(Slip::too_much("on", format!("{name} is of the whole car"))),
            (on, Some(said)) => pick(said, on.name(), on.known(board)),
            (on, None) => {
                let (what, known) = (on.name(), on.known(board).join(", "));
                let has = if known.is_empty() { "none" } else { &known };
                Err(Slip::missing("on", format!("{name} needs a {what}: this board has {has}")))
            }
        }
    }

    fn level(&self, said: Option<&str>) -> Result<bool, Slip> {
        let name = self.name;
        match (self.value == Value::Level, said) {
            (true, Some("low")) | (false, None) => Ok(false),
            (true, Some("high")) => Ok(true),
            (true, Some(other)) => {
                Err(Slip::new("level", format!("is `{}`", shown(other)), "must be low or high"))
            }
            (true, None) => Err(Slip::missing("level", format!("{name} needs low or high"))),
            (false, Some(_)) => Err(Slip::too_much("level", format!("{name} has none"))),
        }
    }

    fn count(&self, said: Option<u32>) -> Result<u32, Slip> {
        let (name, right) = (self.name, format!("{} to {} transfers", COUNT.start(), COUNT.end()));
        match (self.value == Value::Count, said) {
            (true, Some(count)) if COUNT.contains(&count) => Ok(count),
            (true, Some(count)) => Err(Slip::new("count", format!("is {count}"), format!("must be {right}"))),
            (true, None) => Err(Slip::missing("count", format!("{name} needs {right}"))),
            (false, None) => Ok(0),
            (false, Some(_)) => Err(Slip::too_much("count", format!("{name} has none"))),
        }
    }

    fn time(&self, said: Option<f64>) -> Result<Option<Duration>, Slip> {
        let (name, right) = (self.name, format!("{} to {} seconds", FOR_S.start(), FOR_S.end()));
        match (self.value, said) {
            (Value::Moment, Some(_)) => Err(Slip::too_much("for_s", format!("{name} is of one moment"))),
            (Value::Jump, None) => {
                Err(Slip::missing("for_s", format!("{name} needs how far it jumps, {right}")))
            }
            (_, Some(for_s)) if FOR_S.contains(&for_s) => Ok(Some(Duration::from_secs_f64(for_s))),
            (_, Some(for_s)) => Err(Slip::new("for_s", format!("is {for_s}"), format!("must be {right}"))),
            (_, None) => Ok(None),
        }
    }
}

impl On {
    fn name(self) -> &'static str {
        match self {
            Self::Chip => "chip",
            Self::Bus => "bus",
            Self::Pin => "pin",
            Self::Motor => "motor",
            Self::Encoder => "motor with an encoder",
            Self::Sensor => "sensor",
            Self::Nothing => "thing",
        }
    }

    /// What of this the board has, in its order.
    fn known(self, board: &Board) -> Vec<String> {
        let motors = board.motors.iter();
        match self {
            Self::Chip => board.chips.iter().map(ToString::to_string).collect(),
            Self::Bus => bus::names(&board.chips).into_iter().map(str::to_owned).collect(),
            Self::Pin => net::every_pin(board).into_iter().map(|(name, _)| name).collect(),
            Self::Motor => motors.map(|motor| motor.name.clone()).collect(),
            Self::Encoder => {
                motors.filter(|motor| motor.encoder.is_some()).map(|motor| motor.name.clone()).collect()
            }
            Self::Sensor => {
                let there = |sensor: &Sensor| match sensor {
                    Sensor::Battery => board.battery.is_some(),
                    Sensor::Range => board.range.is_some(),
                    Sensor::Line => board.line.is_some(),
                    Sensor::Imu => board.imu.is_some(),
                };
                let sensors = Sensor::ALL.into_iter().filter(there);
                sensors.map(|sensor| sensor.name().to_owned()).collect()
            }
            Self::Nothing => Vec::new(),
        }
    }
}

/// The one of `known` that was said.
fn pick(said: &str, what: &str, known: Vec<String>) -> Result<String, Slip> {
    if let Some(found) = known.iter().find(|name| *name == said) {
        return Ok(found.clone());
    }
    let near = nearest(said, known.iter().map(String::as_str));
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let known = known.join(", ");
    let has = if known.is_empty() { "none" } else { &known };
    let lacks = format!("is `{}`, which is no {what} of this board", shown(said));
    Err(Slip::new("on", lacks, format!("{near}it has {has}")))
}

/// What somebody said, on one line and not for ever.
fn shown(said: &str) -> String {
    let mut chars = said.chars();
    let mut shown: String = chars.by_ref().take(SHOWN).flat_map(char::escape_debug).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
