//! Who is waited for before time moves on, where it goes by turns: so that a program which says one thing for
//! each state that it hears drives in lockstep, however fast the machine is.
//!
//! What lives here: the decision, which is told the virtual time and the wall's. What must never live here:
//! a clock, a lock, how anybody is woken.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::control::SessionId;

/// How long anybody is waited for, by the wall.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether time may move on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may.
    Go,
    /// Not before somebody was heard, or so much time of the wall has passed.
    Wait(Duration),
    /// There is nothing for which it would.
    Stand,
}

/// Everybody who hears of the state at a rate.
#[derive(Debug)]
pub(crate) struct Lockstep {
    /// Time moves as long as somebody listens, not only while it is stepped.
    runs: bool,
    listeners: BTreeMap<SessionId, Listener>,
}

/// One who hears of the state.
#[derive(Debug)]
struct Listener {
    /// When it is to hear of the next sample.
    due: Duration,
    /// Since when, by the wall, that sample waits for its session to take it.
    untold: Option<Duration>,
    /// Since when, by the wall, it has heard one and said nothing.
    silent: Option<Duration>,
    /// It was not waited for in vain since it last spoke.
    converses: bool,
    /// It waits for an answer, and so will say nothing.
    owed: bool,
}

impl Lockstep {
    /// With nobody. `runs`: time moves on by itself, too.
    pub(crate) fn new(runs: bool) -> Self {
        Self { runs, listeners: BTreeMap::new() }
    }

    /// What a session said is done; it is to hear of the state at `due`, if it is. `owed`: the answer is still
    /// to come.
    pub(crate) fn heard(&mut self, id: SessionId, due: Option<Duration>, owed: bool) {
        let Some(due) = due else {
            self.listeners.remove(&id);
            return;
        };
        let untold = self.listeners.get(&id).and_then(|listener| listener.untold);
        self.listeners.insert(id, Listener { due, untold, silent: None, converses: true, owed });
    }

    /// A session has got the answer for which it waited.
    pub(crate) fn answered(&mut self, id: SessionId) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.owed = false;
        }
    }

    /// A session took a sample, and `told` its peer; the next is due at `due`. Says whether the peer is waited
    /// for now.
    pub(crate) fn sampled(&mut self, id: SessionId, due: Duration, told: bool, wall: Duration) -> bool {
        let Some(listener) = self.listeners.get_mut(&id) else { return false };
        (listener.due, listener.untold) = (due, None);
        if told && listener.converses && !listener.owed {
            listener.silent = Some(wall);
        }
        listener.silent.is_some()
    }

    /// A session is gone.
    pub(crate) fn gone(&mut self, id: SessionId) {
        self.listeners.remove(&id);
    }

    /// All that there was to do at `now` is done; says whether anybody is to hear of it.
    pub(crate) fn settle(&mut self, now: Duration, wall: Duration) -> bool {
        let due = self.listeners.values_mut().filter(|listener| listener.due <= now);
        due.map(|listener| listener.untold.get_or_insert(wall)).count() > 0
    }

    /// Whether time may move on; `stepped`: somebody asked it to.
    pub(crate) fn ask(&mut self, stepped: bool, wall: Duration) -> Verdict {
        let runs = self.runs && !self.listeners.is_empty();
        if !runs && !stepped {
            return Verdict::Stand;
        }
        let left = |since: Duration| (since + PATIENCE).checked_sub(wall).filter(|left| !left.is_zero());
        let mut longest = None;
        for listener in self.listeners.values_mut() {
            let waits = listener.untold.and_then(left).max(listener.silent.and_then(left));
            if waits.is_none() && listener.silent.take().is_some() {
                listener.converses = false;
            }
            longest = longest.max(waits);
        }
        longest.map_or(Verdict::Go, Verdict::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: SessionId = 1;
    const BEN: SessionId = 2;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Time that runs, and somebody who hears of each tenth of a second, and has heard of the first.
    fn told() -> Lockstep {
        let mut lockstep = Lockstep::new(true);
        lockstep.heard(ANNA, Some(ms(0)), false);
        assert!(lockstep.settle(ms(0), ms(0)));
        assert!(lockstep.sampled(ANNA, ms(100), true, ms(0)));
        lockstep
    }

    #[test]
    fn while_nobody_looks_time_stands() {
        let mut lockstep = Lockstep::new(true);
        assert_eq!(lockstep.ask(false, ms(5)), Verdict::Stand);
        assert_eq!(lockstep.ask(true, ms(5)), Verdict::Go, "unless it is stepped");
        lockstep.heard(ANNA, Some(ms(0)), false);
        assert_eq!(lockstep.ask(false, ms(5)), Verdict::Go);
        lockstep.heard(ANNA, None, false);
        assert_eq!(lockstep.ask(false, ms(5)), Verdict::Stand, "it has unsubscribed");
    }

    #[test]
    fn by_steps_alone_time_stands_whoever_looks() {
        let mut lockstep = Lockstep::new(false);
        lockstep.heard(ANNA, Some(ms(0)), false);
        assert_eq!(lockstep.ask(false, ms(0)), Verdict::Stand);
        assert_eq!(lockstep.ask(true, ms(0)), Verdict::Go);
    }

    #[test]
    fn a_sample_that_is_due_is_waited_for_and_then_the_word_of_whoever_heard_it() {
        let mut lockstep = Lockstep::new(true);
        lockstep.heard(ANNA, Some(ms(100)), false);
        assert!(!lockstep.settle(ms(90), ms(7)));
        assert_eq!(lockstep.ask(false, ms(7)), Verdict::Go);
        assert!(lockstep.settle(ms(100), ms(8)));
        assert_eq!(lockstep.ask(false, ms(8)), Verdict::Wait(PATIENCE));
        assert!(lockstep.sampled(ANNA, ms(200), true, ms(9)));
        assert_eq!(lockstep.ask(false, ms(509)), Verdict::Wait(ms(500)));
        lockstep.heard(ANNA, Some(ms(200)), false);
        assert_eq!(lockstep.ask(false, ms(509)), Verdict::Go);
    }

    #[test]
    fn whoever_stays_silent_is_waited_for_once_and_again_when_it_has_spoken() {
        let mut lockstep = told();
        assert_eq!(lockstep.ask(false, ms(999)), Verdict::Wait(ms(1)));
        assert_eq!(lockstep.ask(false, ms(1_000)), Verdict::Go);
        lockstep.settle(ms(100), ms(1_001));
        assert!(!lockstep.sampled(ANNA, ms(200), true, ms(1_002)));
        assert_eq!(lockstep.ask(false, ms(1_002)), Verdict::Go, "it only looks on");
        lockstep.heard(ANNA, Some(ms(200)), false);
        lockstep.settle(ms(200), ms(1_003));
        assert!(lockstep.sampled(ANNA, ms(300), true, ms(1_003)));
        assert_eq!(lockstep.ask(false, ms(1_003)), Verdict::Wait(PATIENCE));
    }

    #[test]
    fn a_session_that_takes_no_samples_is_waited_for_once_each_time_it_falls_behind() {
        let mut lockstep = Lockstep::new(true);
        lockstep.heard(ANNA, Some(ms(0)), false);
        for turn in 0..3 {
            lockstep.settle(ms(turn * 10), ms(turn * 1_000));
        }
        assert_eq!(lockstep.ask(false, ms(2_000)), Verdict::Go);
        lockstep.sampled(ANNA, ms(100), false, ms(2_000));
        lockstep.settle(ms(100), ms(2_001));
        assert_eq!(lockstep.ask(false, ms(2_001)), Verdict::Wait(PATIENCE));
    }

    #[test]
    fn a_sample_that_was_passed_over_is_answered_by_nobody() {
        let mut lockstep = Lockstep::new(true);
        lockstep.heard(ANNA, Some(ms(0)), false);
        lockstep.settle(ms(0), ms(0));
        assert!(!lockstep.sampled(ANNA, ms(100), false, ms(0)));
        assert_eq!(lockstep.ask(false, ms(0)), Verdict::Go);
    }

    #[test]
    fn whoever_waits_for_an_answer_is_not_waited_for() {
        let mut lockstep = Lockstep::new(false);
        lockstep.heard(ANNA, Some(ms(0)), true);
        lockstep.settle(ms(0), ms(0));
        assert!(!lockstep.sampled(ANNA, ms(100), true, ms(0)));
        assert_eq!(lockstep.ask(true, ms(0)), Verdict::Go);
        lockstep.answered(ANNA);
        lockstep.settle(ms(100), ms(1));
        assert!(lockstep.sampled(ANNA, ms(200), true, ms(1)));
        assert_eq!(lockstep.ask(true, ms(1)), Verdict::Wait(PATIENCE));
    }

    #[test]
    fn each_is_waited_for_and_who_is_gone_is_not() {
        let mut lockstep = told();
        lockstep.heard(BEN, Some(ms(0)), false);
        lockstep.settle(ms(0), ms(400));
        lockstep.sampled(BEN, ms(100), true, ms(400));
        assert_eq!(lockstep.ask(false, ms(500)), Verdict::Wait(ms(900)));
        lockstep.heard(ANNA, Some(ms(100)), false);
        assert_eq!(lockstep.ask(false, ms(500)), Verdict::Wait(ms(900)));
        lockstep.gone(BEN);
        assert_eq!(lockstep.ask(false, ms(500)), Verdict::Go);
    }

    #[test]
    fn nothing_is_kept_of_whoever_never_asked_for_the_state() {
        let mut lockstep = Lockstep::new(true);
        for id in 0..1_000 {
            lockstep.heard(id, None, false);
            assert!(!lockstep.sampled(id, ms(0), true, ms(0)));
            lockstep.answered(id);
        }
        assert!(lockstep.listeners.is_empty());
    }
}
