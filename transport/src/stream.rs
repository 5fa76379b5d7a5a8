//! What every transport over a byte stream shares: a connection made of two halves and a framing,
//! and an accept that cannot fail.
//!
//! Addresses, options of sockets and handshakes are each transport's own and must never come in here.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::codec::{FramedRead, FramedWrite};

use crate::framing::{Choice, Decode, Encode, READ_CHUNK};
use crate::{Connection, Endpoint, Frame, Limits, Link, Peer, RecvError, SendError};

/// Bytes of frames that may wait to be written before the sender has to.
const WRITE_BOUND: usize = 64 * 1024;

/// Connections that the kernel keeps until they are accepted.
pub(crate) const BACKLOG: u32 = 128;

/// A connection over two halves of a byte stream. `guard` is dropped with the last of them.
pub(crate) fn connection(
    peer: Peer,
    (read, write): (impl AsyncRead + Send + Unpin + 'static, impl AsyncWrite + Send + Unpin + 'static),
    choice: &Choice,
    limits: &Limits,
    guard: impl Send + Sync + 'static,
) -> Connection {
    let guard = Arc::new(guard);
    let mut framed = FramedWrite::new(write, Encode::new(choice.clone()));
    framed.set_backpressure_boundary(WRITE_BOUND);
    let tx = FrameWriter { framed, _guard: Arc::clone(&guard) };
    let rx = FrameReader {
        framed: FramedRead::with_capacity(read, Decode::new(choice.clone()), READ_CHUNK),
        silence: Silence { longest: limits.line_silence, heard: 0, timer: None },
        dead: limits.tcp_dead,
        ended: false,
        _guard: guard,
    };
    Connection { peer, caps: choice.caps(), link: Link::default(), tx: Box::pin(tx), rx: Box::pin(rx) }
}

/// Bytes out of frames: collected, and written once when flushed.
struct FrameWriter<W, G> {
    framed: FramedWrite<W, Encode>,
    _guard: Arc<G>,
}

impl<W: AsyncWrite + Unpin, G> Sink<Frame> for FrameWriter<W, G> {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.framed.poll_ready_unpin(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        self.framed.start_send_unpin(frame)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.framed.poll_flush_unpin(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.framed.poll_close_unpin(cx)
    }
}

/// Frames out of bytes and silence. All that it knows is in its fields, so a dropped `next` loses
/// nothing.
struct FrameReader<R, G> {
    framed: FramedRead<R, Decode>,
    silence: Silence,
    dead: Duration,
    ended: bool,
    _guard: Arc<G>,
}

impl<R: AsyncRead + Unpin, G> FrameReader<R, G> {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame, RecvError>>> {
        match Pin::new(&mut self.framed).poll_next(cx) {
            Poll::Ready(message) => {
                self.silence.heard = 0;
                let dead = self.dead;
                Poll::Ready(message.map(|read| read.unwrap_or_else(|error| Err(broken(error, dead)))))
            }
            Poll::Pending => {
                let begun = self.framed.read_buffer();
                if !self.framed.decoder().until_silence(begun) {
                    return Poll::Pending;
                }
                ready!(self.silence.poll_after(begun.len(), cx));
                let mut rest = self.framed.read_buffer_mut().split();
                match self.framed.decoder_mut().finish(&mut rest) {
                    // Only the line's end was missing; the socket will wake us.
                    None => Poll::Pending,
                    message => Poll::Ready(message),
                }
            }
        }
    }
}

impl<R: AsyncRead + Unpin, G> Stream for FrameReader<R, G> {
    type Item = Result<Frame, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let message = ready!(self.poll_message(cx));
        self.ended = RecvError::ends(&message);
        Poll::Ready(message)
    }
}

/// The error of a read. The kernel gives up a dead TCP link with `ETIMEDOUT`.
pub(crate) fn broken(error: io::Error, dead: Duration) -> RecvError {
    match error.kind() {
        io::ErrorKind::TimedOut => RecvError::Dead(dead),
        _ => RecvError::Io(error),
    }
}

/// How long nothing was heard after the beginning of a message.
struct Silence {
    longest: Duration,
    /// Bytes of the message when the timer was set; 0 while it is not set.
    heard: usize,
    /// Made once it is needed: most clients end their lines.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    /// Ready once `begun` bytes, more than none, have stayed the same for long enough.
    fn poll_after(&mut self, begun: usize, cx: &mut Context<'_>) -> Poll<()> {
        if begun == 0 {
            return Poll::Pending;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.longest)));
        if begun != self.heard {
            self.heard = begun;
            timer.as_mut().reset(Instant::now() + self.longest);
        }
        ready!(timer.as_mut().poll(cx));
        self.heard = 0;
        Poll::Ready(())
    }
}

/// Calls `poll` until it accepts a peer. The error of one peer is passed over; one of the system
/// (no descriptors left, no memory) is waited out, because it would come again at once.
pub(crate) async fn accept<T>(
    at: &Endpoint,
    (first, longest): (Duration, Duration),
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> T {
    let mut pause = first;
    loop {
        match poll_fn(&mut poll).await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_peer(&error) => {
                tracing::debug!(%at, %error, "a peer left before it was accepted")
            }
            Err(error) => {
                tracing::warn!(%at, %error, ?pause, "cannot accept; trying again after a pause");
                sleep(pause).await;
                pause = (pause * 2).min(longest);
            }
        }
    }
}

fn is_of_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
