//! The table of platforms: adding one is a crate or a file, and one line here.

use hal::platform::Linux;
use hal::{Board, Platform};
use sim::Sim;

/// A row of the table.
#[derive(Debug)]
pub struct PlatformRow {
    /// As the configuration names it.
    pub name: &'static str,
    /// Its boards are those of this machine: one daemon at most drives them.
    pub exclusive: bool,
    /// Opens it for a board.
    pub open: fn(&Board) -> Box<dyn Platform>,
}

/// Every platform of this build.
pub const PLATFORMS: &[PlatformRow] = &[
    PlatformRow { name: "sim", exclusive: false, open: |board| Box::new(Sim::new(board)) },
    PlatformRow { name: "linux", exclusive: true, open: |_| Box::new(Linux::new()) },
];
