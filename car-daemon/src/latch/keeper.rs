//! The thread that writes the latch's file, so that nobody who engages an e-stop waits for a disk.
//!
//! It always writes the newest state, tries again where it cannot, and is given a moment at the end.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Engaged, Latch, StoreError};

/// How long after a failure it is tried again: a disk may have been made free.
const RETRY: Duration = Duration::from_secs(5);

/// How long the end of a daemon waits for a disk that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Keeps a latch on disk as it is in memory. A drop waits, up to two seconds, until the newest state is
/// there or could not be written.
#[derive(Debug)]
pub struct Keeper {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    /// The newest state that is not yet written.
    waiting: Option<Option<Engaged>>,
    /// It is being written, or its failure told, at this moment.
    busy: bool,
    closing: bool,
    ended: bool,
}

impl Keeper {
    /// Starts the thread. `failed` is told of every failure that is new.
    ///
    /// # Errors
    /// Where there can be no thread.
    pub fn start(latch: Latch, failed: impl FnMut(&StoreError) + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("latch".into()).spawn(move || {
            // Also where writing panics, so that nobody waits for it.
            let _ended = Ended(&theirs);
            theirs.write_all(&latch, failed);
        })?;
        Ok(Self { shared })
    }

    /// Has this written in place of whatever waits. Never blocks on a disk.
    pub fn keep(&self, engaged: Option<Engaged>) {
        self.shared.lock().waiting = Some(engaged);
        self.shared.changed.notify_all();
    }

    /// Waits until everything is written, or `patience` is over. Says whether it is.
    #[cfg(test)]
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let unwritten = |slot: &mut Slot| (slot.waiting.is_some() || slot.busy) && !slot.ended;
        let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), patience, unwritten);
        let (slot, _) = waited.unwrap_or_else(PoisonError::into_inner);
        slot.waiting.is_none() && !slot.busy
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), PATIENCE, |slot| !slot.ended);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, latch: &Latch, mut failed: impl FnMut(&StoreError)) {
        let mut told = None;
        while let Some(state) = self.next() {
            let stored = latch.store(state.as_ref());
            if let Err(error) = &stored {
                let words = error.to_string();
                if told.as_ref() != Some(&words) {
                    failed(error);
                    told = Some(words);
                }
            } else {
                told = None;
            }
            if self.written(state, stored.is_ok()) {
                return;
            }
        }
    }

    /// The newest state, once there is one; nothing at the end.
    fn next(&self) -> Option<Option<Engaged>> {
        let idle = |slot: &mut Slot| slot.waiting.is_none() && !slot.closing;
        let mut slot = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let state = slot.waiting.take();
        slot.busy = state.is_some();
        state
    }

    /// Puts back what could not be written, unless there is something newer, and waits a while. Says
    /// whether that was the last attempt.
    fn written(&self, state: Option<Engaged>, well: bool) -> bool {
        let mut slot = self.lock();
        slot.busy = false;
        if !well && slot.waiting.is_none() {
            slot.waiting = Some(state);
            if slot.closing {
                return true;
            }
            let failing = slot.waiting.clone();
            let same = |slot: &mut Slot| slot.waiting == failing && !slot.closing;
            let waited = self.changed.wait_timeout_while(slot, RETRY, same);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            return false;
        }
        drop(slot);
        self.changed.notify_all();
        false
    }
}

struct Ended<'s>(&'s Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}
