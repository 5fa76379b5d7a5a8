//! When a source is opened, read, and left in peace: a state machine that is told the time.
//!
//! What must never live here: a thread, a clock, a picture.

use std::time::Duration;

/// How patient the watch is, and whoever looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How long a source is kept open after the last viewer: a page that is loaded again finds it warm.
    pub(super) rest: Duration,
    /// The first pause after a failure, and the longest.
    pub(super) pauses: (Duration, Duration),
    /// How long a picture may be under way after the one before it.
    pub(super) late: Duration,
}

impl Patience {
    /// With a camera whose next picture is late after this time.
    pub(super) fn of(late: Duration) -> Self {
        Self { late, ..Self::default() }
    }
}

impl Default for Patience {
    fn default() -> Self {
        let pauses = (Duration::from_millis(250), Duration::from_secs(10));
        Self { rest: Duration::from_secs(2), pauses, late: Duration::ZERO }
    }
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing any more, before a viewer comes.
    End,
    /// Nothing for this long.
    Wait(Duration),
    /// Open the source.
    Open,
    /// Ask it for a picture.
    Read,
    /// Close it.
    Close,
}

/// The watch over one source. Times are since any moment, and never go back.
#[derive(Debug, Default)]
pub(super) struct Watch {
    patience: Patience,
    open: bool,
    /// Since when nobody looks; `None` while somebody does.
    alone: Option<Duration>,
    /// After a failure: not before then, and how long that was.
    pause: Option<(Duration, Duration)>,
}

impl Watch {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, ..Self::default() }
    }

    /// What to do, with so many viewers; `ending`: nobody looks any more, nor will.
    pub(super) fn next(&mut self, viewers: usize, ending: bool, now: Duration) -> Next {
        if viewers > 0 && !ending {
            self.alone = None;
            return match self.pause {
                _ if self.open => Next::Read,
                Some((until, _)) if now < until => Next::Wait(until - now),
                _ => Next::Open,
            };
        }
        let since = *self.alone.get_or_insert(now);
        match self.open {
            true if ending || now >= since + self.patience.rest => Next::Close,
            true => Next::Read,
            false => Next::End,
        }
    }

    /// The source was opened.
    pub(super) fn opened(&mut self) {
        self.open = true;
    }

    /// A picture came: what failed before is over.
    pub(super) fn pictured(&mut self) {
        self.pause = None;
    }

    /// The source was closed.
    pub(super) fn closed(&mut self) {
        self.open = false;
        self.alone = None;
    }

    /// The source could not be opened, or broke; it is closed.
    pub(super) fn failed(&mut self, now: Duration) {
        self.open = false;
        let (first, longest) = self.patience.pauses;
        let pause = self.pause.map_or(first, |(_, last)| (last * 2).min(longest));
        self.pause = Some((now + pause, pause));
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
    fn a_source_is_opened_by_the_first_viewer_and_rests_after_the_last() {
        let mut watch = Watch::default();
        assert_eq!(watch.next(0, false, ms(0)), Next::End);
        assert_eq!(watch.next(1, false, ms(10)), Next::Open);
        watch.opened();
        assert_eq!(watch.next(2, false, ms(20)), Next::Read);
        assert_eq!(watch.next(0, false, ms(30)), Next::Read);
        assert_eq!(watch.next(1, false, ms(40)), Next::Read);
        assert_eq!(watch.next(0, false, ms(2000)), Next::Read);
        assert_eq!(watch.next(0, false, ms(4000)), Next::Close);
        watch.closed();
        assert_eq!(watch.next(0, false, ms(4001)), Next::End);
        assert_eq!(watch.next(1, false, ms(4002)), Next::Open);
    }

    #[test]
    fn after_each_failure_in_a_row_the_pause_is_twice_as_long_and_ten_seconds_at_most() {
        let mut watch = Watch::default();
        let (mut now, mut pauses) = (ms(0), Vec::new());
        for _ in 0..8 {
            assert_eq!(watch.next(1, false, now), Next::Open);
            watch.failed(now);
            let Next::Wait(pause) = watch.next(1, false, now) else { panic!("no pause") };
            pauses.push(pause.as_millis());
            now += pause;
        }
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(watch.next(1, false, now), Next::Open);
        watch.opened();
        watch.pictured();
        watch.failed(now);
        assert_eq!(watch.next(1, false, now), Next::Wait(ms(250)));
    }

    #[test]
    fn at_the_end_nothing_is_waited_for() {
        let mut watch = Watch::default();
        assert_eq!(watch.next(1, false, ms(0)), Next::Open);
        watch.opened();
        assert_eq!(watch.next(1, true, ms(1)), Next::Close);
        watch.closed();
        assert_eq!(watch.next(1, true, ms(1)), Next::End);
        watch.failed(ms(1));
        assert_eq!(watch.next(0, false, ms(2)), Next::End, "nor is a pause waited for with nobody there");
        assert_eq!(watch.next(1, false, ms(2)), Next::Wait(ms(249)), "who comes again hurries nothing");
    }

    proptest! {
        #[test]
        fn whatever_happens_a_source_is_opened_only_for_viewers_and_read_only_while_it_is_open(
            events in proptest::collection::vec((0_usize..3, 0_u64..3000, any::<bool>()), 1..80),
        ) {
            let (mut watch, mut now, mut open, mut failed) = (Watch::default(), ms(0), false, None);
            for (viewers, step, good) in events {
                now += ms(step);
                match watch.next(viewers, false, now) {
                    Next::Open => {
                        prop_assert!(viewers > 0 && !open);
                        prop_assert!(failed.is_none_or(|at| now >= at + ms(250)), "{failed:?} {now:?}");
                        open = good;
                        if good { watch.opened() } else { watch.failed(now) }
                    }
                    Next::Read => {
                        prop_assert!(open);
                        open = good;
                        if good { watch.pictured() } else { watch.failed(now) }
                    }
                    Next::Close => {
                        prop_assert!(open && viewers == 0);
                        open = false;
                        watch.closed();
                        continue;
                    }
                    Next::Wait(pause) => {
                        prop_assert!(viewers > 0 && !open && pause <= Duration::from_secs(10));
                        continue;
                    }
                    Next::End => {
                        prop_assert!(viewers == 0 && !open);
                        continue;
                    }
                }
                failed = if good { failed } else { Some(now) };
            }
        }
    }
}
