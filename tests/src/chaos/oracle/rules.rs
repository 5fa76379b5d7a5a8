//! Who may drive when: one rule each, and the table of them, in the order in which they are asked. A
//! new right or latch of the contract is one more.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::Command;

use super::lease::Robbed;
use super::motion::{Motion, Wheels, sent, ttl};
use super::sticks::Sticks;

/// Every rule, each from its beginning. The first that refuses a motion decides.
/// Whom they let drive needs the lease too, which is no rule among others: see `lease`.
pub(super) const RULES: &[fn() -> Box<dyn Rule>] = &[
    || Box::<Age>::default(),
    || Box::<Numbers>::default(),
    || Box::<Sticks>::default(),
    || Box::<Estop>::default(),
    || Box::<Breakage>::default(),
];

/// What a rule says to a motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    /// The contract leaves it open.
    Maybe,
    No,
}

/// A command that was delivered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) session: u64,
    pub(super) command: &'a Command,
    pub(super) now: Duration,
    /// Who loses the lease by it.
    pub(super) robbed: &'a Robbed,
}

/// One rule of the contract.
pub(super) trait Rule: Send {
    /// Somebody said something, before it is done. Whether it halts the car.
    fn heard(&mut self, _said: &Said<'_>, _alive: &[Motion]) -> bool {
        false
    }

    /// Whether a motion is accepted.
    fn verdict(&mut self, _said: &Said<'_>, _wheels: Wheels) -> Verdict {
        Verdict::Yes
    }

    /// Whether the time alone halts the car.
    fn passed(&mut self, _now: Duration) -> bool {
        false
    }

    /// A session is over.
    fn closed(&mut self, _session: u64) {}

    /// The hardware is broken from now on, or whole again.
    fn hardware(&mut self, _whole: bool, _now: Duration) {}
}

/// A client's idea of the daemon's clock may be ahead by this.
const AHEAD: Duration = Duration::from_secs(1);

/// What was sent longer ago than it lives is over before it comes. Never open: what other rules remember
/// hangs on it.
#[derive(Default)]
struct Age;

impl Rule for Age {
    fn verdict(&mut self, said: &Said<'_>, _wheels: Wheels) -> Verdict {
        let Some(sent) = sent(said.command) else { return Verdict::Yes };
        let over = sent + ttl(said.command) <= said.now;
        if over || sent > said.now + AHEAD { Verdict::No } else { Verdict::Yes }
    }
}

/// Once anybody has said so, nothing moves until it is released.
#[derive(Default)]
struct Estop {
    latched: bool,
}

impl Rule for Estop {
    fn heard(&mut self, said: &Said<'_>, _alive: &[Motion]) -> bool {
        match said.command {
            Command::Estop { .. } => self.latched = true,
            Command::Reset => self.latched = false,
            _ => {}
        }
        self.latched
    }

    fn verdict(&mut self, _said: &Said<'_>, _wheels: Wheels) -> Verdict {
        if self.latched { Verdict::No } else { Verdict::Yes }
    }
}

/// A fault of the hardware is noticed within this, and a turn of the control loop.
const NOTICED: Duration = Duration::from_millis(110);

/// How often hardware that failed is asked whether it works again.
const RETRY: Duration = Duration::from_millis(500);

/// Nothing moves while the hardware is broken. When it is noticed, and when the end of it, is open; so
/// from the first time on nothing is certain any more, except that.
#[derive(Default)]
struct Breakage {
    /// Since when, and until when at least.
    broken: Option<(Duration, Duration)>,
    halted: bool,
    ever: bool,
}

impl Rule for Breakage {
    fn verdict(&mut self, said: &Said<'_>, _wheels: Wheels) -> Verdict {
        match self.broken {
            Some((since, until)) if said.now > since + NOTICED && said.now < until => Verdict::No,
            _ if self.ever => Verdict::Maybe,
            _ => Verdict::Yes,
        }
    }

    fn passed(&mut self, now: Duration) -> bool {
        let halts = !self.halted && self.broken.is_some_and(|(since, _)| now > since + NOTICED);
        self.halted |= halts;
        halts
    }

    fn hardware(&mut self, whole: bool, now: Duration) {
        match (&mut self.broken, whole) {
            (broken, false) => {
                *broken = Some((now, Duration::MAX));
                (self.ever, self.halted) = (true, false);
            }
            (Some((since, until)), true) => *until = now.max(*since + RETRY),
            (None, true) => {}
        }
    }
}

/// What has a `seq` must be newer than what the same session has numbered before.
#[derive(Default)]
struct Numbers(BTreeMap<u64, u64>);

impl Rule for Numbers {
    fn heard(&mut self, said: &Said<'_>, _alive: &[Motion]) -> bool {
        if let Command::Stop { seq: Some(seq) } = said.command {
            let newest = self.0.entry(said.session).or_insert(*seq);
            *newest = (*newest).max(*seq);
        }
        false
    }

    fn verdict(&mut self, said: &Said<'_>, _wheels: Wheels) -> Verdict {
        let (Command::Drive { seq: Some(seq), .. } | Command::Velocity { seq: Some(seq), .. }) = said.command
        else {
            return Verdict::Yes;
        };
        match self.0.get(&said.session) {
            Some(newest) if seq <= newest => Verdict::No,
            _ => {
                self.0.insert(said.session, *seq);
                Verdict::Yes
            }
        }
    }

    fn closed(&mut self, session: u64) {
        self.0.remove(&session);
    }
}
