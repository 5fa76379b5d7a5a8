//! (interface sketch: to be completed) A connection that speaks a dialect; used by the daemon and by clients.

use std::task::{Context, Poll};

use transport::{Caps, Connection, Frame, Link, Peer, RecvError, SendError};

use crate::{DialectId, Outgoing, Requests};

/// Frames waiting to be sent: bounded, and polled, so that nothing is lost when another event comes first.
pub struct Outbox {}

impl Outbox {
    /// Room for more.
    pub fn has_room(&self) -> bool {
        todo!()
    }
    /// Nothing is waiting to be sent or flushed.
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    /// Queues a frame; false (and the frame is dropped and counted) when full.
    pub fn push(&mut self, _frame: Frame) -> bool {
        todo!()
    }
    /// How many frames were dropped because the peer does not read.
    pub fn dropped(&self) -> u64 {
        todo!()
    }
    /// Hands on all that is queued, then flushes once. Pending while the peer does not read. A frame that this connection
    /// cannot carry (`TooLong`, `Unrepresentable`) is dropped, counted, and not an error.
    pub fn poll_drain(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        todo!()
    }
    /// Says goodbye.
    pub fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        todo!()
    }
}

/// A connection and its dialect.
pub struct Channel {
    /// Who is there.
    pub peer: Peer,
    /// What the connection can do.
    pub caps: Caps,
    /// How soon a dead link must be noticed.
    pub link: Link,
    /// To the peer.
    pub outbox: Outbox,
}

impl Channel {
    /// `fixed` is the endpoint's `dialect=`, `None` for auto; `queue` is the outbox's bound in frames.
    pub fn new(_connection: Connection, _fixed: Option<DialectId>, _queue: usize) -> Self {
        todo!()
    }
    /// The daemon's side: what the peer asked next, and in which dialect; None at the end of the stream.
    pub fn poll_requests(
        &mut self,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(DialectId, Requests), RecvError>>> {
        todo!()
    }
    /// The client's side: what the daemon said next.
    pub fn poll_outgoing(&mut self, _cx: &mut Context<'_>) -> Poll<Option<Result<Outgoing, RecvError>>> {
        todo!()
    }
    /// The dialect for what is said unasked: the fixed one, else the one the peer spoke last, else json.
    pub fn dialect(&self) -> DialectId {
        todo!()
    }
    // also: async fn next_requests, next_outgoing, send(Frame), flush, close – thin async wrappers of the above
}
