//! `unix:///path` and `unix://@name`: framed messages between processes of one machine. The kernel
//! says who each peer is.
//!
//! Whether that user may drive the car must never be decided here.

use std::io;
use std::os::unix::net::UnixListener as StdListener;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::unix::UCred;
use tokio::net::{UnixListener, UnixStream};

use self::place::{Place, Refused};
use crate::framing::{self, Choice};
use crate::inherited::is_at;
use crate::slots::Slots;
use crate::stream::{self, BACKLOG};
use crate::{
    Address, AddressKind, BindError, Connection, DialError, Endpoint, Incoming, Inherited, Limits, Listener,
    OptionSpec, Peer, Scheme, Transport,
};

mod place;

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme {
    name: "unix",
    address: AddressKind::File,
    options: &[framing::OPTION, OptionSpec { key: MODE, values: &[], check: Some(check_mode) }],
}];

/// The option that says who may connect: the permissions of the socket's file.
const MODE: &str = "mode";

/// The owner and the group.
const DEFAULT_MODE: u32 = 0o660;

/// Longest path or abstract name in bytes: `sun_path` has 108, one of them is NUL (unix(7)).
const LONGEST: usize = 107;

/// Unix sockets.
///
/// Beside the socket's file lies `PATH.lock` while a listener lives. Whoever holds its lock may
/// remove a socket that a crash has left; nothing else is ever removed. Abstract names have neither
/// file nor permissions: any process of the machine can connect, and is known by its user.
#[derive(Clone, Debug)]
pub struct Unix {
    limits: Arc<Limits>,
    inherited: Inherited,
}

impl Unix {
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
impl Transport for Unix {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let (socket, place, endpoint) = self.open(at).await?;
        Ok(Box::new(Accepting {
            socket,
            _place: place,
            endpoint,
            slots: Slots::local(&self.limits),
            limits: Arc::clone(&self.limits),
        }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let path = socket_path(to)
            .ok_or_else(|| DialError::NoTransport(to.clone()))?
            .map_err(|reason| DialError::Option { endpoint: to.clone(), reason })?;
        let connected = async {
            let socket = UnixStream::connect(path).await?;
            let peer = peer_of(socket.peer_cred()?);
            Ok((socket, peer))
        };
        let (socket, peer) =
            connected.await.map_err(|source| DialError::Io { endpoint: to.clone(), source })?;
        let choice = Choice::for_dialler(to, &self.limits);
        Ok(stream::connection(peer, socket.into_split(), &choice, &self.limits, ()))
    }
}

impl Unix {
    /// A listening socket, its file where that is ours, and where it listens.
    async fn open(&self, at: &Endpoint) -> Result<(UnixListener, Option<Place>, Endpoint), BindError> {
        let unusable = |reason| BindError::Option { endpoint: at.clone(), reason };
        let refused =
            |Refused { source, hint }: Refused| BindError::Io { endpoint: at.clone(), source, hint };
        let path = socket_path(at).ok_or_else(|| BindError::NoTransport(at.clone()))?.map_err(unusable)?;
        let passed =
            self.inherited.take(at, Type::STREAM, &[Domain::UNIX], |address| is_at(address, &path))?;
        if let Some((socket, real)) = passed {
            let socket = UnixListener::from_std(socket.into()).map_err(|error| refused(error.into()))?;
            return Ok((socket, None, real));
        }
        let mode = at.option(MODE).and_then(parse_mode);
        let bound = match at.address() {
            Address::File(_) => Place::bind(path, mode.unwrap_or(DEFAULT_MODE))
                .await
                .map(|(socket, place)| (socket, Some(place))),
            _ if mode.is_some() => {
                return Err(unusable("an abstract name has no permissions: leave out `mode`".to_owned()));
            }
            _ => bind_abstract(path).map(|socket| (socket, None)).map_err(Refused::from),
        };
        let bound = bound.and_then(|(socket, place)| Ok((UnixListener::from_std(socket)?, place)));
        let (socket, place) = bound.map_err(refused)?;
        Ok((socket, place, at.clone()))
    }
}

#[derive(Debug)]
struct Accepting {
    socket: UnixListener,
    _place: Option<Place>,
    endpoint: Endpoint,
    slots: Slots<()>,
    limits: Arc<Limits>,
}

#[async_trait]
impl Listener for Accepting {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn accept(&mut self) -> Incoming {
        let (socket, credentials) = stream::accept(&self.endpoint, self.limits.accept_pause, |cx| {
            self.socket.poll_accept(cx).map(|accepted| {
                let (socket, _) = accepted?;
                let credentials = socket.peer_cred()?;
                Ok((socket, credentials))
            })
        })
        .await;
        let peer = peer_of(credentials);
        let connection = match self.slots.take(()) {
            Ok(slot) => {
                let choice = Choice::for_listener(&self.endpoint, &self.limits);
                Ok(stream::connection(peer.clone(), socket.into_split(), &choice, &self.limits, slot))
            }
            Err(full) => Err(stream::refuse(full, &self.limits, |line| socket.try_write(line))),
        };
        Incoming { peer, handshake: std::future::ready(connection).boxed() }
    }

    async fn close(self: Box<Self>) {}
}

fn peer_of(credentials: UCred) -> Peer {
    Peer::Unix { uid: credentials.uid(), gid: credentials.gid(), pid: credentials.pid() }
}

/// The address as the system calls take it: an abstract name begins with NUL. The inner error says
/// that it is too long.
fn socket_path(at: &Endpoint) -> Option<Result<PathBuf, String>> {
    let (path, len) = match at.address() {
        Address::File(path) => (path.clone(), path.as_os_str().len()),
        Address::Abstract(name) => (PathBuf::from(format!("\0{name}")), name.len()),
        Address::Socket { .. } | Address::Name(_) => return None,
    };
    Some(if len > LONGEST {
        Err(format!("the path of a Unix socket has at most {LONGEST} bytes, this has {len}"))
    } else {
        Ok(path)
    })
}

fn bind_abstract(path: PathBuf) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    listening(socket)
}

fn listening(socket: Socket) -> io::Result<StdListener> {
    socket.listen(BACKLOG.cast_signed())?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn check_mode(value: &str) -> Result<(), &'static str> {
    parse_mode(value).map(drop).ok_or("a mode is octal, as chmod takes it: 0600 to 0777")
}

/// A mode without special bits that at least its owner can use: a socket is connected to by writing.
fn parse_mode(value: &str) -> Option<u32> {
    let octal = (3..=4).contains(&value.len()) && value.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let mode = u32::from_str_radix(value, 8).ok()?;
    (octal && mode <= 0o777 && mode & 0o600 == 0o600).then_some(mode)
}

#[cfg(test)]
mod tests;
