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
}

#[derive(Debug)]
struct Eye {
    /// When the newest picture was taken that has reached it.
    newest: Instant,
    /// And when that left for it.
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
        Self { limit, eyes: BTreeMap::new() }
    }

    /// A picture has reached somebody. One that is no newer than the last is none: a camera that froze shows it again
    /// and again.
    pub(super) fn saw(&mut self, session: SessionId, taken: Instant, now: Duration) -> Option<Change> {
        let eye = self.eyes.entry(session);
        let known = matches!(&eye, std::collections::btree_map::Entry::Occupied(_));
        let eye = eye.or_insert(Eye { newest: taken, seen: now, blind: false });
        if known && taken <= eye.newest {
            return None;
        }
        (eye.newest, eye.seen) = (taken, now);
        std::mem::take(&mut eye.blind).then_some(Change { session, blind_for: None })
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

    /// Takes, at each time, a picture and shows it to session 1 at once.
    fn watched(times: &[u64]) -> (Sight, Instant) {
        let (mut sight, began) = (Sight::new(ms(500)), Instant::now());
        for time in times {
            assert_eq!(sight.saw(1, began + ms(*time), ms(*time)), None);
        }
        (sight, began)
    }

    #[test]
    fn who_watched_and_gets_nothing_for_the_limit_is_told_once() {
        let (mut sight, _) = watched(&[0, 30, 60]);
        assert_eq!(sight.next(), Some(ms(560)));
        assert_eq!(sight.lost(ms(559)), []);
        assert_eq!(sight.lost(ms(570)), [Change { session: 1, blind_for: Some(ms(510)) }]);
        assert_eq!((sight.lost(ms(9_000)), sight.next()), (vec![], None));
    }

    #[test]
    fn the_first_new_picture_gives_sight_back_and_an_old_one_does_not() {
        let (mut sight, began) = watched(&[0, 60]);
        for again in (100..700).step_by(100) {
            assert_eq!(sight.saw(1, began + ms(60), ms(again)), None, "the picture stands");
        }
        assert_eq!(sight.lost(ms(700)).len(), 1);
        assert_eq!(sight.saw(1, began + ms(60), ms(800)), None);
        assert_eq!(sight.saw(1, began + ms(790), ms(800)), Some(Change { session: 1, blind_for: None }));
        assert_eq!(sight.next(), Some(ms(1_300)));
    }

    #[test]
    fn who_never_watched_is_not_missed_and_who_left_is_forgotten() {
        let (mut sight, began) = watched(&[0]);
        sight.saw(2, began, ms(0));
        sight.keep(|session| session == 2);
        assert_eq!(sight.lost(ms(500)), [Change { session: 2, blind_for: Some(ms(500)) }]);
    }
}
