//! Whom somebody else has stopped must let go before it drives again: after a stop, after the lease was
//! taken by force, and when an emergency stop is released.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::Command;

use super::motion::{Motion, Wheels};
use super::rules::{Rule, Said, Verdict};

/// Whoever is quiet for this long has let go of its stick.
const QUIET: Duration = Duration::from_millis(500);

/// The rule.
#[derive(Default)]
pub(super) struct Sticks {
    sticks: BTreeMap<u64, Stick>,
    /// Whether the emergency stop lets anything move.
    latch: Verdict,
}

#[derive(Clone, Copy)]
struct Stick {
    /// When it was last tried to drive: not before the first of these, if at all, and not after the
    /// second. A stop counts as a try of whoever drove.
    tried: (Option<Duration>, Duration),
    held: Verdict,
}

impl Stick {
    fn new(now: Duration) -> Self {
        Self { tried: (None, now), held: Verdict::Yes }
    }

    fn surely_tried(&self, now: Duration) -> bool {
        self.tried.0.is_some_and(|tried| now.saturating_sub(tried) < QUIET)
    }

    fn perhaps_tried(&self, now: Duration) -> bool {
        now.saturating_sub(self.tried.1) < QUIET
    }

    /// Somebody stops whoever holds it.
    fn stop(&mut self, surely: bool, now: Duration) {
        if surely && self.surely_tried(now) {
            self.held = Verdict::No;
        } else if self.perhaps_tried(now) && self.held == Verdict::Yes {
            self.held = Verdict::Maybe;
        }
    }
}

impl Sticks {
    /// Those of whom `stopped` says so are stopped, and so is what they drove.
    fn stop(&mut self, now: Duration, alive: &[Motion], surely: bool, stopped: impl Fn(u64) -> bool) {
        for motion in alive.iter().filter(|motion| stopped(motion.session)) {
            let sure = surely && alive.len() == 1 && motion.certain && motion.is_good(now);
            let stick = self.sticks.entry(motion.session).or_insert(Stick::new(now));
            stick.tried = (if sure { Some(now) } else { stick.tried.0 }, now);
        }
        for (_, stick) in self.sticks.iter_mut().filter(|(who, _)| stopped(**who)) {
            stick.stop(surely, now);
        }
    }
}

impl Rule for Sticks {
    fn heard(&mut self, said: &Said<'_>, alive: &[Motion]) -> bool {
        match said.command {
            Command::Stop { .. } => {
                self.sticks.remove(&said.session);
                self.stop(said.now, alive, true, |who| who != said.session);
            }
            Command::Estop { .. } => self.latch = Verdict::No,
            Command::Reset if self.latch != Verdict::Yes && said.releases != Verdict::No => {
                let surely = (self.latch, said.releases) == (Verdict::No, Verdict::Yes);
                self.latch = said.releases;
                self.stop(said.now, &[], surely, |_| true);
            }
            Command::Reset => {}
            _ => self.stop(said.now, alive, said.robbed.sure, |who| said.robbed.whom.contains(&who)),
        }
        false
    }

    fn verdict(&mut self, said: &Said<'_>, wheels: Wheels) -> Verdict {
        if wheels == Wheels::REST {
            self.sticks.remove(&said.session);
            return Verdict::Yes;
        }
        let now = said.now;
        let stick = self.sticks.entry(said.session).or_insert(Stick::new(now));
        if !stick.perhaps_tried(now) {
            stick.held = Verdict::Yes;
        } else if !stick.surely_tried(now) && stick.held == Verdict::No {
            stick.held = Verdict::Maybe;
        }
        stick.tried = (Some(now), now);
        stick.held
    }

    fn closed(&mut self, session: u64) {
        self.sticks.remove(&session);
    }
}
