//! GPIO lines of the character device, found by name.
//!
//! Outputs go through linux-embedded-hal, which is where embedded-hal's own pins for Linux are, and has the first
//! ABI of the character device alone. It chooses no resistor, waits for no bounce to end, and keeps the edges of
//! several lines in no common order, so inputs go through gpiocdev, which has the second (Linux 5.10). A kernel needs
//! both: the first is `CONFIG_GPIO_CDEV_V1`, which is on unless somebody turned it off.
//!
//! What must never live here: edges, and what a line is for.

use std::io;
use std::path::{Path, PathBuf};

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use gpiocdev::line::{Bias, Value};
use gpiocdev::{Chip, Request};
use linux_embedded_hal::{CdevPin, gpio_cdev};

use super::held::{Held, Hold};
use super::{entries, explain, failure};
use crate::IoError;
use crate::board::{Level, Pull};
use crate::platform::adapt::Named;
use crate::platform::{Input, Output};

/// Who holds the line, for whoever else wants it.
pub(super) const CONSUMER: &str = "car-daemon";

/// Whose members may use GPIO on Raspberry Pi OS.
const GROUP: &str = "gpio";

pub(super) fn output(dev: &Path, held: &Held, name: &str, first: Level) -> Result<Output, IoError> {
    let line = Line::find(dev, name)?;
    let hold = line.hold(held)?;
    // From the first moment: the request itself carries the level.
    let value = u8::from(first == Level::High);
    let handle = gpio_cdev::Chip::new(&line.chip)
        .and_then(|mut chip| chip.get_line(line.offset))
        .and_then(|found| found.request(gpio_cdev::LineRequestFlags::OUTPUT, value, CONSUMER))
        .map_err(|error| line.refused(&error.to_string()))?;
    let inner = CdevPin::new(handle).map_err(|error| line.refused(&error.to_string()))?;
    Ok(Box::new(OutputLine { pin: Named { inner, place: line.place }, _hold: hold }))
}

pub(super) fn input(dev: &Path, held: &Held, name: &str, pull: Pull) -> Result<Input, IoError> {
    let line = Line::find(dev, name)?;
    let hold = line.hold(held)?;
    let request = Request::builder()
        .on_chip(&line.chip)
        .with_line(line.offset)
        .as_input()
        .with_bias(bias(pull))
        .with_consumer(CONSUMER)
        .request()
        .map_err(|error| line.refused(&os_error(&error).to_string()))?;
    Ok(Box::new(InputLine { request, place: line.place, _hold: hold }))
}

pub(super) fn bias(pull: Pull) -> Bias {
    match pull {
        Pull::Up => Bias::PullUp,
        Pull::Down => Bias::PullDown,
        Pull::None => Bias::Disabled,
    }
}

struct OutputLine {
    pin: Named<CdevPin>,
    _hold: Hold,
}

impl ErrorType for OutputLine {
    type Error = IoError;
}

impl OutputPin for OutputLine {
    fn set_low(&mut self) -> Result<(), IoError> {
        self.pin.set_low()
    }

    fn set_high(&mut self) -> Result<(), IoError> {
        self.pin.set_high()
    }
}

struct InputLine {
    request: Request,
    place: String,
    _hold: Hold,
}

impl ErrorType for InputLine {
    type Error = IoError;
}

impl InputPin for InputLine {
    fn is_high(&mut self) -> Result<bool, IoError> {
        let value = self.request.lone_value();
        value
            .map(|value| value == Value::Active)
            .map_err(|error| failure(&self.place, os_error(&error).to_string()))
    }

    fn is_low(&mut self) -> Result<bool, IoError> {
        self.is_high().map(|high| !high)
    }
}

/// Where a line is.
pub(super) struct Line {
    pub(super) chip: PathBuf,
    pub(super) offset: u32,
    /// `gpio:GPIO17`
    pub(super) place: String,
}

impl Line {
    /// `GPIO17`, or `LABEL/OFFSET`.
    pub(super) fn find(dev: &Path, name: &str) -> Result<Self, IoError> {
        let place = format!("gpio:{name}");
        match find(dev, name) {
            Ok((chip, offset)) => Ok(Self { chip, offset, place }),
            Err(reason) => Err(failure(&place, reason)),
        }
    }

    /// Keeps it from being opened by another of its names.
    pub(super) fn hold(&self, held: &Held) -> Result<Hold, IoError> {
        held.hold(&self.chip, self.offset, &self.place).map_err(|holder| failure(&self.place, taken(&holder)))
    }

    /// Why it could not be opened: who holds it, or what the kernel said.
    pub(super) fn refused(&self, reason: &str) -> IoError {
        let info = Chip::from_path(&self.chip).and_then(|chip| chip.line_info(self.offset));
        let reason = match info {
            Ok(info) if info.used => {
                let by = if info.consumer.is_empty() { "the kernel" } else { &info.consumer };
                format!("the line is in use by {by}; stop that first, or wire another line")
            }
            _ => reason.to_owned(),
        };
        failure(&self.place, reason)
    }
}

fn taken(holder: &str) -> String {
    format!("is the line that {holder} has already; {ONE_EACH}")
}

/// What to do where two names are one line.
pub(super) const ONE_EACH: &str = "wire each signal to a line of its own";

fn find(dev: &Path, name: &str) -> Result<(PathBuf, u32), String> {
    let paths = entries(dev, "gpiochip");
    if paths.is_empty() {
        return Err(NO_CHIP.replace("/dev", &dev.to_string_lossy()));
    }
    let mut refused = None;
    let mut labels = Vec::new();
    for path in paths {
        match on_chip(&path, name) {
            Ok((_, Some(offset))) => return Ok((path, offset)),
            Ok((label, None)) => labels.push(label),
            Err(error) => refused = Some(said(&path, &error)),
        }
    }
    // A chip that could not be looked at may have the line.
    Err(refused.unwrap_or_else(|| nowhere(&labels)))
}

/// Where there is nothing at all.
pub(super) const NO_CHIP: &str = "there is no GPIO chip in /dev; is this a Raspberry Pi?";

/// Where no chip of these labels has a line.
pub(super) fn nowhere(labels: &[impl AsRef<str>]) -> String {
    let labels: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
    format!("no chip has such a line ({}); gpioinfo lists the lines", labels.join(", "))
}

/// The chip's label, and the line's place on it.
fn on_chip(path: &Path, name: &str) -> gpiocdev::Result<(String, Option<u32>)> {
    let chip = Chip::from_path(path)?;
    let info = chip.info()?;
    let offset = match name.rsplit_once('/') {
        Some((label, offset)) if label == info.label => {
            offset.parse().ok().filter(|offset| *offset < info.num_lines)
        }
        Some(_) => None,
        None => chip.find_line_info(name).map(|line| line.offset),
    };
    Ok((info.label, offset))
}

/// What a chip said that could not be looked at.
pub(super) fn said(path: &Path, error: &gpiocdev::Error) -> String {
    match error {
        gpiocdev::Error::GpioChip(_, what) => format!("{}: {what}", path.display()),
        _ => explain(path, &os_error(error), GROUP),
    }
}

/// The system's error in one of the library.
pub(super) fn os_error(error: &gpiocdev::Error) -> io::Error {
    match error {
        gpiocdev::Error::Os(errno) | gpiocdev::Error::Uapi(_, gpiocdev_uapi::Error::Os(errno)) => {
            io::Error::from_raw_os_error(errno.0)
        }
        _ => io::Error::other(error.to_string()),
    }
}
