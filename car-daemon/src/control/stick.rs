//! A session's stick. Whom somebody else has stopped must let go before it drives again: a joystick
//! repeats itself many times a second, and without this a `stop` would last for one of its repeats.

use std::time::Duration;

/// The stick of one session.
#[derive(Debug, Default)]
pub(crate) struct Stick {
    /// When the session last tried to drive.
    tried: Option<Duration>,
    /// Why it was stopped, until it lets go.
    stopped: Option<String>,
}

impl Stick {
    /// The session said stop or zero itself.
    pub(crate) fn let_go(&mut self) {
        *self = Self::default();
    }

    /// Somebody else stopped the car at `now`. Holds whoever drives, and whoever has tried to within the
    /// last `quiet`: its next repeat may be on the way.
    pub(crate) fn stop(&mut self, why: &str, drives: bool, now: Duration, quiet: Duration) {
        if drives {
            self.tried = Some(now);
        }
        if self.tried.is_some_and(|tried| now.saturating_sub(tried) < quiet) {
            self.stopped = Some(why.to_owned());
        }
    }

    /// The session tries to drive at `now`.
    ///
    /// # Errors
    /// Why it was stopped, if it was not quiet for `quiet` since.
    pub(crate) fn try_to_drive(&mut self, now: Duration, quiet: Duration) -> Result<(), &str> {
        let last = self.tried.replace(now);
        if last.is_none_or(|last| now.saturating_sub(last) >= quiet) {
            self.stopped = None;
        }
        self.stopped.as_deref().map_or(Ok(()), Err)
    }
}
