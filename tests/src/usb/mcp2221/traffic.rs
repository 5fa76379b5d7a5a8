//! What went through an adapter, in all and to each chip.

use std::collections::BTreeMap;
use std::ops::Sub;

/// What went through since the adapter was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Transfers over I²C that wrote, acknowledged or not.
    pub writes: u64,
    /// Those that read.
    pub reads: u64,
    /// Bytes of both, those of the addresses included.
    pub bytes: u64,
}

impl Traffic {
    /// How long a bus at `hertz` was busy: each byte is nine bits.
    #[must_use]
    pub fn bus_us(&self, hertz: f64) -> f64 {
        self.bytes as f64 * 9.0 / hertz * 1e6
    }

    /// Enters a transfer of so many bytes besides the address.
    pub fn enter(&mut self, writes: bool, bytes: usize) {
        if writes {
            self.writes += 1;
        } else {
            self.reads += 1;
        }
        self.bytes += 1 + bytes as u64;
    }
}

impl Sub for Traffic {
    type Output = Self;

    /// What went through since `earlier`.
    fn sub(self, earlier: Self) -> Self {
        Self {
            writes: self.writes - earlier.writes,
            reads: self.reads - earlier.reads,
            bytes: self.bytes - earlier.bytes,
        }
    }
}

/// The whole of it.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Reports from the computer.
    pub reports: u64,
    /// How often a line was set or its direction changed.
    pub set_lines: u64,
    /// How often the lines were read.
    pub got_lines: u64,
    /// Over I²C, to all chips.
    pub bus: Traffic,
    chips: BTreeMap<u8, Traffic>,
}

impl Ledger {
    /// Over I²C, to the chip at an address.
    #[must_use]
    pub fn chip(&self, address: u8) -> Traffic {
        self.chips.get(&address).copied().unwrap_or_default()
    }

    pub(super) fn enter(&mut self, address: u8, writes: bool, bytes: usize) {
        self.bus.enter(writes, bytes);
        // There are 128 addresses.
        self.chips.entry(address).or_default().enter(writes, bytes);
    }
}
