//! Whether the control loop still turns.
//!
//! What lives here: the decision, which is told the time and how often the loop has turned. What must
//! never live here: what is done about a loop that is stuck.

use std::time::Duration;

/// Looks in the time that a loop has before it counts as stuck.
const LOOKS: u32 = 10;

/// Counts how long a loop has not turned.
///
/// Time counts only as far as this watch itself could look: where the whole machine slept, or the
/// process was stopped, the loop gets its turn before it is blamed.
#[derive(Debug)]
pub(crate) struct Watch {
    limit: Duration,
    turns: u64,
    looked: Duration,
    still: Duration,
}

impl Watch {
    /// A watch over a loop that may stand still for less than `limit`.
    pub(crate) fn new(limit: Duration, now: Duration) -> Self {
        Self { limit, turns: 0, looked: now, still: Duration::ZERO }
    }

    /// What the loop is given.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// How long to wait between two looks.
    pub(crate) fn pause(&self) -> Duration {
        self.limit / LOOKS
    }

    /// Looks at a loop that has turned `turns` times so far; says whether it is stuck. One that is has
    /// stood for `limit` at most when this is noticed: its last turn may be a whole pause before the
    /// look that found it.
    pub(crate) fn look(&mut self, turns: u64, now: Duration) -> bool {
        let gap = now.saturating_sub(std::mem::replace(&mut self.looked, now));
        if turns == self.turns {
            self.still += gap.min(self.pause() * 2);
        } else {
            self.turns = turns;
            self.still = Duration::ZERO;
        }
        self.still + self.pause() >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(200);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_loop_that_turns_now_and_then_is_never_stuck() {
        let mut watch = Watch::new(LIMIT, ms(0));
        for look in 1..1_000 {
            // A turn every 160 ms.
            assert!(!watch.look(look / 8, ms(look * 20)));
        }
    }

    #[test]
    fn a_loop_that_stands_is_found_within_its_limit_whenever_the_looks_fall() {
        for phase in 0..20 {
            let mut watch = Watch::new(LIMIT, ms(0));
            let last_turn = ms(20 + phase);
            let mut now = ms(20);
            watch.look(1, now);
            now += watch.pause();
            // The last turn was in between.
            assert!(!watch.look(2, now));
            while !watch.look(2, now) {
                now += watch.pause();
                assert!(now <= last_turn + LIMIT + ms(20), "nobody noticed");
            }
            let stood = now - last_turn;
            assert!(stood <= LIMIT && stood > LIMIT - 2 * watch.pause(), "{stood:?}");
        }
    }

    #[test]
    fn a_loop_that_never_turned_at_all_is_stuck() {
        let mut watch = Watch::new(LIMIT, ms(0));
        assert!(
            (1..=9)
                .map(|look| watch.look(0, ms(look * 20)))
                .eq([false, false, false, false, false, false, false, false, true])
        );
    }

    #[test]
    fn a_pause_of_the_whole_process_is_no_standing_of_the_loop() {
        let mut watch = Watch::new(LIMIT, ms(0));
        watch.look(1, ms(20));
        for hour in 1..100 {
            assert!(!watch.look(hour, ms(hour * 3_600_000)), "the loop has not had its turn yet");
            assert!(!watch.look(hour, ms(hour * 3_600_000 + 20)));
            assert!(!watch.look(hour + 1, ms(hour * 3_600_000 + 40)), "it has turned");
        }
    }

    #[test]
    fn a_loop_that_does_not_turn_after_a_pause_either_is_stuck() {
        let mut watch = Watch::new(LIMIT, ms(0));
        watch.look(1, ms(20));
        let after = ms(3_600_000);
        let looks = (0..20).take_while(|look| !watch.look(1, after + ms(look * 20))).count();
        assert_eq!(looks, 7, "the pause counts as two looks");
    }
}
