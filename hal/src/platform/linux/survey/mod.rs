//! What this machine has, as facts: for whoever holds it against what a board needs.
//!
//! What must never live here: a request of a line, a write to a bus, an opinion.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

mod gpio;
mod i2c;
mod pwm;
#[cfg(test)]
mod tests;

pub use gpio::{GpioChip, GpioLine};
pub use i2c::{ADDRESSES, Heard, I2cBus};
pub use pwm::{PwmDevice, PwmPin};

/// What a Linux machine has that a board may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// What the firmware calls the machine: `Raspberry Pi 4 Model B Rev 1.4`.
    pub model: Option<String>,
    /// Every GPIO chip.
    pub gpio: Vec<GpioChip>,
    /// Every I²C bus.
    pub i2c: Vec<I2cBus>,
    /// Every PWM device.
    pub pwm: Vec<PwmDevice>,
}

impl Survey {
    /// Looks, and asks each of `chips`, an address on a bus, for one byte. Nothing is requested and nothing
    /// written.
    pub(super) fn take(dev: &Path, sys: &Path, chips: &BTreeSet<(String, u8)>) -> Self {
        Self {
            model: text(&sys.join("firmware/devicetree/base/model")),
            gpio: gpio::chips(dev),
            i2c: i2c::buses(dev, sys, chips),
            pwm: pwm::devices(&sys.join("class/pwm")),
        }
    }

    /// The line of a name, and its chip.
    ///
    /// # Errors
    /// In words, as whoever opens it would say.
    pub fn line(&self, name: &str) -> Result<(&GpioChip, &GpioLine), String> {
        gpio::find(&self.gpio, name)
    }

    /// The device of a PWM pin, and its own number of the channel, which two pins may share.
    ///
    /// # Errors
    /// In words, as whoever opens it would say.
    pub fn channel(&self, device: &str, channel: u32) -> Result<(&PwmDevice, u32), String> {
        pwm::find(&self.pwm, device, channel)
    }

    /// The bus of a name.
    ///
    /// # Errors
    /// In words, as whoever opens it would say.
    pub fn bus(&self, name: &str) -> Result<&I2cBus, String> {
        i2c::find(&self.i2c, name)
    }
}

/// The first line of a file of the kernel; nothing where there is none.
fn text(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next().unwrap_or_default().trim_matches(['\0', ' ']).to_owned();
    (!line.is_empty()).then_some(line)
}
