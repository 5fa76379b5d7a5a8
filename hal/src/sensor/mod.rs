//! What the car can read: battery, distance, line and motion, one transfer over a bus at a time, so that
//! whoever drives waits for no more than that.
//!
//! What lives here: opening what a board senses with, and how often each is asked. What must never live
//! here: registers, which are the drivers', and anything that gives a motor power. Nothing here is behind
//! the interlock: to ask moves nothing.

use std::time::Duration;

use crate::board::{BatterySource, Board, ChipKind, LineInput, Pull};
use crate::driver::ads1115::Ads1115;
use crate::driver::ads7830::Ads7830;
use crate::driver::analog::Analog;
use crate::driver::ina219::Ina219;
use crate::driver::mpu6050::Mpu6050;
use crate::driver::pcf8591::Pcf8591;
use crate::platform::adapt::Boxed;
use crate::platform::{DynBus, Platform};
use crate::{HardwareError, IoError, IoKind};

mod converter;
mod encoder;
mod floor;
mod inertia;
mod range;
mod readings;
mod schedule;
mod supply;

pub use readings::{Battery, Imu, Readings};
pub use schedule::News;

use converter::{Converter, Use};
pub(crate) use encoder::Encoder;
use floor::Floor;
use inertia::Inertia;
use range::Sonar;
use schedule::Schedule;
use supply::Supply;

/// Ten times a second: a battery empties over minutes, but sags within a tenth of a second when the motors
/// start, which people want to see.
const BATTERY_PERIOD: Duration = Duration::from_millis(100);
/// Fifty times a second: at 0.7 m/s a car goes 14 mm meanwhile, and the tape that it follows is 15 to 25 mm
/// wide.
const LINE_PERIOD: Duration = Duration::from_millis(20);
/// Fifty times a second: just more than twice the 44 hertz to which the chip filters is not needed by
/// anybody yet, and 14 bytes take 1.5 ms of a bus at 100 kHz.
const IMU_PERIOD: Duration = Duration::from_millis(20);

/// A converter of whatever chip.
pub(crate) type AnyAnalog = Box<dyn Analog<Error = IoError> + Send>;

/// Every sensor of a board.
#[derive(Default)]
pub(crate) struct Sensors {
    schedule: Schedule,
    readings: Readings,
}

impl Sensors {
    /// Opens what the board senses with. Nothing is asked yet: a sensor that does not answer shows later,
    /// and stops nobody.
    /// `on_board` has the analog inputs of chips that do more than sense.
    pub(crate) fn open(
        board: &Board,
        platform: &mut dyn Platform,
        on_board: &dyn Fn(usize) -> Option<AnyAnalog>,
    ) -> Result<Self, HardwareError> {
        let mut sensors = Self::default();
        sensors.readings.floor = vec![None; board.line.as_ref().map_or(0, |line| line.inputs.len())];
        sensors.open_battery(board, platform).map_err(|source| part("battery", source))?;
        sensors.open_floor(board, platform).map_err(|source| part("line", source))?;
        sensors.open_converters(board, platform, on_board)?;
        sensors.open_imu(board, platform).map_err(|source| part("imu", source))?;
        sensors.open_range(board, platform).map_err(|source| part("range", source))?;
        Ok(sensors)
    }

    /// See [`Car::sense`](crate::Car::sense).
    pub(crate) fn sense(&mut self, now: Duration) -> Duration {
        self.schedule.sense(now, &mut self.readings)
    }

    /// Before the motors are written: reads what a chip that drives has sampled, if it is ready. One transfer
    /// at most.
    pub(crate) fn save(&mut self, now: Duration) {
        self.schedule.save(now, &mut self.readings);
    }

    pub(crate) fn readings(&self) -> &Readings {
        &self.readings
    }

    /// Has something told that somebody else found out.
    pub(crate) fn tell(&mut self, news: Vec<News>) {
        self.schedule.tell(news);
    }

    pub(crate) fn take_news(&mut self) -> Vec<News> {
        self.schedule.take_news()
    }

    fn open_battery(&mut self, board: &Board, platform: &mut dyn Platform) -> Result<(), IoError> {
        let Some(spec) = &board.battery else { return Ok(()) };
        let BatterySource::Ina219 { chip: index } = spec.source else { return Ok(()) };
        let (name, address, bus) = bus(board, index, platform)?;
        let ChipKind::Ina219 { shunt_ohms } = board.chips[index].kind else { return Err(unfit(&name)) };
        let chip = Ina219::new(bus, address, shunt_ohms).map_err(|error| supply::refused(&name, error))?;
        self.schedule.add(Supply::new(name, chip, spec.clone()));
        Ok(())
    }

    fn open_floor(&mut self, board: &Board, platform: &mut dyn Platform) -> Result<(), IoError> {
        let Some(spec) = &board.line else { return Ok(()) };
        let mut inputs = Vec::new();
        for (index, input) in spec.inputs.iter().enumerate() {
            if let LineInput::Digital { line } = input {
                inputs.push((index, platform.input(line, Pull::None)?));
            }
        }
        if !inputs.is_empty() {
            self.schedule.add(Floor::new(inputs, spec.dark));
        }
        Ok(())
    }

    fn open_converters(
        &mut self,
        board: &Board,
        platform: &mut dyn Platform,
        on_board: &dyn Fn(usize) -> Option<AnyAnalog>,
    ) -> Result<(), HardwareError> {
        for (index, chip) in board.chips.iter().enumerate() {
            let inputs = uses(board, index);
            if !inputs.is_empty() {
                let (analog, drives) = match on_board(index) {
                    Some(analog) => (Ok(analog), true),
                    None => (converter(board, index, platform), false),
                };
                let analog = analog.map_err(|source| part(&format!("chip {chip}"), source))?;
                self.schedule.add(Converter::new(chip.to_string(), analog, drives, inputs));
            }
        }
        Ok(())
    }

    fn open_imu(&mut self, board: &Board, platform: &mut dyn Platform) -> Result<(), IoError> {
        let Some(spec) = &board.imu else { return Ok(()) };
        let (name, address, bus) = bus(board, spec.chip, platform)?;
        self.schedule.add(Inertia::new(name, Mpu6050::new(bus, address)));
        Ok(())
    }

    fn open_range(&mut self, board: &Board, platform: &mut dyn Platform) -> Result<(), IoError> {
        let Some(spec) = &board.range else { return Ok(()) };
        let trigger = platform.output(&spec.trigger)?;
        let (sink, edges) = range::ear();
        // The echo is driven both ways, and does not bounce.
        let watch = platform.watch(&[&spec.echo], Pull::None, None, sink)?;
        self.schedule.add(Sonar::new(trigger, platform.delay(), edges, watch, spec.max_m));
        Ok(())
    }
}

/// The encoder of each motor that has one, in the order of the board.
pub(crate) fn encoders(
    board: &Board,
    platform: &mut dyn Platform,
) -> Result<Vec<Option<Encoder>>, HardwareError> {
    let mut encoders = Vec::new();
    for motor in &board.motors {
        let open = |spec| Encoder::open(spec, &board.drivetrain, platform);
        let encoder = motor.encoder.as_ref().map(open).transpose();
        encoders.push(encoder.map_err(|source| part(&format!("encoder of motor {}", motor.name), source))?);
    }
    Ok(encoders)
}

/// What hangs at the analog inputs of a chip.
fn uses(board: &Board, index: usize) -> Vec<(u8, Use)> {
    let mut uses = Vec::new();
    if let Some(spec) = &board.battery
        && let BatterySource::Analog { input, ratio } = &spec.source
        && input.chip == index
    {
        uses.push((input.channel, Use::Battery { spec: spec.clone(), ratio: *ratio }));
    }
    if let Some(spec) = &board.line {
        for (place, input) in spec.inputs.iter().enumerate() {
            if let LineInput::Analog(input) = input
                && input.chip == index
            {
                uses.push((input.channel, Use::Floor { index: place, dark: spec.dark }));
            }
        }
    }
    uses
}

fn converter(board: &Board, index: usize, platform: &mut dyn Platform) -> Result<AnyAnalog, IoError> {
    let (name, address, bus) = bus(board, index, platform)?;
    Ok(match board.chips[index].kind {
        ChipKind::Ads7830 { reference_v } => Box::new(Ads7830::new(bus, address, reference_v)),
        ChipKind::Pcf8591 { reference_v } => Box::new(Pcf8591::new(bus, address, reference_v)),
        ChipKind::Ads1115 => Box::new(Ads1115::new(bus, address)),
        _ => return Err(unfit(&name)),
    })
}

/// What a chip is called, its address, and its bus.
fn bus(
    board: &Board,
    index: usize,
    platform: &mut dyn Platform,
) -> Result<(String, u8, Boxed<DynBus>), IoError> {
    let Some(chip) = board.chips.get(index) else { return Err(unfit(&format!("chips[{index}]"))) };
    let bus = platform.i2c(&chip.bus, chip.address)?;
    Ok((chip.to_string(), chip.address, Boxed(bus)))
}

fn unfit(place: &str) -> IoError {
    let reason = "is no chip of the board that this can be read with".to_owned();
    IoError { place: place.to_owned(), reason, kind: IoKind::Other }
}

fn part(part: &str, source: IoError) -> HardwareError {
    HardwareError { part: part.to_owned(), source }
}
