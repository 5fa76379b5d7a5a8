//! The one clock of a running daemon: monotonic, from its start. Everything that decides is told
//! the time; only the shells around it read this.

use std::time::Duration;

use tokio::time::Instant;

/// Monotonic time since the daemon started. Follows tokio's paused time inside a test's runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts at zero now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Time since the start.
    pub(crate) fn now(self) -> Duration {
        self.start.elapsed()
    }

    /// The instant that is `at` after the start, to sleep until.
    pub(crate) fn instant(self, at: Duration) -> Instant {
        self.start + at
    }
}
