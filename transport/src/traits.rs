//! The contract of every transport. One conformance suite (`tests/conformance.rs`) runs each
//! bullet on each row of the scheme table.

use std::fmt;

use async_trait::async_trait;
use futures_core::future::BoxFuture;

use crate::{BindError, Connection, DialError, Endpoint, HandshakeError, Peer, Scheme};

/// A way to reach peers.
///
/// Every implementation keeps these promises:
///
/// - A frame arrives whole and once, or (where [`Caps::reliable`](crate::Caps::reliable) is false)
///   not at all; never half, never joined with another.
/// - Frames arrive in order where [`Caps::ordered`](crate::Caps::ordered) says so.
/// - An empty frame, and one of exactly [`Caps::max_frame`](crate::Caps::max_frame) bytes, is carried
///   where the framing can express it; a longer one is refused by the sender and the connection
///   stays good.
/// - A frame longer than the receiver allows ends its stream with
///   [`RecvError::TooLong`](crate::RecvError::TooLong); no more than the limit is ever held in memory.
///   (A datagram may be forged, so one that is too long is only dropped.)
/// - A peer that is slow, silent or broken during its handshake delays no other peer; many from a few
///   addresses keep none of another out ([`Limits::pending_handshakes`](crate::Limits::pending_handshakes)).
/// - When one end closes, the other's stream ends; where [`Caps::linked`](crate::Caps::linked) is
///   false it ends after [`Limits::udp_idle`](crate::Limits::udp_idle) of silence.
/// - Closing or dropping a listener frees its address; connections it accepted live on (over UDP,
///   which has one socket for all, they end).
/// - Dropping a pending future loses no frame.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// The schemes it serves, with their defaults and options.
    fn schemes(&self) -> &'static [Scheme];

    /// Listens.
    ///
    /// # Errors
    /// Where the address cannot be used; nothing is left behind.
    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError>;

    /// Connects, within [`Limits::handshake`](crate::Limits::handshake).
    ///
    /// # Errors
    /// Where nobody answers, or not in this transport's manner.
    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError>;
}

/// An open listener.
#[async_trait]
pub trait Listener: Send + fmt::Debug {
    /// Where it listens: the port that the system chose in place of 0.
    fn endpoint(&self) -> &Endpoint;

    /// The next peer. Cannot fail: an error of one peer is passed over, one of the system is waited
    /// out. Cancel-safe. Never waits for a handshake.
    async fn accept(&mut self) -> Incoming;

    /// Stops listening and frees the address.
    async fn close(self: Box<Self>);
}

/// A peer that has come and not yet finished its handshake, which leads to a `T`.
pub struct Incoming<T = Connection> {
    /// Who.
    pub peer: Peer,
    /// Finishes the handshake, within [`Limits::handshake`](crate::Limits::handshake). To be run in
    /// a task of its own; dropping it turns the peer away.
    pub handshake: BoxFuture<'static, Result<T, HandshakeError>>,
}

impl<T> fmt::Debug for Incoming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("peer", &self.peer).finish_non_exhaustive()
    }
}
