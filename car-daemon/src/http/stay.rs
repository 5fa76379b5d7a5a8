//! For how long somebody may have an answer, or a session, that does not end by itself.
//!
//! What must never live here: what is answered.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use transport::{Endpoint, Peer, Presented};

use crate::access::Access;

/// Somebody who was let in, by what it showed.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    access: watch::Receiver<Arc<Access>>,
    peer: Peer,
    at: Arc<Endpoint>,
    shown: Presented,
    /// Cancelled when it logs out, if it has logged in.
    pass: CancellationToken,
}

impl Stay {
    /// `access` is what decides, as it was when this was let in.
    pub(super) fn new(
        access: watch::Receiver<Arc<Access>>,
        peer: Peer,
        at: Arc<Endpoint>,
        shown: Presented,
        pass: Option<CancellationToken>,
    ) -> Self {
        Self { access, peer, at, shown, pass: pass.unwrap_or_default() }
    }

    /// Waits until it would not be let in any more. Cancel-safe.
    pub(super) async fn ended(&mut self) {
        loop {
            // Who decides lives as long as the daemon answers.
            let changed = tokio::select! {
                () = self.pass.cancelled() => return,
                changed = self.access.changed() => changed,
            };
            if changed.is_err() || !self.is_let_in() {
                return;
            }
        }
    }

    /// As of a request that comes now and shows the same.
    fn is_let_in(&mut self) -> bool {
        let access = Arc::clone(&self.access.borrow_and_update());
        let wrong = |token| access.has_tokens() && !access.knows(token);
        !self.shown.token.as_ref().is_some_and(wrong)
            && access.grant(&self.peer, &self.at, &self.shown).role.is_some()
    }
}

/// A stream of bytes that breaks when whoever opened it logs out.
#[derive(Debug)]
pub(super) struct Leash<S> {
    stream: S,
    ended: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl<S> Leash<S> {
    pub(super) fn new(stream: S, pass: Option<CancellationToken>) -> Self {
        Self { stream, ended: pass.map(|pass| Box::pin(pass.cancelled_owned())) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Leash<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ended.as_mut().is_some_and(|ended| ended.as_mut().poll(cx).is_ready()) {
            // Not to be polled again.
            self.ended = None;
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "logged out")));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Leash<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
impl Stay {
    /// Of somebody at the same machine, where no tokens are, for ever.
    pub(super) fn for_ever() -> Self {
        let (decides, access) =
            watch::channel(Arc::new(Access::new(crate::config::Config::standard().auth, 0)));
        // Whoever decides is there to the end of the test.
        Box::leak(Box::new(decides));
        let at = Arc::new("ws://127.0.0.1:0/ws".parse().expect("an endpoint"));
        Self::new(access, Peer::Socket(([127, 0, 0, 1], 4711).into()), at, Presented::default(), None)
    }
}
