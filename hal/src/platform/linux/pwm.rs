//! PWM channels of `/sys/class/pwm` (Linux, Documentation/driver-api/pwm.rst).
//!
//! What must never live here: software PWM of our own; the kernel has one.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use embedded_hal::pwm::{ErrorType, SetDutyCycle};

use super::held::{Held, Hold};
use super::{entries, explain, failure, file_name};
use crate::IoError;
use crate::platform::Pwm;

/// The PWM that a Raspberry Pi has on its header: how its device's name ends, and which GPIO is on
/// which of its channels. From the tables of alternative functions in "BCM2711 ARM Peripherals" and
/// "RP1 Peripherals"; the addresses are those of the device trees.
const HEADER: [(&str, &[(u32, u32)]); 2] = [
    ("20c000.pwm", &[(12, 0), (13, 1), (18, 0), (19, 1)]),
    ("98000.pwm", &[(12, 0), (13, 1), (18, 2), (19, 3)]),
];

/// Whose members may use PWM on Raspberry Pi OS.
const GROUP: &str = "gpio";
/// The polarity in which no duty is always off.
const NORMAL: &str = "normal";
/// After an export udev needs a moment to give the group its rights.
const RIGHTS_WITHIN: Duration = Duration::from_secs(1);
const RIGHTS_POLL: Duration = Duration::from_millis(10);

pub(super) fn open(
    class: &Path,
    held: &Held,
    device: &str,
    channel: u32,
    frequency_hz: f64,
) -> Result<Pwm, IoError> {
    let place = format!("pwm:{device}:{channel}");
    let period_ns = period_ns(frequency_hz)
        .ok_or_else(|| failure(&place, format!("{frequency_hz} hertz is no frequency for PWM")))?;
    let (chip, index) = find(class, device, channel).map_err(|reason| failure(&place, reason))?;
    // Before anything is written to it: it may be driving.
    let hold = held.hold(&chip, index, &place).map_err(|holder| failure(&place, shared(&holder, index)))?;
    let output = start(&chip, index, period_ns, |path| OpenOptions::new().write(true).open(path));
    let output = output.map_err(|reason| failure(&place, reason))?;
    Ok(Box::new(SysfsPwm { duty_cycle: output, period_ns, place, _hold: hold }))
}

fn shared(holder: &str, index: u32) -> String {
    format!("is channel {index} of a device, which {holder} has already; {ONE_EACH}")
}

/// What to do where two pins are one channel.
pub(super) const ONE_EACH: &str = "wire each signal to a channel of its own: on a Raspberry Pi 1 to 4 GPIO12 and GPIO18 \
                                   share one, GPIO13 and GPIO19 the other";

fn period_ns(frequency_hz: f64) -> Option<u32> {
    // From what fits a u32 of nanoseconds up to what leaves a duty something to count.
    (0.25..=1e6).contains(&frequency_hz).then(|| (1e9 / frequency_hz).round() as u32)
}

/// A PWM device of the kernel.
pub(super) struct Device {
    /// Its directory.
    pub(super) chip: PathBuf,
    /// That of the hardware behind it, which stays the same with every kernel.
    pub(super) name: String,
}

/// All there are.
pub(super) fn devices(class: &Path) -> Vec<Device> {
    let named = |chip: PathBuf| {
        let target = fs::canonicalize(chip.join("device")).unwrap_or_default();
        Device { name: file_name(&target), chip }
    };
    entries(class, "pwmchip").into_iter().map(named).collect()
}

impl Device {
    /// Its own number of a channel, if that is one of its.
    pub(super) fn channel(&self, device: &str, channel: u32) -> Option<u32> {
        match device {
            "header" => {
                let (_, channels) = HEADER.iter().find(|(ending, _)| self.name.ends_with(ending))?;
                channels.iter().find(|(pin, _)| *pin == channel).map(|(_, channel)| *channel)
            }
            "soft" => (self.soft_gpio()? == channel).then_some(0),
            _ => (self.name == device).then_some(channel),
        }
    }

    /// The line of a `pwm-gpio`, from its device tree node: `gpios = <phandle line flags>`, big-endian.
    pub(super) fn soft_gpio(&self) -> Option<u32> {
        let node = self.chip.join("device/of_node");
        let compatible = fs::read(node.join("compatible")).ok()?;
        let gpios = fs::read(node.join("gpios")).ok()?;
        let line: [u8; 4] = gpios.get(4..8)?.try_into().ok()?;
        compatible.starts_with(b"pwm-gpio\0").then(|| u32::from_be_bytes(line))
    }
}

/// The directory of the chip, and the channel there.
fn find(class: &Path, device: &str, channel: u32) -> Result<(PathBuf, u32), String> {
    let devices = devices(class);
    let found = devices.iter().find_map(|this| Some((this.chip.clone(), this.channel(device, channel)?)));
    found.ok_or_else(|| {
        let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
        nowhere(&class.to_string_lossy(), &names, device, channel)
    })
}

/// Where none of the devices of these names has a channel.
pub(super) fn nowhere(class: &str, names: &[&str], device: &str, channel: u32) -> String {
    let there = if names.is_empty() { "no PWM at all".to_owned() } else { names.join(", ") };
    let remedy = match device {
        "header" => format!(
            "GPIO{channel} has hardware PWM only if it is 12, 13, 18 or 19, and only with dtoverlay=pwm or \
             dtoverlay=pwm-2chan in /boot/firmware/config.txt"
        ),
        "soft" => format!("add dtoverlay=pwm-gpio,gpio={channel} to /boot/firmware/config.txt and restart"),
        _ => "check the name after pwm:".to_owned(),
    };
    format!("{class} has {there}; {remedy}")
}

/// Exports the channel and starts it with no duty. Answers its open `duty_cycle`, so that a stop needs
/// no new file where the process has too many. `open` opens a file for writing.
pub(super) fn start(
    chip: &Path,
    index: u32,
    period_ns: u32,
    mut open: impl FnMut(&Path) -> io::Result<File>,
) -> Result<File, String> {
    let channel = chip.join(format!("pwm{index}"));
    if !channel.exists() {
        let export = chip.join("export");
        fs::write(&export, format!("{index}\n")).map_err(|error| explain(&export, &error, GROUP))?;
    }
    let mut attribute = |name| Attribute::open(channel.join(name), &mut open);
    let (duty_cycle, period) = (attribute("duty_cycle")?, attribute("period")?);
    let (polarity, enable) = (attribute("polarity")?, attribute("enable")?);
    // What an earlier process left running: the polarity can change only while it is disabled.
    if enable.is_set() {
        enable.set("0")?;
    }
    // The kernel refuses a period below the duty, and anything else while there is no period.
    if duty_cycle.is_set() {
        duty_cycle.set("0")?;
    }
    period.set(&period_ns.to_string())?;
    duty_cycle.set("0")?;
    polarity.set(NORMAL)?;
    let found = polarity.value();
    if found != NORMAL {
        let path = polarity.path.display();
        return Err(format!(
            "{path}: is `{found}` although `{NORMAL}` was written, and inversed no duty is always on; \
             use another channel"
        ));
    }
    enable.set("1")?;
    Ok(duty_cycle.file)
}

/// One of a channel's files: a single line.
struct Attribute {
    path: PathBuf,
    file: File,
}

impl Attribute {
    /// Waits for the rights to it, each by itself: udev changes one file after the other.
    fn open(path: PathBuf, open: &mut impl FnMut(&Path) -> io::Result<File>) -> Result<Self, String> {
        let mut waited = Duration::ZERO;
        loop {
            match open(&path) {
                Ok(file) => return Ok(Self { path, file }),
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied && waited < RIGHTS_WITHIN => {
                    std::thread::sleep(RIGHTS_POLL);
                    waited += RIGHTS_POLL;
                }
                Err(error) => return Err(explain(&path, &error, GROUP)),
            }
        }
    }

    /// Nothing where it cannot be read.
    fn value(&self) -> String {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        text.lines().next().unwrap_or_default().trim().to_owned()
    }

    fn is_set(&self) -> bool {
        !["", "0"].contains(&self.value().as_str())
    }

    fn set(&self, value: &str) -> Result<(), String> {
        write(&self.file, value).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => {
                let path = self.path.display();
                format!("{path}: the device cannot do {value}; choose another frequency or another channel")
            }
            _ => explain(&self.path, &error, GROUP),
        })
    }
}

/// Each write to such a file begins at its start.
fn write(file: &File, value: &str) -> io::Result<()> {
    file.write_all_at(format!("{value}\n").as_bytes(), 0)
}

struct SysfsPwm {
    duty_cycle: File,
    period_ns: u32,
    place: String,
    _hold: Hold,
}

impl ErrorType for SysfsPwm {
    type Error = IoError;
}

impl SetDutyCycle for SysfsPwm {
    /// Of a servo's 20 ms one step is 0.3 µs.
    fn max_duty_cycle(&self) -> u16 {
        u16::MAX
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), IoError> {
        let ns = u64::from(self.period_ns) * u64::from(duty) / u64::from(u16::MAX);
        write(&self.duty_cycle, &ns.to_string()).map_err(|error| failure(&self.place, error.to_string()))
    }
}
