//! What wakes the control loop before its time.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::Mode;

/// A bell for one listener. Rung while nobody listens, it is heard at the next wait.
#[derive(Debug)]
pub(crate) enum Bell {
    /// For a thread that blocks.
    Thread(Mutex<bool>, Condvar),
    /// For a task.
    Task(Notify),
}

impl Bell {
    pub(crate) fn new(mode: Mode) -> Self {
        match mode {
            Mode::Thread => Self::Thread(Mutex::default(), Condvar::new()),
            Mode::Task => Self::Task(Notify::new()),
        }
    }

    pub(crate) fn ring(&self) {
        match self {
            Self::Thread(rung, waiting) => {
                *rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
                waiting.notify_one();
            }
            Self::Task(notify) => notify.notify_one(),
        }
    }

    /// Blocks this thread until the bell of a thread rings, or for `timeout`.
    pub(super) fn wait_blocking(&self, timeout: Duration) {
        let Self::Thread(rung, waiting) = self else { return };
        let rung = rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) =
            waiting.wait_timeout_while(rung, timeout, |rung| !*rung).unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }

    /// Waits until the bell of a task rings. Cancel-safe.
    pub(super) async fn wait(&self) {
        match self {
            Self::Task(notify) => notify.notified().await,
            Self::Thread(..) => std::future::pending().await,
        }
    }
}
