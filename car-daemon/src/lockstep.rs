//! Who is waited for before time moves on, where it goes by turns: so that a program which says one thing for
//! each state that it hears drives in lockstep, as long as it answers within the time that it has.
//!
//! What lives here: the decision, which is told the virtual time and the wall's. What must never live here:
//! a clock, a lock, how anybody is woken.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::control::SessionId;

/// How long somebody new is waited for, by the wall: it may only look on.
const FIRST: Duration = Duration::from_secs(3);

/// How long whoever drives is, and whoever has answered a sample before.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long in all one who does not drive can have time wait while somebody else does.
const BUDGET: Duration = Duration::from_secs(60);

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

/// What a session is, as far as it is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    /// When it is to hear of the state, if it is.
    pub(crate) due: Option<Duration>,
    /// The answer to it is still to come.
    pub(crate) owed: bool,
    /// Whoever spoke may drive. Who may only look on never has time wait for a word.
    pub(crate) drives: bool,
}

/// One who was waited for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GivenUp {
    pub(crate) session: SessionId,
    /// For so long it has said nothing; or, beside whoever drives, in all.
    pub(crate) waited: Duration,
}

/// Everybody who hears of the state at a rate.
#[derive(Debug)]
pub(crate) struct Lockstep {
    /// Time moves as long as somebody listens, not only while it is stepped.
    runs: bool,
    listeners: BTreeMap<SessionId, Listener>,
    /// Who has the lease.
    driver: Option<SessionId>,
    given_up: Vec<GivenUp>,
}

/// One who hears of the state.
#[derive(Debug, Default)]
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
    /// It has answered a sample.
    answers: bool,
    /// For how long it was waited for while somebody else drove.
    spent: Duration,
}

impl Listener {
    /// How much longer it is waited for, who was since then.
    fn left(&self, since: Option<Duration>, standing: Standing, wall: Duration) -> Option<Duration> {
        let most = match standing {
            Standing::Drives => PATIENCE,
            _ if self.answers => PATIENCE,
            _ => FIRST,
        };
        let most = if standing == Standing::Beside { most.min(self.budget()) } else { most };
        (since? + most).checked_sub(wall).filter(|left| !left.is_zero())
    }

    fn budget(&self) -> Duration {
        BUDGET.saturating_sub(self.spent)
    }

    /// It is waited for no longer, who was since then.
    fn charge(&mut self, since: Option<Duration>, standing: Standing, wall: Duration) {
        let waited = since.map_or(Duration::ZERO, |since| wall.saturating_sub(since));
        match standing {
            Standing::Drives => self.spent = Duration::ZERO,
            Standing::Beside => self.spent += waited,
            Standing::Alone => {}
        }
    }
}

/// How somebody stands to the one who drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Drives,
    Beside,
    /// Nobody drives.
    Alone,
}

fn standing(driver: Option<SessionId>, id: SessionId) -> Standing {
    match driver {
        Some(driver) if driver == id => Standing::Drives,
        Some(_) => Standing::Beside,
        None => Standing::Alone,
    }
}

impl Lockstep {
    /// With nobody. `runs`: time moves on by itself, too.
    pub(crate) fn new(runs: bool) -> Self {
        Self { runs, listeners: BTreeMap::new(), driver: None, given_up: Vec::new() }
    }

    /// What a session said is done.
    pub(crate) fn heard(&mut self, id: SessionId, word: Word, wall: Duration) {
        let Word { due: Some(due), owed, drives } = word else {
            self.listeners.remove(&id);
            return;
        };
        let standing = standing(self.driver, id);
        let listener = self.listeners.entry(id).or_default();
        let since = listener.silent.take();
        listener.charge(since, standing, wall);
        listener.answers |= since.is_some();
        let affords = standing != Standing::Beside || !listener.budget().is_zero();
        (listener.due, listener.owed, listener.converses) = (due, owed, drives && affords);
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
        let since = listener.untold.take();
        listener.charge(since, standing(self.driver, id), wall);
        listener.due = due;
        if told && listener.converses && !listener.owed {
            listener.silent = Some(wall);
        }
        listener.silent.is_some()
    }

    /// A session is gone.
    pub(crate) fn gone(&mut self, id: SessionId) {
        self.listeners.remove(&id);
    }

    /// All that there was to do at `now` is done, and the lease is the `driver`'s; says whether anybody is to
    /// hear of it.
    pub(crate) fn settle(&mut self, now: Duration, driver: Option<SessionId>, wall: Duration) -> bool {
        self.driver = driver;
        let due = self.listeners.values_mut().filter(|listener| listener.due <= now);
        due.map(|listener| listener.untold.get_or_insert(wall)).count() > 0
    }

    /// Whether time may move on; `stepped`: somebody asked it to.
    pub(crate) fn ask(&mut self, stepped: bool, wall: Duration) -> Verdict {
        let runs = self.runs && !self.listeners.is_empty();
        if !runs && !stepped {
            return Verdict::Stand;
        }
        let mut longest = None;
        for (&id, listener) in &mut self.listeners {
            let standing = standing(self.driver, id);
            let word = listener.left(listener.silent, standing, wall);
            let waits = listener.left(listener.untold, standing, wall).max(word);
            if waits.is_none()
                && let Some(since) = listener.silent.take()
            {
                listener.charge(Some(since), standing, wall);
                listener.converses = false;
                let spent = standing == Standing::Beside && listener.budget().is_zero();
                let waited = if spent { listener.spent } else { wall.saturating_sub(since) };
                self.given_up.push(GivenUp { session: id, waited });
            }
            longest = longest.max(waits);
        }
        longest.map_or(Verdict::Go, Verdict::Wait)
    }

    /// Who was given up since this was last asked: what follows is not in lockstep with them.
    pub(crate) fn take_given_up(&mut self) -> Vec<GivenUp> {
        std::mem::take(&mut self.given_up)
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

    /// Of somebody who may drive.
    fn word(due: Option<Duration>) -> Word {
        Word { due, owed: false, drives: true }
    }

    fn owed(due: Option<Duration>) -> Word {
        Word { owed: true, ..word(due) }
    }

    /// Time that runs, and somebody who hears of each tenth of a second, and has heard of the first.
    fn told() -> Lockstep {
        let mut lockstep = Lockstep::new(true);
        lockstep.heard(ANNA, word(Some(ms(0))), ms(0));
        assert!(lockstep.settle(ms(0), None, ms(0)));
        assert!(lockstep.sampled(ANNA, ms(100), true, ms(0)));
        lockstep
    }

    #[test]
    fn while_nobody_looks_time_stands() {
        let mut lockstep = Lockstep::new(true);
        assert_eq!(lockstep.ask(false, ms(5)), Verdict::Stand);
        assert_eq!(lockstep.ask(true, ms(5)), Verdict::Go, "unless it is stepped");
        lockstep.heard(ANNA, word(Some(ms(0))), ms(0));
        assert_eq!(lockstep.ask(false, ms(5)), Verdict::Go);
        lockstep.heard(ANNA, word(None), ms(0));
        assert_eq!(lockstep.ask(false, ms(5)), Verdict::Stand, "it has unsubscribed");
    }

    #[test]
    fn by_steps_alone_time_stands_whoever_looks() {
        let mut lockstep = Lockstep::new(false);
        lockstep.heard(ANNA, word(Some(ms(0))), ms(0));
        assert_eq!(lockstep.ask(false, ms(0)), Verdict::Stand);
        assert_eq!(lockstep.ask(true, ms(0)), Verdict::Go);
    }

    #[test]
    fn a_sample_that_is_due_is_waited_for_and_then_the_word_of_whoever_heard_it() {
        let mut lockstep = Lockstep::new(true);
        lockstep.heard(ANNA, word(Some(ms(100))), ms(0));
        assert!(!lockstep.settle(ms(90), None, ms(7)));
        assert_eq!(lockstep.ask(false, ms(7)), Verdict::Go);
        assert!(lockstep.settle(ms(100), None, ms(8)));
        assert_eq!(lockstep.ask(false, ms(8)), Verdict::Wait(FIRST));
        assert!(lockstep.sampled(ANNA, ms(200), true, ms(9)));
        assert_eq!(lockstep.ask(false, ms(509)), Verdict::Wait(ms(2_500)));
        lockstep.heard(ANNA, word(Some(ms(200))), ms(509));
        assert_eq!(lockstep.ask(false, ms(509)), Verdict::Go);
    }

    #[test]
    fn whoever_stays_silent_is_waited_for_once_and_again_when_it_has_spoken() {
        let mut lockstep = told();
        assert_eq!(lockstep.ask(false, ms(2_999)), Verdict::Wait(ms(1)));
        assert_eq!(lockstep.take_given_up(), []);
        assert_eq!(lockstep.ask(false, ms(3_000)), Verdict::Go);
        assert_eq!(lockstep.take_given_up(), [GivenUp { session: ANNA, waited: FIRST }]);
        lockstep.settle(ms(100), None, ms(3_001));
        assert!(!lockstep.sampled(ANNA, ms(200), true, ms(3_002)));
        assert_eq!(lockstep.ask(false, ms(3_002)), Verdict::Go, "it only looks on");
        assert_eq!(lockstep.take_given_up(), [], "which is told once");
        lockstep.heard(ANNA, word(Some(ms(200))), ms(3_002));
        lockstep.settle(ms(200), None, ms(3_003));
        assert!(lockstep.sampled(ANNA, ms(300), true, ms(3_003)));
        assert_eq!(lockstep.ask(false, ms(3_003)), Verdict::Wait(FIRST));
    }

    #[test]
    fn whoever_drives_or_has_answered_before_is_waited_for_longer() {
        let mut lockstep = told();
        lockstep.settle(ms(0), Some(ANNA), ms(0));
        assert_eq!(lockstep.ask(false, ms(0)), Verdict::Wait(PATIENCE), "it drives");
        lockstep.settle(ms(0), None, ms(0));
        lockstep.heard(ANNA, word(Some(ms(100))), ms(2_000));
        lockstep.settle(ms(100), None, ms(2_000));
        lockstep.sampled(ANNA, ms(200), true, ms(2_000));
        assert_eq!(lockstep.ask(false, ms(2_000)), Verdict::Wait(PATIENCE), "it has answered");
        assert_eq!(lockstep.ask(false, ms(12_000)), Verdict::Go);
        assert_eq!(lockstep.take_given_up(), [GivenUp { session: ANNA, waited: PATIENCE }]);
    }

    #[test]
    fn whoever_may_only_look_on_has_time_wait_for_none_of_its_words() {
        let mut lockstep = Lockstep::new(true);
        for turn in 0..3 {
            lockstep.heard(BEN, Word { drives: false, ..word(Some(ms(turn * 100))) }, ms(0));
            lockstep.settle(ms(turn * 100), Some(ANNA), ms(0));
            assert!(!lockstep.sampled(BEN, ms(turn * 100 + 100), true, ms(0)));
            assert_eq!(lockstep.ask(false, ms(0)), Verdict::Go);
        }
    }

    /// How long time has waited when somebody has answered so many samples, each after 0.9 s.
    fn dawdle(lockstep: &mut Lockstep, driver: Option<SessionId>, samples: u64) -> Duration {
        let (mut wall, start) =
            (ms(0), lockstep.listeners.get(&BEN).map_or(0, |ben| ben.due.as_millis() as u64));
        lockstep.settle(ms(start), driver, wall);
        lockstep.heard(BEN, word(Some(ms(start))), wall);
        for sample in 0..samples {
            let now = ms(start + sample * 100);
            lockstep.settle(now, driver, wall);
            lockstep.sampled(BEN, now + ms(100), true, wall);
            if let Verdict::Wait(left) = lockstep.ask(false, wall) {
                wall += left.min(ms(900));
            }
            lockstep.ask(false, wall);
            lockstep.heard(BEN, word(Some(now + ms(100))), wall);
        }
        wall
    }

    #[test]
    fn beside_whoever_drives_a_slow_one_holds_time_for_no_more_than_its_budget() {
        let mut lockstep = Lockstep::new(true);
        assert_eq!(dawdle(&mut lockstep, Some(ANNA), 1_000), BUDGET);
        let given_up = lockstep.take_given_up();
        assert_eq!(given_up, [GivenUp { session: BEN, waited: BUDGET }], "told once");
        assert_eq!(dawdle(&mut lockstep, None, 100), ms(90_000), "where nobody else drives it has time");
        assert_eq!(dawdle(&mut lockstep, Some(BEN), 100), ms(90_000), "and where it drives itself");
        assert_eq!(dawdle(&mut lockstep, Some(ANNA), 1_000), BUDGET, "which gives it credit again");
    }

    #[test]
    fn a_session_that_takes_no_samples_is_waited_for_once_each_time_it_falls_behind() {
        let mut lockstep = Lockstep::new(true);
        lockstep.heard(ANNA, word(Some(ms(0))), ms(0));
        for turn in 0..3 {
            lockstep.settle(ms(turn * 10), None, ms(turn * 1_500));
        }
        assert_eq!(lockstep.ask(false, ms(3_000)), Verdict::Go);
        lockstep.sampled(ANNA, ms(100), false, ms(3_000));
        lockstep.settle(ms(100), None, ms(3_001));
        assert_eq!(lockstep.ask(false, ms(3_001)), Verdict::Wait(FIRST));
    }

    #[test]
    fn a_sample_that_was_passed_over_is_answered_by_nobody() {
        let mut lockstep = Lockstep::new(true);
        lockstep.heard(ANNA, word(Some(ms(0))), ms(0));
        lockstep.settle(ms(0), None, ms(0));
        assert!(!lockstep.sampled(ANNA, ms(100), false, ms(0)));
        assert_eq!(lockstep.ask(false, ms(0)), Verdict::Go);
    }

    #[test]
    fn whoever_waits_for_an_answer_is_not_waited_for() {
        let mut lockstep = Lockstep::new(false);
        lockstep.heard(ANNA, owed(Some(ms(0))), ms(0));
        lockstep.settle(ms(0), None, ms(0));
        assert!(!lockstep.sampled(ANNA, ms(100), true, ms(0)));
        assert_eq!(lockstep.ask(true, ms(0)), Verdict::Go);
        lockstep.answered(ANNA);
        lockstep.settle(ms(100), None, ms(1));
        assert!(lockstep.sampled(ANNA, ms(200), true, ms(1)));
        assert_eq!(lockstep.ask(true, ms(1)), Verdict::Wait(FIRST));
    }

    #[test]
    fn each_is_waited_for_and_who_is_gone_is_not() {
        let mut lockstep = told();
        lockstep.heard(BEN, word(Some(ms(0))), ms(0));
        lockstep.settle(ms(0), None, ms(400));
        lockstep.sampled(BEN, ms(100), true, ms(400));
        assert_eq!(lockstep.ask(false, ms(500)), Verdict::Wait(ms(2_900)));
        lockstep.heard(ANNA, word(Some(ms(100))), ms(0));
        assert_eq!(lockstep.ask(false, ms(500)), Verdict::Wait(ms(2_900)));
        lockstep.gone(BEN);
        assert_eq!(lockstep.ask(false, ms(500)), Verdict::Go);
    }

    #[test]
    fn nothing_is_kept_of_whoever_never_asked_for_the_state() {
        let mut lockstep = Lockstep::new(true);
        for id in 0..1_000 {
            lockstep.heard(id, word(None), ms(0));
            assert!(!lockstep.sampled(id, ms(0), true, ms(0)));
            lockstep.answered(id);
        }
        assert!(lockstep.listeners.is_empty());
    }
}
