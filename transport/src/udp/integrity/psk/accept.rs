//! The listener's side of the handshake: hellos get cookies and are forgotten; who opens with a cookie
//! and a right tag is kept until its first datagram, by which it enters.
//!
//! A wrong secret and an unknown name are met with the same silence.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::cookie::Baker;
use super::derive::Master;
use super::session::Agreed;
use super::wire::{self, Handshake, Opening};
use super::{Door, End, Guard, Knock, Nonce};
use crate::{Keys, Limits};

/// Where diallers are received.
pub(crate) struct Reception {
    keys: Keys,
    baker: Baker,
    /// Stands in for the secret of a name that nobody has, so that looking for it takes as long.
    nobody: Master,
    nonces: Box<dyn FnMut() -> Option<Nonce> + Send>,
    started: Instant,
    /// Who has opened and not entered yet.
    opened: HashMap<SocketAddr, Opened>,
    most: usize,
    per_address: usize,
    idle: Duration,
}

/// Who has proven its address and its key, but not that it is here now: an opening can be replayed.
#[derive(Debug)]
struct Opened {
    client: Nonce,
    since: Instant,
    acceptance: Vec<u8>,
    guard: Guard,
}

impl Reception {
    /// Takes in who has one of `keys`. `secret` is random and nobody else's; `nonces` gives random
    /// numbers, or `None` where the system has none to give.
    pub(crate) fn new(
        keys: Keys,
        limits: &Limits,
        secret: &[u8; 32],
        nonces: impl FnMut() -> Option<Nonce> + Send + 'static,
        now: Instant,
    ) -> Self {
        Self {
            keys,
            baker: Baker::new(secret, limits.handshake),
            nobody: Master::new(secret),
            nonces: Box::new(nonces),
            started: now,
            opened: HashMap::new(),
            most: limits.udp_sessions,
            per_address: limits.per_address,
            idle: limits.udp_idle,
        }
    }

    /// The acceptance of an opening, or what is wrong with it.
    fn accept(
        &mut self,
        from: SocketAddr,
        opening: &Opening<'_>,
        now: Instant,
    ) -> Result<Vec<u8>, &'static str> {
        let Opening { client, cookie, name, signed, tag } = opening;
        if !self.baker.knows(cookie, from, client, now.duration_since(self.started)) {
            return Err("a cookie that is not of this address, or old");
        }
        let known = self.keys.named(name);
        let master = known.map_or_else(|| self.nobody.clone(), |key| Master::new(key.secret()));
        if !master.signed(signed, tag) || known.is_none() {
            return Err("a wrong key");
        }
        if let Some(opened) = self.opened.get(&from).filter(|opened| opened.client == *client) {
            // It asks again because the answer was lost.
            return Ok(opened.acceptance.clone());
        }
        if !self.make_room(from, now) {
            return Err("too many have opened and not entered");
        }
        let server = (self.nonces)().ok_or("the system has no random numbers")?;
        let agreed = Agreed::new(&master, client, &server, name);
        let idle_ms = u32::try_from(self.idle.as_millis()).unwrap_or(u32::MAX);
        let mut acceptance = wire::accept(client, &server, idle_ms);
        acceptance.extend_from_slice(&agreed.key(End::Listener).tag(&[&acceptance]));
        let guard = agreed.guard(End::Listener, name, self.idle);
        let answer = acceptance.clone();
        self.opened.insert(from, Opened { client: *client, since: now, acceptance, guard });
        Ok(answer)
    }

    /// Room for one more that has opened. An address that has its share gives up its oldest.
    fn make_room(&mut self, from: SocketAddr, now: Instant) -> bool {
        self.opened.retain(|_, opened| now.duration_since(opened.since) < self.idle);
        // A dialler that begins anew at the same address takes its own place.
        self.opened.remove(&from);
        let kin = || self.opened.iter().filter(|(address, _)| address.ip() == from.ip());
        if kin().count() >= self.per_address {
            let oldest = kin().min_by_key(|(_, opened)| opened.since).map(|(address, _)| *address);
            return oldest.is_some_and(|oldest| self.opened.remove(&oldest).is_some());
        }
        self.opened.len() < self.most
    }

    fn enter<'a>(&mut self, from: SocketAddr, datagram: &'a [u8]) -> Knock<'a> {
        let Some(opened) = self.opened.get_mut(&from) else {
            return Knock::Refuse("nobody who has opened a session");
        };
        let Ok(frame) = opened.guard.opener.open(datagram) else { return Knock::Refuse("a wrong tag") };
        match self.opened.remove(&from) {
            Some(Opened { guard, .. }) => Knock::Enter(frame, guard),
            None => Knock::Refuse("nobody who has opened a session"),
        }
    }
}

impl Door for Reception {
    fn knock<'a>(&mut self, from: SocketAddr, datagram: &'a [u8], now: Instant) -> Knock<'a> {
        if !wire::is_handshake(datagram) {
            return self.enter(from, datagram);
        }
        match wire::parse(datagram) {
            Some(Handshake::Hello { client }) => {
                let cookie = self.baker.bake(from, &client, now.duration_since(self.started));
                Knock::Answer(wire::cookie(&client, &cookie))
            }
            Some(Handshake::Open(opening)) => {
                self.accept(from, &opening, now).map_or_else(Knock::Refuse, Knock::Answer)
            }
            Some(Handshake::Cookie { .. } | Handshake::Accept { .. }) | None => {
                Knock::Refuse("nothing that a dialler says")
            }
        }
    }
}

impl fmt::Debug for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reception").field("keys", &self.keys).finish_non_exhaustive()
    }
}

#[cfg(any(test, feature = "fuzzing"))]
impl Reception {
    /// How many are kept that have not entered.
    pub(crate) fn waiting(&self) -> usize {
        self.opened.len()
    }
}
