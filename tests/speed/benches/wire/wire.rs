//! The client's end of a connection: messages in and out of one socket that never blocks, with as little
//! between the system call and the measurement as can be.
//!
//! What must never live here: clocks, and what a message means.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use protocol::DialectId;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes, WebSocket};

use crate::Failure;
use crate::rows::{Framing, Row, Scheme};

/// One end of a connection.
pub(crate) trait Wire {
    /// Puts a message behind what waits to be sent.
    fn say(&mut self, message: &[u8]) -> Result<(), Failure>;

    /// Sends what waits, as far as the kernel takes it; says whether that was all.
    fn flush(&mut self) -> Result<bool, Failure>;

    /// Hands on each message that is here, and waits for none.
    fn hear(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure>;

    /// To wait at.
    fn fd(&self) -> BorrowedFd<'_>;
}

/// Where a server can be met.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Ip(SocketAddr),
    File(std::path::PathBuf),
}

/// Meets a server; `certificate` is the file of what it shows where it speaks TLS.
pub(crate) fn connect(row: Row, to: &Place, certificate: &Path) -> Result<Box<dyn Wire>, Failure> {
    let framing = row.framing();
    Ok(match (row.scheme, to) {
        (Scheme::Tcp, Place::Ip(to)) => {
            let (stream, handle) = tcp(to)?;
            handle.set_nonblocking(true)?;
            Box::new(Stream::new(stream, handle, framing))
        }
        (Scheme::Unix, Place::File(path)) => {
            let stream = UnixStream::connect(path)?;
            stream.set_nonblocking(true)?;
            let handle = stream.try_clone()?;
            Box::new(Stream::new(stream, handle, framing))
        }
        (Scheme::Tls, Place::Ip(to)) => {
            let (stream, handle) = tcp(to)?;
            let mut secured = secured(stream, certificate)?;
            secured.conn.complete_io(&mut secured.sock)?;
            handle.set_nonblocking(true)?;
            Box::new(Stream::new(secured, handle, framing))
        }
        (Scheme::Ws, Place::Ip(to)) => {
            let (stream, handle) = tcp(to)?;
            Box::new(Socket::open(Box::new(stream), handle, to, "ws", row.dialect)?)
        }
        (Scheme::Wss, Place::Ip(to)) => {
            let (stream, handle) = tcp(to)?;
            let stream = Box::new(secured(stream, certificate)?);
            Box::new(Socket::open(stream, handle, to, "wss", row.dialect)?)
        }
        (Scheme::Udp, Place::Ip(to)) => {
            let socket = UdpSocket::bind((to.ip(), 0))?;
            socket.connect(to)?;
            socket.set_nonblocking(true)?;
            Box::new(Datagrams(socket))
        }
        (scheme, place) => return Err(format!("{} is not spoken at {place:?}", scheme.name()).into()),
    })
}

/// A stream, and another handle of its socket.
fn tcp(to: &SocketAddr) -> Result<(TcpStream, TcpStream), Failure> {
    let stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    let handle = stream.try_clone()?;
    Ok((stream, handle))
}

fn secured(
    stream: TcpStream,
    certificate: &Path,
) -> Result<StreamOwned<ClientConnection, TcpStream>, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate)?)?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost")?;
    Ok(StreamOwned::new(ClientConnection::new(Arc::new(config), name)?, stream))
}

/// Bytes that are sent or read in one go.
const CHUNK: usize = 64 * 1024;

/// A stream of bytes.
struct Stream<S> {
    stream: S,
    handle: OwnedFd,
    framing: Framing,
    /// What waits to be sent, of which so much is sent.
    out: Vec<u8>,
    sent: usize,
    /// What came, and of that so much is no whole message yet.
    heard: Box<[u8]>,
    rest: usize,
}

impl<S> Stream<S> {
    fn new(stream: S, handle: impl Into<OwnedFd>, framing: Framing) -> Self {
        let heard = vec![0; CHUNK].into_boxed_slice();
        Self {
            stream,
            handle: handle.into(),
            framing,
            out: Vec::with_capacity(CHUNK),
            sent: 0,
            heard,
            rest: 0,
        }
    }
}

impl<S: Read + Write> Wire for Stream<S> {
    fn say(&mut self, message: &[u8]) -> Result<(), Failure> {
        if self.framing == Framing::Length {
            self.out.extend_from_slice(&u32::try_from(message.len())?.to_be_bytes());
        }
        self.out.extend_from_slice(message);
        if self.framing == Framing::Lines {
            self.out.push(b'\n');
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<bool, Failure> {
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(true)
    }

    fn hear(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        loop {
            let room = &mut self.heard[self.rest..];
            let size = room.len();
            let count = match self.stream.read(room) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let whole = self.rest + count;
            let mut from = 0;
            while let Some((message, next)) = first(&self.heard[from..whole], self.framing) {
                each(message);
                from += next;
            }
            self.heard.copy_within(from..whole, 0);
            self.rest = whole - from;
            if count < size {
                return Ok(());
            }
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// The first whole message, and where the next begins.
fn first(heard: &[u8], framing: Framing) -> Option<(&[u8], usize)> {
    match framing {
        Framing::Lines => {
            let end = heard.iter().position(|byte| *byte == b'\n')?;
            Some((&heard[..end], end + 1))
        }
        Framing::Length => {
            let (length, rest) = heard.split_first_chunk()?;
            let length = u32::from_be_bytes(*length) as usize;
            Some((rest.get(..length)?, 4 + length))
        }
    }
}

/// Datagrams. One that the kernel does not take is lost, as others are.
struct Datagrams(UdpSocket);

impl Wire for Datagrams {
    fn say(&mut self, message: &[u8]) -> Result<(), Failure> {
        match self.0.send(message) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<bool, Failure> {
        Ok(true)
    }

    fn hear(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        let mut datagram = [0; 2048];
        loop {
            match self.0.recv(&mut datagram) {
                Ok(count) => each(&datagram[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A stream below a WebSocket.
trait Below: Read + Write {}
impl<S: Read + Write> Below for S {}

/// A WebSocket.
struct Socket {
    socket: WebSocket<Box<dyn Below>>,
    handle: TcpStream,
    binary: bool,
}

impl Socket {
    fn open(
        stream: Box<dyn Below>,
        handle: TcpStream,
        to: &SocketAddr,
        scheme: &str,
        dialect: DialectId,
    ) -> Result<Self, Failure> {
        let shaken = tungstenite::client(format!("{scheme}://{to}/"), stream);
        let (socket, _response) = shaken.map_err(|error| error.to_string())?;
        handle.set_nonblocking(true)?;
        Ok(Self { socket, handle, binary: dialect == DialectId::Cbor })
    }
}

/// Whether nothing was wrong but that one would have to wait.
fn done(result: tungstenite::Result<()>) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(true),
        Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Wire for Socket {
    fn say(&mut self, message: &[u8]) -> Result<(), Failure> {
        let message = message.to_vec();
        let message = match self.binary {
            true => Message::Binary(message.into()),
            false => Message::Text(Utf8Bytes::try_from(message)?),
        };
        done(self.socket.write(message)).map(drop)
    }

    fn flush(&mut self) -> Result<bool, Failure> {
        done(self.socket.flush())
    }

    fn hear(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        loop {
            match self.socket.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => each(&message.into_data()),
                Ok(Message::Close(_)) => return Err("the server closed the connection".into()),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// That a wait ended for nothing is no error.
pub(crate) fn unless_interrupted<T: Default>(result: rustix::io::Result<T>) -> io::Result<T> {
    match result {
        Err(rustix::io::Errno::INTR) => Ok(T::default()),
        result => Ok(result?),
    }
}
