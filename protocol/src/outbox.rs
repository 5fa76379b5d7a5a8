//! Frames on their way out: a bounded queue in front of a connection's sink.
//!
//! What must never live here: what a frame means, and how long a peer may take to read; a clock
//! belongs to the layer above, which asks [`Outbox::sent`].

use std::collections::VecDeque;
use std::fmt;
use std::task::{Context, Poll, ready};

use transport::{Frame, FrameSink, Memory, SendError, Share, Use, WRITE_BOUND};

/// What a frame takes besides its bytes: its place in the queue and the head of its allocation.
const HEAD: usize = 64;

/// The most that waits in an [`Outbox`]. Only one frame may wait where one alone is beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    /// Frames, at least 1.
    pub(crate) frames: usize,
    /// Bytes of all frames together.
    pub(crate) bytes: usize,
    /// The longest frame that the connection carries, in bytes: what room must be kept for.
    pub(crate) longest: usize,
}

/// Frames waiting to be sent: bounded in number and in bytes, and polled, so that nothing is lost when
/// another event comes first.
pub struct Outbox {
    tx: FrameSink,
    queue: VecDeque<Frame>,
    /// The length of all that is queued.
    bytes: usize,
    bound: Bound,
    /// Of the budget of all peers.
    share: Share,
    dropped: u64,
    sent: u64,
    /// Handed on and perhaps still in a buffer below.
    unflushed: bool,
    /// The most of it that can be there.
    below: usize,
}

impl Outbox {
    /// In front of `tx`.
    pub(crate) fn new(tx: FrameSink, bound: Bound) -> Self {
        Self {
            tx,
            queue: VecDeque::new(),
            bytes: 0,
            bound,
            share: Memory::default().share(),
            dropped: 0,
            sent: 0,
            unflushed: false,
            below: 0,
        }
    }

    /// From now on what waits here is part of a budget; where that is used up, frames are dropped and
    /// counted as past any other bound.
    pub fn draw_on(&mut self, memory: &Memory) {
        self.share = memory.share();
        self.settle();
    }

    /// Room for one more, however long: any frame that the connection can carry would be taken.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.takes(self.bound.longest) && self.share.has(self.bound.longest, Use::Needed)
    }

    /// Nothing is waiting to be sent or flushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && !self.unflushed
    }

    /// Queues a frame; false (and the frame is dropped and counted) where it would be beyond a bound.
    /// While nothing is queued any frame is taken, as far as there is memory for it.
    pub fn push(&mut self, frame: Frame) -> bool {
        self.take(frame, Use::Needed)
    }

    /// As [`push`](Self::push), for what is left out first where memory is scarce.
    pub fn push_spare(&mut self, frame: Frame) -> bool {
        self.take(frame, Use::Spare)
    }

    /// How many frames the connection has taken so far. Where it grows, the peer reads, however slowly.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many frames were dropped: the peer does not read, or the connection cannot carry them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Hands on all that is queued, then flushes once. Pending while the peer does not read. A frame
    /// that this connection cannot carry (`TooLong`, `Unrepresentable`) is dropped, counted, and not
    /// an error.
    ///
    /// # Errors
    /// Where the connection is closed or broken.
    pub fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let drained = self.poll_handed_on(cx);
        self.settle();
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

    fn take(&mut self, frame: Frame, wanted_for: Use) -> bool {
        let len = frame.data.len();
        let takes = self.takes(len) && self.share.resize(self.held() + len + HEAD, wanted_for);
        if takes {
            self.bytes += len;
            self.queue.push_back(frame);
        } else {
            self.dropped += 1;
        }
        takes
    }

    /// Bytes of memory that what waits takes now.
    fn held(&self) -> usize {
        self.bytes + self.queue.len() * HEAD + self.below
    }

    /// Gives back what is no longer needed: what waits becomes less, and never more, by being sent.
    fn settle(&mut self) {
        self.share.resize(self.held(), Use::Needed);
    }

    fn takes(&self, len: usize) -> bool {
        let Bound { frames, bytes, .. } = self.bound;
        self.queue.is_empty() || (self.queue.len() < frames && self.bytes.saturating_add(len) <= bytes)
    }

    fn poll_handed_on(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        while !self.queue.is_empty() {
            let ready = ready!(self.tx.as_mut().poll_ready(cx));
            self.unless_fatal(ready)?;
            if let Some(frame) = self.queue.pop_front() {
                let len = frame.data.len();
                self.bytes -= len;
                self.unflushed = true;
                self.below = (self.below + len).min(WRITE_BOUND + self.bound.longest);
                let sent = self.tx.as_mut().start_send(frame);
                self.sent += u64::from(sent.is_ok());
                self.unless_fatal(sent)?;
            }
        }
        if self.unflushed {
            let flushed = ready!(self.tx.as_mut().poll_flush(cx));
            (self.unflushed, self.below) = (false, 0);
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
            .field("bytes", &self.bytes)
            .field("bound", &self.bound)
            .field("dropped", &self.dropped)
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}
