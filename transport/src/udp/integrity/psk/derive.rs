//! What is computed from secrets: tags, and the keys of a session. HMAC-SHA-256 (RFC 2104) throughout;
//! a label keeps each use apart from every other.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::wire::TAG;
use super::{End, Nonce};

/// HMAC-SHA-256 with its key. Prints without it.
#[derive(Clone)]
pub(super) struct Keyed(Hmac<Sha256>);

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed")
    }
}

impl Keyed {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of any length"))
    }

    /// The tag of these parts, one after the other.
    pub(super) fn tag(&self, parts: &[&[u8]]) -> [u8; TAG] {
        let whole = self.over(parts).finalize().into_bytes();
        *whole.first_chunk().expect("SHA-256 has more bytes than a tag")
    }

    /// Whether this is their tag; takes as long where it is not.
    pub(super) fn proves(&self, parts: &[&[u8]], tag: &[u8; TAG]) -> bool {
        self.over(parts).verify_truncated_left(tag).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac
    }
}

/// A pre-shared secret: signs openings, and makes the keys of sessions.
#[derive(Clone, Debug)]
pub(super) struct Master(Keyed);

impl Master {
    const OPEN: &[u8] = b"car-udp-1 open\0";
    const DIALLER: &[u8] = b"car-udp-1 dialler\0";
    const LISTENER: &[u8] = b"car-udp-1 listener\0";

    pub(super) fn new(secret: &[u8]) -> Self {
        Self(Keyed::new(secret))
    }

    pub(super) fn sign(&self, opening: &[u8]) -> [u8; TAG] {
        self.0.tag(&[Self::OPEN, opening])
    }

    pub(super) fn signed(&self, opening: &[u8], tag: &[u8; TAG]) -> bool {
        self.0.proves(&[Self::OPEN, opening], tag)
    }

    /// The key with which `end` signs in the session of these two numbers.
    pub(super) fn session(&self, end: End, client: &Nonce, server: &Nonce, name: &str) -> Keyed {
        let label = match end {
            End::Dialler => Self::DIALLER,
            End::Listener => Self::LISTENER,
        };
        Keyed::new(&self.0.over(&[label, client, server, name.as_bytes()]).finalize().into_bytes())
    }
}
