//! A dialled connection: a socket of its own, connected to its peer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{Interest, ReadBuf};
use tokio::net::UdpSocket;
use tokio::time::{Instant, Sleep, sleep};

use super::{buffer, caps, longest};
use crate::framing::frame_of;
use crate::tcp::canonical;
use crate::{Connection, Frame, Limits, Link, Peer, Presented, RecvError, SendError};

/// A connection over a connected socket.
pub(super) fn connection(socket: UdpSocket, limits: &Limits) -> io::Result<Connection> {
    let peer = Peer::Socket(canonical(socket.peer_addr()?));
    let socket = Arc::new(socket);
    let tx =
        DatagramSink { socket: Arc::clone(&socket), limit: longest(limits), waiting: None, closed: false };
    let rx = DatagramStream {
        buffer: buffer(limits),
        heard: Instant::now(),
        idle: limits.udp_idle,
        overdue: Box::pin(sleep(limits.udp_idle)),
        failure: Box::pin(failure(Arc::clone(&socket))),
        socket,
        ended: false,
    };
    let caps = caps(limits);
    let (presented, link) = (Presented::default(), Link::default());
    Ok(Connection { peer, presented, caps, link, tx: Box::pin(tx), rx: Box::pin(rx) })
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

struct DatagramStream {
    socket: Arc<UdpSocket>,
    buffer: Box<[u8]>,
    heard: Instant,
    idle: Duration,
    /// Looked at first when it is due: setting it anew for each datagram would cost more.
    overdue: Pin<Box<Sleep>>,
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
            self.heard = Instant::now();
            let whole = into.remaining() > 0;
            if whole {
                return Poll::Ready(Ok(frame_of(Bytes::copy_from_slice(into.filled()))));
            }
            tracing::debug!(limit = self.buffer.len() - 1, "a datagram is too long: dropped");
        }
    }

    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.overdue.as_mut().poll(cx));
            let due = self.heard + self.idle;
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            self.overdue.as_mut().reset(due);
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
        ready!(self.poll_silence(cx));
        self.ended = true;
        Poll::Ready(None)
    }
}

struct DatagramSink {
    socket: Arc<UdpSocket>,
    limit: usize,
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
        self.waiting = Some(frame.data);
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
