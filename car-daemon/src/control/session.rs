//! One open session, as far as motion is concerned.

use std::time::Duration;

use protocol::{Code, Command, Fault, Moment, Role, Visitor};
use serde_json::json;

use super::SessionId;
use super::stick::Stick;

/// What a session may do, and by whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// `None`: nothing but to show a token.
    pub role: Option<Role>,
    /// 0 to 100: who has more may take the lease by force.
    pub priority: u8,
    /// Whose token it is; `None` where no token was needed.
    pub principal: Option<String>,
}

/// A session that has come.
#[derive(Debug)]
pub(crate) struct Session {
    id: SessionId,
    peer: String,
    /// How it calls itself.
    pub(crate) name: Option<String>,
    pub(crate) grant: Grant,
    /// Whether its end is noticed.
    pub(crate) linked: bool,
    pub(crate) stick: Stick,
    /// Why no picture reaches who watched, for as long as none does.
    pub(crate) blind: Option<String>,
    came: Duration,
    /// The newest `seq` that it has used.
    seq: Option<u64>,
}

impl Session {
    pub(crate) fn new(id: SessionId, peer: &str, linked: bool, grant: Grant, now: Duration) -> Self {
        let peer = peer.to_owned();
        let (stick, blind) = (Stick::default(), None);
        Self { id, peer, name: None, grant, linked, stick, blind, came: now, seq: None }
    }

    /// `session 3 (tablet, 127.0.0.1:40112)`
    pub(crate) fn label(&self) -> String {
        match self.shown_name() {
            Some(name) => format!("session {} ({name}, {})", self.id, self.peer),
            None => format!("session {} ({})", self.id, self.peer),
        }
    }

    /// As everybody may see it.
    pub(crate) fn visitor(&self, now: Duration, drives: Option<Duration>, asks: Option<Duration>) -> Visitor {
        let since = |then: Duration| (now.saturating_sub(then).as_secs_f64() * 10.0).round() / 10.0;
        Visitor {
            session: self.id,
            name: self.shown_name().map(str::to_owned),
            peer: self.peer.clone(),
            role: self.grant.role,
            priority: self.grant.priority,
            here_s: since(self.came),
            drives_s: drives.map(since),
            asks_s: asks.map(since),
        }
    }

    /// Whether its role allows a command; `reset` is the role that may release the emergency stop.
    ///
    /// # Errors
    /// Not authorised, with what is missing.
    pub(crate) fn may(&self, command: &Command, reset: Role) -> Result<(), Fault> {
        let needed = match command {
            Command::Reset => Some(reset),
            command => command.needs(),
        };
        let Some(needed) = needed else { return Ok(()) };
        let message = match self.grant.role {
            Some(role) if role >= needed => return Ok(()),
            Some(role) => format!("this needs the role {needed}, and yours is {role}: show another token"),
            None => "show a token first: `auth TOKEN`, or `token` in `hello`".to_owned(),
        };
        Err(Fault::new(Code::NOT_AUTHORISED, message))
    }

    /// Takes note of a newer `seq`.
    ///
    /// # Errors
    /// Stale, where it is not newer.
    pub(crate) fn in_order(&mut self, seq: Option<u64>) -> Result<(), Fault> {
        match (seq, self.seq) {
            (Some(new), Some(newest)) if new <= newest => Err(Fault::new(
                Code::STALE,
                format!("seq {new} is not newer than {newest}, which came before it"),
            )),
            _ => {
                self.passed(seq);
                Ok(())
            }
        }
    }

    /// What is not newer than `seq` is stale from now on.
    pub(crate) fn passed(&mut self, seq: Option<u64>) {
        self.seq = self.seq.max(seq);
    }

    /// A name that somebody answers for goes before one that anybody can say.
    fn shown_name(&self) -> Option<&str> {
        self.grant.principal.as_deref().or(self.name.as_deref())
    }
}

/// How far a client's idea of our clock may be ahead of it.
const AHEAD: Duration = Duration::from_secs(1);

/// When a command that was sent at `t` and is good for `ttl` runs out.
///
/// # Errors
/// Stale, where it has by `now`; wrong, where `t` is of another clock.
pub(crate) fn runs_out(t: Option<Moment>, ttl: Duration, now: Duration) -> Result<Duration, Fault> {
    let Some(t) = t else { return Ok(now + ttl) };
    let sent = Duration::from_secs_f64(t.seconds());
    if sent > now + AHEAD {
        let message = format!(
            "`t` is {:.1} s ahead: it must be this daemon's own clock, as `t` in `hello` or in a state",
            (sent - now).as_secs_f64()
        );
        return Err(Fault::new(Code::INVALID_PARAMS, message));
    }
    let end = sent.min(now) + ttl;
    if end <= now {
        let (age, ttl) = ((now - sent.min(now)).as_millis(), ttl.as_millis());
        let message = format!("late: sent {age} ms ago, and good for {ttl} ms");
        // So that a client whose idea of our clock is slow learns what it is.
        let data = Some(json!({ "t": now.as_secs_f64() }));
        return Err(Fault { data, ..Fault::new(Code::STALE, message) });
    }
    Ok(end)
}
