//! The simulated car behind this machine's kernel: its bus and its lines are those of an emulated MCP2221, so
//! every transfer goes through the kernel's own drivers.

use std::path::Path;
use std::time::Duration;

use hal::Board;
use hal::board::Chip;
use tempfile::TempDir;
use tests::bench::Bench;
use tests::usb::mcp2221::{Plug, Traffic};

use super::simulated::BOARD;
use super::{Eye, Reach, Rig, camera, daemon, machine};
use crate::daemon::Setup;

/// The bus of the board, for which the kernel has a name of its own.
const BUS: &str = "i2c-0";

/// The kernel's driver waits a millisecond or two in each transfer, of which some ten come one after the other.
const SLACK: Duration = Duration::from_millis(100);

/// What a control loop may take here to set up a chip again, some twenty transfers.
const STALL_MS: u32 = 2_000;

pub(crate) struct Kernel {
    board: Board,
    bench: Bench,
    plug: Plug,
    folder: TempDir,
}

impl Kernel {
    pub(crate) fn open() -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| format!("no folder can be made: {error}"))?;
        let board = Board::parse("mcp2221.toml", BOARD).map_err(|faults| faults.to_string())?;
        let bench = Bench::new(&board);
        let plug = Plug::plug_in(&bench, BUS, Path::new("/dev/uhid"))?;
        let file = BOARD.replace(BUS, plug.bus());
        std::fs::write(folder.path().join("board.toml"), file)
            .map_err(|error| format!("board.toml: {error}"))?;
        Ok(Self { board, bench, plug, folder })
    }
}

impl Rig for Kernel {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts =
            vec![("rig", "the simulated car behind an emulated MCP2221 of this kernel".to_owned())];
        facts.extend(machine());
        let appeared = self.plug.appeared().as_secs_f64();
        facts.push(("adapter", format!("{}, {appeared:.1} s after it was plugged in", self.plug.bus())));
        if self.plug.early() {
            let what = "it reads the direction of a line for its level, and is answered accordingly";
            facts.push(("its driver", what.to_owned()));
        }
        let ledger = self.plug.ledger();
        facts.push((
            "through the adapter",
            format!(
                "{} reports; {} writes and {} reads of {} bytes, which keep a bus at 400 kHz busy for {:.1} ms; \
                 lines set {} times and read {} times",
                ledger.reports,
                ledger.bus.writes,
                ledger.bus.reads,
                ledger.bus.bytes,
                ledger.bus.bus_us(400e3) / 1e3,
                ledger.set_lines,
                ledger.got_lines
            ),
        ));
        facts
    }

    fn board(&self) -> &Board {
        &self.board
    }

    fn setup(&self) -> Setup {
        let folder = self.folder.path().display();
        let config =
            format!("lock_dir = \"{folder}\"\nboard = \"{folder}/board.toml\"\nplatform = \"linux\"\n");
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
        camera()
    }

    fn traffic(&mut self, chip: &Chip) -> Result<Traffic, String> {
        Ok(self.plug.ledger().chip(chip.address))
    }

    fn slack(&self) -> Duration {
        SLACK
    }

    fn power(&self) -> f64 {
        0.6
    }
}
