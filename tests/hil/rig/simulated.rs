//! The simulated car, driven by the daemon of another process through a socket: its outputs outlive the
//! daemon, as a kernel's do.

use std::collections::HashMap;
use std::time::Duration;

use hal::Board;
use hal::board::{Chip, PinRef};
use sim::Direction;
use tempfile::TempDir;
use tests::bench::{Bench, door};
use tests::usb::mcp2221::Traffic;

use super::{Around, Rig, daemon, machine};
use crate::daemon::Setup;
use crate::pins::Seen;

/// A car that can be wired to an MCP2221, so that this rig and the kernel's drive the same one.
pub(super) const BOARD: &str = include_str!("../boards/mcp2221.toml");

/// A loaded machine of two processors: several threads wait for their turn between an event and the last write.
const SLACK: Duration = Duration::from_millis(150);

pub(crate) struct Simulated {
    board: Board,
    bench: Bench,
    folder: TempDir,
    /// What was taken from the bench's transcript so far, by address.
    traffic: HashMap<u8, Traffic>,
}

impl Simulated {
    pub(crate) fn open() -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| format!("no folder can be made: {error}"))?;
        let board = Board::parse("mcp2221.toml", BOARD).map_err(|faults| faults.to_string())?;
        std::fs::write(folder.path().join("board.toml"), BOARD)
            .map_err(|error| format!("board.toml: {error}"))?;
        let bench = Bench::new(&board);
        door::open(&bench, &folder.path().join("bench")).map_err(|error| format!("no door: {error}"))?;
        bench.sim().record_bus();
        Ok(Self { board, bench, folder, traffic: HashMap::new() })
    }
}

impl Rig for Simulated {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("rig", "the simulated car, in real time".to_owned())];
        facts.extend(machine());
        facts
    }

    fn board(&self) -> &Board {
        &self.board
    }

    fn setup(&self) -> Setup {
        let folder = self.folder.path().display();
        let config = format!(
            "lock_dir = \"{folder}\"\nboard = \"{folder}/board.toml\"\nplatform = \"bench\"\n\
             [linux]\ndev = \"{folder}\"\n"
        );
        Setup { program: daemon(), config, control: Vec::new() }
    }

    fn look(&mut self, pin: &PinRef) -> Result<Seen, String> {
        look(&self.bench, pin)
    }

    fn wheel_rad_s(&mut self, motor: &str) -> Result<f64, String> {
        wheel_rad_s(&self.bench, motor)
    }

    fn press(&mut self, pressed: bool) -> Result<(), String> {
        press(&self.bench, pressed)
    }

    fn plug(&mut self, chip: &Chip, plugged: bool) -> Result<(), String> {
        plug(&self.bench, chip, plugged);
        Ok(())
    }

    fn surround(&mut self, around: Around) -> Result<(), String> {
        surround(&self.bench, around)
    }

    fn traffic(&mut self, chip: &Chip) -> Result<Traffic, String> {
        for transfer in self.bench.sim().take_bus_transcript() {
            let writes = transfer.direction == Direction::Write;
            self.traffic.entry(transfer.address).or_default().enter(writes, transfer.bytes.len());
        }
        Ok(self.traffic.get(&chip.address).copied().unwrap_or_default())
    }

    fn slack(&self) -> Duration {
        SLACK
    }

    fn power(&self) -> f64 {
        0.6
    }
}

/// Twice the step of a PCA9685, which has 4096 to a cycle.
const DUTY_OFF: f64 = 0.0005;

/// Two steps of it at 50 Hz, 4.88 µs each.
const PULSE_OFF_US: f64 = 10.0;

pub(super) fn look(bench: &Bench, pin: &PinRef) -> Result<Seen, String> {
    let signal = bench.sim().signal(pin).ok_or("the simulated car has no such pin")?;
    Ok(Seen {
        duty: signal.duty,
        duty_off: DUTY_OFF,
        pulse_us: signal.pulse_us(),
        pulse_off_us: PULSE_OFF_US,
    })
}

pub(super) fn wheel_rad_s(bench: &Bench, motor: &str) -> Result<f64, String> {
    bench.sim().wheel_speed_rad_s(motor).ok_or_else(|| "the simulated car has no such motor".to_owned())
}

pub(super) fn press(bench: &Bench, pressed: bool) -> Result<(), String> {
    let there = bench.sim().press_estop(pressed);
    there.then_some(()).ok_or_else(|| "the board has no e-stop button".to_owned())
}

pub(super) fn plug(bench: &Bench, chip: &Chip, plugged: bool) {
    let sim = bench.sim();
    if plugged { sim.plug(chip.address) } else { sim.unplug(chip.address) }
}

pub(super) fn surround(bench: &Bench, around: Around) -> Result<(), String> {
    let sim = bench.sim();
    let there = match around {
        Around::Battery { volts, amps } => sim.set_battery(volts, amps),
        Around::Floor { index, darkness } => sim.set_line(index, darkness),
        Around::Motion { acceleration, rotation } => sim.set_imu(acceleration, rotation),
    };
    there.then_some(()).ok_or_else(|| "the board has no such sensor".to_owned())
}
