//! When a source is opened, read, and left in peace: a state machine that is told the time.
//!
//! What must never live here: a thread, a clock, a picture.

use std::time::Duration;

/// How long a source is kept open after the last viewer: a page that is loaded again finds it warm.
pub(super) const REST_AFTER: Duration = Duration::from_secs(2);

/// The first pause after a failure, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, before a viewer comes.
    Sleep,
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
    open: bool,
    /// Since when nobody looks; `None` while somebody does.
    alone: Option<Duration>,
    /// After a failure: not before then, and how long that was.
    pause: Option<(Duration, Duration)>,
}

impl Watch {
    /// What to do, with so many viewers.
    pub(super) fn next(&mut self, viewers: usize, now: Duration) -> Next {
        if viewers > 0 {
            self.alone = None;
            return match self.pause {
                _ if self.open => Next::Read,
                Some((until, _)) if now < until => Next::Wait(until - now),
                _ => Next::Open,
            };
        }
        let since = *self.alone.get_or_insert(now);
        match self.open {
            true if now >= since + REST_AFTER => Next::Close,
            true => Next::Read,
            false => Next::Sleep,
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
        let pause = self.pause.map_or(PAUSES.0, |(_, last)| (last * 2).min(PAUSES.1));
        self.pause = Some((now + pause, pause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_source_is_opened_by_the_first_viewer_and_rests_after_the_last() {
        let mut watch = Watch::default();
        assert_eq!(watch.next(0, ms(0)), Next::Sleep);
        assert_eq!(watch.next(1, ms(10)), Next::Open);
        watch.opened();
        assert_eq!(watch.next(2, ms(20)), Next::Read);
        assert_eq!(watch.next(0, ms(30)), Next::Read);
        assert_eq!(watch.next(1, ms(40)), Next::Read);
        assert_eq!(watch.next(0, ms(2000)), Next::Read);
        assert_eq!(watch.next(0, ms(4000)), Next::Close);
        watch.closed();
        assert_eq!(watch.next(0, ms(4001)), Next::Sleep);
        assert_eq!(watch.next(1, ms(4002)), Next::Open);
    }

    #[test]
    fn after_each_failure_in_a_row_the_pause_is_twice_as_long_and_ten_seconds_at_most() {
        let mut watch = Watch::default();
        let (mut now, mut pauses) = (ms(0), Vec::new());
        for _ in 0..8 {
            assert_eq!(watch.next(1, now), Next::Open);
            watch.failed(now);
            let Next::Wait(pause) = watch.next(1, now) else { panic!("no pause") };
            pauses.push(pause.as_millis());
            now += pause;
        }
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(watch.next(1, now), Next::Open);
        watch.opened();
        watch.pictured();
        watch.failed(now);
        assert_eq!(watch.next(1, now), Next::Wait(ms(250)));
    }
}
