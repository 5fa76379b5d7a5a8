//! GPIO lines of the character device, found by name.

use std::io;
use std::path::Path;

use linux_embedded_hal::CdevPin;
use linux_embedded_hal::gpio_cdev::{Chip, Line, LineRequestFlags};

use super::{entries, explain, failure};
use crate::IoError;
use crate::board::Pull;
use crate::platform::adapt::Named;
use crate::platform::{Input, Output};

/// Who holds the line, for whoever else wants it.
const CONSUMER: &str = "car-daemon";

/// Resistors of the chip, by their bits in a request (linux/gpio.h, `GPIOHANDLE_REQUEST_BIAS_…`,
/// since Linux 5.5); the library has no names for them.
const PULL_UP: u32 = 1 << 5;
const PULL_DOWN: u32 = 1 << 6;
const NO_PULL: u32 = 1 << 7;

pub(super) fn output(dev: &Path, name: &str) -> Result<Output, IoError> {
    // Low from the first moment: the request itself carries the level.
    Ok(Box::new(request(dev, name, LineRequestFlags::OUTPUT, "")?))
}

pub(super) fn input(dev: &Path, name: &str, pull: Pull) -> Result<Input, IoError> {
    let bias = match pull {
        Pull::Up => PULL_UP,
        Pull::Down => PULL_DOWN,
        Pull::None => NO_PULL,
    };
    let flags = LineRequestFlags::INPUT | LineRequestFlags::from_bits_retain(bias);
    let hint = "; has this chip such a resistor, and is the kernel 5.5 or newer?";
    Ok(Box::new(request(dev, name, flags, hint)?))
}

fn request(dev: &Path, name: &str, flags: LineRequestFlags, hint: &str) -> Result<Named<CdevPin>, IoError> {
    let place = format!("gpio:{name}");
    let line = find(dev, name).map_err(|reason| failure(&place, reason))?;
    let held = |error: &dyn std::fmt::Display| match line.info() {
        Ok(info) if info.is_used() => {
            let by = info.consumer().unwrap_or("the kernel").to_owned();
            failure(&place, format!("the line is in use by {by}; stop that first, or wire another line"))
        }
        _ => failure(&place, format!("{error}{hint}")),
    };
    let handle = line.request(flags, 0, CONSUMER).map_err(|error| held(&error))?;
    let inner = CdevPin::new(handle).map_err(|error| failure(&place, error.to_string()))?;
    Ok(Named { inner, place })
}

fn find(dev: &Path, name: &str) -> Result<Line, String> {
    let paths = entries(dev, "gpiochip");
    if paths.is_empty() {
        return Err(format!("there is no GPIO chip in {}; is this a Raspberry Pi?", dev.display()));
    }
    let mut refused = None;
    let mut labels = Vec::new();
    for path in paths {
        match Chip::new(&path) {
            Ok(mut chip) => {
                if let Some(line) = on_chip(&mut chip, name) {
                    return Ok(line);
                }
                labels.push(chip.label().to_owned());
            }
            Err(error) => {
                let cause =
                    std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>());
                refused = Some(match cause {
                    Some(cause) => explain(&path, cause, "gpio"),
                    None => format!("{}: {error}", path.display()),
                });
            }
        }
    }
    // A chip that could not be looked at may have the line.
    Err(refused.unwrap_or_else(|| {
        format!("no chip has such a line ({}); gpioinfo lists the lines", labels.join(", "))
    }))
}

/// `GPIO17`, or `LABEL/OFFSET`.
fn on_chip(chip: &mut Chip, name: &str) -> Option<Line> {
    if let Some((label, offset)) = name.rsplit_once('/') {
        let offset = offset.parse().ok().filter(|offset| *offset < chip.num_lines())?;
        return (chip.label() == label).then(|| chip.get_line(offset).ok()).flatten();
    }
    chip.lines().find(|line| line.info().is_ok_and(|info| info.name() == Some(name)))
}
