//! `ws://host:port/path`, and `wss` over TLS: messages over WebSocket (RFC 6455), for browsers and
//! everybody else.
//!
//! The protocol itself is tungstenite's. What lives here and below: who is let in, what a peer may
//! cost, how the end is said, and how soon a dead link is found. What a path or a message means must
//! never come in here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, join};
use tokio::time::{Instant, timeout_at};

use self::socket::{Inner, Socket};
use self::watch::Watch;
use crate::arrival::{Arrival, Arrivals};
use crate::slots::Slot;
use crate::tcp::connect;
use crate::{
    AddressKind, BindError, Caps, Connection, DialError, Endpoint, HandshakeError, Incoming, Inherited,
    Limits, Link, Listener, Peer, Presented, Scheme, Security, ServerTls, Transport, tls, wire,
};

mod credentials;
mod halves;
mod handshake;
mod liveness;
mod scanner;
mod socket;
mod tap;
mod upgrade;
mod visitors;
mod watch;

pub use handshake::Refusal;
pub use upgrade::Upgrade;
pub use visitors::{Duplex, Visitor, Visitors};

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[
    Scheme { name: "ws", address: ADDRESS, options: &[] },
    Scheme { name: SECURE, address: ADDRESS, options: &[tls::PIN_OPTION] },
];

/// The scheme over TLS.
const SECURE: &str = "wss";

const ADDRESS: AddressKind = AddressKind::Socket { port: 9900, path: true };

/// WebSocket. A listener takes any path; a dialler asks for the endpoint's.
#[derive(Clone, Debug)]
pub struct Ws {
    limits: Arc<Limits>,
    security: Arc<Security>,
    inherited: Inherited,
}

impl Ws {
    /// With these bounds; a listener goes by [`Security::web`] and [`Security::tls`], a dialler by
    /// [`Security::dial`].
    pub fn new(limits: Limits, security: Security) -> Self {
        Self { limits: Arc::new(limits), security: Arc::new(security), inherited: Inherited::default() }
    }

    /// With sockets that were passed to this process, used where they fit.
    #[must_use]
    pub fn inheriting(self, inherited: &Inherited) -> Self {
        Self { inherited: inherited.clone(), ..self }
    }
}

#[async_trait]
impl Transport for Ws {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let (arrivals, tls) = self.listen(at, &self.limits).await?;
        Ok(Box::new(Accepting { arrivals, tls, security: Arc::clone(&self.security) }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let deadline = Instant::now() + self.limits.handshake;
        let (halves, peer) = connect(to, &self.limits).await?;
        let shaken = timeout_at(deadline, async {
            if to.scheme() == SECURE {
                self.open(to, self.security.dial.tls.connect(to, halves).await?, peer).await
            } else {
                self.open(to, join(halves.0, halves.1), peer).await
            }
        });
        match shaken.await {
            Ok(shaken) => shaken,
            Err(_elapsed) => Err(tls::late(to, &self.limits)),
        }
    }
}

impl Ws {
    /// Listens for whoever speaks HTTP first; see [`Visitors`].
    ///
    /// # Errors
    /// As [`Transport::bind`].
    pub async fn visitors(&self, at: &Endpoint, limits: Limits) -> Result<Visitors, BindError> {
        let (arrivals, tls) = self.listen(at, &Arc::new(limits)).await?;
        Ok(Visitors::new(arrivals, tls))
    }

    async fn listen(
        &self,
        at: &Endpoint,
        limits: &Arc<Limits>,
    ) -> Result<(Arrivals, Option<ServerTls>), BindError> {
        let tls = match at.scheme() {
            SECURE => Some(tls::certificate_for(at, &self.security)?),
            _ => None,
        };
        Ok((Arrivals::listen(at, limits, &self.inherited).await?, tls))
    }

    async fn open(
        &self,
        to: &Endpoint,
        socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        peer: SocketAddr,
    ) -> Result<Connection, DialError> {
        let token = self.security.dial.token.as_ref();
        match handshake::dial(to, socket, token, &self.limits).await {
            Ok(ws) => Ok(connection(ws, peer, Presented::default(), &self.limits, None)),
            Err(source) => Err(DialError::Handshake { endpoint: to.clone(), source }),
        }
    }
}

#[derive(Debug)]
struct Accepting {
    arrivals: Arrivals,
    /// `None` where no TLS is spoken.
    tls: Option<ServerTls>,
    security: Arc<Security>,
}

#[async_trait]
impl Listener for Accepting {
    fn endpoint(&self) -> &Endpoint {
        &self.arrivals.endpoint
    }

    async fn accept(&mut self) -> Incoming {
        let (tls, security) = (self.tls.clone(), Arc::clone(&self.security));
        self.arrivals.accept(|arrival, limits| welcome(arrival, limits, tls, security)).await
    }

    async fn close(self: Box<Self>) {}
}

async fn welcome(
    arrival: Arrival,
    limits: Arc<Limits>,
    tls: Option<ServerTls>,
    security: Arc<Security>,
) -> Result<Connection, HandshakeError> {
    let Arrival { socket, peer, slot } = arrival;
    let presented = Presented::default();
    match tls {
        None => {
            let (read, write) = wire::split(socket, &limits)?;
            shake(join(read, write), peer, presented, slot, &limits, &security).await
        }
        Some(tls) => {
            let shaken = tls.accept(socket, &limits, &handshake::without_tls()).await?;
            let presented = Presented { certificate: shaken.certificate, ..presented };
            shake(shaken.stream, peer, presented, slot, &limits, &security).await
        }
    }
}

async fn shake(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    presented: Presented,
    slot: Result<Slot<IpAddr>, HandshakeError>,
    limits: &Limits,
    security: &Security,
) -> Result<Connection, HandshakeError> {
    match slot {
        Ok(slot) => {
            let (ws, token) = handshake::accept(socket, limits, &security.web).await?;
            Ok(connection(ws, peer, Presented { token, ..presented }, limits, Some(slot)))
        }
        Err(full) => Err(handshake::turn_away(socket, full).await),
    }
}

fn connection(
    ws: Inner<impl AsyncRead + AsyncWrite + Send + Unpin + 'static>,
    peer: SocketAddr,
    presented: Presented,
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
    Connection { peer: Peer::Socket(peer), presented, caps, link, tx: Box::pin(tx), rx: Box::pin(rx) }
}

/// The server's side on any stream of bytes.
#[cfg(feature = "fuzzing")]
pub(crate) async fn on(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    limits: &Limits,
) -> Result<Connection, HandshakeError> {
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    let (ws, token) = handshake::accept(stream, limits, &crate::Web::default()).await?;
    let presented = Presented { token, ..Presented::default() };
    Ok(connection(ws, nobody, presented, limits, None))
}
