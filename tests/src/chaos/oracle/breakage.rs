//! Nothing moves while the hardware is broken, nor until somebody says `reset` after it answers again.
//! When each is noticed is open, so after the first time nothing is certain any more, except that.

use std::time::Duration;

use protocol::Command;

use super::TURN;
use super::motion::{Motion, Wheels};
use super::rules::{Rule, Said, Verdict};

/// A fault of the hardware is noticed within this, and a turn of the control loop.
const NOTICED: Duration = Duration::from_millis(110);

/// How often hardware that failed is asked whether it answers again.
const RETRY: Duration = Duration::from_millis(500);

/// The rule.
#[derive(Default)]
pub(super) struct Breakage(Option<Broken>);

struct Broken {
    since: Duration,
    /// When it was whole again.
    whole: Option<Duration>,
    halted: bool,
    /// Whether nobody has reset it since.
    holds: Verdict,
}

impl Broken {
    fn is_noticed(&self, now: Duration) -> bool {
        now > self.since + NOTICED
    }
}

impl Rule for Breakage {
    fn heard(&mut self, said: &Said<'_>, _alive: &[Motion]) -> bool {
        if let (Some(broken), Command::Reset) = (&mut self.0, said.command)
            && broken.is_noticed(said.now)
        {
            broken.holds = broken.holds.min(said.releases);
        }
        false
    }

    fn verdict(&mut self, said: &Said<'_>, _wheels: Wheels) -> Verdict {
        match &self.0 {
            Some(broken) if broken.is_noticed(said.now) => broken.holds.max(Verdict::Maybe),
            Some(_) => Verdict::Maybe,
            None => Verdict::Yes,
        }
    }

    fn releases(&self, now: Duration) -> Verdict {
        let Some(broken) = &self.0 else { return Verdict::Yes };
        match broken.whole {
            _ if !broken.is_noticed(now) => Verdict::Maybe,
            Some(whole) if now > whole.max(broken.since + NOTICED) + RETRY + TURN => Verdict::Yes,
            Some(whole) if now >= whole.max(broken.since + RETRY) => Verdict::Maybe,
            _ => Verdict::No,
        }
    }

    fn passed(&mut self, now: Duration) -> bool {
        let Some(broken) = &mut self.0 else { return false };
        let noticed = broken.is_noticed(now);
        noticed && !std::mem::replace(&mut broken.halted, noticed)
    }

    fn hardware(&mut self, whole: bool, now: Duration) {
        match &mut self.0 {
            Some(broken) if whole => broken.whole = Some(now),
            _ if whole => {}
            broken => {
                *broken = Some(Broken { since: now, whole: None, halted: false, holds: Verdict::No });
            }
        }
    }
}
