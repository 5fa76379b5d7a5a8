//! The two halves of a connection: each one polls the [`Socket`] they share.
//!
//! What a close or an error means to the peer is decided in `socket.rs`.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use tokio::time::{Sleep, sleep};

use super::liveness::Verdict;
use super::socket::{Goodbye, Socket};
use super::watch::Watch;
use crate::{Frame, RecvError, SendError};

/// How long a goodbye may take. A peer that has not answered by then is not going to.
const LONGEST_GOODBYE: Duration = Duration::from_secs(1);

/// Makes the halves.
pub(super) fn split(socket: Socket, watch: Watch) -> (Writer, Reader) {
    let socket = Shared(Arc::new(Mutex::new(socket)));
    (Writer { socket: socket.clone(), goodbye: None }, Reader { socket, watch, ended: false })
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Socket>>);

impl Shared {
    /// For one poll: the other half waits no longer than one read or write of the kernel.
    fn lock(&self) -> MutexGuard<'_, Socket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frames from the peer, and the watch over it.
pub(super) struct Reader {
    socket: Shared,
    watch: Watch,
    ended: bool,
}

impl Stream for Reader {
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

impl Drop for Reader {
    fn drop(&mut self) {
        self.socket.lock().leave();
    }
}

/// Frames to the peer, and a goodbye.
pub(super) struct Writer {
    socket: Shared,
    goodbye: Option<(Goodbye, Pin<Box<Sleep>>)>,
}

impl Writer {
    fn open(&self) -> Result<MutexGuard<'_, Socket>, SendError> {
        if self.goodbye.is_some() { Err(SendError::Closed) } else { Ok(self.socket.lock()) }
    }
}

impl Sink<Frame> for Writer {
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
            goodbye.get_or_insert_with(|| (Goodbye::default(), Box::pin(sleep(LONGEST_GOODBYE))));
        match socket.lock().poll_goodbye(goodbye, cx) {
            // Closed by the peer in between: then nothing is left to say.
            Poll::Ready(Err(SendError::Closed)) => Poll::Ready(Ok(())),
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => timer.as_mut().poll(cx).map(Ok),
        }
    }
}
