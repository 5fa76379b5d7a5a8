//! What every transport over a byte stream shares: a connection made of two halves and a framing,
//! and an accept that cannot fail.
//!
//! Addresses, options of sockets and handshakes are each transport's own and must never come in here.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::codec::{FramedRead, FramedWrite};

use crate::framing::{Choice, Decode, Encode, READ_CHUNK};
use crate::linger::Linger;
use crate::{
    Connection, Endpoint, Frame, HandshakeError, Limits, Link, Peer, Presented, RecvError, SendError, linger,
};

/// Bytes of frames that may wait to be written before the sender has to.
const WRITE_BOUND: usize = 64 * 1024;

/// Connections that the kernel keeps until they are accepted.
pub(crate) const BACKLOG: u32 = 128;

/// Tells a peer for whom there is no room why, as far as its socket takes it at once.
pub(crate) fn refuse(
    why: HandshakeError,
    limits: &Limits,
    try_write: impl FnOnce(&[u8]) -> io::Result<usize>,
) -> HandshakeError {
    if !limits.refusal.is_empty() {
        let line = limits.refusal.replace("{}", &why.to_string()) + "\n";
        // It is closed next, whether it heard this or not.
        drop(try_write(line.as_bytes()));
    }
    why
}

/// A connection over two halves of a byte stream. `guard` is dropped with the last of them.
pub(crate) fn connection<R: AsyncRead + Send + Unpin + 'static>(
    peer: Peer,
    (read, write): (R, impl AsyncWrite + Send + Unpin + 'static),
    choice: &Choice,
    limits: &Limits,
    guard: impl Send + Sync + 'static,
) -> Connection {
    let shared = Arc::new(Shared { done: Mutex::new(None), _guard: guard });
    let mut framed = FramedWrite::new(write, Encode::new(choice.clone()));
    framed.set_backpressure_boundary(WRITE_BOUND);
    let tx = FrameWriter { framed, closing: Closing::Open, shared: Arc::clone(&shared) };
    let rx = FrameReader {
        framed: Some(FramedRead::with_capacity(read, Decode::new(choice.clone()), READ_CHUNK)),
        silence: Silence { longest: limits.line_silence, heard: 0, timer: None },
        dead: limits.tcp_dead,
        shared,
    };
    Connection {
        peer,
        presented: Presented::default(),
        caps: choice.caps(),
        link: Link::default(),
        tx: Box::pin(tx),
        rx: Box::pin(rx),
    }
}

/// What both halves hold.
struct Shared<R, G> {
    /// The stream of which no frame will be read any more, for whoever says goodbye.
    done: Mutex<Option<R>>,
    _guard: G,
}

/// Bytes out of frames: collected, and written once when flushed.
struct FrameWriter<R, W, G> {
    framed: FramedWrite<W, Encode>,
    closing: Closing<R>,
    shared: Arc<Shared<R, G>>,
}

/// How far a goodbye has come.
enum Closing<R> {
    /// Our end is not yet said.
    Open,
    /// The peer's end is waited for.
    Lingering(R, Linger),
    /// Nothing is left to do.
    Closed,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin, G> Sink<Frame> for FrameWriter<R, W, G> {
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

    /// Ends our half. Where nobody reads the other any more, its rest is waited out too, so that it
    /// does not cost the peer our last words; where somebody does, it stays theirs.
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let this = &mut *self;
        loop {
            this.closing = match &mut this.closing {
                Closing::Open => {
                    ready!(this.framed.poll_close_unpin(cx))?;
                    match this.shared.done.lock().unwrap_or_else(PoisonError::into_inner).take() {
                        Some(read) => Closing::Lingering(read, Linger::new(linger::LONGEST)),
                        None => Closing::Closed,
                    }
                }
                Closing::Lingering(read, linger) => {
                    ready!(linger.poll(read, cx));
                    Closing::Closed
                }
                Closing::Closed => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// Frames out of bytes and silence. All that it knows is in its fields, so a dropped `next` loses
/// nothing.
struct FrameReader<R, G> {
    /// `None` once it has ended.
    framed: Option<FramedRead<R, Decode>>,
    silence: Silence,
    dead: Duration,
    shared: Arc<Shared<R, G>>,
}

impl<R, G> FrameReader<R, G> {
    fn end(&mut self) {
        if let Some(framed) = self.framed.take() {
            *self.shared.done.lock().unwrap_or_else(PoisonError::into_inner) = Some(framed.into_inner());
        }
    }
}

impl<R, G> Drop for FrameReader<R, G> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<R: AsyncRead + Unpin, G> Stream for FrameReader<R, G> {
    type Item = Result<Frame, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(framed) = &mut this.framed else { return Poll::Ready(None) };
        let message = ready!(poll_message(framed, &mut this.silence, this.dead, cx));
        if RecvError::ends(&message) {
            this.end();
        }
        Poll::Ready(message)
    }
}

fn poll_message(
    framed: &mut FramedRead<impl AsyncRead + Unpin, Decode>,
    silence: &mut Silence,
    dead: Duration,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame, RecvError>>> {
    if let Poll::Ready(message) = Pin::new(&mut *framed).poll_next(cx) {
        silence.heard = 0;
        return Poll::Ready(message.map(|read| read.unwrap_or_else(|error| Err(broken(error, dead)))));
    }
    let begun = framed.read_buffer();
    if !framed.decoder().until_silence(begun) {
        return Poll::Pending;
    }
    ready!(silence.poll_after(begun.len(), cx));
    let mut rest = framed.read_buffer_mut().split();
    match framed.decoder_mut().finish(&mut rest) {
        // Only the line's end was missing; the socket will wake us.
        None => Poll::Pending,
        message => Poll::Ready(message),
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
