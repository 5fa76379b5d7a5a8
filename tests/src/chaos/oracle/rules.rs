//! Who may drive when: one rule each, and the table of them, in the order in which they are asked. A
//! new right or latch of the contract is one more.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::Command;

use super::breakage::Breakage;
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

/// What a rule says to a motion. In the order in which one outweighs the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    #[default]
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
    /// Whether a `reset` is done, if this is one.
    pub(super) releases: Verdict,
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

    /// Whether a `reset` releases what is latched, as far as this rule is asked.
    fn releases(&self, _now: Duration) -> Verdict {
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
    lets: Verdict,
}

impl Rule for Estop {
    fn heard(&mut self, said: &Said<'_>, _alive: &[Motion]) -> bool {
        match said.command {
            Command::Estop { .. } => self.lets = Verdict::No,
            Command::Reset => self.lets = self.lets.min(said.releases),
            _ => {}
        }
        self.lets == Verdict::No
    }

    fn verdict(&mut self, _said: &Said<'_>, _wheels: Wheels) -> Verdict {
        self.lets
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
        let (Command::Drive { seq: Some(seq), .. }
        | Command::Velocity { seq: Some(seq), .. }
        | Command::Test { seq: Some(seq), .. }) = said.command
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
