//! Sees a play in which no virtual time passes, and says which it is.
//!
//! What lives here: a plain thread beside each play. A task that spins takes the runtime's only thread
//! with it, so nothing inside the play could tell. What must never live here: anything that a play
//! without such a fault could notice.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

/// It is noticed within twice this. No play needs a hundredth of it for a millisecond of its time, also in a debug build on a slow
/// machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// Watches until it is dropped.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// Counts up whenever virtual time has passed.
    beats: Arc<AtomicU64>,
    /// Its end tells the thread.
    _here: SyncSender<()>,
}

impl Watchdog {
    /// Ends the process where the play of `seed` stands still: there is no way to end the play alone.
    #[expect(
        clippy::disallowed_methods,
        clippy::print_stderr,
        reason = "a thread that spins can only be aborted"
    )]
    pub(super) fn over(seed: u64) -> Self {
        Self::start(PATIENCE, move || {
            eprintln!(
                "seed {seed} spins: no virtual time has passed for {PATIENCE:?}. Play it again, with all \
                 that happens:\n  cargo run --release -p tests --bin chaos -- --seed {seed}"
            );
            process::abort();
        })
    }

    /// What to count up whenever virtual time has passed.
    pub(super) fn beats(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.beats)
    }

    fn start(patience: Duration, alarm: impl FnOnce() + Send + 'static) -> Self {
        let beats = Arc::new(AtomicU64::new(0));
        let (_here, gone) = mpsc::sync_channel(0);
        let theirs = Arc::clone(&beats);
        thread::spawn(move || {
            let mut last = None;
            while gone.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                let now = theirs.load(Ordering::Relaxed);
                if last.replace(now) == Some(now) {
                    return alarm();
                }
            }
        });
        Self { beats, _here }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_play_that_stands_still_is_noticed() {
        let (alarm, heard) = mpsc::sync_channel::<()>(1);
        let _watchdog = Watchdog::start(Duration::from_millis(1), move || alarm.send(()).expect("heard"));
        assert_eq!(heard.recv(), Ok(()));
    }

    #[test]
    fn a_play_that_is_over_is_not_watched() {
        let (alarm, heard) = mpsc::sync_channel::<()>(1);
        drop(Watchdog::start(Duration::from_secs(3_600), move || alarm.send(()).expect("heard")));
        assert!(heard.recv().is_err(), "the thread ends without an alarm");
    }
}
