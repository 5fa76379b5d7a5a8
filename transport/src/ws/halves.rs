//! The two halves of a connection: each one polls the [`Socket`] they share.
//!
//! What a close or an error means to the peer is decided in `socket.rs`.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use tokio::time::{Sleep, sleep};

use super::liveness::Verdict;
use super::socket::{Bytes, Goodbye, Socket};
use super::watch::Watch;
use crate::{Frame, RecvError, SendError, linger};

/// Makes the halves.
pub(super) fn split<S: Bytes>(socket: Socket<S>, watch: Watch) -> (Writer<S>, Reader<S>) {
    let socket = Shared(Arc::new(Mutex::new(socket)));
    (Writer { socket: socket.clone(), goodbye: None }, Reader { socket, watch, ended: false })
}

struct Shared<S>(Arc<Mutex<Socket<S>>>);

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Shared<S> {
    /// For one poll: the other half waits no longer than one read or write of the kernel.
    fn lock(&self) -> MutexGuard<'_, Socket<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frames from the peer, and the watch over it.
pub(super) struct Reader<S> {
    socket: Shared<S>,
    watch: Watch,
    ended: bool,
}

impl<S: Bytes> Stream for Reader<S> {
    type Item = Result<Frame, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        let mut socket = this.socket.lock();
        let next = socket.poll_next(cx);
        if socket.take_heard() {
            this.watch.heard();
        }
        if let Poll::Ready(next) = next {
            this.ended = !matches!(next, Some(Ok(_)));
            return Poll::Ready(next);
        }
        while let Poll::Ready(verdict) = this.watch.poll(cx) {
            match verdict {
                Verdict::Dead(silence) => {
                    socket.lose();
                    this.ended = true;
                    return Poll::Ready(Some(Err(RecvError::Dead(silence))));
                }
                _ => socket.ping(),
            }
        }
        socket.push();
        Poll::Pending
    }
}

/// Frames to the peer, and a goodbye.
pub(super) struct Writer<S> {
    socket: Shared<S>,
    goodbye: Option<(Goodbye, Pin<Box<Sleep>>)>,
}

impl<S> Writer<S> {
    fn open(&self) -> Result<MutexGuard<'_, Socket<S>>, SendError> {
        if self.goodbye.is_some() { Err(SendError::Closed) } else { Ok(self.socket.lock()) }
    }
}

impl<S: Bytes> Sink<Frame> for Writer<S> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.open()?.poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        self.open()?.start_send(frame)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.open()?.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let Self { socket, goodbye } = &mut *self;
        let (goodbye, timer) =
            goodbye.get_or_insert_with(|| (Goodbye::default(), Box::pin(sleep(linger::LONGEST))));
        match socket.lock().poll_goodbye(goodbye, cx) {
            // Closed by the peer in between: then nothing is left to say.
            Poll::Ready(Err(SendError::Closed)) => Poll::Ready(Ok(())),
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => timer.as_mut().poll(cx).map(Ok),
        }
    }
}
