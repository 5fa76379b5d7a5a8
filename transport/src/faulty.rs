//! Any transport, made as bad as a network can be: for tests, and for trying a client on a link that
//! is worse than the desk's.
//!
//! The same seed gives the same faults to the same frames. What the frames mean, and how the inner
//! transport works, must never be known here.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{FutureExt, TryFutureExt};

use crate::{BindError, Caps, Connection, DialError, Endpoint, Incoming, Listener, Scheme, Transport};

mod lane;
mod link;

/// What goes wrong, how often, each way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Where the randomness begins.
    pub seed: u64,
    /// To frames that are sent.
    pub to_peer: Direction,
    /// To frames that are received.
    pub from_peer: Direction,
}

/// What goes wrong one way. Chances are per frame: 0 is never, 1 is always.
#[derive(Clone, Debug, PartialEq)]
pub struct Direction {
    /// How long a frame is on its way; each draws its own. Frames overtake each other only by
    /// [`reordering`](Self::reordering).
    pub delay: RangeInclusive<Duration>,
    /// Chance that a frame is lost.
    pub loss: f64,
    /// Chance that a frame comes twice.
    pub duplication: f64,
    /// Chance that a frame is held back for 5 ms more, while the next ones overtake it.
    pub reordering: f64,
    /// Chance that one bit of a frame is flipped.
    pub corruption: f64,
    /// Chance that a frame is cut short.
    pub truncation: f64,
    /// Carries this many frames; the next one breaks the connection, both ways.
    pub disconnect_after: Option<u64>,
}

impl Default for Direction {
    /// Nothing goes wrong.
    fn default() -> Self {
        Self {
            delay: Duration::ZERO..=Duration::ZERO,
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            corruption: 0.0,
            truncation: 0.0,
            disconnect_after: None,
        }
    }
}

impl Direction {
    /// What is left of a connection's promises.
    fn spoil(&self, caps: Caps) -> Caps {
        let each_once =
            [self.loss, self.duplication, self.corruption, self.truncation].iter().all(|&p| p <= 0.0);
        Caps { reliable: caps.reliable && each_once, ordered: caps.ordered && self.reordering <= 0.0, ..caps }
    }
}

/// Any transport, with faults on every connection that it dials or accepts.
///
/// Each way holds at most 64 frames that are under way; then a sender waits, and a receiver leaves
/// frames with the inner transport. A frame that the inner transport cannot carry is refused by a
/// later call than the one that sent it, because it has been under way in between.
#[derive(Debug)]
pub struct Faulty<T> {
    inner: T,
    faults: Faults,
    dialled: AtomicU64,
}

impl<T> Faulty<T> {
    /// `inner` with these faults. The n-th connection that is dialled, and the n-th that a listener
    /// accepts, have the same faults in every run.
    pub fn new(inner: T, faults: Faults) -> Self {
        Self { inner, faults, dialled: AtomicU64::new(0) }
    }
}

#[async_trait]
impl<T: Transport> Transport for Faulty<T> {
    fn schemes(&self) -> &'static [Scheme] {
        self.inner.schemes()
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let inner = self.inner.bind(at).await?;
        Ok(Box::new(Accepting { inner, faults: self.faults.clone(), accepted: 0 }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let connection = self.inner.dial(to).await?;
        let number = self.dialled.fetch_add(1, Ordering::Relaxed);
        Ok(link::connection(connection, &self.faults, 2 * number))
    }
}

#[derive(Debug)]
struct Accepting {
    inner: Box<dyn Listener>,
    faults: Faults,
    accepted: u64,
}

#[async_trait]
impl Listener for Accepting {
    fn endpoint(&self) -> &Endpoint {
        self.inner.endpoint()
    }

    async fn accept(&mut self) -> Incoming {
        let Incoming { peer, handshake } = self.inner.accept().await;
        let (faults, number) = (self.faults.clone(), self.accepted);
        self.accepted += 1;
        let handshake =
            handshake.map_ok(move |connection| link::connection(connection, &faults, 2 * number + 1)).boxed();
        Incoming { peer, handshake }
    }

    async fn close(self: Box<Self>) {
        self.inner.close().await;
    }
}

#[cfg(test)]
mod tests;
