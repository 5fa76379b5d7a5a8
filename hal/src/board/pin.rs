//! The names of pins, as they stand in a board file.
//!
//! What must never live here: whether a pin suits what is wired to it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::DEFAULT_BUS;

/// Where a signal comes out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PinRef {
    /// `gpio:GPIO17`: a GPIO line by the name that the kernel gives it.
    Gpio {
        /// `GPIO17`
        line: String,
    },
    /// `pwm:DEVICE:CHANNEL`: a PWM channel of the kernel. How a device is named is the platform's
    /// business; see [`Linux`](crate::platform::Linux).
    Pwm {
        /// `header`
        device: String,
        /// Of the device.
        channel: u32,
    },
    /// `pca9685@0x40:0`, `pca9685@i2c-3/0x40:0`: a channel of a chip on an I²C bus.
    Chip {
        /// Index into [`Board::chips`](super::Board::chips).
        chip: usize,
        /// Of the chip.
        channel: u8,
    },
}

impl fmt::Display for PinRef {
    /// As in a board file, save that a chip has only its number here; its name takes the board:
    /// [`Board::pin_name`](super::Board::pin_name).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gpio { line } => write!(f, "gpio:{line}"),
            Self::Pwm { device, channel } => write!(f, "pwm:{device}:{channel}"),
            Self::Chip { chip, channel } => write!(f, "chips[{chip}]:{channel}"),
        }
    }
}

/// An analog input of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnalogRef {
    /// Index into [`Board::chips`](super::Board::chips).
    pub chip: usize,
    /// Of the chip.
    pub channel: u8,
}

/// A pin as it was written, before its chip is looked up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PinText {
    Gpio { line: String },
    Pwm { device: String, channel: u32 },
    Chip(ChipText),
}

/// A pin of a chip as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChipText {
    pub(super) driver: String,
    pub(super) bus: String,
    pub(super) address: u8,
    /// What the letter before the channel says of it.
    pub(super) port: Port,
    pub(super) channel: u8,
}

/// What kind of pin the letter before a channel means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// None: whatever the place wants.
    Plain,
    /// `P`: a PWM output.
    Pwm,
    /// `A`: an analog input.
    Analog,
}

/// The GPIOs of a Raspberry Pi's header that its PWM comes out at ("BCM2835 ARM Peripherals", table 6-31; "RP1
/// Peripherals", 3.1).
pub(crate) const HEADER_PWM: [u32; 4] = [12, 13, 18, 19];

/// What a pin may look like, for the person who wrote something else.
const FORMS: &str = "write gpio:GPIO17, pwm:header:12 or pca9685@0x40:0";

impl FromStr for PinText {
    type Err = Cow<'static, str>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(line) = text.strip_prefix("gpio:") {
            if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) {
                let hint = format!("did you mean gpio:GPIO{line}? lines have names, as gpioinfo lists them");
                return Err(hint.into());
            }
            let odd = |c: char| c.is_whitespace() || c.is_control();
            let sound = !line.is_empty() && !line.contains(odd);
            return sound.then(|| Self::Gpio { line: line.to_owned() }).ok_or(FORMS.into());
        }
        let (device, channel) = text.rsplit_once(':').ok_or(FORMS)?;
        if let Some(device) = device.strip_prefix("pwm:") {
            let channel = digits(channel).and_then(|digits| digits.parse().ok());
            let channel = channel.ok_or("the channel must be a number, as in pwm:header:12")?;
            if device == "header" && !HEADER_PWM.contains(&channel) {
                let [a, b, c, d] = HEADER_PWM;
                let right = format!(
                    "the header has hardware PWM at {a}, {b}, {c} and {d}; elsewhere: pwm:soft:{channel}"
                );
                return Err(right.into());
            }
            let odd = |c: char| c == '/' || c.is_whitespace() || c.is_control();
            let sound = !device.is_empty() && !device.contains(odd);
            return sound.then(|| Self::Pwm { device: device.to_owned(), channel }).ok_or(FORMS.into());
        }
        Ok(Self::Chip(chip(device, channel)?))
    }
}

/// `DRIVER@BUS/ADDRESS` or `DRIVER@ADDRESS`, without the pin.
pub(super) fn chip_text(text: &str) -> Result<(String, String, u8), &'static str> {
    let (driver, at) = text.split_once('@').ok_or(FORMS)?;
    let (bus, address) = at.rsplit_once('/').unwrap_or((DEFAULT_BUS, at));
    let address =
        address.strip_prefix("0x").and_then(digits).and_then(|hex| u8::from_str_radix(hex, 16).ok());
    Ok((
        driver.to_owned(),
        bus.to_owned(),
        address.ok_or("the address must be hexadecimal, as in pca9685@0x40:0")?,
    ))
}

/// Nothing but digits, hexadecimal ones too: Rust would read a sign as well.
fn digits(text: &str) -> Option<&str> {
    text.chars().all(|c| c.is_ascii_hexdigit()).then_some(text)
}

fn chip(device: &str, channel: &str) -> Result<ChipText, &'static str> {
    let (driver, bus, address) = chip_text(device)?;
    let (port, number) = match channel.split_at_checked(1) {
        Some(("P", number)) => (Port::Pwm, number),
        Some(("A", number)) => (Port::Analog, number),
        _ => (Port::Plain, channel),
    };
    let channel = digits(number)
        .and_then(|digits| digits.parse().ok())
        .ok_or("the channel must be a number, as in pca9685@0x40:0 or robot-hat@0x14:P0")?;
    Ok(ChipText { driver, bus, address, port, channel })
}
