//! Frames on their way out: a bounded queue in front of a connection's sink.
//!
//! What must never live here: what a frame means, and how long a peer may take to read; a clock
//! belongs to the layer above, which asks [`Outbox::is_stalled`].

use std::collections::VecDeque;
use std::fmt;
use std::task::{Context, Poll, ready};

use transport::{Frame, FrameSink, SendError};

/// Frames waiting to be sent: bounded, and polled, so that nothing is lost when another event comes
/// first.
pub struct Outbox {
    tx: FrameSink,
    queue: VecDeque<Frame>,
    bound: usize,
    dropped: u64,
    /// Handed on and perhaps still in a buffer below.
    unflushed: bool,
    stalled: bool,
}

impl Outbox {
    /// In front of `tx`; `bound` is the most frames that wait, at least 1.
    pub(crate) fn new(tx: FrameSink, bound: usize) -> Self {
        Self { tx, queue: VecDeque::new(), bound: bound.max(1), dropped: 0, unflushed: false, stalled: false }
    }

    /// Room for more.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.queue.len() < self.bound
    }

    /// Nothing is waiting to be sent or flushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && !self.unflushed
    }

    /// Queues a frame; false (and the frame is dropped and counted) when full.
    pub fn push(&mut self, frame: Frame) -> bool {
        if self.has_room() {
            self.queue.push_back(frame);
            return true;
        }
        self.dropped += 1;
        false
    }

    /// How many frames were dropped: the peer does not read, or the connection cannot carry them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The last [`poll_drain`](Self::poll_drain) had to wait for the peer to read.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.stalled
    }

    /// Hands on all that is queued, then flushes once. Pending while the peer does not read. A frame
    /// that this connection cannot carry (`TooLong`, `Unrepresentable`) is dropped, counted, and not
    /// an error.
    ///
    /// # Errors
    /// Where the connection is closed or broken.
    pub fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let drained = self.poll_handed_on(cx);
        self.stalled = drained.is_pending();
        drained
    }

    /// Sends what is queued, then says goodbye. Pending while the peer does not read: the caller
    /// sets the deadline.
    ///
    /// # Errors
    /// Where the connection is closed or broken.
    pub fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        ready!(self.poll_drain(cx))?;
        self.tx.as_mut().poll_close(cx)
    }

    fn poll_handed_on(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        while !self.queue.is_empty() {
            let ready = ready!(self.tx.as_mut().poll_ready(cx));
            self.unless_fatal(ready)?;
            if let Some(frame) = self.queue.pop_front() {
                self.unflushed = true;
                let sent = self.tx.as_mut().start_send(frame);
                self.unless_fatal(sent)?;
            }
        }
        if self.unflushed {
            let flushed = ready!(self.tx.as_mut().poll_flush(cx));
            self.unflushed = false;
            self.unless_fatal(flushed)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Counts a frame that could not be carried; any other error ends the connection.
    fn unless_fatal(&mut self, result: Result<(), SendError>) -> Result<(), SendError> {
        match result {
            Err(SendError::TooLong { .. } | SendError::Unrepresentable(_)) => {
                self.dropped += 1;
                Ok(())
            }
            result => result,
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("queued", &self.queue.len())
            .field("bound", &self.bound)
            .field("dropped", &self.dropped)
            .field("stalled", &self.stalled)
            .finish_non_exhaustive()
    }
}
