//! What the contract says, told once more and apart from the gate: from what was delivered alone, which
//! motions may be alive, and whether the wheels may turn.
//!
//! It knows less than the gate on purpose. Where the contract leaves it open whether a motion is
//! accepted (hardware that fails between two of its checks), both are possible: then the wheels may
//! turn and need not.

mod breakage;
mod lease;
mod motion;
mod rules;
mod sticks;

use std::collections::BTreeMap;
use std::time::Duration;

use hal::Board;
use protocol::Command;

use lease::Lease;
pub(super) use motion::Wheels;
use motion::{Life, Meaning, Motion, sent};
use rules::{RULES, Rule, Said, Verdict};

/// A stop, or the end of a time to live, is done within one turn of the control loop.
const TURN: Duration = Duration::from_millis(10);

/// After the end of its driver's link the car stands within this.
const LINK_END: Duration = Duration::from_millis(20);

/// Zeros are a motion like others: power falls to them as it rises, full power in 200 ms.
const EASED: Duration = Duration::from_millis(220);

/// From full power back to full power ahead takes 400 ms; after this the wheels do what was asked.
const SETTLED: Duration = Duration::from_millis(450);

/// Names of the methods are those of what happens.
pub(super) struct Oracle {
    meaning: Meaning,
    rules: Vec<Box<dyn Rule>>,
    lease: Lease,
    /// Whether the end of each session's link is noticed.
    linked: BTreeMap<u64, bool>,
    /// Sessions whose link has ended, heard out or not.
    cut: BTreeMap<u64, Duration>,
    alive: Vec<Motion>,
    /// When the wheels must stand at the latest, if nothing new comes.
    rest_by: Duration,
    refused: u64,
}

impl std::fmt::Debug for Oracle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oracle")
            .field("alive", &self.alive)
            .field("rest_by", &self.rest_by)
            .finish_non_exhaustive()
    }
}

impl Oracle {
    /// `silence`: after this long without driving the lease is over.
    pub(super) fn new(board: &Board, silence: Duration) -> Self {
        Self {
            meaning: Meaning::new(board),
            rules: RULES.iter().map(|rule| rule()).collect(),
            lease: Lease::new(silence),
            linked: BTreeMap::new(),
            cut: BTreeMap::new(),
            alive: Vec::new(),
            rest_by: Duration::ZERO,
            refused: 0,
        }
    }

    /// How many motions the contract refused.
    pub(super) fn refused(&self) -> u64 {
        self.refused
    }

    pub(super) fn opened(&mut self, session: u64, linked: bool, priority: u8) {
        self.linked.insert(session, linked);
        self.lease.opened(session, linked, priority);
    }

    /// A command was delivered; says what it makes of it.
    pub(super) fn heard(&mut self, session: u64, command: &Command, now: Duration) -> String {
        self.pass(now);
        let robbed = self.lease.robbed(session, command);
        let releases = self.rules.iter().map(|rule| rule.releases(now)).max().unwrap_or_default();
        let said = Said { session, command, now, robbed: &robbed, releases };
        let mut halts = matches!(command, Command::Stop { .. });
        for rule in &mut self.rules {
            halts |= rule.heard(&said, &self.alive);
        }
        if halts {
            self.end(now, TURN, |_| true);
        }
        self.lease.heard(session, command, now);
        self.settle(now, TURN);
        let linked = self.linked.get(&session).copied().unwrap_or(false);
        match self.meaning.of(command, linked) {
            Some((wheels, life)) => self.motion(&said, wheels, life),
            None => String::new(),
        }
    }

    fn motion(&mut self, said: &Said<'_>, wheels: Wheels, life: Life) -> String {
        let Said { session, now, .. } = *said;
        let mut verdict = self.verdict(said, wheels);
        if verdict == Verdict::No {
            self.refused += 1;
            return "refused".to_owned();
        }
        let lets = self.lease.verdict(session, wheels);
        self.lease.drove(session, wheels, verdict == Verdict::Yes, now);
        match lets {
            Verdict::No if wheels == Wheels::REST => {
                return "zeros of somebody who does not drive".to_owned();
            }
            Verdict::No => {
                self.refused += 1;
                return "refused: somebody else drives".to_owned();
            }
            Verdict::Maybe => verdict = Verdict::Maybe,
            Verdict::Yes => {}
        }
        let since = match &self.alive[..] {
            [only] if only.session == session && only.wheels == wheels && only.is_good(now) => only.since,
            _ => now,
        };
        if wheels == Wheels::REST && self.may_move() {
            self.rest_by = self.rest_by.max(now + EASED);
        }
        let certain = verdict == Verdict::Yes;
        if certain {
            self.end(now, TURN, |_| true);
        }
        let until = match life {
            Life::Until(ttl) => Some(sent(said.command).map_or(now, |sent| sent.min(now)) + ttl),
            Life::Link => None,
        };
        // What comes from a link that has ended is over at once.
        if !self.cut.contains_key(&session) {
            self.alive.push(Motion { session, wheels, since, until, certain });
        }
        format!("{wheels:?} until {until:?}, {verdict:?}")
    }

    /// The first rule that refuses decides; those after it never hear of it. Where an earlier one may
    /// have refused, what a later one remembers may be wrong.
    fn verdict(&mut self, said: &Said<'_>, wheels: Wheels) -> Verdict {
        let mut verdict = Verdict::Yes;
        for rule in &mut self.rules {
            match rule.verdict(said, wheels) {
                Verdict::No if verdict == Verdict::Yes => return Verdict::No,
                Verdict::No | Verdict::Maybe => verdict = Verdict::Maybe,
                Verdict::Yes => {}
            }
        }
        verdict
    }

    /// A client's end of a connection is gone.
    pub(super) fn link_ended(&mut self, session: u64, now: Duration) {
        if self.linked.get(&session) == Some(&true) {
            self.cut.entry(session).or_insert(now);
            self.end(now, LINK_END, |motion| motion.session == session);
            self.lease.link_ended(session, now);
        }
    }

    /// The daemon is done with a session.
    pub(super) fn closed(&mut self, session: u64, now: Duration) {
        self.end(now, LINK_END, |motion| motion.session == session);
        self.lease.closed(session, now);
        self.linked.remove(&session);
        self.cut.remove(&session);
        for rule in &mut self.rules {
            rule.closed(session);
        }
    }

    /// The hardware is broken from now on, or whole again.
    pub(super) fn hardware(&mut self, whole: bool, now: Duration) {
        for motion in &mut self.alive {
            motion.certain = false;
        }
        for rule in &mut self.rules {
            rule.hardware(whole, now);
        }
    }

    /// Whether a state may name this driver, or none.
    pub(super) fn may_be_driver(&mut self, session: Option<u64>, now: Duration) -> bool {
        // What was said in this very moment may have ended a lease.
        self.pass(now);
        self.lease.may_be_told(session, now)
    }

    /// Judges what the wheels do.
    pub(super) fn judge(&mut self, wheels: Wheels, now: Duration) -> Result<(), String> {
        self.pass(now);
        if !self.may_move() && now > self.rest_by && wheels != Wheels::REST {
            let since = self.rest_by.as_secs_f64() * 1e3;
            return Err(format!("{wheels:?} though nothing is alive; they had to stand by {since:.3} ms"));
        }
        if let [motion] = &self.alive[..]
            && motion.certain
            && now > motion.since + SETTLED
            && motion.is_good(now)
            && !wheels.follow(motion.wheels)
        {
            return Err(format!("{wheels:?}, and {motion:?} is in force"));
        }
        Ok(())
    }

    fn may_move(&self) -> bool {
        self.alive.iter().any(|motion| motion.wheels != Wheels::REST)
    }

    /// Whatever time alone ends.
    fn pass(&mut self, now: Duration) {
        self.end(now, Duration::ZERO, |motion| motion.until.is_some_and(|until| now > until + TURN));
        if self.rules.iter_mut().any(|rule| rule.passed(now)) {
            self.end(now, TURN, |_| true);
        }
        self.lease.pass(&self.alive, now);
        self.settle(now, TURN);
    }

    /// Whoever loses the lease stands.
    fn settle(&mut self, now: Duration, grace: Duration) {
        for motion in &mut self.alive {
            motion.certain &= self.lease.holds(motion.session) == Verdict::Yes;
        }
        let lost: Vec<u64> = self.alive.iter().map(|motion| motion.session).collect();
        let lost = lost.into_iter().filter(|who| self.lease.holds(*who) == Verdict::No);
        for who in lost.collect::<Vec<_>>() {
            self.end(now, grace, |motion| motion.session == who);
        }
    }

    fn end(&mut self, now: Duration, grace: Duration, mut over: impl FnMut(&Motion) -> bool) {
        for motion in self.alive.extract_if(.., |motion| over(motion)) {
            if motion.wheels != Wheels::REST {
                self.rest_by = self.rest_by.max(now + grace);
            }
        }
    }
}
