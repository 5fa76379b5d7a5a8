//! The one motion in force: whose it is, what it wants, and how long it lives.

use std::time::Duration;

use super::SessionId;
use super::trial::Trial;

/// How long a motion lives without another command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Life {
    /// Until this time: the command's time to live.
    Until(Duration),
    /// Until the link of its driver ends.
    Link,
}

/// A motion in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Motion {
    pub(crate) driver: SessionId,
    pub(crate) throttle: f64,
    pub(crate) steer: f64,
    pub(crate) strafe: f64,
    /// One part alone, instead of all of these.
    pub(crate) trial: Option<Trial>,
    pub(crate) since: Duration,
    pub(crate) life: Life,
}

impl Motion {
    /// The last moment at which it is good.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match self.life {
            Life::Until(end) => Some(end),
            Life::Link => None,
        }
    }

    pub(crate) fn is_over(&self, now: Duration) -> bool {
        self.deadline().is_some_and(|end| now >= end)
    }

    /// Whether only the link keeps it alive, so that the link's death must be noticed soon.
    pub(crate) fn hangs_on_link(&self) -> bool {
        self.life == Life::Link
    }

    /// Whether it is a test of this session's.
    pub(crate) fn tests(&self, id: SessionId) -> bool {
        self.driver == id && self.trial.is_some()
    }

    pub(crate) fn is_standing(&self) -> bool {
        let drives = [self.throttle, self.steer, self.strafe] != [0.0; 3];
        !drives && self.trial.is_none_or(Trial::is_standing)
    }
}
