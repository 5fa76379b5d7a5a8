//! When words stand in for a picture: a state machine that is told the time.
//!
//! What must never live here: a clock, a picture, which words.

use std::time::Duration;

/// How long somebody who looks is left without a picture, at the least, and how long words stand alone.
const PATIENCE: Duration = Duration::from_secs(1);

/// What one viewer waits for. Times are since any moment, and never go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wait {
    /// Since when: since it was shown something, or began to look.
    pub(super) since: Duration,
    /// The last that it was shown was a picture.
    pub(super) pictured: bool,
}

/// The words that all viewers of a camera are shown.
#[derive(Debug)]
pub(super) struct Gap {
    /// How long somebody is left without a picture.
    patience: Duration,
    last: Option<Duration>,
}

impl Gap {
    /// Of a camera whose next picture is late after this time.
    pub(super) fn new(late: Duration) -> Self {
        Self { patience: late.max(PATIENCE), last: None }
    }

    /// When a viewer is shown words if no picture comes. Who has seen no picture yet does not wait where it is `known`
    /// that there is none.
    pub(super) fn due(&self, wait: Wait, known: bool) -> Duration {
        let own = if known && !wait.pictured { wait.since } else { wait.since + self.patience };
        self.last.map_or(own, |last| own.max(last + PATIENCE))
    }

    /// Whether words are shown now, to everybody.
    pub(super) fn fill(&mut self, wait: Wait, known: bool, now: Duration) -> bool {
        let due = now >= self.due(wait, known);
        if due {
            self.last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn words_come_a_second_after_the_last_picture_and_at_once_where_none_is_to_be_had() {
        let gap = Gap::new(ms(33));
        let (new, pictured) =
            (Wait { since: ms(50), pictured: false }, Wait { since: ms(50), pictured: true });
        assert_eq!(gap.due(new, false), ms(1050));
        assert_eq!(gap.due(new, true), ms(50));
        assert_eq!(gap.due(pictured, true), ms(1050), "it may be back by then");
    }

    #[test]
    fn a_slow_camera_is_no_broken_one() {
        let pictured = Wait { since: ms(50), pictured: true };
        assert_eq!(Gap::new(ms(999)).due(pictured, false), ms(1050));
        assert_eq!(Gap::new(ms(2500)).due(pictured, false), ms(2550));
    }

    proptest! {
        /// Viewers come, pictures come, and whoever's time it is asks for words.
        #[test]
        fn whoever_looks_sees_something_new_each_second_and_words_are_a_second_apart(
            events in proptest::collection::vec((0_u64..1500, any::<bool>(), any::<bool>()), 1..40),
        ) {
            let (mut gap, mut now, mut shown) = (Gap::new(ms(33)), ms(0), Vec::new());
            let mut viewers: Vec<Wait> = Vec::new();
            for (step, comes, known) in events {
                let until = now + ms(step);
                while let Some(due) = viewers.iter().map(|wait| gap.due(*wait, known)).min().filter(|due| *due <= until) {
                    // What is known late is acted upon late.
                    now = now.max(due);
                    let first = *viewers.iter().min_by_key(|wait| gap.due(**wait, known)).expect("one is due");
                    prop_assert!(gap.fill(first, known, now));
                    prop_assert!(!gap.fill(first, known, now), "once for all");
                    shown.push(now);
                    viewers.iter_mut().for_each(|wait| *wait = Wait { since: now, pictured: false });
                }
                now = until;
                for wait in &viewers {
                    prop_assert!(now < wait.since + ms(2000), "{wait:?} at {now:?}");
                }
                if comes {
                    viewers.push(Wait { since: now, pictured: false });
                } else {
                    viewers.iter_mut().for_each(|wait| *wait = Wait { since: now, pictured: true });
                }
            }
            prop_assert!(shown.windows(2).all(|pair| pair[1] - pair[0] >= ms(1000)), "{shown:?}");
        }
    }
}
