//! What listens at both ends of a connection, under the faults: there it is known what was delivered,
//! when, and when a link ended.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{FutureExt, Sink, SinkExt, Stream, TryFutureExt};
use tokio::time::{Instant, Sleep, sleep};
use transport::{
    Address, BindError, Caps, Connection, DialError, Endpoint, Frame, FrameSink, FrameStream, Incoming,
    Listener, Mem, RecvError, Scheme, SendError, Transport,
};

use super::stage::{LineId, Stage};
use super::{CAR, CAR_PRIORITY, RADIO, RADIO_PRIORITY};

/// A connection to [`RADIO`] has no link: like a UDP session, it ends after this silence.
pub(super) const RADIO_IDLE: Duration = Duration::from_secs(2);

/// Which of the two names an endpoint is.
fn name_of(endpoint: &Endpoint) -> &'static str {
    match endpoint.address() {
        Address::Name(name) if name == RADIO => RADIO,
        _ => CAR,
    }
}

/// `mem` as the daemon has it.
#[derive(Debug)]
pub(super) struct Ear {
    pub(super) inner: Mem,
    pub(super) stage: Stage,
}

#[async_trait]
impl Transport for Ear {
    fn schemes(&self) -> &'static [Scheme] {
        self.inner.schemes()
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let inner = self.inner.bind(at).await?;
        let name = name_of(at);
        Ok(Box::new(EarListener { inner, stage: self.stage.clone(), name, accepted: 0 }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        self.inner.dial(to).await
    }
}

#[derive(Debug)]
struct EarListener {
    inner: Box<dyn Listener>,
    stage: Stage,
    name: &'static str,
    accepted: u64,
}

#[async_trait]
impl Listener for EarListener {
    fn endpoint(&self) -> &Endpoint {
        self.inner.endpoint()
    }

    async fn accept(&mut self) -> Incoming {
        let Incoming { peer, handshake } = self.inner.accept().await;
        let (stage, line) = (self.stage.clone(), (self.name, self.accepted));
        self.accepted += 1;
        let handshake = handshake.map_ok(move |connection| heard(connection, stage, line)).boxed();
        Incoming { peer, handshake }
    }

    async fn close(self: Box<Self>) {
        self.inner.close().await;
    }
}

fn heard(connection: Connection, stage: Stage, line: LineId) -> Connection {
    let linked = line.0 != RADIO;
    let session = stage.opened(line, linked, if linked { CAR_PRIORITY } else { RADIO_PRIORITY });
    let idle = (!linked).then(|| Box::pin(sleep(RADIO_IDLE)));
    let rx = HeardStream { inner: Some(connection.rx), stage: stage.clone(), session, idle };
    let tx = SaidSink { inner: connection.tx, stage, session, linked, room: true };
    let caps = Caps { linked, reliable: linked, ordered: linked, ..connection.caps };
    Connection { caps, tx: Box::pin(tx), rx: Box::pin(rx), ..connection }
}

/// What the daemon hears.
struct HeardStream {
    /// Gone once the client is.
    inner: Option<FrameStream>,
    stage: Stage,
    session: u64,
    /// Where there is no link, what ends it.
    idle: Option<Pin<Box<Sleep>>>,
}

impl Stream for HeardStream {
    type Item = Result<Frame, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(inner) = &mut this.inner
            && let Poll::Ready(message) = inner.as_mut().poll_next(cx)
        {
            match (message, &mut this.idle) {
                (Some(message), idle) => {
                    if let Some(idle) = idle {
                        idle.as_mut().reset(Instant::now() + RADIO_IDLE);
                    }
                    if let Ok(frame) = &message {
                        this.stage.taken(this.session, &frame.data);
                    }
                    return Poll::Ready(Some(message));
                }
                (None, Some(_)) => this.inner = None,
                (None, None) => return Poll::Ready(None),
            }
        }
        match &mut this.idle {
            Some(idle) => idle.as_mut().poll(cx).map(|()| None),
            None => Poll::Pending,
        }
    }
}

impl Drop for HeardStream {
    fn drop(&mut self) {
        self.stage.closed(self.session);
    }
}

/// What the daemon says. Where there is no link, what cannot be sent is lost.
struct SaidSink {
    inner: FrameSink,
    stage: Stage,
    session: u64,
    linked: bool,
    room: bool,
}

impl Sink<Frame> for SaidSink {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let ready = self.inner.poll_ready_unpin(cx);
        if self.linked {
            return ready;
        }
        self.room = matches!(ready, Poll::Ready(Ok(())));
        Poll::Ready(Ok(()))
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        self.stage.said(self.session, &frame.data);
        if self.room { self.inner.start_send_unpin(frame) } else { Ok(()) }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.inner.poll_flush_unpin(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.inner.poll_close_unpin(cx)
    }
}

/// `mem` as clients have it, below their faults.
#[derive(Debug)]
pub(super) struct Mouth {
    pub(super) inner: Mem,
    pub(super) stage: Stage,
    /// Connections so far to each name: the n-th that is dialled is the n-th that is accepted.
    pub(super) dialled: std::sync::Arc<[AtomicU64; 2]>,
}

#[async_trait]
impl Transport for Mouth {
    fn schemes(&self) -> &'static [Scheme] {
        self.inner.schemes()
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        self.inner.bind(at).await
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let connection = self.inner.dial(to).await?;
        let name = name_of(to);
        let number = self.dialled[usize::from(name == RADIO)].fetch_add(1, Ordering::Relaxed);
        let tx = MouthSink { inner: connection.tx, stage: self.stage.clone(), line: (name, number) };
        Ok(Connection { tx: Box::pin(tx), ..connection })
    }
}

/// What a client says, after all faults.
struct MouthSink {
    inner: FrameSink,
    stage: Stage,
    line: LineId,
}

impl Sink<Frame> for MouthSink {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.inner.poll_ready_unpin(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        self.stage.entered(self.line);
        self.inner.start_send_unpin(frame)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.inner.poll_flush_unpin(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.stage.link_ended(self.line);
        self.inner.poll_close_unpin(cx)
    }
}

impl Drop for MouthSink {
    fn drop(&mut self) {
        self.stage.link_ended(self.line);
    }
}
