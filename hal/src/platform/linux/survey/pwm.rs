//! PWM devices, and by which pins a board may call their channels.

use std::path::Path;

use rustix::fs::{Access, access};

use super::super::file_name;
use super::super::pwm::{Device, devices as found, nowhere};
use super::text;
use crate::board::HEADER_PWM;

/// A PWM device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PwmDevice {
    /// `pwmchip0`, which is another one with another kernel.
    pub chip: String,
    /// `fe20c000.pwm`, which stays.
    pub name: String,
    /// How many channels it has.
    pub channels: u32,
    /// Those that come out at a pin of the header or by software.
    pub pins: Vec<PwmPin>,
    /// This user may use it.
    pub writable: bool,
}

/// A pin at which a channel may come out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PwmPin {
    /// As a board calls it: `header`, `soft`.
    pub kind: String,
    /// The GPIO.
    pub gpio: u32,
    /// The device's own number of the channel, which several pins may have.
    pub channel: u32,
}

pub(super) fn devices(class: &Path) -> Vec<PwmDevice> {
    found(class).iter().map(look).collect()
}

fn look(device: &Device) -> PwmDevice {
    let pin =
        |kind: &str, gpio| Some(PwmPin { kind: kind.to_owned(), gpio, channel: device.channel(kind, gpio)? });
    let header = HEADER_PWM.iter().filter_map(|gpio| pin("header", *gpio));
    let soft = device.soft_gpio().and_then(|gpio| pin("soft", gpio));
    PwmDevice {
        chip: file_name(&device.chip),
        name: device.name.clone(),
        channels: text(&device.chip.join("npwm")).and_then(|count| count.parse().ok()).unwrap_or_default(),
        pins: header.chain(soft).collect(),
        writable: access(device.chip.join("export"), Access::WRITE_OK).is_ok(),
    }
}

/// A device, and its own number of the channel.
pub(super) fn find<'d>(
    devices: &'d [PwmDevice],
    device: &str,
    channel: u32,
) -> Result<(&'d PwmDevice, u32), String> {
    let names = || devices.iter().map(|device| device.name.as_str()).collect::<Vec<_>>();
    let is_meant = |pin: &&PwmPin| (pin.kind.as_str(), pin.gpio) == (device, channel);
    let number = |this: &'d PwmDevice| match device {
        "header" | "soft" => this.pins.iter().find(is_meant).map(|pin| (this, pin.channel)),
        _ => (this.name == device).then_some((this, channel)),
    };
    let found = devices.iter().find_map(number);
    let (found, own) = found.ok_or_else(|| nowhere("/sys/class/pwm", &names(), device, channel))?;
    if !["header", "soft"].contains(&device) && channel >= found.channels {
        return Err(format!("{device} has {} channels, counted from 0", found.channels));
    }
    Ok((found, own))
}
