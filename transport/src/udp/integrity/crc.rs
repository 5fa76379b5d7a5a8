//! `integrity=crc32c`: each datagram says of which session it is and the how-manieth, and carries a
//! checksum. So damage and loss are noticed, and a frame that was overtaken is dropped. It keeps out
//! accidents and nobody who means harm.
//!
//! | bytes | |
//! | --- | --- |
//! | 0 | `CA` |
//! | 1 | `10` from the dialler, `11` from the listener |
//! | 2–9 | epoch: which session of the sender, big-endian; a later one has a larger one |
//! | 10–17 | counter: 0 for the first datagram, big-endian |
//! | 18–(n−5) | the frame |
//! | (n−4)–(n−1) | CRC-32C of all bytes before it, big-endian |

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use crc::{CRC_32_ISCSI, Crc};
use tokio::time::Instant;

use super::{Door, End, Guard, Knock, MAGIC, Opener, Refused, Sealer};
use crate::Presented;

/// Bytes around the frame.
pub(crate) const OVERHEAD: usize = HEADER + CHECKSUM;

const HEADER: usize = 18;
const CHECKSUM: usize = 4;

/// CRC-32C, which RFC 3720 (iSCSI) has named first.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// A session's directions, seen from `end`, which begins its own `epoch`.
pub(crate) fn guard(end: End, epoch: u64, lasts: Duration) -> Guard {
    let from = match end {
        End::Dialler => End::Listener,
        End::Listener => End::Dialler,
    };
    Guard {
        opener: Box::new(Receive { from, newest: None, missed: 0 }),
        sealer: Box::new(Send { from: end, epoch, next: 0 }),
        presented: Presented::default(),
        lasts: Some(lasts),
    }
}

fn kind(from: End) -> u8 {
    match from {
        End::Dialler => 0x10,
        End::Listener => 0x11,
    }
}

/// A datagram whose checksum is right.
struct Whole<'a> {
    epoch: u64,
    counter: u64,
    frame: &'a [u8],
}

fn parse(from: End, datagram: &[u8]) -> Option<Whole<'_>> {
    let (body, checksum) = datagram.split_last_chunk::<CHECKSUM>()?;
    let ([magic, of, head @ ..], frame) = body.split_first_chunk::<HEADER>()?;
    let (epoch, counter) = head.split_first_chunk::<8>()?;
    let whole = *magic == MAGIC && *of == kind(from) && CRC32C.checksum(body).to_be_bytes() == *checksum;
    whole.then_some(Whole {
        epoch: u64::from_be_bytes(*epoch),
        counter: u64::from_be_bytes(counter.try_into().ok()?),
        frame,
    })
}

#[derive(Debug)]
struct Send {
    from: End,
    epoch: u64,
    next: u64,
}

impl Sealer for Send {
    fn seal(&mut self, frame: Bytes) -> Bytes {
        let mut datagram = BytesMut::with_capacity(OVERHEAD + frame.len());
        datagram.put_slice(&[MAGIC, kind(self.from)]);
        datagram.put_u64(self.epoch);
        datagram.put_u64(self.next);
        datagram.put(frame);
        let checksum = CRC32C.checksum(&datagram);
        datagram.put_u32(checksum);
        self.next += 1;
        datagram.freeze()
    }
}

#[derive(Debug)]
struct Receive {
    from: End,
    /// The peer's epoch, and its counter; known once it has spoken.
    newest: Option<(u64, u64)>,
    missed: u64,
}

impl Opener for Receive {
    fn open<'a>(&mut self, datagram: &'a [u8]) -> Result<&'a [u8], Refused> {
        let Whole { epoch, counter, frame } = parse(self.from, datagram).ok_or(Refused::Corrupt)?;
        // Who listens anew may hear a peer in the middle of its session.
        if let Some((current, newest)) = self.newest {
            if epoch > current {
                return Err(Refused::Anew);
            }
            if epoch < current || counter <= newest {
                return Err(Refused::Late);
            }
            self.missed = self.missed.saturating_add(counter - newest - 1);
        }
        self.newest = Some((epoch, counter));
        Ok(frame)
    }

    fn lost(&self) -> u64 {
        self.missed
    }
}

/// Lets in whoever sends something whole.
pub(crate) struct Entrance {
    epochs: Box<dyn FnMut() -> u64 + std::marker::Send>,
    lasts: Duration,
}

impl Entrance {
    /// With the epochs of its own sessions, each larger than those before, and how long they last in
    /// silence.
    pub(crate) fn new(epochs: impl FnMut() -> u64 + std::marker::Send + 'static, lasts: Duration) -> Self {
        Self { epochs: Box::new(epochs), lasts }
    }
}

impl std::fmt::Debug for Entrance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entrance").field("lasts", &self.lasts).finish_non_exhaustive()
    }
}

impl Door for Entrance {
    fn knock<'a>(&mut self, _: SocketAddr, datagram: &'a [u8], _: Instant) -> Knock<'a> {
        if parse(End::Dialler, datagram).is_none() {
            return Knock::Refuse("not a whole datagram with a CRC-32C");
        }
        let mut guard = guard(End::Listener, (self.epochs)(), self.lasts);
        match guard.opener.open(datagram) {
            Ok(frame) => Knock::Enter(frame, guard),
            Err(_) => Knock::Refuse("not the beginning of a session"),
        }
    }
}

#[cfg(test)]
mod tests;
