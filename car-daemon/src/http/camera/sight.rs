//! Who watches, and since when no new picture has reached whom: a state machine that is told the time.
//!
//! What must never live here: a clock, a lock, and what follows for the car.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::control::SessionId;

/// Everybody who watches. Times are since any moment, and never go back.
#[derive(Debug)]
pub(super) struct Sight {
    /// Who has got no new picture for this long sees nothing.
    limit: Duration,
    eyes: BTreeMap<SessionId, Eye>,
    /// How many streams were opened.
    streams: u64,
}

#[derive(Debug)]
struct Eye {
    /// Which of the session's streams it is: the newest.
    stream: u64,
    /// When the newest picture was taken that has reached it.
    newest: Option<Instant>,
    /// And when that left for it; before the first, when it was opened.
    seen: Duration,
    blind: bool,
}

/// What has changed for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) session: SessionId,
    /// For how long nothing new has reached it; `None`: it sees again.
    pub(super) blind_for: Option<Duration>,
}

impl Sight {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, eyes: BTreeMap::new(), streams: 0 }
    }

    /// A session has opened a stream, which is its only eye from now on; which one it is. By opening nobody sees more
    /// than before: a picture must come.
    pub(super) fn opened(&mut self, session: SessionId, now: Duration) -> u64 {
        self.streams += 1;
        let fresh = Eye { stream: 0, newest: None, seen: now, blind: false };
        self.eyes.entry(session).or_insert(fresh).stream = self.streams;
        self.streams
    }

    /// A picture that was taken so long ago has reached somebody by one of its streams. One that is no newer than the
    /// last is none: a camera that froze shows it again and again. Nor is one from before the limit, though each is newer
    /// than the last: who drives by such a stream does not see what the car does.
    pub(super) fn saw(
        &mut self,
        (session, stream): (SessionId, u64),
        (taken, age): (Instant, Duration),
        now: Duration,
    ) -> Option<Change> {
        let limit = self.limit;
        let eye = self.eyes.get_mut(&session).filter(|eye| eye.stream == stream)?;
        if age >= limit || eye.newest.is_some_and(|newest| taken <= newest) {
            return None;
        }
        (eye.newest, eye.seen) = (Some(taken), now);
        std::mem::take(&mut eye.blind).then_some(Change { session, blind_for: None })
    }

    /// A session watches no longer, and is not missed.
    pub(super) fn ended(&mut self, session: SessionId) -> Option<Change> {
        self.eyes.remove(&session)?.blind.then_some(Change { session, blind_for: None })
    }

    /// Who sees nothing any more since this was last asked.
    pub(super) fn lost(&mut self, now: Duration) -> Vec<Change> {
        let mut changes = Vec::new();
        for (session, eye) in &mut self.eyes {
            let dark = now.saturating_sub(eye.seen);
            if !eye.blind && dark >= self.limit {
                eye.blind = true;
                changes.push(Change { session: *session, blind_for: Some(dark) });
            }
        }
        changes
    }

    /// When to look again, if somebody sees.
    pub(super) fn next(&self) -> Option<Duration> {
        self.eyes.values().filter(|eye| !eye.blind).map(|eye| eye.seen + self.limit).min()
    }

    /// Forgets whoever is not here any more.
    pub(super) fn keep(&mut self, is_here: impl Fn(SessionId) -> bool) {
        self.eyes.retain(|session, _| is_here(*session));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A picture that was taken at that time, and is looked at now.
    fn of(began: Instant, taken: u64, now: u64) -> (Instant, Duration) {
        (began + ms(taken), ms(now - taken))
    }

    /// Opens a stream of session 1, and takes, at each time, a picture and shows it at once.
    fn watched(times: &[u64]) -> (Sight, (SessionId, u64), Instant) {
        let (mut sight, began) = (Sight::new(ms(500)), Instant::now());
        let eye = (1, sight.opened(1, ms(0)));
        for time in times {
            assert_eq!(sight.saw(eye, of(began, *time, *time), ms(*time)), None);
        }
        (sight, eye, began)
    }

    #[test]
    fn who_watched_and_gets_nothing_for_the_limit_is_told_once() {
        let (mut sight, ..) = watched(&[0, 30, 60]);
        assert_eq!(sight.next(), Some(ms(560)));
        assert_eq!(sight.lost(ms(559)), []);
        assert_eq!(sight.lost(ms(570)), [Change { session: 1, blind_for: Some(ms(510)) }]);
        assert_eq!((sight.lost(ms(9_000)), sight.next()), (vec![], None));
    }

    #[test]
    fn who_opens_a_stream_and_never_gets_a_picture_sees_nothing() {
        let (mut sight, ..) = watched(&[]);
        assert_eq!(sight.next(), Some(ms(500)));
        sight.opened(1, ms(400));
        assert_eq!(sight.lost(ms(500)), [Change { session: 1, blind_for: Some(ms(500)) }]);
        sight.opened(1, ms(600));
        assert_eq!((sight.lost(ms(9_000)), sight.next()), (vec![], None), "to open one is not to see");
    }

    #[test]
    fn the_first_new_picture_gives_sight_back_and_an_old_one_does_not() {
        let (mut sight, eye, began) = watched(&[0, 60]);
        for again in (100..700).step_by(100) {
            assert_eq!(sight.saw(eye, of(began, 60, again), ms(again)), None, "the picture stands");
        }
        assert_eq!(sight.lost(ms(700)).len(), 1);
        let eye = (1, sight.opened(1, ms(750)));
        assert_eq!(sight.saw(eye, of(began, 60, 800), ms(800)), None);
        assert_eq!(
            sight.saw(eye, of(began, 790, 800), ms(800)),
            Some(Change { session: 1, blind_for: None })
        );
        assert_eq!(sight.next(), Some(ms(1_300)));
    }

    #[test]
    fn a_stream_that_lags_behind_by_the_limit_shows_nothing_however_steadily_it_goes() {
        let (mut sight, eye, began) = watched(&[0]);
        for taken in (30..600).step_by(30) {
            let now = taken + 500;
            assert_eq!(sight.saw(eye, of(began, taken, now), ms(now)), None);
        }
        assert_eq!(sight.lost(ms(1_100)), [Change { session: 1, blind_for: Some(ms(1_100)) }]);
        assert_eq!(sight.saw(eye, of(began, 600, 1_100), ms(1_100)), None);
        let seen = sight.saw(eye, of(began, 601, 1_100), ms(1_100));
        assert_eq!(seen, Some(Change { session: 1, blind_for: None }));
    }

    #[test]
    fn the_newest_stream_is_the_only_eye() {
        let (mut sight, old, began) = watched(&[0]);
        let new = (1, sight.opened(1, ms(10)));
        for time in (30..600).step_by(30) {
            sight.saw(old, of(began, time, time), ms(time));
        }
        assert_eq!(sight.lost(ms(600)), [Change { session: 1, blind_for: Some(ms(600)) }]);
        assert!(sight.saw(old, of(began, 610, 610), ms(610)).is_none());
        assert!(sight.saw(new, of(began, 610, 610), ms(610)).is_some());
    }

    #[test]
    fn who_never_watched_or_no_longer_does_is_not_missed_and_who_left_is_forgotten() {
        let (mut sight, eye, began) = watched(&[0]);
        for session in [2, 3] {
            sight.opened(session, ms(0));
        }
        sight.keep(|session| session != 3);
        assert_eq!(sight.ended(1), None);
        assert_eq!(sight.saw(eye, of(began, 1, 1), ms(1)), None);
        assert_eq!(sight.lost(ms(500)), [Change { session: 2, blind_for: Some(ms(500)) }]);
        assert_eq!(
            sight.ended(2),
            Some(Change { session: 2, blind_for: None }),
            "it may drive by something else"
        );
        assert_eq!(sight.ended(2), None);
    }
}
