//! The two directions of a proven session.
//!
//! | bytes | |
//! | --- | --- |
//! | 0 | `CA` |
//! | 1 | `28` from the dialler, `29` from the listener |
//! | 2–9 | counter: 0 for the first datagram, big-endian |
//! | 10–(n−17) | the frame |
//! | (n−16)–(n−1) | tag of all bytes before it |

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use super::derive::{Keyed, Master};
use super::window::Window;
use super::wire::{TAG, is_handshake};
use super::{End, Guard, MAGIC, Nonce, Opener, Refused, Sealer};
use crate::Presented;

/// Bytes around the frame.
pub(crate) const OVERHEAD: usize = HEADER + TAG;

const HEADER: usize = 10;

/// What both ends know once they have shaken hands.
#[derive(Debug)]
pub(super) struct Agreed {
    dialler: Keyed,
    listener: Keyed,
}

impl Agreed {
    pub(super) fn new(master: &Master, client: &Nonce, server: &Nonce, name: &str) -> Self {
        let key = |end| master.session(end, client, server, name);
        Self { dialler: key(End::Dialler), listener: key(End::Listener) }
    }

    /// The key with which `end` signs.
    pub(super) fn key(&self, end: End) -> &Keyed {
        match end {
            End::Dialler => &self.dialler,
            End::Listener => &self.listener,
        }
    }

    /// The session's directions, seen from `end`; each end has proven that it has the key `name`.
    pub(super) fn guard(&self, end: End, name: &str, lasts: Duration) -> Guard {
        let peer = match end {
            End::Dialler => End::Listener,
            End::Listener => End::Dialler,
        };
        Guard {
            opener: Box::new(Receive { from: peer, key: self.key(peer).clone(), window: Window::default() }),
            sealer: Box::new(Send { from: end, key: self.key(end).clone(), next: 0 }),
            presented: Presented { psk: Some(name.to_owned()), ..Presented::default() },
            lasts: Some(lasts),
        }
    }
}

fn kind(from: End) -> u8 {
    match from {
        End::Dialler => 0x28,
        End::Listener => 0x29,
    }
}

#[derive(Debug)]
pub(super) struct Send {
    pub(super) from: End,
    pub(super) key: Keyed,
    pub(super) next: u64,
}

impl Sealer for Send {
    fn seal(&mut self, frame: Bytes) -> Bytes {
        let mut datagram = BytesMut::with_capacity(OVERHEAD + frame.len());
        datagram.put_slice(&[MAGIC, kind(self.from)]);
        datagram.put_u64(self.next);
        datagram.put(frame);
        let tag = self.key.tag(&[&datagram]);
        datagram.put_slice(&tag);
        self.next += 1;
        datagram.freeze()
    }
}

#[derive(Debug)]
pub(super) struct Receive {
    pub(super) from: End,
    pub(super) key: Keyed,
    pub(super) window: Window,
}

impl Opener for Receive {
    fn open<'a>(&mut self, datagram: &'a [u8]) -> Result<&'a [u8], Refused> {
        if is_handshake(datagram) {
            return Err(Refused::Handshake);
        }
        let (body, tag) = datagram.split_last_chunk::<TAG>().ok_or(Refused::Corrupt)?;
        let (head, frame) = body.split_first_chunk::<HEADER>().ok_or(Refused::Corrupt)?;
        let (start, counter) = head.split_last_chunk::<8>().ok_or(Refused::Corrupt)?;
        // Proven first: of a forged one nothing may be believed, not even that it is late.
        if *start != [MAGIC, kind(self.from)] || !self.key.proves(&[body], tag) {
            return Err(Refused::Corrupt);
        }
        let counter = u64::from_be_bytes(*counter);
        if !self.window.is_new(counter) {
            return Err(Refused::Late);
        }
        self.window.mark(counter);
        Ok(frame)
    }

    fn lost(&self) -> u64 {
        self.window.lost()
    }
}
