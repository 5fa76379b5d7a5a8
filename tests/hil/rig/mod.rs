//! What a car stands on while it is looked at: who drives it, what can be seen of it, what can be done to it.
//!
//! What must never live here: what a car ought to do. What a rig cannot do it says, in words for the report.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hal::Board;
use hal::board::{Chip, PRESETS, PinRef};
use hal::platform::linux::video::{Camera, devices};
use tests::usb::mcp2221::Traffic;

use crate::daemon::Setup;
use crate::pins::Seen;

mod kernel;
mod simulated;
mod wires;

/// A rig, and the car on it.
pub(crate) trait Rig: Send {
    /// Machine, kernel, and whatever else a stranger must know, for the report.
    fn facts(&self) -> Vec<(&'static str, String)>;

    /// The car's.
    fn board(&self) -> &Board;

    /// How a daemon is started on it.
    fn setup(&self) -> Setup;

    /// What can be seen of the car, and done to it.
    fn reach(&mut self) -> &mut dyn Reach;

    /// A camera of this machine's kernel, for the daemon to look through.
    fn camera(&self) -> Result<Eye, String>;

    /// What went over the bus to a chip.
    fn traffic(&mut self, chip: &Chip) -> Result<Traffic, String>;

    /// How long anything may take before a behaviour fails. Nothing waits for it unless it fails.
    fn patience(&self) -> Duration {
        Duration::from_secs(20)
    }

    /// What this rig may add to a time that is promised.
    fn slack(&self) -> Duration;

    /// How much power the wheels get.
    fn power(&self) -> f64;
}

/// What can be seen of a car and done to it, from outside of whoever drives it. What cannot, it says.
pub(crate) trait Reach {
    /// What is on an output pin.
    fn look(&mut self, pin: &PinRef) -> Result<Seen, String>;

    /// How fast a motor's wheel turns, rad/s, forward positive.
    fn wheel_rad_s(&mut self, _motor: &str) -> Result<f64, String> {
        Err("nobody sees this wheel".to_owned())
    }

    /// Presses the e-stop's button, or lets go of it.
    fn press(&mut self, _pressed: bool) -> Result<(), String> {
        Err("nobody is there to press it".to_owned())
    }

    /// Cuts a chip off its bus, or wires it again.
    fn plug(&mut self, _chip: &Chip, _plugged: bool) -> Result<(), String> {
        Err("nobody is there to pull a wire".to_owned())
    }

    /// Changes what is around the car.
    fn surround(&mut self, _around: Around) -> Result<(), String> {
        Err("nobody is there to change it".to_owned())
    }
}

/// A camera of the kernel.
#[derive(Clone, Debug)]
pub(crate) struct Eye {
    pub(crate) device: PathBuf,
    pub(crate) name: String,
    /// It is `vivid`, the kernel's test camera, which can be asked to unplug itself.
    pub(crate) is_test: bool,
}

/// What is around a car, for its sensors.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Around {
    /// Another battery.
    Battery { volts: f64, amps: f64 },
    /// Another floor under a line sensor, counted from the left: 0 light to 1 dark.
    Floor { index: usize, darkness: f64 },
    /// Something so far ahead.
    Obstacle { distance_m: f64 },
    /// What pulls at the car, m/s², and turns it, rad/s.
    Motion { acceleration: [f64; 3], rotation: [f64; 3] },
}

/// Which rig.
#[derive(Clone, Debug)]
pub(crate) enum Rung {
    /// A simulated car: a preset's, or one that can be wired to an MCP2221.
    Simulated(Option<String>),
    /// The same with its motors' leads the wrong way round.
    Miswired(String),
    /// A simulated car behind this machine's kernel.
    Kernel,
    /// A board on this machine.
    Board(PathBuf),
}

impl Rung {
    /// By the value of `CAR_HIL`.
    pub(crate) fn chosen(variable: Option<OsString>) -> Self {
        match variable {
            None => Self::Simulated(None),
            Some(word) if word == "mcp2221" => Self::Kernel,
            Some(word) => match word.to_str().and_then(|word| word.split_once(':')) {
                Some(("sim", preset)) => Self::Simulated(Some(preset.to_owned())),
                Some(("miswired", preset)) => Self::Miswired(preset.to_owned()),
                _ => Self::Board(word.into()),
            },
        }
    }

    /// For the name of a file.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Simulated(None) => "simulated".to_owned(),
            Self::Simulated(Some(preset)) => format!("simulated-{preset}"),
            Self::Miswired(preset) => format!("miswired-{preset}"),
            Self::Kernel => "kernel".to_owned(),
            Self::Board(_) => "board".to_owned(),
        }
    }

    /// Sets it up.
    pub(crate) fn open(&self) -> Result<Box<dyn Rig>, String> {
        Ok(match self {
            Self::Simulated(None) => Box::new(simulated::Simulated::open(simulated::FULL_BOARD, false)?),
            Self::Simulated(Some(name)) => Box::new(simulated::Simulated::open(preset(name)?, false)?),
            Self::Miswired(name) => Box::new(simulated::Simulated::open(preset(name)?, true)?),
            Self::Kernel => Box::new(kernel::Kernel::open()?),
            Self::Board(path) => Box::new(wires::Wires::open(path)?),
        })
    }
}

/// The file of a preset.
fn preset(name: &str) -> Result<&'static str, String> {
    let preset = PRESETS.iter().find(|preset| preset.name == name);
    preset.map(|preset| preset.toml).ok_or_else(|| format!("no preset is called {name}"))
}

/// The program under test: `CAR_HIL_DAEMON`, or what was built with this.
fn daemon() -> PathBuf {
    let built = || PathBuf::from(env!("CARGO_BIN_EXE_car-daemon-under-test"));
    std::env::var_os("CAR_HIL_DAEMON").map_or_else(built, PathBuf::from)
}

/// The first camera of this machine.
fn camera() -> Result<Eye, String> {
    let eye = |device: PathBuf| {
        let camera = Camera::open(&device).ok()?;
        let about = camera.about().clone();
        let is_test = about.driver == "vivid";
        (about.captures && !about.is_stage).then_some(Eye { device, name: about.name, is_test })
    };
    let found = devices(Path::new("/dev")).into_iter().find_map(eye);
    found.ok_or_else(|| "this machine has no V4L2 device that gives pictures".to_owned())
}

/// What kernel this is, and on what.
fn machine() -> Vec<(&'static str, String)> {
    let name = rustix::system::uname();
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    // On a Raspberry Pi; elsewhere there is none.
    let model = std::fs::read_to_string("/proc/device-tree/model").ok();
    let model = model.map(|model| ("model", model.trim_end_matches('\0').to_owned()));
    let kernel = format!("{} {} {}", text(name.sysname()), text(name.release()), text(name.version()));
    let mut facts = vec![("machine", text(name.machine())), ("kernel", kernel)];
    facts.extend(model);
    facts
}
