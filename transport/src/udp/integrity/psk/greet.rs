//! The dialler's side of the handshake: says hello until it gets a cookie, opens with it until it is
//! accepted, and begins again where nothing comes of a cookie.

use std::time::Duration;

use tokio::time::Instant;

use super::derive::Master;
use super::session::Agreed;
use super::wire::{self, COOKIE, Handshake};
use super::{End, Guard, Nonce};
use crate::Key;

/// The first pause before something is said again, and the longest; each is twice the one before it.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(1));

/// How often a cookie is tried: it may have been forged, or be too old by now.
const TRIES: u32 = 3;

/// A handshake that has begun.
#[derive(Debug)]
pub(crate) struct Greeting {
    name: String,
    master: Master,
    client: Nonce,
    cookie: Option<([u8; COOKIE], u32)>,
    due: Instant,
    pause: Duration,
}

impl Greeting {
    /// With a key and a random number.
    pub(crate) fn new(key: &Key, client: Nonce, now: Instant) -> Self {
        let (name, master) = (key.name().to_owned(), Master::new(key.secret()));
        Self { name, master, client, cookie: None, due: now, pause: PAUSE.0 }
    }

    /// When something is to be said next.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// What is to be said now, if anything is due.
    pub(crate) fn speak(&mut self, now: Instant) -> Option<Vec<u8>> {
        if now < self.due {
            return None;
        }
        self.due = now + self.pause;
        self.pause = (self.pause * 2).min(PAUSE.1);
        if let Some((cookie, tries @ 1..)) = &mut self.cookie {
            *tries -= 1;
            let mut opening = wire::open(&self.client, cookie, &self.name);
            opening.extend_from_slice(&self.master.sign(&opening));
            return Some(opening);
        }
        self.cookie = None;
        Some(wire::hello(&self.client))
    }

    /// What comes of a datagram: the session, once it is accepted. What was not asked for is passed
    /// over.
    pub(crate) fn hear(&mut self, datagram: &[u8], now: Instant) -> Option<Guard> {
        match wire::parse(datagram)? {
            // One at a time, so that a flood of forged ones makes us say no more than we would.
            Handshake::Cookie { client, cookie } if client == self.client && self.cookie.is_none() => {
                self.cookie = Some((cookie, TRIES));
                (self.due, self.pause) = (now, PAUSE.0);
                None
            }
            Handshake::Accept { client, server, idle_ms, signed, tag } if client == self.client => {
                let agreed = Agreed::new(&self.master, &client, &server, &self.name);
                let lasts = Duration::from_millis(idle_ms.into());
                let proven = agreed.key(End::Listener).proves(&[signed], &tag);
                proven.then(|| agreed.guard(End::Dialler, &self.name, lasts))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
impl Greeting {
    /// The random number that it goes by.
    pub(super) fn client(&self) -> Nonce {
        self.client
    }
}
