//! The one socket of a listener: the task that hands each datagram to its session, and the two
//! halves of the connections made of sessions.
//!
//! The task must never wait for a session.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::integrity::{Door, Guard, Knock, Mode, Sealer};
use super::sessions::{Inbox, Sessions};
use super::{buffer, caps, longest};
use crate::tally::Tally;
use crate::tcp::canonical;
use crate::{Caps, Connection, Endpoint, Frame, Limits, Link, Losses, Peer, RecvError, SendError, stream};

/// What a listener, its task and its sessions have in common.
#[derive(Debug)]
pub(super) struct Shared {
    /// Gone once the listener is closed, so that its address is free at that moment, whoever still
    /// holds a session. Locked for the time of one system call that does not block.
    socket: RwLock<Option<UdpSocket>>,
    sessions: Mutex<Sessions>,
    arrivals: mpsc::Sender<Connection>,
    caps: Caps,
    longest: usize,
}

impl Shared {
    pub(super) fn new(
        socket: UdpSocket,
        arrivals: mpsc::Sender<Connection>,
        limits: &Limits,
        mode: Mode,
    ) -> Self {
        Self {
            socket: RwLock::new(Some(socket)),
            sessions: Mutex::new(Sessions::new(limits)),
            arrivals,
            caps: caps(limits, mode),
            longest: longest(limits),
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

    fn take_in(self: &Arc<Self>, door: &mut dyn Door, datagram: &[u8], from: SocketAddr, now: Instant) {
        if datagram.len() > self.longest {
            tracing::debug!(%from, limit = self.longest, "a datagram is too long: dropped");
            return;
        }
        if self.sessions().deliver(from, datagram, now) {
            return;
        }
        let Ok(place) = self.arrivals.try_reserve() else {
            tracing::debug!(%from, "too many peers wait to be accepted: dropped a datagram");
            return;
        };
        if !self.sessions().has_room(from, now) {
            tracing::debug!(%from, "no room for another session: dropped a datagram");
            return;
        }
        match door.knock(from, datagram, now) {
            Knock::Enter(frame, guard) => {
                if let Some(connection) = self.admit(from, frame, guard, now) {
                    place.send(connection);
                }
            }
            Knock::Answer(answer) => {
                debug_assert!(answer.len() <= datagram.len(), "an answer must not amplify");
                // Whether it arrives is for the peer to find out.
                let _ = self.send(&answer, from);
            }
            Knock::Refuse(why) => {
                self.sessions().spoiled(from);
                tracing::debug!(%from, why, "dropped a datagram");
            }
        }
    }

    fn admit(
        self: &Arc<Self>,
        address: SocketAddr,
        frame: &[u8],
        guard: Guard,
        now: Instant,
    ) -> Option<Connection> {
        let Guard { opener, sealer, presented, .. } = guard;
        let tally = Arc::default();
        let inbox = self.sessions().open(address, frame, opener, &tally, now)?;
        let shared = || Arc::clone(self);
        let tx = SessionSink { shared: shared(), address, inbox: Arc::clone(&inbox), sealer, closed: false };
        let rx = SessionStream { shared: shared(), address, inbox, tally: Arc::clone(&tally) };
        Some(Connection {
            peer: Peer::Socket(canonical(address)),
            presented,
            caps: self.caps,
            link: Link::counted(tally),
            tx: Box::pin(tx),
            rx: Box::pin(rx),
        })
    }
}

/// Runs until it is aborted.
pub(super) async fn run(shared: Arc<Shared>, mut door: Box<dyn Door>, at: Endpoint, limits: Arc<Limits>) {
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
                shared.take_in(&mut *door, &buffer[..len], from, Instant::now());
            }
        }
    }
}

/// Frames of one session.
struct SessionStream {
    shared: Arc<Shared>,
    address: SocketAddr,
    inbox: Arc<Inbox>,
    tally: Arc<Tally>,
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
        let losses = self.tally.losses();
        if losses != Losses::default() {
            let Losses { lost, late, corrupt } = losses;
            tracing::info!(peer = %canonical(self.address), lost, late, corrupt, "datagrams did not arrive as sent");
        }
    }
}

/// Datagrams to the address of one session.
struct SessionSink {
    shared: Arc<Shared>,
    address: SocketAddr,
    inbox: Arc<Inbox>,
    sealer: Box<dyn Sealer>,
    closed: bool,
}

impl Sink<Frame> for SessionSink {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        let (len, limit) = (frame.data.len(), self.shared.caps.max_frame);
        if len > limit {
            return Err(SendError::TooLong { len, limit });
        }
        if self.closed || self.inbox.has_ended() {
            return Err(SendError::Closed);
        }
        let datagram = self.sealer.seal(frame.data);
        self.shared.send(&datagram, self.address)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.closed = true;
        Poll::Ready(Ok(()))
    }
}
