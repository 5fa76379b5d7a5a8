//! A TCP socket as two halves whose kernel finds a dead link in time and never takes a peer for dead
//! that speaks and does not read.
//!
//! `TCP_USER_TIMEOUT` ends a connection whose data is not acknowledged, and also one whose peer has
//! closed its window (tcp(7)). A driver that is too busy to read still drives, so while bytes wait
//! that the peer does not take, each time it is heard gives it [`Limits::tcp_dead`] anew. That
//! needs to be known: `TCP_NOTSENT_LOWAT` makes the kernel take no byte while others have not left,
//! and a flush waits until all have. What the bytes mean must never be known here.
//!
//! While the link is held, its death must be known within [`Limits::tcp_dead`] whatever was under way
//! when it died. The kernel asks an idle link every third of the time, and does not ask while data waits
//! for its acknowledgement, so data sent just before the second answer is missed may begin a wait of its
//! own: two thirds are gone by then. So a held link gives data less than the last third.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{Limits, Link};

/// Makes commands leave at once and a dead link known after [`Limits::tcp_dead`], and splits.
///
/// Linux ends an idle link when a keep-alive probe is unanswered and nothing was heard for
/// `TCP_USER_TIMEOUT`, and a busy one when data is not acknowledged for as long (tcp(7)). Probes
/// every third of the time let one be lost.
pub(crate) fn split(socket: TcpStream, limits: &Limits) -> io::Result<(Reading, Writing)> {
    socket.set_nodelay(true)?;
    let options = SockRef::from(&socket);
    // The kernel counts these in whole seconds.
    let probe = (limits.tcp_dead / 3).max(Duration::from_secs(1));
    options.set_tcp_keepalive(&TcpKeepalive::new().with_time(probe).with_interval(probe).with_retries(2))?;
    options.set_tcp_user_timeout(Some(limits.tcp_dead))?;
    // 0 would mean the system's default, which is no bound.
    options.set_tcp_notsent_lowat(1)?;
    let stuck = Arc::new(Stuck { dead: limits.tcp_dead, now: Mutex::new(Wait { since: None, held: false }) });
    let (read, write) = socket.into_split();
    Ok((
        Reading { half: read, stuck: Arc::clone(&stuck), hold: None },
        Writing { half: write, stuck, clean: false },
    ))
}

/// The share of [`Limits::tcp_dead`] that data may wait for its acknowledgement while the link is held: a
/// third, less what the kernel's coarse timers add (up to an eighth of each wait).
const HELD_SHARE: f64 = 0.3;

/// How long the kernel waits for the peer.
#[derive(Debug)]
struct Stuck {
    dead: Duration,
    now: Mutex<Wait>,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    /// Since when bytes wait that the peer does not take.
    since: Option<Instant>,
    held: bool,
}

impl Stuck {
    /// The peer was heard. The kernel counts from when it was stuck, so that is added.
    fn heard(&self, socket: &TcpStream) -> io::Result<()> {
        let wait = *self.lock();
        if wait.since.is_none() { Ok(()) } else { self.allow(socket, wait) }
    }

    /// Bytes have to wait, or no longer.
    fn set(&self, socket: &TcpStream, stuck: bool) -> io::Result<()> {
        let mut wait = self.lock();
        match (wait.since, stuck) {
            (None, true) => wait.since = Some(Instant::now()),
            (Some(_), false) => {
                wait.since = None;
                return self.allow(socket, *wait);
            }
            _ => {}
        }
        Ok(())
    }

    /// The link is held, or no longer.
    fn hold(&self, socket: &TcpStream, held: bool) -> io::Result<()> {
        let mut wait = self.lock();
        wait.held = held;
        self.allow(socket, *wait)
    }

    fn allow(&self, socket: &TcpStream, wait: Wait) -> io::Result<()> {
        let patience = if wait.held { self.dead.mul_f64(HELD_SHARE) } else { self.dead };
        let gone = wait.since.map_or(Duration::ZERO, |since| since.elapsed());
        SockRef::from(socket).set_tcp_user_timeout(Some(gone + patience))
    }

    fn lock(&self) -> MutexGuard<'_, Wait> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes from the peer.
#[derive(Debug)]
pub(crate) struct Reading {
    half: OwnedReadHalf,
    stuck: Arc<Stuck>,
    hold: Option<watch::Receiver<bool>>,
}

impl Reading {
    /// The handle by which the link is held. Whoever holds it reads on, so that it is looked at.
    pub(crate) fn link(&mut self) -> Link {
        let (link, hold) = Link::watched();
        self.hold = Some(hold);
        link
    }

    fn look_at_hold(&mut self) {
        let Some(hold) = &mut self.hold else { return };
        // Nobody left who could hold it is no change.
        if hold.has_changed().unwrap_or(false) {
            let held = *hold.borrow_and_update();
            // Refused only where the connection is over, as the next read will tell.
            let _ = self.stuck.hold(self.half.as_ref(), held);
        }
    }
}

impl AsyncRead for Reading {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.look_at_hold();
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.half).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            // Refused only where the connection is over, as the next read will tell.
            let _ = self.stuck.heard(self.half.as_ref());
        }
        Poll::Ready(Ok(()))
    }
}

/// Bytes to the peer. Dropping it ends them.
#[derive(Debug)]
pub(crate) struct Writing {
    half: OwnedWriteHalf,
    stuck: Arc<Stuck>,
    /// Nothing was written since all had left.
    clean: bool,
}

impl Writing {
    fn note<T>(&self, poll: &Poll<io::Result<T>>) {
        if !matches!(poll, Poll::Ready(Err(_))) {
            // Refused only where the connection is over, as the next write will tell.
            let _ = self.stuck.set(self.half.as_ref(), poll.is_pending());
        }
    }

    /// Ready once every byte has left for the peer.
    fn poll_left(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket: &TcpStream = self.half.as_ref();
        loop {
            ready!(socket.poll_write_ready(cx))?;
            match socket.try_io(Interest::WRITABLE, || all_left(socket)) {
                // The socket is asked to wake us, and we wait above.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                left => return Poll::Ready(left),
            }
        }
    }
}

/// Whether the kernel would take a byte, which it does when no other waits.
fn all_left(socket: &TcpStream) -> io::Result<()> {
    let mut sockets = [PollFd::new(socket, PollFlags::OUT)];
    match rustix::event::poll(&mut sockets, Some(&Timespec::default()))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

impl AsyncWrite for Writing {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.clean = false;
        let written = Pin::new(&mut self.half).poll_write(cx, bytes);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.clean = false;
        let written = Pin::new(&mut self.half).poll_write_vectored(cx, bytes);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.half.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The kernel need not be asked again.
        if self.clean {
            return Poll::Ready(Ok(()));
        }
        let left = self.poll_left(cx);
        self.note(&left);
        self.clean = matches!(left, Poll::Ready(Ok(())));
        left
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.half).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
