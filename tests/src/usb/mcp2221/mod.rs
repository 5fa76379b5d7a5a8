//! A Microchip MCP2221 of software: the USB adapter that gives a computer an I²C bus and four GPIO lines.
//!
//! What lives here: what the adapter does with a report ([`Adapter`]), from its datasheet (DS20005292, 3 "USB
//! HID Communication"), and the whole of it in this machine's kernel with a simulated car ([`Plug`]). What must
//! never live here: what hangs at its pins, which a [`Platform`] hands out.
//!
//! The kernel's driver of the real adapter then makes a real `/dev/i2c-N` and a real `/dev/gpiochipN` of it,
//! and every transfer of theirs ends at the objects of that platform.

use std::fmt;

use hal::Platform;

use super::uhid::{Hid, Identity};

mod engine;
mod lines;
mod plug;
#[cfg(test)]
mod tests;
mod traffic;

use engine::Engine;
use lines::Lines;

pub use plug::{Plug, wait_for_lines};
pub use traffic::{Ledger, Traffic};

/// Every report has this many bytes, either way (3 "USB HID Communication").
pub const REPORT: usize = 64;

/// A report.
pub type Report = [u8; REPORT];

/// The label that the kernel's driver gives the chip of its lines.
pub const LABEL: &str = "mcp2221_gpio";

/// The name that it gives its bus.
pub const BUS_NAME: &str = "MCP2221 usb-i2c bridge";

/// How it presents itself (datasheet, 1.6 "USB descriptors").
const IDENTITY: Identity = Identity { name: "Microchip MCP2221, emulated", vendor: 0x04d8, product: 0x00dd };

/// Lines GP0 to GP3.
pub const LINES: usize = 4;

/// Codes of commands (3.1).
mod command {
    pub(super) const STATUS: u8 = 0x10;
    pub(super) const GET_DATA: u8 = 0x40;
    pub(super) const SET_LINES: u8 = 0x50;
    pub(super) const GET_LINES: u8 = 0x51;
    pub(super) const GET_SRAM: u8 = 0x61;
    pub(super) const WRITE: u8 = 0x90;
    pub(super) const READ: u8 = 0x91;
    pub(super) const WRITE_REPEATED_START: u8 = 0x92;
    pub(super) const READ_REPEATED_START: u8 = 0x93;
    pub(super) const WRITE_NO_STOP: u8 = 0x94;
}

/// In byte 1 of an answer: done, or a command that the adapter does not have (3.1.2.1).
const DONE: u8 = 0x00;
const NOT_SUPPORTED: u8 = 0x01;

/// The adapter, and what went through it.
pub struct Adapter {
    platform: Box<dyn Platform>,
    engine: Engine,
    lines: Lines,
    ledger: Ledger,
}

impl Adapter {
    /// As after power-up: its bus is the platform's `bus`, its line 0 is the platform's `mcp2221_gpio/0`. A
    /// bus or line that the platform does not have is one to which nothing is wired.
    #[must_use]
    pub fn new(mut platform: Box<dyn Platform>, bus: &str) -> Self {
        let engine = Engine::new(&mut *platform, bus);
        Self { platform, engine, lines: Lines::default(), ledger: Ledger::default() }
    }

    /// From now on says a line's level where the datasheet has its direction too. Linux 6.1's driver reads the
    /// level there, and so finds every input of a real adapter high; later ones read it where it is. Known by
    /// a kernel that finds a low input high.
    pub fn suit_early_drivers(&mut self) {
        self.lines.level_for_direction();
    }

    /// Does what a report asks and answers it, as each report is answered by one. Bytes that a report does
    /// not have count as 0.
    pub fn answer(&mut self, report: &[u8]) -> Report {
        let mut asked = [0; REPORT];
        let length = report.len().min(REPORT);
        asked[..length].copy_from_slice(&report[..length]);
        self.ledger.reports += 1;
        match asked[0] {
            command::STATUS => self.engine.status(&asked),
            command::WRITE | command::WRITE_REPEATED_START => {
                self.engine.write(&asked, true, &mut self.ledger)
            }
            command::WRITE_NO_STOP => self.engine.write(&asked, false, &mut self.ledger),
            command::READ => self.engine.read(&asked, false, &mut self.ledger),
            command::READ_REPEATED_START => self.engine.read(&asked, true, &mut self.ledger),
            command::GET_DATA => self.engine.get_data(),
            command::SET_LINES => {
                self.ledger.set_lines += 1;
                self.lines.set(&asked, &mut *self.platform)
            }
            command::GET_LINES => {
                self.ledger.got_lines += 1;
                self.lines.get(&mut *self.platform)
            }
            command::GET_SRAM => self.lines.settings(),
            unknown => answer(unknown, NOT_SUPPORTED),
        }
    }

    /// What is on line 0 to 3; low on any other.
    pub fn level(&mut self, line: usize) -> bool {
        self.lines.level(line, &mut *self.platform)
    }

    /// What went through it so far.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl Hid for Adapter {
    fn output(&mut self, report: &[u8]) -> Option<Vec<u8>> {
        Some(self.answer(report).to_vec())
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("engine", &self.engine).field("lines", &self.lines).finish()
    }
}

/// The beginning of an answer: the command again, and what became of it.
fn answer(command: u8, outcome: u8) -> Report {
    let mut report = [0; REPORT];
    (report[0], report[1]) = (command, outcome);
    report
}
