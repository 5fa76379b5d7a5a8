//! The two halves of a TLS stream, as those of a TCP socket are: each is polled by its own task, and
//! who drops the writing one has said that no more comes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Makes the halves.
pub(super) fn split<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> (Reading<S>, Writing<S>) {
    let stream = Arc::new(Mutex::new(stream));
    (Reading(Arc::clone(&stream)), Writing { stream, ended: false })
}

/// For one poll: the other half waits no longer than one record.
fn lock<S>(stream: &Mutex<S>) -> MutexGuard<'_, S> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes from the peer.
pub(super) struct Reading<S>(Arc<Mutex<S>>);

impl<S: AsyncRead + Unpin> AsyncRead for Reading<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *lock(&self.0)).poll_read(cx, buf)
    }
}

/// Bytes to the peer.
pub(super) struct Writing<S: AsyncWrite + Unpin> {
    stream: Arc<Mutex<S>>,
    ended: bool,
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Writing<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *lock(&self.stream)).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *lock(&self.stream)).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut *lock(&self.stream)).poll_shutdown(cx);
        self.ended |= shut.is_ready();
        shut
    }
}

impl<S: AsyncWrite + Unpin> Drop for Writing<S> {
    /// As far as the socket takes it at once: nothing can be waited for here.
    fn drop(&mut self) {
        if !self.ended {
            let cx = &mut Context::from_waker(Waker::noop());
            let _ = Pin::new(&mut *lock(&self.stream)).poll_shutdown(cx);
        }
    }
}
