//! How a control loop fares: that it turns, that it is stuck, how it ended. For whoever watches it and
//! whoever waits for it. What must never live here: the loop.

use std::fmt;
use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

use super::Heartbeat;

type Hook = Box<dyn Fn(&str) + Send + Sync>;

/// Shared by the loop, its watch, and the daemon.
#[derive(Default)]
pub(crate) struct Fate {
    heartbeat: Heartbeat,
    ended: CancellationToken,
    end: OnceLock<Result<(), String>>,
    stalled: CancellationToken,
    when_stalled: OnceLock<Hook>,
}

impl Fate {
    /// The loop has turned once more.
    pub(super) fn turned(&self) {
        self.heartbeat.beat();
    }

    pub(super) fn turns(&self) -> u64 {
        self.heartbeat.turns()
    }

    /// Beats with every turn.
    pub(crate) fn heartbeat(&self) -> &Heartbeat {
        &self.heartbeat
    }

    /// The loop is over; an error says why the car may not be at rest, or what killed the loop.
    pub(super) fn end(&self, end: Result<(), String>) {
        // The first end is the true one.
        drop(self.end.set(end));
        self.ended.cancel();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// As it ended; a loop that has not is an error too.
    pub(crate) fn outcome(&self) -> Result<(), String> {
        self.end.get().cloned().unwrap_or_else(|| Err("it does not turn".to_owned()))
    }

    /// The loop is stuck: on the thread of the watch, and for good.
    pub(super) fn stall(&self, why: &str) {
        // First, as it may end the process.
        if let Some(hook) = self.when_stalled.get() {
            hook(why);
        }
        self.stalled.cancel();
    }

    pub(crate) async fn stalled(&self) {
        self.stalled.cancelled().await;
    }

    /// Sets what is called when the loop is stuck. Whoever comes second is not heard.
    pub(crate) fn when_stalled(&self, hook: Hook) {
        drop(self.when_stalled.set(hook));
    }
}

impl fmt::Debug for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fate").field("turns", &self.turns()).field("end", &self.end).finish_non_exhaustive()
    }
}
