//! What the gate is told by everybody but the hardware, as data: so that it can be written down, and told again.
//!
//! What must never live here: what follows from it.

use std::time::Duration;

use protocol::{Answer, Command, Fault, Role};

use super::{Control, Gate, Grant, SessionId};

/// Something that the gate is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody came.
    Opened {
        /// Not used before.
        session: SessionId,
        /// Who it is, for people.
        peer: String,
        /// Whether the end of the connection will be noticed.
        linked: bool,
        /// What it may do at first.
        grant: Grant,
    },
    /// Somebody says how it is called.
    Named {
        /// Who.
        session: SessionId,
        /// Anything.
        name: String,
    },
    /// Somebody may do this from now on.
    Granted {
        /// Who.
        session: SessionId,
        /// More or less than before.
        grant: Grant,
    },
    /// Somebody left, or is found dead.
    Closed {
        /// Who.
        session: SessionId,
        /// For people.
        why: String,
    },
    /// Somebody wants something that is the gate's to do.
    Asked {
        /// Who.
        session: SessionId,
        /// What.
        command: Command,
    },
    /// Whether new pictures of the camera reach somebody who watches by them.
    Video {
        /// Who.
        session: SessionId,
        /// Since when none does, for people; `None`: one has.
        lost: Option<String>,
    },
    /// The configuration was read again.
    Reloaded {
        /// Its `[control]`.
        control: Control,
        /// The least role that may release the emergency stop.
        reset: Role,
    },
    /// The daemon goes away.
    Closing {
        /// For people.
        why: String,
    },
}

impl Input {
    /// Whether the hardware may have something else to do after it.
    pub(crate) fn moves(&self) -> bool {
        !matches!(self, Self::Opened { .. } | Self::Named { .. })
    }
}

impl Gate {
    /// Whether anything may be otherwise after it. Nothing is by what is only looked at, nor by what a session has
    /// not the role for: [`handle`](Self::handle) refuses that before all else.
    pub(crate) fn heeds(&self, input: &Input) -> bool {
        let Input::Asked { session, command } = input else { return true };
        !matches!(command, Command::Who) && self.authorise(*session, command).is_ok()
    }

    /// Takes whatever it is told, and answers what was asked.
    ///
    /// # Errors
    /// As of [`handle`](Self::handle).
    pub fn take(&mut self, input: &Input, now: Duration) -> Result<Answer, Fault> {
        match input {
            Input::Opened { session, peer, linked, grant } => {
                self.session_opened(*session, peer, *linked, grant.clone(), now);
            }
            Input::Named { session, name } => self.session_named(*session, name),
            Input::Granted { session, grant } => self.session_granted(*session, grant.clone(), now),
            Input::Closed { session, why } => self.session_closed(*session, why, now),
            Input::Asked { session, command } => return self.handle(*session, command, now),
            Input::Video { session, lost } => self.session_sees(*session, lost.as_deref(), now),
            Input::Reloaded { control, reset } => {
                self.set_control(control.clone());
                self.set_reset(*reset);
            }
            Input::Closing { why } => self.close(why, now),
        }
        Ok(Answer::Done)
    }
}
