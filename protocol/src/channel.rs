//! A connection that speaks a dialect; used by the daemon and by clients.
//!
//! Everything is polled: a task that waits for a frame, for room to send, and for a timer loses
//! nothing when one of them comes first. The `async` functions are for those who wait for one thing.
//! What must never live here: clocks, and what a command does.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use transport::{Caps, Connection, Frame, FrameStream, Link, Peer, RecvError, SendError};

use crate::outbox::Bound;
use crate::{Code, DialectId, Fault, Id, Outbox, Outgoing, Replies, Reply, Request, Requests};

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
    rx: FrameStream,
    /// The stream has ended; it is not polled again.
    ended: bool,
    fixed: Option<DialectId>,
    spoken: Option<DialectId>,
}

impl Channel {
    /// `fixed` is the endpoint's `dialect=`, `None` for auto. At most `frames` wait in the outbox, and
    /// at most `bytes` of them together; but one frame always may.
    #[must_use]
    pub fn new(connection: Connection, fixed: Option<DialectId>, frames: usize, bytes: usize) -> Self {
        let Connection { peer, caps, link, tx, rx, .. } = connection;
        let outbox = Outbox::new(tx, Bound { frames, bytes, longest: caps.max_frame });
        Self { peer, caps, link, outbox, rx, ended: false, fixed, spoken: None }
    }

    /// The dialect for what is said unasked: the fixed one, else the one the peer spoke last, else
    /// json.
    #[must_use]
    pub fn dialect(&self) -> DialectId {
        self.fixed.or(self.spoken).unwrap_or(DialectId::Json)
    }

    /// The daemon's side: what the peer asked next, and in which dialect; `None` at the end of the
    /// stream. After an error that is not [fatal](RecvError::is_fatal) there is more to come.
    pub fn poll_requests(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(DialectId, Requests), RecvError>>> {
        loop {
            let Some(frame) = ready!(self.poll_frame(cx)) else { return Poll::Ready(None) };
            let data = match frame {
                Ok(frame) => frame.data,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            let dialect = self.recognised(&data);
            let requests = dialect.get().decode(&data);
            if !self.is_echo(dialect, &requests, &data) {
                self.spoken = Some(dialect);
                return Poll::Ready(Some(Ok((dialect, requests))));
            }
        }
    }

    /// Where the sender's address may be forged, a message that is itself an answer is passed over:
    /// two daemons could be set to answer each other's errors for ever.
    fn is_echo(&self, dialect: DialectId, requests: &Requests, data: &[u8]) -> bool {
        let refused = matches!(requests, Requests::One(Request { command: Err(_), .. }));
        !self.caps.linked && refused && dialect.get().decode_outgoing(data).is_ok()
    }

    /// The client's side: what the daemon said next; `None` at the end of the stream. What is not of
    /// the dialect is a [`RecvError::BadMessage`], and there is more to come.
    pub fn poll_outgoing(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Outgoing, RecvError>>> {
        let frame = ready!(self.poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            let frame = frame?;
            let dialect = self.recognised(&frame.data);
            dialect.get().decode_outgoing(&frame.data).map_err(|fault| RecvError::BadMessage(fault.message))
        }))
    }

    /// Queues an answer; false (and it is dropped and counted) when the outbox is full. An answer
    /// longer than this connection can carry becomes an error that says so.
    pub fn reply(&mut self, dialect: DialectId, replies: &Replies) -> bool {
        let frame = dialect.get().reply(replies);
        let (len, limit) = (frame.data.len(), self.caps.max_frame);
        if len <= limit {
            return self.outbox.push(frame);
        }
        let id = match replies {
            Replies::One(reply) => reply.id.clone(),
            Replies::Batch(_) => Id::Null,
        };
        let message = format!("the answer has {len} bytes and this connection carries {limit}");
        let outcome = Err(Fault::new(Code::INTERNAL, message));
        self.outbox.push(dialect.get().reply(&Replies::One(Reply { id, outcome })))
    }

    /// Only what is still to be said: nothing more is read, so that a goodbye can end well even where
    /// the peer goes on speaking.
    #[must_use]
    pub fn into_outbox(self) -> Outbox {
        self.outbox
    }

    /// [`poll_requests`](Self::poll_requests), awaited. Dropping it loses nothing.
    pub async fn next_requests(&mut self) -> Option<Result<(DialectId, Requests), RecvError>> {
        poll_fn(|cx| self.poll_requests(cx)).await
    }

    /// [`poll_outgoing`](Self::poll_outgoing), awaited. Dropping it loses nothing.
    pub async fn next_outgoing(&mut self) -> Option<Result<Outgoing, RecvError>> {
        poll_fn(|cx| self.poll_outgoing(cx)).await
    }

    /// Waits for room, queues a frame, and sends it. Dropped before there was room, the frame was
    /// not sent; dropped later, it goes out with the next that is sent.
    ///
    /// # Errors
    /// Where the connection is closed or broken.
    pub async fn send(&mut self, frame: Frame) -> Result<(), SendError> {
        if !self.outbox.has_room() {
            self.flush().await?;
        }
        self.outbox.push(frame);
        self.flush().await
    }

    /// [`Outbox::poll_drain`], awaited. Dropping it loses nothing.
    ///
    /// # Errors
    /// Where the connection is closed or broken.
    pub async fn flush(&mut self) -> Result<(), SendError> {
        poll_fn(|cx| self.outbox.poll_drain(cx)).await
    }

    /// [`Outbox::poll_close`], awaited.
    ///
    /// # Errors
    /// Where the connection is closed or broken.
    pub async fn close(&mut self) -> Result<(), SendError> {
        poll_fn(|cx| self.outbox.poll_close(cx)).await
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame, RecvError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = ready!(self.rx.as_mut().poll_next(cx));
        self.ended = RecvError::ends(&frame);
        Poll::Ready(frame)
    }

    /// The dialect of a message. A blank one tells none: an empty line from a client that spoke json
    /// is answered in json.
    fn recognised(&self, data: &[u8]) -> DialectId {
        let blank = data.iter().all(u8::is_ascii_whitespace);
        let known = self.fixed.or(self.spoken.filter(|_| blank));
        known.unwrap_or_else(|| DialectId::detect(data))
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("peer", &self.peer)
            .field("dialect", &self.dialect())
            .field("outbox", &self.outbox)
            .finish_non_exhaustive()
    }
}
