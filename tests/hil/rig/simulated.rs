//! The simulated car, driven by the daemon of another process through a socket: its outputs outlive the
//! daemon, as a kernel's do.

use std::collections::HashMap;
use std::time::Duration;

use hal::Board;
use hal::board::{Chip, PinRef};
use sim::{Direction, Fault};
use tempfile::TempDir;
use tests::bench::{Bench, door};
use tests::usb::mcp2221::Traffic;

use super::{Around, Eye, Reach, Rig, daemon, machine};
use crate::daemon::Setup;
use crate::pins::Seen;

/// A car that can be wired to an MCP2221: the kernel's.
pub(crate) const BOARD: &str = include_str!("../boards/mcp2221.toml");

/// This rig's, where nobody names another: the same with encoders and a sonar.
pub(crate) const FULL_BOARD: &str =
    concat!(include_str!("../boards/mcp2221.toml"), include_str!("../boards/edges.toml"));

/// A loaded machine of two processors: several threads wait for their turn between an event and the last write.
const SLACK: Duration = Duration::from_millis(150);

/// What a control loop may wait for its turn there, and for the answers of another process.
const STALL_MS: u32 = 2_000;

pub(crate) struct Simulated {
    board: Board,
    bench: Bench,
    folder: TempDir,
    /// What was taken from the bench's transcript so far, by address.
    traffic: HashMap<u8, Traffic>,
    miswired: bool,
}

impl Simulated {
    /// With the board of a file; where it is `miswired`, the leads of each motor are the other way round than the
    /// daemon is told.
    pub(crate) fn open(toml: &str, miswired: bool) -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| format!("no folder can be made: {error}"))?;
        let board = Board::parse("board.toml", toml).map_err(|faults| faults.to_string())?;
        let told = if miswired { inverted(toml) } else { toml.to_owned() };
        std::fs::write(folder.path().join("board.toml"), told)
            .map_err(|error| format!("board.toml: {error}"))?;
        let bench = Bench::new(&board);
        door::open(&bench, &folder.path().join("bench")).map_err(|error| format!("no door: {error}"))?;
        bench.sim().record_bus();
        Ok(Self { board, bench, folder, traffic: HashMap::new(), miswired })
    }
}

/// The file with `invert` of each motor the other way round.
fn inverted(toml: &str) -> String {
    let inverts = |line: &&str| line.starts_with("invert");
    let motor = |table: &str| {
        let (head, rest) = table.split_once('\n').unwrap_or((table, ""));
        // Tables of a motor's own, as its encoder, are no motors.
        if !head.starts_with("motors.") || head.matches('.').count() > 1 {
            return table.to_owned();
        }
        let lines: Vec<&str> = rest.split('\n').filter(|line| !inverts(line)).collect();
        let invert = if rest.split('\n').any(|line| inverts(&line)) { "" } else { "invert = true\n" };
        format!("{head}\n{invert}{}", lines.join("\n"))
    };
    toml.split("\n[").map(motor).collect::<Vec<_>>().join("\n[")
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
        Setup {
            program: daemon(),
            config,
            control: vec![format!("stall_ms = {STALL_MS}")],
            camera: String::new(),
        }
    }

    fn reach(&mut self) -> &mut dyn Reach {
        &mut self.bench
    }

    fn camera(&self) -> Result<Eye, String> {
        Err("the camera of a simulated car is no device of a kernel".to_owned())
    }

    fn traffic(&mut self, chip: &Chip) -> Result<Traffic, String> {
        for transfer in self.bench.sim().take_bus_transcript() {
            let writes = transfer.direction == Direction::Write;
            self.traffic.entry(transfer.address).or_default().enter(writes, transfer.bytes.len());
        }
        Ok(self.traffic.get(&chip.address).copied().unwrap_or_default())
    }

    /// What is wrong on purpose is seen at once.
    fn patience(&self) -> Duration {
        Duration::from_secs(if self.miswired { 1 } else { 20 })
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

/// The simulated car itself is looked at, past whoever drives it.
impl Reach for Bench {
    fn look(&mut self, pin: &PinRef) -> Result<Seen, String> {
        let signal = self.sim().signal(pin).ok_or("the simulated car has no such pin")?;
        Ok(Seen {
            duty: signal.duty,
            duty_off: DUTY_OFF,
            pulse_us: signal.pulse_us(),
            pulse_off_us: PULSE_OFF_US,
        })
    }

    fn wheel_rad_s(&mut self, motor: &str) -> Result<f64, String> {
        self.sim().wheel_speed_rad_s(motor).ok_or_else(|| "the simulated car has no such motor".to_owned())
    }

    fn press(&mut self, pressed: bool) -> Result<(), String> {
        let there = self.sim().press_estop(pressed);
        there.then_some(()).ok_or_else(|| "the board has no e-stop button".to_owned())
    }

    fn plug(&mut self, chip: &Chip, plugged: bool) -> Result<(), String> {
        let silent = Fault::ChipSilent(chip.to_string());
        if plugged {
            self.sim().mend(silent);
            return Ok(());
        }
        self.sim().fault(silent).then_some(()).ok_or_else(|| format!("the simulated car has no {chip}"))
    }

    fn surround(&mut self, around: Around) -> Result<(), String> {
        let sim = self.sim();
        let there = match around {
            Around::Battery { volts, amps } => sim.set_battery(volts, amps),
            Around::Floor { index, darkness } => sim.set_line(index, darkness),
            Around::Obstacle { distance_m } => sim.set_range(Some(distance_m)),
            Around::Motion { acceleration, rotation } => sim.set_imu(acceleration, rotation),
        };
        there.then_some(()).ok_or_else(|| "the board has no such sensor".to_owned())
    }
}
