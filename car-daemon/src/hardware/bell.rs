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
            // A ring that was not heard yet has woken the listener: to say so again is a system call for nothing.
            Self::Thread(rung, waiting) => {
                if !std::mem::replace(&mut *lock(rung), true) {
                    waiting.notify_one();
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rung_several_times_is_heard_once_and_a_later_ring_again() {
        let bell = Bell::new(Mode::Thread);
        for _ in 0..2 {
            bell.ring();
            bell.ring();
            assert!(bell.wait_blocking(Duration::from_secs(60)), "a ring that came before is heard at once");
            assert!(!bell.take_ring(), "both were heard");
        }
    }

    #[test]
    fn a_ring_wakes_whoever_waits_again_and_again() {
        let bell = Bell::new(Mode::Thread);
        std::thread::scope(|scope| {
            scope.spawn(|| (0..100).for_each(|_| bell.ring_until_heard()));
            for _ in 0..100 {
                assert!(bell.wait_blocking(Duration::from_secs(60)));
            }
        });
    }

    impl Bell {
        /// Rings, and comes back when somebody has heard it.
        fn ring_until_heard(&self) {
            self.ring();
            let Self::Thread(rung, _) = self else { return };
            while *lock(rung) {
                std::thread::yield_now();
            }
        }
    }
}
