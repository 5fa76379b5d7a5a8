//! Virtual time: integer nanoseconds since the car was built, and the rule by which a caller's
//! clock drives it. Never a clock of the machine.

use std::time::Duration;

use crate::digest::Digest;

/// Nanoseconds of virtual time. 64 bits last 584 years; sums saturate there.
pub(crate) type Nanos = u64;

/// The fixed step of the physics, 1 ms.
pub(crate) const STEP: Nanos = 1_000_000;

/// The step in seconds, for the physics.
pub(crate) const STEP_S: f64 = 1e-3;

/// The most that one [`Clock::due`] catches up with.
const CATCH_UP: Nanos = 1_000_000_000;

/// Where the world is in time.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    now: Nanos,
    /// How much of the caller's time was skipped, because the caller itself stood still.
    skipped: Nanos,
}

impl Clock {
    /// The virtual time.
    pub(crate) fn now(&self) -> Nanos {
        self.now
    }

    /// The end of the step that is under way.
    pub(crate) fn next_step(&self) -> Nanos {
        (self.now / STEP).saturating_add(1).saturating_mul(STEP)
    }

    /// Sets the time, which never runs backwards.
    pub(crate) fn set(&mut self, now: Nanos) {
        self.now = self.now.max(now);
    }

    /// The caller's clock jumps ahead by so much, which is no time that passes here.
    pub(crate) fn skip(&mut self, by: Nanos) {
        self.skipped = self.skipped.saturating_add(by);
    }

    /// The time to run to for a caller whose clock shows `theirs`: a whole number of steps, never
    /// before [`Clock::now`]. A world that a [`Delay`](crate::pin) has taken ahead stands still
    /// until the caller has caught up. A caller that comes back more than a second late (the
    /// laptop slept) gets one second; the rest of the gap never happened.
    pub(crate) fn due(&mut self, theirs: Nanos) -> Nanos {
        let target = theirs.saturating_sub(self.skipped) / STEP * STEP;
        let behind = target.saturating_sub(self.now);
        let run = behind.min(CATCH_UP);
        self.skipped = self.skipped.saturating_add(behind - run);
        self.now + run
    }

    /// Takes the time into a fingerprint, and how far the caller's is from it.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.integer(self.now);
        into.integer(self.skipped);
    }
}

/// `time` in nanoseconds.
pub(crate) fn nanos(time: Duration) -> Nanos {
    Nanos::try_from(time.as_nanos()).unwrap_or(Nanos::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_in_time_gets_whole_steps() {
        let mut clock = Clock::default();
        assert_eq!(clock.due(999_999), 0);
        assert_eq!(clock.due(7_300_000), 7 * STEP);
    }

    #[test]
    fn a_world_ahead_of_its_caller_waits_for_it() {
        let mut clock = Clock::default();
        clock.set(5 * STEP + 500_000);
        assert_eq!(clock.due(3 * STEP), 5 * STEP + 500_000);
        assert_eq!(clock.due(6 * STEP), 6 * STEP);
    }

    #[test]
    fn after_a_long_pause_at_most_a_second_is_run_and_the_rest_never_happened() {
        let mut clock = Clock::default();
        let asleep = 3_600 * 1_000 * STEP;
        let to = clock.due(asleep);
        assert_eq!(to, CATCH_UP);
        clock.set(to);
        assert_eq!(clock.due(asleep + 10 * STEP), CATCH_UP + 10 * STEP);
    }

    #[test]
    fn a_jump_of_the_callers_clock_is_no_time_here() {
        let mut clock = Clock::default();
        clock.set(5 * STEP);
        clock.skip(60_000 * STEP);
        assert_eq!(clock.due(60_005 * STEP), 5 * STEP);
        assert_eq!(clock.due(60_006 * STEP), 6 * STEP);
    }

    #[test]
    fn the_end_of_time_does_not_overflow() {
        let mut clock = Clock::default();
        clock.set(Nanos::MAX);
        assert_eq!(clock.next_step(), Nanos::MAX);
        assert_eq!(clock.due(Nanos::MAX), Nanos::MAX);
        assert_eq!(nanos(Duration::MAX), Nanos::MAX);
    }
}
