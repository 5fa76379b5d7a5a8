//! A TCP socket as two halves whose kernel finds a dead link in time and never takes a peer for dead
//! that speaks and does not read.
//!
//! `TCP_USER_TIMEOUT` ends a connection whose data is not acknowledged, and also one whose peer has
//! closed its window (tcp(7)). A driver that is too busy to read still drives, so while bytes wait
//! that the peer does not take, each time it is heard gives it [`Limits::tcp_dead`] anew. That
//! needs to be known: `TCP_NOTSENT_LOWAT` makes the kernel take no byte while others have not left,
//! and a flush waits until all have. What the bytes mean must never be known here.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::Instant;

use crate::Limits;

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
    let stuck = Arc::new(Stuck { since: Mutex::new(None), dead: limits.tcp_dead });
    let (read, write) = socket.into_split();
    Ok((Reading { half: read, stuck: Arc::clone(&stuck) }, Writing { half: write, stuck }))
}

/// Since when bytes wait that the peer does not take.
#[derive(Debug)]
struct Stuck {
    since: Mutex<Option<Instant>>,
    dead: Duration,
}

impl Stuck {
    /// The peer was heard. The kernel counts from when it was stuck, so that is added.
    fn heard(&self, socket: &TcpStream) -> io::Result<()> {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.map_or(Ok(()), |since| self.allow(socket, since.elapsed() + self.dead))
    }

    /// Bytes have to wait, or no longer.
    fn set(&self, socket: &TcpStream, stuck: bool) -> io::Result<()> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        match (*since, stuck) {
            (None, true) => *since = Some(Instant::now()),
            (Some(_), false) => {
                *since = None;
                return self.allow(socket, self.dead);
            }
            _ => {}
        }
        Ok(())
    }

    fn allow(&self, socket: &TcpStream, timeout: Duration) -> io::Result<()> {
        SockRef::from(socket).set_tcp_user_timeout(Some(timeout))
    }
}

/// Bytes from the peer.
#[derive(Debug)]
pub(crate) struct Reading {
    half: OwnedReadHalf,
    stuck: Arc<Stuck>,
}

impl AsyncRead for Reading {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
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
        let written = Pin::new(&mut self.half).poll_write(cx, bytes);
        self.note(&written);
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let left = self.poll_left(cx);
        self.note(&left);
        left
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.half).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
