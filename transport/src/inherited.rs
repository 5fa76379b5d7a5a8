//! Sockets that somebody has opened for this process before it began, as systemd does for a socket
//! unit (sd_listen_fds(3)).
//!
//! What lives here: which endpoint such a socket is for. What must never live here: what is spoken
//! over it.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use listenfd::ListenFd;
use socket2::{Domain, SockAddr, Socket, Type};

use crate::{Address, BindError, Endpoint};

/// More than this nobody passes: who says so made a mistake.
const MOST: usize = 64;

/// What may wait in a passed socket is thrown away up to here; a flood must not keep us from starting.
const WAITING: usize = 4096;

/// The sockets that were passed and not yet used. Clones are one collection.
///
/// A socket is used instead of a new one by the endpoint whose kind and address it has; else by the
/// first endpoint whose scheme is its name (`FileDescriptorName=`), which then listens where the socket
/// does. Its file and permissions stay those of whoever passed it.
///
/// What has come to a socket before it is used, connections or datagrams, is thrown away: a command
/// that waited for the daemon to start is late, and must not move the car.
#[derive(Clone, Debug, Default)]
pub struct Inherited(Arc<Mutex<Vec<Passed>>>);

#[derive(Debug)]
enum Passed {
    Socket { name: String, socket: Socket, kind: Type, address: SockAddr },
    Unusable(String),
}

impl Inherited {
    /// Those that the environment announces by `LISTEN_FDS`, `LISTEN_PID` and `LISTEN_FDNAMES`.
    ///
    /// Must be called before there is a second thread, as it removes these variables, so that no child
    /// takes the sockets for its own; and once, as it takes possession of them.
    pub fn from_env() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let count = std::env::var("LISTEN_FDS").unwrap_or_default();
        if count.parse::<usize>().is_ok_and(|count| count > MOST) {
            let words = format!("LISTEN_FDS is {count}, and at most {MOST} sockets are taken: none is");
            return Self(Arc::new(Mutex::new(vec![Passed::Unusable(words)])));
        }
        let mut sockets = ListenFd::from_env();
        let mut names = names.split(':');
        let passed = (0..sockets.len()).map(|index| {
            let name = names.next().unwrap_or_default();
            take(&mut sockets, index).map_or_else(
                || {
                    Passed::Unusable(format!(
                        "the descriptor number {index}, `{name}`: no socket that could serve"
                    ))
                },
                |fd| Passed::new(name, fd),
            )
        });
        Self(Arc::new(Mutex::new(passed.collect())))
    }

    /// These, each with its name.
    pub fn new(sockets: impl IntoIterator<Item = (String, OwnedFd)>) -> Self {
        let passed = sockets.into_iter().map(|(name, fd)| Passed::new(&name, fd)).collect();
        Self(Arc::new(Mutex::new(passed)))
    }

    /// Says in words which are not used, and closes them. To be called when everything listens.
    #[must_use]
    pub fn close_rest(&self) -> Vec<String> {
        self.lock().drain(..).map(|passed| passed.to_string()).collect()
    }

    /// The socket for `at`, and where it really listens. `matches` says whether an address is that of
    /// the endpoint.
    pub(crate) fn take(
        &self,
        at: &Endpoint,
        kind: Type,
        domains: &[Domain],
        matches: impl Fn(&SockAddr) -> bool,
    ) -> Result<Option<(Socket, Endpoint)>, BindError> {
        let mut passed = self.lock();
        let fit = |wanted: &dyn Fn(&str, &SockAddr) -> bool| {
            passed.iter().position(|passed| match passed {
                Passed::Socket { name, kind: its, address, .. } => {
                    *its == kind && domains.contains(&address.domain()) && wanted(name, address)
                }
                Passed::Unusable(_) => false,
            })
        };
        let found = fit(&|_, address| matches(address)).or_else(|| fit(&|name, _| name == at.scheme()));
        let Some(Passed::Socket { socket, address, .. }) = found.map(|index| passed.remove(index)) else {
            return Ok(None);
        };
        let unusable = |reason| BindError::Option { endpoint: at.clone(), reason };
        let real =
            address_of(&address).ok_or_else(|| unusable("the passed socket has no address".to_owned()))?;
        let real = at.clone().with_address(real);
        if at.is_local() && !real.is_local() {
            let reason = format!("the socket that was passed for it is open to other machines: {real}");
            return Err(unusable(reason));
        }
        empty(&socket, kind).map_err(|error| unusable(format!("the passed socket is unusable: {error}")))?;
        tracing::info!(endpoint = %real, "listens on a socket that was passed to this process");
        Ok(Some((socket, real)))
    }

    /// As [`take`](Self::take), of an IP socket.
    pub(crate) fn take_ip(
        &self,
        at: &Endpoint,
        kind: Type,
        addresses: &[SocketAddr],
    ) -> Result<Option<(Socket, Endpoint)>, BindError> {
        self.take(at, kind, &[Domain::IPV4, Domain::IPV6], |address| {
            address.as_socket().is_some_and(|address| addresses.contains(&address))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Passed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passed {
    fn new(name: &str, fd: OwnedFd) -> Self {
        let socket = Socket::from(fd);
        let looked = || -> io::Result<(Type, SockAddr, bool)> {
            let kind = socket.r#type()?;
            let listens = kind != Type::STREAM || socket.is_listener()?;
            Ok((kind, socket.local_addr()?, listens))
        };
        match looked() {
            Ok((kind, address, true)) => Self::Socket { name: name.to_owned(), socket, kind, address },
            Ok((.., false)) => Self::Unusable(format!("`{name}`: a connection, not a socket that listens")),
            Err(error) => Self::Unusable(format!("`{name}`: {error}")),
        }
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(words) => f.write_str(words),
            Self::Socket { name, kind, address, .. } => {
                let kind = if *kind == Type::DGRAM { "datagrams" } else { "streams" };
                let place = match address_of(address) {
                    Some(Address::Socket { host, port }) => format!("{host} port {port}"),
                    Some(Address::File(path)) => path.display().to_string(),
                    Some(Address::Abstract(name)) => format!("@{name}"),
                    Some(Address::Name(_)) | None => "no address".to_owned(),
                };
                write!(f, "`{name}`: {kind} at {place}, where no endpoint of the configuration listens")
            }
        }
    }
}

/// A descriptor that is a socket of a kind that we know.
fn take(sockets: &mut ListenFd, index: usize) -> Option<OwnedFd> {
    let kinds = [
        (Domain::UNIX, Type::STREAM),
        (Domain::IPV4, Type::STREAM),
        (Domain::IPV4, Type::DGRAM),
        (Domain::UNIX, Type::DGRAM),
    ];
    kinds.into_iter().find_map(|(domain, kind)| {
        // Of IPv4 it takes IPv6 too.
        sockets.take_custom(index, domain.into(), kind.into(), "socket").ok().flatten()
    })
}

fn address_of(address: &SockAddr) -> Option<Address> {
    if let Some(address) = address.as_socket() {
        return Some(Address::Socket { host: address.ip().to_string(), port: address.port() });
    }
    if let Some(path) = address.as_pathname() {
        return Some(Address::File(PathBuf::from(path)));
    }
    let name = address.as_abstract_namespace()?;
    std::str::from_utf8(name).ok().map(|name| Address::Abstract(name.to_owned()))
}

/// Whether a Unix socket is the one at this path, as the system calls take it.
pub(crate) fn is_at(address: &SockAddr, path: &std::path::Path) -> bool {
    match address.as_abstract_namespace() {
        Some(name) => path.as_os_str().as_bytes().strip_prefix(b"\0") == Some(name),
        None => address.as_pathname() == Some(path),
    }
}

/// Throws away what waits, and makes the socket one that never blocks.
fn empty(socket: &Socket, kind: Type) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    let mut byte = [MaybeUninit::uninit()];
    for count in 0..WAITING {
        let thrown =
            if kind == Type::DGRAM { socket.recv(&mut byte).map(drop) } else { socket.accept().map(drop) };
        match thrown {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if count > 0 {
                    tracing::info!(
                        count,
                        "what came to a passed socket before the daemon began was thrown away"
                    );
                }
                return Ok(());
            }
            // An error of one that waited is not one of the socket; there is an end to them.
            Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
