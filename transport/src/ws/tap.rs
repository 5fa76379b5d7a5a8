//! What lies between the socket and the WebSocket: it notices signs of life, counts, and ends
//! the stream before a message has too many fragments.
//!
//! Bytes are never changed here.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::scanner::Scanner;

/// A byte stream that is listened to, from the first byte after its handshake.
#[derive(Debug)]
pub(super) struct Tap<S> {
    inner: S,
    /// What came with the end of the handshake's head.
    rest: BytesMut,
    scanner: Scanner,
    shut: bool,
}

impl<S> Tap<S> {
    /// Over a stream of which nothing was read past the HTTP head but `rest`.
    pub(super) fn new(inner: S, rest: BytesMut, max_fragments: usize) -> Self {
        Self { inner, rest, scanner: Scanner::new(max_fragments), shut: false }
    }

    /// Whether a whole message, or much of a long one, came since this was last asked. One that comes
    /// bit by bit and never ends is no sign of life.
    pub(super) fn take_heard(&mut self) -> bool {
        self.scanner.take_alive()
    }

    /// Bytes of a message that is not whole yet.
    pub(super) fn unfinished(&self) -> usize {
        self.scanner.unfinished()
    }

    /// Whether a message had too many fragments.
    pub(super) fn is_shut(&self) -> bool {
        self.shut
    }

    /// The stream itself.
    pub(super) fn inner(&mut self) -> &mut S {
        &mut self.inner
    }
}

impl<S: AsyncRead + Unpin> Tap<S> {
    fn poll_bytes(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            return Pin::new(&mut self.inner).poll_read(cx, buf);
        }
        let len = self.rest.len().min(buf.remaining());
        buf.put_slice(&self.rest[..len]);
        self.rest.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        if !this.shut {
            ready!(this.poll_bytes(cx, buf))?;
            let read = &buf.filled()[before..];
            if let Err(good) = this.scanner.scan(read) {
                this.shut = true;
                buf.set_filled(before + good);
            }
        }
        // What came before the fragment is still good, and an empty read would mean the end.
        if this.shut && buf.filled().len() == before {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "too many fragments")));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
