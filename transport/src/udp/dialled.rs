//! A dialled connection: a socket of its own, connected to its peer.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{Interest, ReadBuf};
use tokio::net::UdpSocket;
use tokio::time::{Instant, Sleep, sleep};

use super::integrity::{Guard, Mode, Opener, Refused, Sealer};
use super::{buffer, caps};
use crate::framing::frame_of;
use crate::tally::Tally;
use crate::tcp::canonical;
use crate::{Connection, Frame, Limits, Link, Peer, RecvError, SendError};

/// A connection over a connected socket.
pub(super) fn connection(
    socket: UdpSocket,
    guard: Guard,
    limits: &Limits,
    mode: Mode,
) -> io::Result<Connection> {
    let peer = Peer::Socket(canonical(socket.peer_addr()?));
    let (socket, tally) = (Arc::new(socket), Arc::default());
    let caps = caps(limits, mode);
    let silence = Silence::new(limits.udp_idle, guard.lasts);
    let tx = DatagramSink {
        socket: Arc::clone(&socket),
        sealer: guard.sealer,
        limit: caps.max_frame,
        spoke: Arc::clone(&silence.spoke),
        waiting: None,
        closed: false,
    };
    let rx = DatagramStream {
        buffer: buffer(limits),
        opener: guard.opener,
        tally: Arc::clone(&tally),
        silence,
        failure: Box::pin(failure(Arc::clone(&socket))),
        socket,
        ended: false,
    };
    Ok(Connection {
        peer,
        presented: guard.presented,
        caps,
        link: Link::counted(tally),
        tx: Box::pin(tx),
        rx: Box::pin(rx),
    })
}

/// What the system has against the socket: for one, that nobody listens at the other end. The kernel
/// reports it as an error and not as something to read, so that a waiting reader sleeps through it.
async fn failure(socket: Arc<UdpSocket>) -> io::Error {
    let look = || match socket.take_error() {
        Ok(None) => Err(io::ErrorKind::WouldBlock.into()),
        Ok(Some(error)) | Err(error) => Ok(error),
    };
    socket.async_io(Interest::ERROR, look).await.unwrap_or_else(|error| error)
}

/// When silence ends the connection: the peer's, or ours where the peer then forgets the session.
struct Silence {
    heard: Instant,
    idle: Duration,
    spoke: Arc<Mutex<Instant>>,
    lasts: Option<Duration>,
    /// Looked at first when it is due: setting it anew for each datagram would cost more.
    overdue: Pin<Box<Sleep>>,
}

impl Silence {
    fn new(idle: Duration, lasts: Option<Duration>) -> Self {
        let (now, first) = (Instant::now(), lasts.map_or(idle, |lasts| lasts.min(idle)));
        Self { heard: now, idle, spoke: Arc::new(Mutex::new(now)), lasts, overdue: Box::pin(sleep(first)) }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.overdue.as_mut().poll(cx));
            let spoke = *self.spoke.lock().unwrap_or_else(PoisonError::into_inner);
            let silent = self.heard + self.idle;
            let due = self.lasts.map_or(silent, |lasts| silent.min(spoke + lasts));
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            self.overdue.as_mut().reset(due);
        }
    }
}

struct DatagramStream {
    socket: Arc<UdpSocket>,
    buffer: Box<[u8]>,
    opener: Box<dyn Opener>,
    tally: Arc<Tally>,
    silence: Silence,
    failure: Pin<Box<dyn Future<Output = io::Error> + Send>>,
    ended: bool,
}

impl DatagramStream {
    fn poll_datagram(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, RecvError>> {
        loop {
            let mut into = ReadBuf::new(&mut self.buffer);
            if self.socket.poll_recv(cx, &mut into)?.is_pending() {
                return self.failure.as_mut().poll(cx).map(|error| Err(error.into()));
            }
            if into.remaining() == 0 {
                tracing::debug!(limit = self.buffer.len() - 1, "a datagram is too long: dropped");
                continue;
            }
            match self.opener.open(into.filled()) {
                Ok(frame) => {
                    self.silence.heard = Instant::now();
                    self.tally.set_lost(self.opener.lost());
                    return Poll::Ready(Ok(frame_of(Bytes::copy_from_slice(frame))));
                }
                Err(Refused::Anew) => {
                    let text =
                        "the peer has begun a new session: it was restarted, or has forgotten this one";
                    return Poll::Ready(Err(RecvError::Protocol(text.to_owned())));
                }
                Err(Refused::Late) => self.tally.late(),
                Err(Refused::Corrupt) => self.tally.corrupt(),
                // One that came twice.
                Err(Refused::Handshake) => {}
            }
        }
    }
}

impl Stream for DatagramStream {
    type Item = Result<Frame, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(datagram) = self.poll_datagram(cx) {
            self.ended = datagram.is_err();
            return Poll::Ready(Some(datagram));
        }
        ready!(self.silence.poll(cx));
        self.ended = true;
        Poll::Ready(None)
    }
}

struct DatagramSink {
    socket: Arc<UdpSocket>,
    sealer: Box<dyn Sealer>,
    limit: usize,
    spoke: Arc<Mutex<Instant>>,
    /// A frame for which the socket had no room yet.
    waiting: Option<Bytes>,
    closed: bool,
}

impl DatagramSink {
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if let Some(data) = &self.waiting {
            let sent = ready!(self.socket.poll_send(cx, data));
            // After an error too: it must not be sent later in place of what follows.
            self.waiting = None;
            sent?;
        }
        Poll::Ready(Ok(()))
    }
}

impl Sink<Frame> for DatagramSink {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.poll_sent(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        let (len, limit) = (frame.data.len(), self.limit);
        if len > limit {
            return Err(SendError::TooLong { len, limit });
        }
        if self.closed {
            return Err(SendError::Closed);
        }
        self.waiting = Some(self.sealer.seal(frame.data));
        *self.spoke.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.poll_sent(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.closed = true;
        self.poll_sent(cx)
    }
}
