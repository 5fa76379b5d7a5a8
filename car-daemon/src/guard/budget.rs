//! How often a guard that died is replaced. What must never live here: a clock.

use std::collections::VecDeque;
use std::time::Duration;

/// Starts within [`WITHIN`]; what needs more is not helped by another.
const STARTS: usize = 5;
const WITHIN: Duration = Duration::from_secs(60);

/// Counts starts.
#[derive(Debug, Default)]
pub(super) struct Budget {
    starts: VecDeque<Duration>,
}

impl Budget {
    /// Whether one more start is allowed at `now`; then it counts.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        while self.starts.front().is_some_and(|start| now.saturating_sub(*start) >= WITHIN) {
            self.starts.pop_front();
        }
        let allowed = self.starts.len() < STARTS;
        if allowed {
            self.starts.push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_starts_a_minute_are_allowed_and_the_sixth_waits_for_the_first_to_be_old() {
        let mut budget = Budget::default();
        let at = Duration::from_secs;
        assert!((0..5).all(|second| budget.take(at(second))));
        assert!(!budget.take(at(59)));
        assert!(budget.take(at(60)));
        assert!(!budget.take(at(60)));
        assert!((61..65).all(|second| budget.take(at(second))));
    }
}
