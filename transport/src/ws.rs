//! `ws://host:port/path`: messages over WebSocket (RFC 6455), for browsers and everybody else.
//!
//! The protocol itself is tungstenite's. What lives here and below: who is let in, what a peer may
//! cost, how the end is said, and how soon a dead link is found. What a path or a message means must
//! never come in here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use self::socket::{Inner, Socket};
use self::tap::Tap;
use self::watch::Watch;
use crate::slots::{Slot, Slots};
use crate::tcp::{canonical, connect, listen, tune};
use crate::{
    AddressKind, BindError, Caps, Connection, DialError, Endpoint, HandshakeError, Incoming, Limits, Link,
    Listener, Peer, Scheme, Transport, stream,
};

mod halves;
mod handshake;
mod liveness;
mod scanner;
mod socket;
mod tap;
mod watch;

/// Bytes asked of the kernel at once; also what a silent connection costs.
const READ_CHUNK: usize = 4 * 1024;

/// Bytes of messages that may wait to be written before the sender has to.
const WRITE_BOUND: usize = 64 * 1024;

/// Room past the bound for answers to pings (131 bytes with header and mask) and a close frame.
const CONTROL_ROOM: usize = 1024;

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] =
    &[Scheme { name: "ws", address: AddressKind::Socket { port: 9900, path: true }, options: &[] }];

/// WebSocket. A listener takes any path; a dialler asks for the endpoint's.
#[derive(Clone, Debug)]
pub struct Ws {
    limits: Arc<Limits>,
}

impl Ws {
    /// With these bounds.
    pub fn new(limits: Limits) -> Self {
        Self { limits: Arc::new(limits) }
    }
}

#[async_trait]
impl Transport for Ws {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let (socket, endpoint) = listen(at).await?;
        Ok(Box::new(Accepting {
            socket,
            endpoint,
            slots: Slots::new(&self.limits),
            pending: Arc::new(Semaphore::new(self.limits.pending_handshakes)),
            limits: Arc::clone(&self.limits),
        }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let deadline = Instant::now() + self.limits.handshake;
        let (socket, peer) = connect(to, &self.limits).await?;
        let tap = Tap::new(socket, self.limits.max_fragments);
        let dialled = timeout_at(deadline, handshake::dial(to, tap, config(&self.limits)));
        match dialled.await.unwrap_or(Err(HandshakeError::TimedOut(self.limits.handshake))) {
            Ok(ws) => Ok(connection(ws, peer, &self.limits, None)),
            Err(source) => Err(DialError::Handshake { endpoint: to.clone(), source }),
        }
    }
}

#[derive(Debug)]
struct Accepting {
    socket: TcpListener,
    endpoint: Endpoint,
    slots: Slots<IpAddr>,
    pending: Arc<Semaphore>,
    limits: Arc<Limits>,
}

#[async_trait]
impl Listener for Accepting {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn accept(&mut self) -> Incoming {
        let (socket, peer) =
            stream::accept(&self.endpoint, self.limits.accept_pause, |cx| self.socket.poll_accept(cx)).await;
        let peer = canonical(peer);
        let handshake = match Arc::clone(&self.pending).try_acquire_owned() {
            Ok(permit) => {
                let arrival = Arrival { socket, peer, permit, slot: self.slots.take(peer.ip()) };
                welcome(arrival, Arc::clone(&self.limits)).boxed()
            }
            // Whoever comes now gets no answer: to wait until each of them has read it is what
            // there is no room for.
            Err(_none) => {
                let full = format!("{} handshakes are under way already", self.limits.pending_handshakes);
                std::future::ready(Err(HandshakeError::Full(full))).boxed()
            }
        };
        Incoming { peer: Peer::Socket(peer), handshake }
    }

    async fn close(self: Box<Self>) {}
}

/// Somebody who came, and the places that were free for them.
struct Arrival {
    socket: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    slot: Result<Slot<IpAddr>, HandshakeError>,
}

async fn welcome(arrival: Arrival, limits: Arc<Limits>) -> Result<Connection, HandshakeError> {
    let Arrival { socket, peer, permit: _until_done, slot } = arrival;
    let shaken = timeout(limits.handshake, async {
        tune(&socket, &limits)?;
        match slot {
            Ok(slot) => {
                let tap = Tap::new(socket, limits.max_fragments);
                let ws = handshake::accept(tap, config(&limits)).await?;
                Ok(connection(ws, peer, &limits, Some(slot)))
            }
            Err(full) => Err(handshake::turn_away(socket, full).await),
        }
    });
    shaken.await.unwrap_or(Err(HandshakeError::TimedOut(limits.handshake)))
}

fn connection(ws: Inner, peer: SocketAddr, limits: &Limits, slot: Option<Slot<IpAddr>>) -> Connection {
    let (link, hold) = Link::watched();
    let (tx, rx) = halves::split(Socket::new(ws, limits, slot), Watch::new(limits, hold));
    let caps = Caps {
        reliable: true,
        ordered: true,
        linked: true,
        kinds: true,
        binary: true,
        max_frame: limits.max_frame,
    };
    Connection { peer: Peer::Socket(peer), caps, link, tx: Box::pin(tx), rx: Box::pin(rx) }
}

fn config(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_CHUNK)
        .write_buffer_size(WRITE_BOUND)
        .max_write_buffer_size(WRITE_BOUND + limits.max_frame + CONTROL_ROOM)
        .max_message_size(Some(limits.max_frame))
        .max_frame_size(Some(limits.max_frame))
}
