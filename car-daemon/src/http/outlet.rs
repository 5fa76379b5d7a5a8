//! Where the bytes of one connection leave, so that whoever makes them can wait until they have.
//!
//! What must never live here: what the bytes are.
//!
//! HTTP asks for the next piece of an answer as soon as it has room for it, which is while the last one is still on
//! its way. A picture that was chosen then would be old before it left.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The outlet of a connection; clones are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlet(Arc<Level>);

#[derive(Debug, Default)]
struct Level {
    /// Something is on its way.
    full: AtomicBool,
    waits: AtomicWaker,
    /// What is answered has no end.
    endless: AtomicBool,
}

impl Outlet {
    /// What is handed over from now on has to leave before the next is asked for.
    pub(super) fn fill(&self) {
        self.0.full.store(true, Ordering::Release);
    }

    /// Waits until the kernel has sent what there was when it was last filled. One waits at a time. Cancel-safe.
    pub(super) async fn drained(&self) {
        poll_fn(|cx| {
            self.0.waits.register(cx.waker());
            if self.0.full.load(Ordering::Acquire) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    /// What is answered from now on ends when whoever it is for has left, and not before. HTTP does not look for that while
    /// it answers: whoever has said all that it wanted to (a half-closed connection) still waits for an answer.
    pub(super) fn run_on(&self) {
        self.0.endless.store(true, Ordering::Release);
    }

    fn empty(&self) {
        if self.0.full.swap(false, Ordering::AcqRel) {
            self.0.waits.wake();
        }
    }
}

/// A stream of bytes whose outlet is watched: a flush of it is done when the kernel has sent everything.
#[derive(Debug)]
pub(super) struct Watched<S, P> {
    stream: S,
    outlet: Outlet,
    /// Whatever the connection has for as long as it lives.
    _place: P,
}

impl<S, P> Watched<S, P> {
    pub(super) fn new(stream: S, outlet: Outlet, place: P) -> Self {
        Self { stream, outlet, _place: place }
    }
}

impl<S: AsyncRead + Unpin, P> Watched<S, P> {
    /// Reads on, only to know when the peer has left.
    ///
    /// # Errors
    /// It has.
    fn look(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut dropped = [0; 1024];
        loop {
            let mut buf = ReadBuf::new(&mut dropped);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buf) {
                Poll::Pending => return Ok(()),
                Poll::Ready(read) => read?,
            }
            if buf.filled().is_empty() {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
    }
}

impl<S: AsyncRead + Unpin, P: Unpin> AsyncRead for Watched<S, P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, P: Unpin> AsyncWrite for Watched<S, P> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outlet.0.endless.load(Ordering::Acquire) {
            self.look(cx)?;
        }
        // HTTP flushes only when it holds nothing back.
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.outlet.empty();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter, duplex};

    use super::*;

    #[tokio::test]
    async fn it_is_drained_when_all_that_was_written_has_left_and_not_before() {
        let (near, mut far) = duplex(4);
        let outlet = Outlet::default();
        assert!(outlet.drained().now_or_never().is_some(), "nothing was filled in");
        let mut watched = Watched::new(BufWriter::new(near), outlet.clone(), ());
        outlet.fill();
        watched.write_all(b"picture").await.expect("buffered");
        assert!(watched.flush().now_or_never().is_none(), "three bytes have no room");
        assert!(outlet.drained().now_or_never().is_none());
        let mut got = [0; 7];
        let (flushed, read, ()) = tokio::join!(watched.flush(), far.read_exact(&mut got), outlet.drained());
        assert!(flushed.is_ok() && read.is_ok());
        assert_eq!(&got, b"picture");
    }
}
