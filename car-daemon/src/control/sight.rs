//! A driver who watches by the camera and no longer sees is stopped, and does not drive before it sees again.
//!
//! What must never live here: how it is known that somebody sees.

use std::time::Duration;

use protocol::{Code, Fault};

use super::{Gate, SessionId};

impl Gate {
    /// No new picture reaches somebody who watched, and why; or one does again. Whoever drove stands, and whoever drives
    /// or tries to, when sight goes or when it comes back, must let go before it drives again: that pictures come back
    /// moves nothing.
    pub fn session_sees(&mut self, id: SessionId, lost: Option<&str>, now: Duration) {
        let quiet = self.rules.control.command_ttl;
        let drives = self.motion.is_some_and(|motion| motion.driver == id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let before = std::mem::replace(&mut session.blind, lost.map(str::to_owned));
        if let Some(why) = lost.or(before.as_deref()) {
            session.stick.stop(&format!("you saw nothing: {why}"), drives, now, quiet);
        }
        if let (Some(why), true) = (lost, drives) {
            let label = session.label();
            self.halt(format!("{label} drove and saw nothing: {why}"), now);
        }
    }

    /// Whether a session is here.
    #[must_use]
    pub fn is_here(&self, id: SessionId) -> bool {
        self.sessions.contains_key(&id)
    }

    /// # Errors
    /// Busy, while no picture reaches who wants to move.
    pub(super) fn sees(&self, id: SessionId) -> Result<(), Fault> {
        match self.sessions.get(&id).and_then(|session| session.blind.as_ref()) {
            None => Ok(()),
            Some(why) => {
                Err(Fault::new(Code::BUSY, format!("you see nothing: {why}; drive again when pictures come")))
            }
        }
    }
}
