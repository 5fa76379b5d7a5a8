//! `udp://host:port`: a datagram is a message. One socket serves every peer of a listener; a peer
//! is a session, bounded and ended by silence, because nothing else tells that it left.
//!
//! Which session a datagram belongs to, and who makes room for whom, is decided in `udp/sessions.rs`;
//! what a datagram is besides its frame, and who may have a session at all, in `udp/integrity`. Neither
//! a clock nor a system call must come in there.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{UdpSocket, lookup_host};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use self::demux::Shared;
use self::integrity::{Door, End, Guard, Mode, crc, plain, psk};
use crate::{
    AddressKind, BindError, Caps, Connection, DialError, Endpoint, HandshakeError, Incoming, Inherited, Key,
    Limits, Listener, OptionSpec, Scheme, Security, Transport,
};

#[cfg(feature = "fuzzing")]
pub(crate) mod bare;
mod chance;
mod demux;
mod dialled;
mod handshake;
mod integrity;
mod sessions;

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme {
    name: "udp",
    address: AddressKind::Socket { port: 9902, path: false },
    options: &[OptionSpec { key: "integrity", values: Mode::VALUES, check: None }],
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
/// - Dialling finds out nothing about the peer, unless by `integrity=psk`. Where the system later says
///   that nobody listens there, the connection ends with that error.
/// - A listener is full at [`Limits::udp_sessions`], and for one IP address at
///   [`Limits::per_address`]. Then the longest silent session makes room for a newcomer, if it has
///   been silent for half of [`Limits::udp_idle`], or for a tenth where only one datagram ever came;
///   to a newcomer of its own address it makes room after a tenth, or at once.
///   So forged senders, who speak once, never displace a peer that speaks, and their places are
///   soon free again. Who forges steadily can still crowd out newcomers, as on any unauthenticated
///   datagram service.
///
/// The option `integrity` says what a datagram is besides its frame, which is as much shorter:
///
/// - `none`: nothing. Whoever can send to the address can speak as anybody.
/// - `crc32c`: 22 bytes of session, counter and checksum. What is damaged is dropped and
///   [counted](crate::Link::losses), and so is what was overtaken or came twice: such a connection is
///   [ordered](Caps::ordered). It does not keep out anybody who means harm.
/// - `psk`: 26 bytes of counter and proof by one of [`Security::psk`]; a replay is dropped. Nothing is
///   encrypted: who listens can read, but not speak. Only who has proven its address and its key has a
///   session, so forged senders crowd out nobody. Dialling takes two round trips, and says when nobody
///   there has the key.
///
/// In the last two a dialler that begins anew at the same address ends its old session, and so does a
/// listener that begins anew.
#[derive(Clone, Debug)]
pub struct Udp {
    limits: Arc<Limits>,
    inherited: Inherited,
    security: Security,
}

impl Udp {
    /// With these bounds, and no keys.
    pub fn new(limits: Limits) -> Self {
        Self::with(limits, Security::default())
    }

    /// With these bounds and secrets.
    pub fn with(limits: Limits, security: Security) -> Self {
        Self { limits: Arc::new(limits), security, inherited: Inherited::default() }
    }

    /// With sockets that were passed to this process, used where they fit.
    #[must_use]
    pub fn inheriting(self, inherited: &Inherited) -> Self {
        Self { inherited: inherited.clone(), ..self }
    }

    /// Whether the mode can be used at all: it has its keys, and its datagrams fit.
    fn usable(&self, mode: Mode) -> Result<(), String> {
        let (least, longest) = (mode.least(), longest(&self.limits));
        if longest < least {
            return Err(format!(
                "it needs datagrams of {least} bytes, and the longest allowed has {longest}"
            ));
        }
        if mode == Mode::Psk && self.security.psk.is_empty() {
            return Err("integrity=psk needs a key, and none is configured".to_owned());
        }
        Ok(())
    }

    /// Where a listener's peers come in.
    fn door(&self, mode: Mode) -> io::Result<Box<dyn Door>> {
        let idle = self.limits.udp_idle;
        Ok(match mode {
            Mode::None => Box::new(plain::Plain),
            Mode::Crc32c => Box::new(crc::Entrance::new(chance::epoch, idle)),
            Mode::Psk => {
                let (keys, secret) = (self.security.psk.clone(), chance::random()?);
                let nonces = || chance::random().ok();
                Box::new(psk::Reception::new(keys, &self.limits, &secret, nonces, Instant::now()))
            }
        })
    }

    /// A dialler's session on a socket.
    async fn begin(&self, socket: &UdpSocket, mode: Mode) -> io::Result<Guard> {
        match (mode, self.security.psk.first()) {
            (Mode::Crc32c, _) => Ok(crc::guard(End::Dialler, chance::epoch(), self.limits.udp_idle)),
            (Mode::Psk, Some(key)) => {
                let greeting = psk::Greeting::new(key, chance::random()?, Instant::now());
                handshake::shake(socket, greeting, &self.limits).await
            }
            (Mode::None | Mode::Psk, _) => Ok(plain::guard()),
        }
    }
}

#[async_trait]
impl Transport for Udp {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let host = at.socket().ok_or_else(|| BindError::NoTransport(at.clone()))?;
        let mode = Mode::of(at);
        self.usable(mode).map_err(|reason| BindError::Option { endpoint: at.clone(), reason })?;
        let refused = |source| BindError::socket(at, source);
        let door = self.door(mode).map_err(refused)?;
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
        let shared = Arc::new(Shared::new(socket, arrivals, &self.limits, mode));
        let running = demux::run(Arc::clone(&shared), door, endpoint.clone(), Arc::clone(&self.limits));
        let task = tokio::spawn(running).abort_handle();
        Ok(Box::new(Accepting { endpoint, queue, shared, task }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let host = to.socket().ok_or_else(|| DialError::NoTransport(to.clone()))?;
        let mode = Mode::of(to);
        self.usable(mode).map_err(|reason| DialError::Option { endpoint: to.clone(), reason })?;
        let failed = |source| DialError::Io { endpoint: to.clone(), source };
        let longest = self.limits.handshake;
        let deadline = Instant::now() + longest;
        let connected = timeout_at(deadline, async { first_of(lookup_host(host).await?, connect_to) });
        let socket = connected.await.unwrap_or_else(|_elapsed| {
            let text = format!("the name was not resolved within {longest:?}");
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        });
        let socket = socket.map_err(failed)?;
        let Ok(begun) = timeout_at(deadline, self.begin(&socket, mode)).await else {
            let key = self.security.psk.first().map(Key::name).unwrap_or_default();
            let text = format!(
                "nobody there has proven within {longest:?} to have the key `{key}`: does the daemon listen \
                 with integrity=psk and have room, does it know this name, and is the secret the same?"
            );
            return Err(DialError::Handshake {
                endpoint: to.clone(),
                source: HandshakeError::Protocol(text),
            });
        };
        begun.and_then(|guard| dialled::connection(socket, guard, &self.limits, mode)).map_err(failed)
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

/// What every connection of a mode can do.
fn caps(limits: &Limits, mode: Mode) -> Caps {
    Caps {
        reliable: false,
        ordered: mode.ordered(),
        linked: false,
        kinds: false,
        binary: true,
        max_frame: longest(limits).saturating_sub(mode.overhead()),
    }
}

/// The longest datagram.
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
