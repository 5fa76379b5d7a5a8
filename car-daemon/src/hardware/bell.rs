//! What wakes the control loop before its time.
//!
//! What must never live here: who rings, and what is done then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Mode;

/// How soon a ring is to be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Haste {
    /// When the listener has had its rest.
    Soon,
    /// At once.
    Now,
}

/// A bell for one listener. Rung while nobody listens, it is heard at the next wait.
#[derive(Debug)]
pub(crate) enum Bell {
    /// For a thread that blocks.
    Thread(Mutex<Option<Haste>>, Condvar),
    /// For a task, which rests never.
    Task(AtomicBool, Notify),
}

impl Bell {
    pub(crate) fn new(mode: Mode) -> Self {
        match mode {
            Mode::Thread => Self::Thread(Mutex::default(), Condvar::new()),
            Mode::Task => Self::Task(AtomicBool::new(false), Notify::new()),
        }
    }

    pub(crate) fn ring(&self, haste: Haste) {
        match self {
            // A ring that was not heard yet has woken the listener: to say so again is a system call for nothing.
            Self::Thread(rung, waiting) => {
                let mut rung = lock(rung);
                let before = *rung;
                *rung = before.max(Some(haste));
                // Whoever wakes wants the lock.
                drop(rung);
                if before < Some(haste) {
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
            Self::Thread(rung, _) => lock(rung).take().is_some(),
            Self::Task(rung, _) => rung.swap(false, Ordering::Acquire),
        }
    }

    /// Blocks this thread until the bell of a thread rings, or for `timeout`; for `rest` only by what has to be
    /// heard at once. Says whether it rang.
    pub(super) fn wait_blocking(&self, timeout: Duration, rest: Duration) -> bool {
        let Self::Thread(rung, waiting) = self else { return false };
        let wait = |rung, time, until: fn(&Option<Haste>) -> bool| {
            waiting
                .wait_timeout_while(rung, time, |rung| !until(rung))
                .unwrap_or_else(PoisonError::into_inner)
                .0
        };
        let begun = Instant::now();
        let mut rung = wait(lock(rung), timeout, Option::is_some);
        let left = rest.min(timeout).saturating_sub(begun.elapsed());
        if *rung == Some(Haste::Soon) && !left.is_zero() {
            rung = wait(rung, left, |rung| *rung == Some(Haste::Now));
        }
        rung.take().is_some()
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

fn lock(rung: &Mutex<Option<Haste>>) -> MutexGuard<'_, Option<Haste>> {
    rung.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than any test.
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn what_was_rung_several_times_is_heard_once_and_a_later_ring_again() {
        let bell = Bell::new(Mode::Thread);
        for _ in 0..2 {
            bell.ring(Haste::Soon);
            bell.ring(Haste::Soon);
            assert!(bell.wait_blocking(LONG, Duration::ZERO), "a ring that came before is heard at once");
            assert!(!bell.take_ring(), "both were heard");
        }
    }

    #[test]
    fn a_ring_wakes_whoever_waits_again_and_again() {
        let bell = Bell::new(Mode::Thread);
        std::thread::scope(|scope| {
            scope.spawn(|| (0..100).for_each(|_| bell.ring_until_heard()));
            for _ in 0..100 {
                assert!(bell.wait_blocking(LONG, Duration::ZERO));
            }
        });
    }

    #[test]
    fn what_has_time_is_heard_after_the_rest_and_not_later() {
        let (bell, rest) = (Bell::new(Mode::Thread), Duration::from_millis(20));
        let begun = Instant::now();
        bell.ring(Haste::Soon);
        assert!(bell.wait_blocking(LONG, rest));
        assert!((rest..LONG).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        bell.ring(Haste::Soon);
        assert!(bell.wait_blocking(Duration::ZERO, LONG), "who would listen no longer hears it all the same");
    }

    #[test]
    fn what_is_urgent_breaks_the_rest_whatever_was_rung_before() {
        let bell = Bell::new(Mode::Thread);
        bell.ring(Haste::Soon);
        bell.ring(Haste::Now);
        bell.ring(Haste::Soon);
        assert!(bell.wait_blocking(LONG, LONG));
        let begun = Instant::now();
        for half_ms in 0..20 {
            std::thread::scope(|scope| {
                bell.ring(Haste::Soon);
                let resting = scope.spawn(|| bell.wait_blocking(LONG, LONG));
                // Some of these come before it rests, and some while it does.
                std::thread::sleep(Duration::from_micros(500 * half_ms));
                bell.ring(Haste::Now);
                assert!(resting.join().expect("it does not panic"));
            });
        }
        assert!(begun.elapsed() < LONG, "nobody was woken");
        assert!(!bell.take_ring(), "all were heard");
    }

    impl Bell {
        /// Rings, and comes back when somebody has heard it.
        fn ring_until_heard(&self) {
            self.ring(Haste::Now);
            let Self::Thread(rung, _) = self else { return };
            while lock(rung).is_some() {
                std::thread::yield_now();
            }
        }
    }
}
