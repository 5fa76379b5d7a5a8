//! A driver whom somebody else has stopped must let go before it drives again. A joystick repeats
//! itself many times a second; without this a `stop` would last for one of its repeats.

use std::time::Duration;

use super::SessionId;

/// The driver who was stopped, until it lets go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopped(Option<Hold>);

#[derive(Clone, Debug)]
struct Hold {
    driver: SessionId,
    /// Who said stop.
    by: String,
    /// When the driver last tried to drive.
    tried: Duration,
}

impl Stopped {
    /// `driver` was stopped at `now` by somebody else.
    pub(crate) fn hold(&mut self, driver: SessionId, by: String, now: Duration) {
        self.0 = Some(Hold { driver, by, tried: now });
    }

    /// `driver` said stop or zero itself, or is gone.
    pub(crate) fn let_go(&mut self, driver: SessionId) {
        self.0.take_if(|hold| hold.driver == driver);
    }

    /// Who stopped `driver`, if it must still let go: it tries to drive at `now`, and has not been
    /// quiet for `quiet` since.
    pub(crate) fn holds(&mut self, driver: SessionId, now: Duration, quiet: Duration) -> Option<&str> {
        self.0.take_if(|hold| hold.driver == driver && now.saturating_sub(hold.tried) >= quiet);
        let hold = self.0.as_mut().filter(|hold| hold.driver == driver)?;
        hold.tried = now;
        Some(&hold.by)
    }
}
