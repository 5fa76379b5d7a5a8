//! What a datagram is besides its frame: nothing, a checksum, or a proof. One file for each.
//!
//! Everything here is told the time and given its random numbers. No socket and no task must ever come
//! in here.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::{Endpoint, Presented};

pub(super) mod crc;
pub(super) mod plain;
pub(super) mod psk;
#[cfg(test)]
mod vectors;

/// The first byte of every datagram that is more than its frame: no text and no JSON begins so.
const MAGIC: u8 = 0xCA;

/// The values of the option `integrity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    None,
    Crc32c,
    Psk,
}

impl Mode {
    /// Every value, as it is written.
    pub(super) const VALUES: &[&str] = &["none", "crc32c", "psk"];

    pub(super) fn of(endpoint: &Endpoint) -> Self {
        match endpoint.option("integrity") {
            Some("crc32c") => Self::Crc32c,
            Some("psk") => Self::Psk,
            _ => Self::None,
        }
    }

    /// Bytes of a datagram that are not its frame.
    pub(super) fn overhead(self) -> usize {
        match self {
            Self::None => 0,
            Self::Crc32c => crc::OVERHEAD,
            Self::Psk => psk::OVERHEAD,
        }
    }

    /// The shortest [`Limits::datagram`](crate::Limits::datagram) with which it works.
    pub(super) fn least(self) -> usize {
        match self {
            Self::None => 0,
            Self::Crc32c => crc::OVERHEAD,
            Self::Psk => psk::LONGEST_HANDSHAKE,
        }
    }

    /// Whether a frame that was overtaken is dropped.
    pub(super) fn ordered(self) -> bool {
        self == Self::Crc32c
    }
}

/// Which end of a connection speaks. What one end said is never taken for what the other said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The one that dialled.
    Dialler,
    /// The one that listens.
    Listener,
}

/// Makes datagrams of frames.
pub(super) trait Sealer: Debug + Send {
    /// The next datagram.
    fn seal(&mut self, frame: Bytes) -> Bytes;
}

/// Takes frames out of the datagrams of one session.
pub(super) trait Opener: Debug + Send {
    /// The frame in a datagram.
    fn open<'a>(&mut self, datagram: &'a [u8]) -> Result<&'a [u8], Refused>;

    /// How many datagrams never came, as far as those show that did.
    fn lost(&self) -> u64;
}

/// Why a datagram brings no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It belongs to a handshake.
    Handshake,
    /// It was damaged, or is not of this session.
    Corrupt,
    /// It came twice, or too late.
    Late,
    /// The peer has begun a later session.
    Anew,
}

/// A session's two directions, and what is known of its peer.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) opener: Box<dyn Opener>,
    pub(super) sealer: Box<dyn Sealer>,
    pub(super) presented: Presented,
    /// The peer forgets the session after this silence of ours, and cannot take it up again.
    pub(super) lasts: Option<Duration>,
}

/// Where datagrams arrive that no session of a listener has taken.
pub(super) trait Door: Debug + Send {
    /// What comes of a datagram from `from`.
    fn knock<'a>(&mut self, from: SocketAddr, datagram: &'a [u8], now: Instant) -> Knock<'a>;
}

/// What comes of a datagram at the door.
#[derive(Debug)]
pub(super) enum Knock<'a> {
    /// The first frame of a session, which takes the place of any that its address had.
    Enter(&'a [u8], Guard),
    /// To be answered, never with more bytes than it had itself.
    Answer(Vec<u8>),
    /// To be dropped.
    Refuse(&'static str),
}
