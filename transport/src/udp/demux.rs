//! The one socket of a listener: the task that hands each datagram to its session, and the two
//! halves of the connections made of sessions.
//!
//! The task must never wait for a session.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::sessions::{Inbox, Sessions};
use super::{buffer, caps};
use crate::framing::frame_of;
use crate::tcp::canonical;
use crate::{Caps, Connection, Endpoint, Frame, Limits, Link, Peer, Presented, RecvError, SendError, stream};

/// What a listener, its task and its sessions have in common.
#[derive(Debug)]
pub(super) struct Shared {
    /// Gone once the listener is closed, so that its address is free at that moment, whoever still
    /// holds a session. Locked for the time of one system call that does not block.
    socket: RwLock<Option<UdpSocket>>,
    sessions: Mutex<Sessions>,
    arrivals: mpsc::Sender<Connection>,
    caps: Caps,
}

impl Shared {
    pub(super) fn new(socket: UdpSocket, arrivals: mpsc::Sender<Connection>, limits: &Limits) -> Self {
        Self {
            socket: RwLock::new(Some(socket)),
            sessions: Mutex::new(Sessions::new(limits)),
            arrivals,
            caps: caps(limits),
        }
    }

    /// Frees the address and ends every session.
    pub(super) fn close(&self) {
        self.socket.write().unwrap_or_else(PoisonError::into_inner).take();
        self.sessions().clear();
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_receive(&self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        let socket = self.socket.read().unwrap_or_else(PoisonError::into_inner);
        // Without a socket the task is about to be aborted.
        let Some(socket) = socket.as_ref() else { return Poll::Pending };
        let mut into = ReadBuf::new(into);
        let from = ready!(socket.poll_recv_from(cx, &mut into))?;
        Poll::Ready(Ok((into.filled().len(), from)))
    }

    fn send(&self, data: &[u8], to: SocketAddr) -> Result<(), SendError> {
        let socket = self.socket.read().unwrap_or_else(PoisonError::into_inner);
        let socket = socket.as_ref().ok_or(SendError::Closed)?;
        if let Err(error) = socket.try_send_to(data, to) {
            // Lost, as it could be anywhere on its way; the peer's silence will tell if it is gone.
            tracing::debug!(%to, %error, "a datagram was not sent");
        }
        Ok(())
    }

    fn take_in(self: &Arc<Self>, datagram: &[u8], from: SocketAddr, now: Instant) {
        if datagram.len() > self.caps.max_frame {
            tracing::debug!(%from, limit = self.caps.max_frame, "a datagram is too long: dropped");
            return;
        }
        let frame = frame_of(Bytes::copy_from_slice(datagram));
        let Err(frame) = self.sessions().deliver(from, frame, now) else { return };
        let Ok(place) = self.arrivals.try_reserve() else {
            tracing::debug!(%from, "too many peers wait to be accepted: dropped a datagram");
            return;
        };
        let opened = self.sessions().open(from, frame, now);
        match opened {
            Some(inbox) => place.send(self.connection(from, inbox)),
            None => tracing::debug!(%from, "no room for another session: dropped a datagram"),
        }
    }

    fn connection(self: &Arc<Self>, address: SocketAddr, inbox: Arc<Inbox>) -> Connection {
        let tx = SessionSink { shared: Arc::clone(self), address, inbox: Arc::clone(&inbox), closed: false };
        let rx = SessionStream { shared: Arc::clone(self), address, inbox };
        Connection {
            peer: Peer::Socket(canonical(address)),
            presented: Presented::default(),
            caps: self.caps,
            link: Link::default(),
            tx: Box::pin(tx),
            rx: Box::pin(rx),
        }
    }
}

/// Runs until it is aborted.
pub(super) async fn run(shared: Arc<Shared>, at: Endpoint, limits: Arc<Limits>) {
    let mut buffer = buffer(&limits);
    // Every session began after the timer was set, or was seen by it: none can be overdue before.
    let mut overdue = std::pin::pin!(sleep_until(Instant::now() + limits.udp_idle));
    loop {
        tokio::select! {
            biased;
            () = &mut overdue => {
                let next = shared.sessions().expire(Instant::now());
                overdue.as_mut().reset(next);
            }
            (len, from) = stream::accept(&at, limits.accept_pause, |cx| shared.poll_receive(cx, &mut buffer)) => {
                shared.take_in(&buffer[..len], from, Instant::now());
            }
        }
    }
}

/// Frames of one session.
struct SessionStream {
    shared: Arc<Shared>,
    address: SocketAddr,
    inbox: Arc<Inbox>,
}

impl Stream for SessionStream {
    type Item = Result<Frame, RecvError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inbox.poll(cx)
    }
}

impl Drop for SessionStream {
    fn drop(&mut self) {
        self.shared.sessions().forget(self.address, &self.inbox);
    }
}

/// Datagrams to the address of one session.
struct SessionSink {
    shared: Arc<Shared>,
    address: SocketAddr,
    inbox: Arc<Inbox>,
    closed: bool,
}

impl Sink<Frame> for SessionSink {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        let (len, limit) = (frame.data.len(), self.shared.caps.max_frame);
        if len > limit {
            return Err(SendError::TooLong { len, limit });
        }
        if self.closed || self.inbox.has_ended() {
            return Err(SendError::Closed);
        }
        self.shared.send(&frame.data, self.address)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.closed = true;
        Poll::Ready(Ok(()))
    }
}
