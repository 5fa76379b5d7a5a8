//! An emulated adapter in this machine's kernel, with a bench at its pins.
//!
//! What must never live here: what a report means, which is [`Adapter`]'s.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hal::Platform;
use hal::board::Pull;
use hal::platform::Linux;

use super::{Adapter, BUS_NAME, IDENTITY, LABEL, LINES, Ledger};
use crate::bench::Bench;
use crate::usb::uhid::Device;

/// How long the kernel may take to make a bus and lines of it. The driver of Linux 6.1 gets no answer while it
/// begins, and waits four seconds for each of six.
const PATIENCE: Duration = Duration::from_secs(60);

/// An adapter that is plugged in until this process ends.
#[derive(Debug)]
pub struct Plug {
    adapter: Arc<Mutex<Adapter>>,
    bus: String,
    appeared: Duration,
    early: bool,
}

impl Plug {
    /// Plugs it in at `uhid`, and waits until the kernel has a bus and lines of it. `bus` is what the bench's
    /// board calls its bus.
    ///
    /// # Errors
    /// What is missing, for people: rights, modules of the kernel, or that there is such an adapter already.
    pub fn plug_in(bench: &Bench, bus: &str, uhid: &Path) -> Result<Self, String> {
        if let Some(bus) = bus_of_adapter() {
            return Err(format!(
                "{bus} is of another MCP2221; unplug it, as their lines have the same names"
            ));
        }
        let device = Device::create(uhid, &IDENTITY)?;
        let adapter = Arc::new(Mutex::new(Adapter::new(Box::new(bench.sim()), bus)));
        let begun = Instant::now();
        device.serve_in_thread(Arc::clone(&adapter), bench)?;
        let bus = wait("bus", bus_of_adapter)?;
        wait_for_lines(LABEL)?;
        let mut plug = Self { adapter, bus, appeared: begun.elapsed(), early: false };
        plug.suit_driver()?;
        Ok(plug)
    }

    /// What the kernel calls its bus: `i2c-0`.
    #[must_use]
    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// How long the kernel took to make a bus and lines of it.
    #[must_use]
    pub fn appeared(&self) -> Duration {
        self.appeared
    }

    /// Whether the kernel's driver is one that [`Adapter::suit_early_drivers`] is for.
    #[must_use]
    pub fn early(&self) -> bool {
        self.early
    }

    /// What went through it so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        lock(&self.adapter).ledger().clone()
    }

    /// Has the kernel read every line, and looks whether it understands what it is told.
    fn suit_driver(&mut self) -> Result<(), String> {
        for line in 0..LINES {
            let mut input = Linux::new()
                .input(&format!("{LABEL}/{line}"), Pull::None)
                .map_err(|error| format!("the kernel does not give its line {line} away: {error}"))?;
            let high =
                input.is_high().map_err(|error| format!("the kernel does not read line {line}: {error}"))?;
            if high && !lock(&self.adapter).level(line) {
                lock(&self.adapter).suit_early_drivers();
                self.early = true;
            }
        }
        Ok(())
    }
}

fn lock(adapter: &Mutex<Adapter>) -> MutexGuard<'_, Adapter> {
    adapter.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bus that the kernel has of an adapter, by its name.
fn bus_of_adapter() -> Option<String> {
    let buses: Vec<PathBuf> =
        fs::read_dir("/sys/class/i2c-dev").ok()?.flatten().map(|entry| entry.path()).collect();
    let of_adapter =
        |bus: &&PathBuf| fs::read_to_string(bus.join("name")).is_ok_and(|name| name.trim() == BUS_NAME);
    let bus = buses.iter().find(of_adapter)?;
    Some(bus.file_name()?.to_string_lossy().into_owned())
}

/// Waits until the kernel has the lines of an adapter.
///
/// # Errors
/// It has none after a minute.
pub fn wait_for_lines(label: &str) -> Result<(), String> {
    wait("lines", || Linux::new().input(&format!("{label}/0"), Pull::None).ok()).map(drop)
}

fn wait<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> Result<T, String> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = there() {
            return Ok(found);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(format!(
        "the kernel made no {what} of the adapter within {} s; are the modules of its driver and i2c-dev loaded?",
        PATIENCE.as_secs()
    ))
}
