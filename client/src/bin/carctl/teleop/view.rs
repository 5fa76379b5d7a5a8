//! What there is to show, at one moment. What must never live here: where on the screen.

use std::sync::Arc;
use std::time::Duration;

use protocol::{Mode, State};

use super::pilot::{Notice, Pilot};
use super::trail::Trail;
use super::words::as_yours;

/// One moment.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// The car's name, where it has said it.
    pub(super) name: Option<String>,
    /// The URL.
    pub(super) to: String,
    /// Why there is no connection, while there is none.
    pub(super) down: Option<String>,
    /// The own session, where the daemon has told it.
    pub(super) session: Option<u64>,
    /// To the car and back.
    pub(super) round_trip: Option<Duration>,
    /// How long the car has answered nothing, where that is long.
    pub(super) silent: Option<Duration>,
    pub(super) state: Option<Arc<State>>,
    /// Motion lasts as long as a key is held, and not as long as it is repeated.
    pub(super) holds: bool,
    /// 0.1 to 1.
    pub(super) limit: f64,
    pub(super) notice: Option<Notice>,
    /// What happened, the newest last.
    pub(super) log: Vec<String>,
    /// Something about the car's time, where it is not the wall's.
    pub(super) time: Option<String>,
    pub(super) trail: Trail,
}

impl View {
    /// With what the pilot knows.
    pub(super) fn with(self, pilot: &Pilot) -> Self {
        Self {
            holds: pilot.hold.holds(),
            limit: pilot.limit,
            notice: pilot.notice.clone(),
            log: pilot.log.iter().map(ToString::to_string).collect(),
            ..self
        }
    }

    /// Who is at the wheel.
    pub(super) fn driver(&self) -> String {
        match self.at_the_wheel() {
            None => "nobody drives".to_owned(),
            driver if driver == self.session => "you drive".to_owned(),
            Some(driver) => format!("session {driver} drives"),
        }
    }

    /// The person is at the wheel.
    pub(super) fn is_own(&self) -> bool {
        self.session.is_some() && self.at_the_wheel() == self.session
    }

    /// Somebody else is.
    pub(super) fn is_others(&self) -> bool {
        self.session.is_some() && self.at_the_wheel().is_some() && !self.is_own()
    }

    fn at_the_wheel(&self) -> Option<u64> {
        self.state.as_ref().and_then(|state| state.driver)
    }

    pub(super) fn mode(&self) -> Mode {
        self.state.as_ref().map_or(Mode::Idle, |state| state.mode)
    }

    /// The link in a few words.
    pub(super) fn link(&self) -> String {
        match (&self.down, self.silent, self.round_trip) {
            (Some(_), ..) => "not connected".to_owned(),
            (None, Some(silent), _) => format!("no answer for {:.0} s", silent.as_secs_f64()),
            (None, None, Some(there_and_back)) => {
                format!("link {:.0} ms", there_and_back.as_secs_f64() * 1000.0)
            }
            (None, None, None) => "connected".to_owned(),
        }
    }

    /// Why the car last stopped, or what failed.
    pub(super) fn stopped(&self) -> Option<String> {
        let reason = self.state.as_ref()?.stop_reason.as_ref()?;
        Some(as_yours(reason, self.session))
    }

    /// What must be read before all else, as a title and a line: it is large and red.
    pub(super) fn alarm(&self) -> Option<(&'static str, String)> {
        if let Some(why) = &self.down {
            return Some(("NOT CONNECTED", format!("{why}; tries again. Nothing is resumed.")));
        }
        let state = self.state.as_ref()?;
        match (&state.estop, state.mode) {
            (Some(latched), _) => {
                let why = latched.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
                let by = as_yours(&latched.by, self.session);
                Some(("EMERGENCY STOP", format!("by {by}{why}. r releases it, once all is safe")))
            }
            (None, Mode::Fault) => {
                let why = self.stopped().unwrap_or_else(|| "the hardware failed".to_owned());
                Some(("FAULT", format!("{why}. r resets, once it answers again")))
            }
            _ => None,
        }
    }
}
