//! The kernel's GPIO, PWM and I²C.
//!
//! What lives here: finding devices by name, opening them in their safe state, and saying what to do
//! where that fails. What must never live here: what is wired to them.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Bus, Delay, EdgeSink, Input, Output, Platform, Pwm, Watch};
use held::Held;
use survey::Survey;

use crate::board::{Level, Pull};
use crate::{IoError, IoKind};

mod edges;
mod gpio;
mod held;
mod i2c;
mod pwm;
pub mod survey;
#[cfg(test)]
mod tests;
pub mod video;

/// The Linux platform.
///
/// Names in a board file:
///
/// - `gpio:GPIO17`: a line by the name that the kernel gives it (`gpioinfo` lists them), on whatever
///   chip it is; chips are renumbered from one kernel to the next. `gpio:LABEL/OFFSET` names a line
///   without a name: `gpio:pinctrl-rp1/17`.
/// - `pwm:header:12`: the hardware PWM of GPIO12 on a Raspberry Pi's header; 12, 13, 18 or 19. A Raspberry Pi 5
///   has a channel for each; the others have one for GPIO12 and GPIO18, and one for GPIO13 and GPIO19.
/// - `pwm:soft:5`: the kernel's software PWM on GPIO5 (`dtoverlay=pwm-gpio,gpio=5`).
/// - `pwm:DEVICE:0`: channel 0 of any other device in `/sys/class/pwm`, by the name that its link
///   `device` points to, such as `fe20c000.pwm`.
/// - A line or a channel is opened once, by whatever name: a second time is an error that says by whom it is
///   held.
/// - `i2c-1`: `/dev/i2c-1`. Its adapter waits 40 ms for a transfer from then on, whoever begins it, and
///   tries none again by itself. One that heeds no timeout (a USB adapter) may hang for longer than the control
///   loop may stand, and then the daemon ends.
///
/// A Raspberry Pi's kernel keeps driving what a process leaves behind, so an output outlives the
/// process: whoever ends must bring the car to rest first.
///
/// # From power-up to the first command
///
/// An output is low, or has no duty, from the request on that opens it; there is no moment between. What is
/// on the wires before that is the machine's:
///
/// - A line of a Raspberry Pi's header is an input after power-up, pulled **up** by about 50 kΩ if it is GPIO0
///   to GPIO8, and down if it is GPIO9 to GPIO27 ("BCM2835 ARM Peripherals", table 6-31; a Pi 5 does the same).
///   So wire what drives a motor to GPIO9 and above, or write `gpio=5,6=op,dl` into
///   `/boot/firmware/config.txt`: the firmware then drives those lines low, a few seconds after power-up.
///   `car-daemon doctor` names such lines.
/// - A line in a kernel's software PWM (`dtoverlay=pwm-gpio`) is low once the kernel has loaded it.
/// - Hardware PWM has no pulse before it is enabled; its pin is an input, as above, without an overlay.
/// - A PCA9685 starts with all channels off, and drives them low (its data sheet, 7.3.3): nothing is needed. It
///   keeps its outputs while the computer restarts, as long as it has supply.
/// - A TB6612FNG and a DRV8833 have pull-downs inside (200 and 150 kΩ by their data sheets), which hold them
///   against a wire that floats, and not against one that is pulled up. A module with an L298N has none: give
///   its EN, once the jumper is off, 10 kΩ to ground, or a line that is pulled down.
///
/// # Inputs
///
/// A chip that has no resistors is not refused by the kernel, so on an expander the resistor that a button
/// needs is one of the board.
#[derive(Clone, Debug)]
pub struct Linux {
    dev: PathBuf,
    sys: PathBuf,
    clock: Clock,
    held: Held,
}

/// The time of the caller, as [`Platform::advance`] last said it. Clones are one clock.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn set(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Linux {
    /// This machine.
    #[must_use]
    pub fn new() -> Self {
        Self::rooted("/dev", "/sys")
    }

    /// What there is, and which of `chips`, each an address on a bus, answer. Asks each for one byte, which
    /// moves nothing, but takes the bus for as long as that lasts; writes nothing, and requests no line.
    #[must_use]
    pub fn survey(&self, chips: &BTreeSet<(String, u8)>) -> Survey {
        Survey::take(&self.dev, &self.sys, chips)
    }

    /// With other places for `/dev` and `/sys`, for tests and containers.
    #[must_use]
    pub fn rooted(dev: impl Into<PathBuf>, sys: impl Into<PathBuf>) -> Self {
        Self { dev: dev.into(), sys: sys.into(), clock: Clock::default(), held: Held::default() }
    }
}

impl Default for Linux {
    fn default() -> Self {
        Self::new()
    }
}

impl Platform for Linux {
    fn name(&self) -> &'static str {
        "linux"
    }

    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        gpio::output(&self.dev, &self.held, line, first)
    }

    fn input(&mut self, line: &str, pull: Pull) -> Result<Input, IoError> {
        gpio::input(&self.dev, &self.held, line, pull)
    }

    fn watch(
        &mut self,
        lines: &[&str],
        pull: Pull,
        debounce: Option<Duration>,
        sink: EdgeSink,
    ) -> Result<Watch, IoError> {
        edges::watch(&self.dev, &self.held, lines, pull, debounce, sink)
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        pwm::open(&self.sys.join("class/pwm"), &self.held, device, channel, frequency_hz)
    }

    fn i2c(&mut self, bus: &str, address: u8) -> Result<Bus, IoError> {
        i2c::open(&self.dev, bus, address, &self.clock)
    }

    fn delay(&mut self) -> Delay {
        Box::new(linux_embedded_hal::Delay)
    }

    fn advance(&mut self, now: Duration) {
        self.clock.set(now);
    }
}

fn failure(place: &str, reason: impl Into<String>) -> IoError {
    IoError { place: place.to_owned(), reason: reason.into(), kind: IoKind::Other }
}

/// What the system said of a path, and for the usual cases what to do. `group` may use such devices on
/// Raspberry Pi OS.
fn explain(path: &Path, error: &io::Error, group: &str) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied => format!(
            "{path}: permission denied; add the user to the group {group} (sudo usermod -aG {group} USER) and log in again"
        ),
        io::ErrorKind::ResourceBusy => {
            format!("{path}: in use by another program or kernel driver; stop it first")
        }
        _ => format!("{path}: {error}"),
    }
}

/// The files of a directory whose names begin with `prefix`, sorted; none where there is no such directory.
fn entries(directory: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(listing) = directory.read_dir() else { return Vec::new() };
    let mut found: Vec<PathBuf> = listing
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| file_name(path).starts_with(prefix))
        .collect();
    found.sort();
    found
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
