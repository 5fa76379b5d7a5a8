//! `ws://host:port/path`: messages over WebSocket (RFC 6455), for browsers and everybody else.
//!
//! The protocol itself is tungstenite's. What lives here and below: who is let in, what a peer may
//! cost, how the end is said, and how soon a dead link is found. What a path or a message means must
//! never come in here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncWrite, join};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};

use self::socket::{Inner, Socket};
use self::watch::Watch;
use crate::slots::{Slot, Slots};
use crate::tcp::{canonical, connect, listen};
use crate::{
    AddressKind, BindError, Caps, Connection, DialError, Endpoint, HandshakeError, Incoming, Limits, Link,
    Listener, Peer, Scheme, Transport, stream, wire,
};

mod halves;
mod handshake;
mod liveness;
mod scanner;
mod socket;
mod tap;
mod watch;

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
            pending: Slots::pending(&self.limits),
            limits: Arc::clone(&self.limits),
        }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let deadline = Instant::now() + self.limits.handshake;
        let ((read, write), peer) = connect(to, &self.limits).await?;
        let dialled = timeout_at(deadline, handshake::dial(to, join(read, write), &self.limits));
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
    pending: Slots<IpAddr>,
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
        let handshake = match self.pending.take(peer.ip()) {
            Ok(pending) => {
                let arrival = Arrival { socket, peer, pending, slot: self.slots.take(peer.ip()) };
                welcome(arrival, Arc::clone(&self.limits)).boxed()
            }
            // Its address has its share of handshakes, or all are taken. No answer in words: to wait
            // until each of them has read it is what there is no room for.
            Err(full) => std::future::ready(Err(full)).boxed(),
        };
        Incoming { peer: Peer::Socket(peer), handshake }
    }

    async fn close(self: Box<Self>) {}
}

/// Somebody who came, and the places that were free for them.
struct Arrival {
    socket: TcpStream,
    peer: SocketAddr,
    pending: Slot<IpAddr>,
    slot: Result<Slot<IpAddr>, HandshakeError>,
}

async fn welcome(arrival: Arrival, limits: Arc<Limits>) -> Result<Connection, HandshakeError> {
    let Arrival { socket, peer, pending: _until_done, slot } = arrival;
    let shaken = timeout(limits.handshake, async {
        let (read, write) = wire::split(socket, &limits)?;
        let socket = join(read, write);
        match slot {
            Ok(slot) => {
                let ws = handshake::accept(socket, &limits).await?;
                Ok(connection(ws, peer, &limits, Some(slot)))
            }
            Err(full) => Err(handshake::turn_away(socket, full).await),
        }
    });
    shaken.await.unwrap_or(Err(HandshakeError::TimedOut(limits.handshake)))
}

fn connection(
    ws: Inner<impl AsyncRead + AsyncWrite + Send + Unpin + 'static>,
    peer: SocketAddr,
    limits: &Limits,
    slot: Option<Slot<IpAddr>>,
) -> Connection {
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

/// The server's side on any stream of bytes.
#[cfg(feature = "fuzzing")]
pub(crate) async fn on(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    limits: &Limits,
) -> Result<Connection, HandshakeError> {
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    Ok(connection(handshake::accept(stream, limits).await?, nobody, limits, None))
}
