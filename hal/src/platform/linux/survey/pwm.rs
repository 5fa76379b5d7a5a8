//! PWM devices, and by which pins a board may call their channels.

use std::path::Path;

use rustix::fs::{Access, access};

use super::super::file_name;
use super::super::pwm::{Device, HEADER_GPIOS, devices as found, nowhere};
use super::text;

/// A PWM device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PwmDevice {
    /// `pwmchip0`, which is another one with another kernel.
    pub chip: String,
    /// `fe20c000.pwm`, which stays.
    pub name: String,
    /// How many channels it has.
    pub channels: u32,
    /// Those that come out at a pin of the header or by software, as a board calls them: `header`, 12.
    pub pins: Vec<(String, u32)>,
    /// This user may use it.
    pub writable: bool,
}

pub(super) fn devices(class: &Path) -> Vec<PwmDevice> {
    found(class).iter().map(look).collect()
}

fn look(device: &Device) -> PwmDevice {
    let header = HEADER_GPIOS.iter().filter(|gpio| device.channel("header", **gpio).is_some());
    let pins = header.map(|gpio| ("header".to_owned(), *gpio));
    PwmDevice {
        chip: file_name(&device.chip),
        name: device.name.clone(),
        channels: text(&device.chip.join("npwm")).and_then(|count| count.parse().ok()).unwrap_or_default(),
        pins: pins.chain(device.soft_gpio().map(|gpio| ("soft".to_owned(), gpio))).collect(),
        writable: access(device.chip.join("export"), Access::WRITE_OK).is_ok(),
    }
}

pub(super) fn find<'d>(
    devices: &'d [PwmDevice],
    device: &str,
    channel: u32,
) -> Result<&'d PwmDevice, String> {
    let names = || devices.iter().map(|device| device.name.as_str()).collect::<Vec<_>>();
    let has = |this: &&PwmDevice| match device {
        "header" | "soft" => this.pins.iter().any(|(kind, gpio)| (kind.as_str(), *gpio) == (device, channel)),
        _ => this.name == device,
    };
    let found =
        devices.iter().find(has).ok_or_else(|| nowhere("/sys/class/pwm", &names(), device, channel))?;
    if !["header", "soft"].contains(&device) && channel >= found.channels {
        return Err(format!("{device} has {} channels, counted from 0", found.channels));
    }
    Ok(found)
}
