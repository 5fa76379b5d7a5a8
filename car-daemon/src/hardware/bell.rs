//! What wakes the control loop before its time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::Mode;

/// A bell for one listener. Rung while nobody listens, it is heard at the next wait.
#[derive(Debug)]
pub(crate) enum Bell {
    /// For a thread that blocks.
    Thread(Mutex<bool>, Condvar),
    /// For a task.
    Task(AtomicBool, Notify),
}

impl Bell {
    pub(crate) fn new(mode: Mode) -> Self {
        match mode {
            Mode::Thread => Self::Thread(Mutex::default(), Condvar::new()),
            Mode::Task => Self::Task(AtomicBool::new(false), Notify::new()),
        }
    }

    pub(crate) fn ring(&self) {
        match self {
            Self::Thread(rung, waiting) => {
                *lock(rung) = true;
                waiting.notify_one();
            }
            Self::Task(rung, notify) => {
                rung.store(true, Ordering::Release);
                notify.notify_one();
            }
        }
    }

    /// Hears a ring without waiting for one: says whether it was rung since it was last heard.
    pub(super) fn take_ring(&self) -> bool {
        match self {
            Self::Thread(rung, _) => std::mem::take(&mut *lock(rung)),
            Self::Task(rung, _) => rung.swap(false, Ordering::Acquire),
        }
    }

    /// Blocks this thread until the bell of a thread rings, or for `timeout`. Says whether it rang.
    pub(super) fn wait_blocking(&self, timeout: Duration) -> bool {
        let Self::Thread(rung, waiting) = self else { return false };
        let (mut rung, _) = waiting
            .wait_timeout_while(lock(rung), timeout, |rung| !*rung)
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rung)
    }

    /// Waits until the bell of a task rings. Cancel-safe.
    pub(super) async fn wait(&self) {
        match self {
            Self::Task(rung, notify) => {
                while !rung.swap(false, Ordering::Acquire) {
                    notify.notified().await;
                }
            }
            Self::Thread(..) => std::future::pending().await,
        }
    }
}

fn lock(rung: &Mutex<bool>) -> MutexGuard<'_, bool> {
    rung.lock().unwrap_or_else(PoisonError::into_inner)
}
