//! What became of the frames of a link that may lose some. What they mean must never be known here.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of what a peer sent, as far as the link can tell. Only `udp` with an `integrity` can;
/// elsewhere all of it is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Datagrams that never came, or not in time, by the count that each of them carries.
    pub lost: u64,
    /// Datagrams that came twice or too late, and were dropped.
    pub late: u64,
    /// Datagrams that were damaged or forged, and were dropped.
    pub corrupt: u64,
}

/// The counts behind [`Losses`], kept by the reading half.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    lost: AtomicU64,
    late: AtomicU64,
    corrupt: AtomicU64,
}

impl Tally {
    pub(crate) fn set_lost(&self, lost: u64) {
        self.lost.store(lost, Ordering::Relaxed);
    }

    pub(crate) fn late(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn corrupt(&self) {
        self.corrupt.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn losses(&self) -> Losses {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Losses { lost: read(&self.lost), late: read(&self.late), corrupt: read(&self.corrupt) }
    }
}
