//! Many seeds at once, one thread for each core.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::{Outcome, Tally, run};

/// Plays every seed of `seeds`, up to the first that fails: how many were played, how much there was in
/// all of them, and the one that failed.
///
/// # Panics
/// Where a play takes its thread with it, which it never should.
#[must_use]
pub fn many(seeds: Range<u64>) -> (u64, Tally, Option<Outcome>) {
    let next = AtomicU64::new(seeds.start);
    let enough = AtomicBool::new(false);
    let all = Mutex::new((0, Tally::default(), None::<Outcome>));
    let play = || {
        while !enough.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let outcome = run(seed, false);
            let mut all = all.lock().expect("whoever held it has not panicked");
            all.0 += 1;
            all.1 += outcome.tally;
            if !outcome.wrong.is_empty() {
                enough.store(true, Ordering::Relaxed);
                // Two may fail at once; the first seed is told, so that it is always the same.
                if all.2.as_ref().is_none_or(|other| seed < other.seed) {
                    all.2 = Some(outcome);
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
