//! Many seeds at once, one thread for each core.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::{Outcome, Tally, run};

/// What came of many seeds.
#[derive(Debug, Default)]
pub struct Season {
    /// How many were played.
    pub played: u64,
    /// The sum of their fingerprints: the same for the same seeds, if all were played.
    pub hash: u64,
    /// How much of everything there was in all of them.
    pub tally: Tally,
    /// The first that failed; no more were begun after it.
    pub failed: Option<Outcome>,
}

/// Plays every seed of `seeds`, up to the first that fails.
///
/// # Panics
/// Where a play takes its thread with it, which it never should.
#[must_use]
pub fn many(seeds: Range<u64>) -> Season {
    let next = AtomicU64::new(seeds.start);
    let enough = AtomicBool::new(false);
    let all = Mutex::new(Season::default());
    let play = || {
        while !enough.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let outcome = run(seed, false);
            let mut all = all.lock().expect("whoever held it has not panicked");
            all.played += 1;
            all.hash = all.hash.wrapping_add(outcome.hash);
            all.tally += outcome.tally;
            if !outcome.wrong.is_empty() {
                enough.store(true, Ordering::Relaxed);
                // Two may fail at once; the first of them is told.
                if all.failed.as_ref().is_none_or(|other| seed < other.seed) {
                    all.failed = Some(outcome);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(play);
        }
    });
    all.into_inner().expect("whoever held it has not panicked")
}

impl Outcome {
    /// What to read where it failed: what was wrong, and the command that plays it again.
    #[must_use]
    pub fn verdict(&self) -> String {
        let Self { seed, hash, wrong, .. } = self;
        if wrong.is_empty() {
            return format!("seed {seed}: nothing wrong, fingerprint {hash:016x}");
        }
        format!(
            "seed {seed}, fingerprint {hash:016x}:\n  {}\nplay it again, with all that happens:\n  \
             cargo run --release -p tests --bin chaos -- --seed {seed}",
            wrong.join("\n  ")
        )
    }
}
