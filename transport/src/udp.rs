//! `udp://host:port`: a datagram is a message. One socket serves every peer of a listener; a peer
//! is a session, bounded and ended by silence, because nothing else tells that it left.
//!
//! Which session a datagram belongs to, and who makes room for whom, is decided in `udp/sessions.rs`;
//! neither a clock nor a system call must come in there.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{UdpSocket, lookup_host};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use self::demux::Shared;
use crate::{
    AddressKind, BindError, Caps, Connection, DialError, Endpoint, Incoming, Inherited, Limits, Listener,
    OptionSpec, Scheme, Transport,
};

mod demux;
mod dialled;
mod sessions;

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme {
    name: "udp",
    address: AddressKind::Socket { port: 9902, path: false },
    options: &[OptionSpec { key: "integrity", values: &["none"], check: None }],
}];

/// Longest datagram that IPv4 carries in bytes: 65,535 less 20 of IP header and 8 of UDP header
/// (RFC 791, RFC 768).
const LONGEST: usize = 65_507;

/// UDP.
///
/// - A datagram, even an empty one, is a frame. One longer than [`Limits::datagram`] is dropped:
///   its sender may be forged, so it must not end anything.
/// - A sender's address is its session. Replies go there and nowhere else.
/// - A session ends after [`Limits::udp_idle`] without a datagram from its peer; what is sent to the
///   peer does not prolong it. A dialled connection ends likewise.
/// - Beyond [`Limits::recv_queue`] the oldest waiting datagram is dropped: a driver's newest command
///   matters most, and the older ones are superseded by it. The reader is told how many were.
/// - A frame for which the listener's socket has no room, or that the network refuses, is lost, as
///   it would be one hop later. No peer can make another wait.
/// - Dialling finds out nothing about the peer. Where the system later says that nobody listens
///   there, the connection ends with that error.
/// - A listener is full at [`Limits::udp_sessions`], and for one IP address at
///   [`Limits::per_address`]. Then the longest silent session makes room for a newcomer, if it has
///   been silent for half of [`Limits::udp_idle`], or for a tenth where only one datagram ever came;
///   to a newcomer of its own address it makes room after a tenth, or at once.
///   So forged senders, who speak once, never displace a peer that speaks, and their places are
///   soon free again. Who forges steadily can still crowd out newcomers, as on any unauthenticated
///   datagram service.
#[derive(Clone, Debug)]
pub struct Udp {
    limits: Arc<Limits>,
    inherited: Inherited,
}

impl Udp {
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
impl Transport for Udp {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let host = at.socket().ok_or_else(|| BindError::NoTransport(at.clone()))?;
        let refused = |source| BindError::socket(at, source);
        let addresses: Vec<SocketAddr> = lookup_host(host).await.map_err(refused)?.collect();
        let (socket, endpoint) = match self.inherited.take_ip(at, Type::DGRAM, &addresses)? {
            Some((socket, real)) => (registered(socket).map_err(refused)?, real),
            None => {
                let socket = first_of(addresses.into_iter(), bind_on).map_err(refused)?;
                let port = socket.local_addr().map_err(refused)?.port();
                (socket, at.clone().with_port(port))
            }
        };
        // As with a socket's backlog, who has not been accepted yet waits.
        let (arrivals, queue) = mpsc::channel(self.limits.pending_handshakes.max(1));
        let shared = Arc::new(Shared::new(socket, arrivals, &self.limits));
        let task = tokio::spawn(demux::run(Arc::clone(&shared), endpoint.clone(), Arc::clone(&self.limits)));
        Ok(Box::new(Accepting { endpoint, queue, shared, task: task.abort_handle() }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let host = to.socket().ok_or_else(|| DialError::NoTransport(to.clone()))?;
        let connected = tokio::time::timeout(self.limits.handshake, async {
            first_of(lookup_host(host).await?, connect_to)
        });
        let result = connected.await.unwrap_or_else(|_elapsed| {
            let text = format!("the name was not resolved within {:?}", self.limits.handshake);
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        });
        result
            .and_then(|socket| dialled::connection(socket, &self.limits))
            .map_err(|source| DialError::Io { endpoint: to.clone(), source })
    }
}

#[derive(Debug)]
struct Accepting {
    endpoint: Endpoint,
    queue: mpsc::Receiver<Connection>,
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[async_trait]
impl Listener for Accepting {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn accept(&mut self) -> Incoming {
        let connection = self.queue.recv().await.expect("its sender is in `shared`");
        Incoming { peer: connection.peer.clone(), handshake: std::future::ready(Ok(connection)).boxed() }
    }

    async fn close(self: Box<Self>) {}
}

impl Drop for Accepting {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.close();
    }
}

/// What every connection here can do.
fn caps(limits: &Limits) -> Caps {
    Caps {
        reliable: false,
        ordered: false,
        linked: false,
        kinds: false,
        binary: true,
        max_frame: longest(limits),
    }
}

fn longest(limits: &Limits) -> usize {
    limits.datagram.min(LONGEST)
}

/// Where a datagram is received: one byte longer than may be, so that a longer one shows.
fn buffer(limits: &Limits) -> Box<[u8]> {
    vec![0; longest(limits) + 1].into_boxed_slice()
}

/// The socket of the first address for which there is one.
fn first_of(
    addresses: impl Iterator<Item = SocketAddr>,
    open: fn(SocketAddr) -> io::Result<UdpSocket>,
) -> io::Result<UdpSocket> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match open(address) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn bind_on(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.ip() == IpAddr::from(Ipv6Addr::UNSPECIFIED) {
        // `[::]` means every address, whatever the machine's default is.
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    registered(socket)
}

/// Connected, so that the kernel passes on nobody else's datagrams, and says when nobody listens.
fn connect_to(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.connect(&address.into())?;
    registered(socket)
}

fn registered(socket: Socket) -> io::Result<UdpSocket> {
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

#[cfg(test)]
mod tests;
