//! The lease: one session at a time may drive, and others wait for it.
//!
//! What lives here: who holds it, since when, who has asked for it. What must never live here: who
//! may hold it, and what a change of it does to the car.

use std::time::Duration;

use super::SessionId;

/// How long a request for the lease is good. Who asked longer ago has given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever holds the lease.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) by: SessionId,
    pub(crate) since: Duration,
    /// By `acquire`, not by a motion alone.
    pub(crate) asked: bool,
    /// When the holder last drove or asked.
    heard: Duration,
}

/// The lease of the one car.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    held: Option<Held>,
    /// Who waits for it, and since when; the first has waited longest.
    asking: Vec<(SessionId, Duration)>,
}

impl Lease {
    pub(crate) fn held(&self) -> Option<Held> {
        self.held
    }

    pub(crate) fn holder(&self) -> Option<SessionId> {
        self.held.map(|held| held.by)
    }

    /// Since when `id` waits.
    pub(crate) fn asks_since(&self, id: SessionId) -> Option<Duration> {
        self.asking.iter().find(|(asking, _)| *asking == id).map(|(_, since)| *since)
    }

    /// Gives it to `id`, who waits no more. Whoever has it already keeps it.
    pub(crate) fn give(&mut self, id: SessionId, asked: bool, now: Duration) {
        self.forget(id);
        self.held = Some(match self.held {
            Some(held) if held.by == id => Held { asked: held.asked || asked, heard: now, ..held },
            _ => Held { by: id, since: now, asked, heard: now },
        });
    }

    /// `id` has driven until now.
    pub(crate) fn drove(&mut self, id: SessionId, now: Duration) {
        if let Some(held) = self.held.as_mut().filter(|held| held.by == id) {
            held.heard = now;
        }
    }

    /// Takes it from whoever holds it.
    pub(crate) fn free(&mut self) -> Option<Held> {
        self.held.take()
    }

    /// `id` waits for it from now on, at the end of the row; whether it did not before.
    pub(crate) fn ask(&mut self, id: SessionId, now: Duration) -> bool {
        self.give_up(now);
        match self.asking.iter_mut().find(|(asking, _)| *asking == id) {
            Some(_) => false,
            None => {
                self.asking.push((id, now));
                true
            }
        }
    }

    /// `id` waits for it no more.
    pub(crate) fn forget(&mut self, id: SessionId) {
        self.asking.retain(|(asking, _)| *asking != id);
    }

    /// Who has waited longest and not given up.
    pub(crate) fn next(&mut self, now: Duration) -> Option<SessionId> {
        self.give_up(now);
        self.asking.first().map(|(id, _)| *id)
    }

    /// When it ends if its holder stays silent for `silence`.
    pub(crate) fn ends(&self, silence: Duration) -> Option<Duration> {
        self.held.map(|held| held.heard + silence)
    }

    fn give_up(&mut self, now: Duration) {
        self.asking.retain(|(_, since)| now.saturating_sub(*since) < PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn who_asked_first_is_next() {
        let mut lease = Lease::default();
        lease.give(1, false, s(0));
        assert!(lease.ask(2, s(1)));
        assert!(lease.ask(3, s(2)));
        assert!(!lease.ask(2, s(3)), "asking again neither helps nor harms");
        assert_eq!(lease.asks_since(2), Some(s(1)));
        assert_eq!(lease.next(s(4)), Some(2));
        lease.give(2, true, s(4));
        assert_eq!((lease.holder(), lease.next(s(4))), (Some(2), Some(3)));
        lease.forget(3);
        assert_eq!(lease.next(s(4)), None);
    }

    #[test]
    fn who_asked_half_a_minute_ago_has_given_up() {
        let mut lease = Lease::default();
        lease.ask(2, s(0));
        assert_eq!(lease.next(s(29)), Some(2));
        assert_eq!(lease.next(s(30)), None);
        assert!(lease.ask(2, s(31)), "it may ask anew");
    }

    #[test]
    fn it_ends_by_silence_and_its_holder_keeps_it_by_driving() {
        let mut lease = Lease::default();
        assert_eq!(lease.ends(s(3)), None);
        lease.give(1, true, s(0));
        lease.give(1, false, s(2));
        assert_eq!(lease.ends(s(3)), Some(s(5)));
        let held = lease.free().expect("held");
        assert_eq!((held.since, held.asked), (s(0), true));
        assert_eq!(lease.holder(), None);
    }
}
