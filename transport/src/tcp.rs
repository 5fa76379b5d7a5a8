//! `tcp://host:port`: framed messages over TCP, and how its sockets are opened.
//!
//! How a command leaves at once and a pulled cable is noticed is `wire`'s.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use socket2::{SockRef, Type};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};

use crate::framing::{self, Choice};
use crate::slots::{Slot, Slots};
use crate::stream::{self, BACKLOG};
use crate::wire::{self, Reading, Writing};
use crate::{
    AddressKind, BindError, Connection, DialError, Endpoint, HandshakeError, Incoming, Inherited, Limits,
    Listener, Peer, Scheme, Transport,
};

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme {
    name: "tcp",
    address: AddressKind::Socket { port: 9901, path: false },
    options: &[framing::OPTION],
}];

/// TCP.
#[derive(Clone, Debug)]
pub struct Tcp {
    limits: Arc<Limits>,
    inherited: Inherited,
}

impl Tcp {
    /// With these bounds.
    pub fn new(limits: Limits) -> Self {
        Self { limits: Arc::new(limits), inherited: Inherited::default() }
    }

    /// With sockets that were passed to this process, used where they fit.
    #[must_use]
    pub fn inheriting(self, inherited: &Inherited) -> Self {
        Self { inherited: inherited.clone(), ..self }
    }
}

#[async_trait]
impl Transport for Tcp {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let (socket, endpoint) = listen(at, &self.inherited).await?;
        let slots = Slots::of(&self.limits);
        Ok(Box::new(Accepting { socket, endpoint, slots, limits: Arc::clone(&self.limits) }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let (halves, peer) = connect(to, &self.limits).await?;
        let choice = Choice::for_dialler(to, &self.limits);
        Ok(stream::connection(Peer::Socket(peer), halves, &choice, &self.limits, ()))
    }
}

#[derive(Debug)]
struct Accepting {
    socket: TcpListener,
    endpoint: Endpoint,
    slots: Slots<IpAddr>,
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
        let connection = match self.slots.take(peer.ip()) {
            Ok(slot) => self.connection(socket, peer, slot).map_err(HandshakeError::from),
            Err(full) => Err(stream::refuse(full, &self.limits, |line| socket.try_write(line))),
        };
        Incoming { peer: Peer::Socket(peer), handshake: std::future::ready(connection).boxed() }
    }

    async fn close(self: Box<Self>) {}
}

impl Accepting {
    fn connection(&self, socket: TcpStream, peer: SocketAddr, slot: Slot<IpAddr>) -> io::Result<Connection> {
        let mut halves = wire::split(socket, &self.limits)?;
        let link = halves.0.link();
        let choice = Choice::for_listener(&self.endpoint, &self.limits);
        Ok(Connection { link, ..stream::connection(Peer::Socket(peer), halves, &choice, &self.limits, slot) })
    }
}

/// A listening socket, and where it listens. A host with several addresses gets the first that can
/// be had; a socket that was passed for it is used instead.
pub(crate) async fn listen(
    at: &Endpoint,
    inherited: &Inherited,
) -> Result<(TcpListener, Endpoint), BindError> {
    let host = at.socket().ok_or_else(|| BindError::NoTransport(at.clone()))?;
    let refused = |source| BindError::socket(at, source);
    let addresses: Vec<SocketAddr> = lookup_host(host).await.map_err(refused)?.collect();
    if let Some((socket, real)) = inherited.take_ip(at, Type::STREAM, &addresses)? {
        return Ok((TcpListener::from_std(socket.into()).map_err(refused)?, real));
    }
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match listen_on(address) {
            Ok(socket) => {
                let port = socket.local_addr().map_err(refused)?.port();
                return Ok((socket, at.clone().with_port(port)));
            }
            Err(error) => last = error,
        }
    }
    Err(refused(last))
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if address.ip() == IpAddr::from(std::net::Ipv6Addr::UNSPECIFIED) {
        // `[::]` means every address, whatever the machine's default is.
        SockRef::from(&socket).set_only_v6(false)?;
    }
    // So that a restarted daemon need not wait until the kernel has forgotten its connections.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A connected socket, and to whom, within [`Limits::handshake`].
pub(crate) async fn connect(
    to: &Endpoint,
    limits: &Limits,
) -> Result<((Reading, Writing), SocketAddr), DialError> {
    let host = to.socket().ok_or_else(|| DialError::NoTransport(to.clone()))?;
    let connected = tokio::time::timeout(limits.handshake, async {
        let socket = TcpStream::connect(host).await?;
        let peer = canonical(socket.peer_addr()?);
        Ok((wire::split(socket, limits)?, peer))
    });
    let result = connected.await.unwrap_or_else(|_elapsed| {
        let text = format!("no answer within {:?}", limits.handshake);
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    });
    result.map_err(|source| DialError::Io { endpoint: to.clone(), source })
}

/// An IPv4 peer of an IPv6 socket is the same peer.
pub(crate) fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

#[cfg(test)]
mod tests;
