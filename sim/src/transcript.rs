//! What went over the buses, for tests that ask whether a driver said the right thing. Bounded:
//! a recording that is never read costs no more than [`TRANSFERS`] entries.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Nanos;

/// How many transfers are kept; then the oldest go.
pub const TRANSFERS: usize = 4096;

/// How many bytes of one transfer are kept.
const BYTES: usize = 256;

/// One transfer over an I²C bus, from start to (repeated) start or stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The virtual time.
    pub at: Duration,
    /// `i2c-1`
    pub bus: String,
    /// The seven bits of the address.
    pub address: u8,
    /// Which way the bytes went.
    pub direction: Direction,
    /// The bytes after the address, at most the first 256.
    pub bytes: Vec<u8>,
    /// Whether a chip acknowledged all of it.
    pub acknowledged: bool,
}

/// Which way the bytes of a transfer went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the computer to the chip.
    Write,
    /// From the chip to the computer.
    Read,
}

/// A recording under way.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    transfers: VecDeque<Transfer>,
}

impl Transcript {
    pub(crate) fn push(
        &mut self,
        now: Nanos,
        bus: &str,
        address: u8,
        direction: Direction,
        bytes: &[u8],
        acknowledged: bool,
    ) {
        if self.transfers.len() == TRANSFERS {
            self.transfers.pop_front();
        }
        self.transfers.push_back(Transfer {
            at: Duration::from_nanos(now),
            bus: bus.into(),
            address,
            direction,
            bytes: bytes[..bytes.len().min(BYTES)].to_vec(),
            acknowledged,
        });
    }

    /// What was recorded since this was last asked, oldest first.
    pub(crate) fn take(&mut self) -> Vec<Transfer> {
        std::mem::take(&mut self.transfers).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_that_nobody_reads_does_not_grow() {
        let mut transcript = Transcript::default();
        for index in 0..TRANSFERS + 10 {
            transcript.push(index as Nanos, "i2c-1", 0x40, Direction::Write, &[0; 1000], true);
        }
        let transfers = transcript.take();
        assert_eq!(transfers.len(), TRANSFERS);
        assert_eq!(transfers[0].at, Duration::from_nanos(10));
        assert!(transfers.iter().all(|transfer| transfer.bytes.len() == BYTES));
        assert!(transcript.take().is_empty());
    }
}
