//! One WebSocket and what both halves of its connection share: who waits for it, and how it ends.
//!
//! Each half locks it for one poll and never longer. When to ping must never be known here.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use super::tap::Tap;
use crate::linger::Linger;
use crate::slots::Slot;
use crate::stream::broken;
use crate::{Frame, Kind, Limits, RecvError, SendError, Share, Use, linger};

/// The WebSocket of a connection.
pub(super) type Inner<S> = WebSocketStream<Tap<S>>;

/// The stream below it.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Bytes for S {}

/// What both halves share.
pub(super) struct Socket<S> {
    ws: Inner<S>,
    limit: usize,
    tcp_dead: Duration,
    /// What the message at hand takes of the budget of all peers.
    share: Share,
    /// A message that found the write buffer full of answers to the peer's pings.
    held: Option<Message>,
    /// Nothing more is read.
    ended: bool,
    /// A ping is still in the write buffer.
    unflushed: bool,
    /// What to say at the end.
    goodbye: (CloseCode, &'static str),
    /// The tasks that wait, `None` while they do not.
    reader: Option<Waker>,
    writer: Option<Waker>,
    _slot: Option<Slot<IpAddr>>,
}

/// How far a goodbye has come.
#[derive(Debug, Default)]
pub(super) enum Goodbye {
    /// The close frame is not yet written.
    #[default]
    Begun,
    /// The close frame is on its way.
    Said,
    /// The peer has answered, and the socket is shut on our side.
    Shut(Linger),
}

impl<S: Bytes> Socket<S> {
    pub(super) fn new(ws: Inner<S>, limits: &Limits, slot: Option<Slot<IpAddr>>) -> Self {
        Self {
            ws,
            limit: limits.max_frame,
            tcp_dead: limits.tcp_dead,
            share: limits.memory.share(),
            held: None,
            ended: false,
            unflushed: false,
            goodbye: (CloseCode::Normal, ""),
            reader: None,
            writer: None,
            _slot: slot,
        }
    }

    // What the reader does.

    /// The next frame for the reader, which is woken when there may be one.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame, RecvError>>> {
        let next = match self.poll_read(cx) {
            Poll::Pending => self.room(),
            next => next,
        };
        self.reader = next.is_pending().then(|| cx.waker().clone());
        next
    }

    /// Whether anything came since this was last asked.
    pub(super) fn take_heard(&mut self) -> bool {
        self.ws.get_mut().take_heard()
    }

    /// Sends a ping, unless the last one could not even be written.
    pub(super) fn ping(&mut self) {
        if !self.unflushed {
            // Refused only where the write buffer is full or the end was said: then the peer's
            // silence tells enough.
            let _ = Pin::new(&mut self.ws).start_send(Message::Ping(bytes::Bytes::new()));
            self.unflushed = true;
        }
        self.push();
    }

    /// Tries again to write a ping that could not be written.
    pub(super) fn push(&mut self) {
        if self.unflushed {
            // The reader is woken too when the socket can be written: `poll_read` has seen to it.
            // So the waker given here must be the one of the writer who may be waiting.
            let writer = self.writer.clone().unwrap_or_else(|| Waker::noop().clone());
            let flushed = Pin::new(&mut self.ws).poll_flush(&mut Context::from_waker(&writer));
            self.unflushed = flushed.is_pending();
        }
    }

    /// The peer is dead: nobody is there to say goodbye to.
    pub(super) fn lose(&mut self) {
        self.end();
        self.goodbye = (CloseCode::Abnormal, "");
        wake(&mut self.writer);
    }

    // What the writer does.

    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if self.held.is_some() {
            return self.poll_flush(cx);
        }
        let ready = Pin::new(&mut self.ws).poll_ready(cx).map_err(unsent);
        self.waits(ready, cx)
    }

    pub(super) fn start_send(&mut self, frame: Frame) -> Result<(), SendError> {
        let Frame { data, kind } = frame;
        if data.len() > self.limit {
            return Err(SendError::TooLong { len: data.len(), limit: self.limit });
        }
        let message = match kind {
            Kind::Binary => Message::Binary(data),
            Kind::Text => Message::Text(
                Utf8Bytes::try_from(data)
                    .map_err(|_invalid| SendError::Unrepresentable("a text message must be UTF-8"))?,
            ),
        };
        self.feed(message)
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        loop {
            let flushed = Pin::new(&mut self.ws).poll_flush(cx).map_err(unsent);
            ready!(self.waits(flushed, cx))?;
            match self.held.take() {
                None => return Poll::Ready(Ok(())),
                Some(message) => self.feed(message)?,
            }
        }
    }

    /// Says goodbye: all that was fed, the close frame, the peer's close frame, the end of the
    /// socket, the peer's end. What the peer still had to say is dropped from the close frame on,
    /// unless the reader is quicker: a goodbye must not hang on somebody who may never read.
    pub(super) fn poll_goodbye(
        &mut self,
        goodbye: &mut Goodbye,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError>> {
        if self.goodbye.0 == CloseCode::Abnormal {
            return Poll::Ready(Ok(()));
        }
        loop {
            match goodbye {
                Goodbye::Begun => {
                    ready!(self.poll_flush(cx))?;
                    self.say_goodbye();
                    *goodbye = Goodbye::Said;
                }
                Goodbye::Said => {
                    ready!(self.poll_flush(cx))?;
                    let answered = self.poll_answer();
                    ready!(self.waits(answered, cx));
                    ready!(Pin::new(self.ws.get_mut()).poll_shutdown(cx))?;
                    *goodbye = Goodbye::Shut(Linger::new(linger::LONGEST));
                }
                Goodbye::Shut(linger) => {
                    return linger.poll(self.ws.get_mut().inner(), cx).map(Ok);
                }
            }
        }
    }

    // What both need.

    /// Reads until the peer has said goodbye too.
    fn poll_answer(&mut self) -> Poll<()> {
        // The flush before this has seen to it that the writer is woken when something comes; the
        // waker given here must be the one of the reader who may be waiting.
        let reader = self.reader.clone().unwrap_or_else(|| Waker::noop().clone());
        while !self.ended {
            let _late = ready!(self.poll_read(&mut Context::from_waker(&reader)));
        }
        wake(&mut self.reader);
        Poll::Ready(())
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame, RecvError>>> {
        while !self.ended {
            match ready!(Pin::new(&mut self.ws).poll_next(cx)) {
                Some(Ok(Message::Text(text))) => return frame(Kind::Text, text.into()),
                Some(Ok(Message::Binary(data))) => return frame(Kind::Binary, data),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) | None => self.end(),
                Some(Err(error)) => {
                    let error = self.fail(error);
                    self.end();
                    return Poll::Ready(error.map(Err));
                }
            }
        }
        Poll::Ready(None)
    }

    /// Pending, unless what has come of a message needs more room than there is.
    fn room(&mut self) -> Poll<Option<Result<Frame, RecvError>>> {
        if self.share.resize(self.ws.get_ref().unfinished(), Use::Needed) {
            return Poll::Pending;
        }
        // Not said yet: whoever reads may still have an answer to give.
        self.goodbye = (CloseCode::Again, "no memory is left for so long a message");
        self.end();
        Poll::Ready(Some(Err(RecvError::NoRoom)))
    }

    /// What an error of the WebSocket means to the reader, and to the peer.
    fn fail(&mut self, error: WsError) -> Option<RecvError> {
        let (code, why) = match error {
            WsError::Capacity(_) => {
                // Not said yet: whoever reads may still have an answer to give.
                self.goodbye = (CloseCode::Size, "message too long");
                return Some(RecvError::TooLong { limit: self.limit });
            }
            WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
            WsError::Utf8(_) => (CloseCode::Invalid, "text must be UTF-8".to_owned()),
            WsError::Io(_) if self.ws.get_ref().is_shut() => {
                (CloseCode::Policy, "a message has too many fragments".to_owned())
            }
            WsError::Io(error) => return Some(broken(error, self.tcp_dead)),
            error => (CloseCode::Protocol, error.to_string()),
        };
        self.goodbye = (code, "");
        self.say_goodbye();
        Some(RecvError::Protocol(why))
    }

    /// Nothing more is read. What the WebSocket had to say about it is written as far as it goes;
    /// the rest goes when the sink is closed.
    fn end(&mut self) {
        self.ended = true;
        self.unflushed = true;
        self.push();
        wake(&mut self.writer);
    }

    /// Queues the close frame. Refused where one was queued before, or nothing can be sent.
    fn say_goodbye(&mut self) {
        let (code, reason) = self.goodbye;
        let close = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ = Pin::new(&mut self.ws).start_send(Message::Close(Some(close)));
    }

    fn feed(&mut self, message: Message) -> Result<(), SendError> {
        match Pin::new(&mut self.ws).start_send(message) {
            Err(WsError::WriteBufferFull(message)) => {
                self.held = Some(*message);
                Ok(())
            }
            sent => sent.map_err(unsent),
        }
    }

    /// Remembers the writer while it has to wait.
    fn waits<T>(&mut self, poll: Poll<T>, cx: &Context<'_>) -> Poll<T> {
        self.writer = poll.is_pending().then(|| cx.waker().clone());
        poll
    }
}

fn frame(kind: Kind, data: bytes::Bytes) -> Poll<Option<Result<Frame, RecvError>>> {
    Poll::Ready(Some(Ok(Frame { data, kind })))
}

fn wake(task: &mut Option<Waker>) {
    if let Some(task) = task.take() {
        task.wake();
    }
}

fn unsent(error: WsError) -> SendError {
    match error {
        WsError::Io(error) => error.into(),
        WsError::ConnectionClosed | WsError::AlreadyClosed | WsError::Protocol(_) => SendError::Closed,
        error => SendError::Io(std::io::Error::other(error)),
    }
}

#[cfg(test)]
mod tests;
