//! One budget for all that waits to be sent to peers, or has come from them and is not whole yet.
//!
//! Each bound of one peer, times as many peers as may come, can be more than a small machine has; this
//! is the bound of them all together. What the bytes mean must never be known here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What each [`Share`] may hold without asking, in bytes: no crowd, however deaf, keeps a short message
/// or its answer out.
pub const FREE: usize = 4 * 1024;

/// Of the budget, what is kept for [`Use::Needed`]: a quarter.
const KEPT: usize = 4;

/// The budget. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Bytes of all shares together, what is [`FREE`] left out.
    pub most: usize,
    used: Arc<AtomicUsize>,
}

/// What memory is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Answers, and messages that are on their way in: all of the budget.
    Needed,
    /// What can be left out, and newcomers: three quarters of it.
    Spare,
}

impl Memory {
    /// A budget of `most` bytes, none of them used.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, used: Arc::default() }
    }

    /// Bytes in use now, what is [`FREE`] left out.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether `bytes` more could be had now.
    #[must_use]
    pub fn has(&self, bytes: usize, wanted_for: Use) -> bool {
        self.used().saturating_add(bytes) <= self.bound(wanted_for)
    }

    /// A share that holds nothing yet.
    #[must_use]
    pub fn share(&self) -> Share {
        Share { memory: self.clone(), paid: 0 }
    }

    fn bound(&self, wanted_for: Use) -> usize {
        match wanted_for {
            Use::Needed => self.most,
            Use::Spare => self.most - self.most / KEPT,
        }
    }

    fn take(&self, bytes: usize, wanted_for: Use) -> bool {
        let bound = self.bound(wanted_for);
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= bound);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// As good as none: for those who have few peers, such as a client.
impl Default for Memory {
    fn default() -> Self {
        Self::new(usize::MAX)
    }
}

/// Budgets of one size are alike, whatever is used of them.
impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        self.most == other.most
    }
}

impl Eq for Memory {}

/// What one buffer holds of a [`Memory`]; given back on drop.
#[derive(Debug)]
pub struct Share {
    memory: Memory,
    /// What was taken from the budget.
    paid: usize,
}

impl Share {
    /// The buffer is to hold `bytes` in all from now on. False, and nothing changes, where the budget
    /// has no more; never where it is to hold less than before, or no more than [`FREE`].
    pub fn resize(&mut self, bytes: usize, wanted_for: Use) -> bool {
        let owed = bytes.saturating_sub(FREE);
        if owed > self.paid && !self.memory.take(owed - self.paid, wanted_for) {
            return false;
        }
        if owed < self.paid {
            self.memory.used.fetch_sub(self.paid - owed, Ordering::Relaxed);
        }
        self.paid = owed;
        true
    }

    /// Whether `bytes` more could be had now.
    #[must_use]
    pub fn has(&self, bytes: usize, wanted_for: Use) -> bool {
        self.memory.has(bytes, wanted_for)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.paid, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_get_what_there_is_and_not_a_byte_more() {
        let memory = Memory::new(100);
        let (mut one, mut other) = (memory.share(), memory.share());
        assert!(one.resize(FREE + 60, Use::Needed));
        assert!(!other.resize(FREE + 41, Use::Needed), "one byte too many");
        assert!(other.resize(FREE + 40, Use::Needed));
        assert_eq!(memory.used(), 100);
        assert!(one.resize(FREE + 59, Use::Needed), "less is always granted");
        assert!(!other.resize(FREE + 42, Use::Needed));
        assert!(other.resize(FREE + 41, Use::Needed));
    }

    #[test]
    fn a_share_that_is_dropped_gives_back_what_it_had() {
        let memory = Memory::new(100);
        let mut share = memory.share();
        assert!(share.resize(FREE + 100, Use::Needed));
        drop(share);
        assert_eq!(memory.used(), 0);
    }

    #[test]
    fn a_short_message_is_free_however_little_is_left() {
        let memory = Memory::new(0);
        let mut share = memory.share();
        assert!(share.resize(FREE, Use::Spare));
        assert!(!share.resize(FREE + 1, Use::Needed));
        assert_eq!(memory.used(), 0);
    }

    #[test]
    fn what_can_be_left_out_leaves_a_quarter_for_answers() {
        let memory = Memory::new(100);
        let (mut telemetry, mut answer) = (memory.share(), memory.share());
        assert!(telemetry.resize(FREE + 75, Use::Spare));
        assert!(!telemetry.resize(FREE + 76, Use::Spare));
        assert!(!memory.has(1, Use::Spare) && memory.has(25, Use::Needed) && !memory.has(26, Use::Needed));
        assert!(answer.resize(FREE + 25, Use::Needed));
        assert!(!telemetry.resize(FREE + 80, Use::Spare) && telemetry.resize(FREE + 70, Use::Spare));
    }

    #[test]
    fn a_budget_without_bound_never_overflows() {
        let memory = Memory::default();
        let (mut one, mut other) = (memory.share(), memory.share());
        assert!(one.resize(usize::MAX, Use::Needed));
        assert!(other.resize(FREE * 2, Use::Needed) && !other.resize(usize::MAX, Use::Needed));
    }
}
