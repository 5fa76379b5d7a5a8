//! What a daemon costs its machine, by the kernel's word.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::outside::Process;

/// Memory may end this much higher for reasons that have nothing to do with a peer: the allocator keeps
/// what its arenas had at their fullest. A leak of 100 bytes a visit is more than this in five minutes.
const SLACK: u64 = 6 << 20;

/// Until the last session without a link is over, and the last goodbye said.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Footprint {
    memory: u64,
    descriptors: usize,
    threads: usize,
}

impl Footprint {
    fn of(daemon: &Process) -> Self {
        let count = |what: &str| {
            let folder = format!("/proc/{}/{what}", daemon.id());
            fs::read_dir(folder).expect("runs").count()
        };
        Self { memory: daemon.memory(), descriptors: count("fd"), threads: count("task") }
    }

    /// Once nobody is there any more: when it has held as few descriptors for three seconds as it ever
    /// did, which is longer than any session without a link lasts.
    pub(crate) fn at_rest(daemon: &Process) -> Self {
        let start = Instant::now();
        let (mut least, mut since) = (Self::of(daemon), Instant::now());
        while since.elapsed() < Duration::from_secs(3) {
            assert!(start.elapsed() < PATIENCE, "it never comes to rest: {least:?}");
            thread::sleep(Duration::from_millis(50));
            let now = Self::of(daemon);
            if now.descriptors < least.descriptors {
                since = Instant::now();
            }
            least = Self { descriptors: least.descriptors.min(now.descriptors), ..now };
        }
        least
    }

    /// Flat: as many descriptors and threads, and no more memory than [`SLACK`] says.
    pub(crate) fn is_that_of(&self, before: &Self) {
        assert_eq!(self.descriptors, before.descriptors, "descriptors: {before:?}, then {self:?}");
        assert_eq!(self.threads, before.threads, "threads: {before:?}, then {self:?}");
        assert!(self.memory < before.memory + SLACK, "memory: {before:?}, then {self:?}");
    }
}
