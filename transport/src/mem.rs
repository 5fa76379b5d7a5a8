//! `mem://name`: peers within one process, for tests and for embedding. It keeps every promise of
//! the contract and needs no network, so it also runs under paused time.
//!
//! No socket and no serialisation must ever come in here.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use futures_core::Stream;
use futures_sink::Sink;
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

use crate::slots::{Slot, Slots};
use crate::{
    Address, AddressKind, BindError, Caps, Connection, DialError, Endpoint, Frame, Incoming, Limits, Link,
    Listener, Peer, Presented, RecvError, Scheme, SendError, Transport,
};

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme { name: "mem", address: AddressKind::Name, options: &[] }];

/// Connections within this process. Names belong to one `Mem` and its clones.
#[derive(Clone, Debug)]
pub struct Mem {
    limits: Limits,
    names: Arc<Names>,
}

/// Who listens: where a name's dialled connections go to be accepted.
#[derive(Debug, Default)]
struct Names(Mutex<HashMap<String, mpsc::Sender<Halves>>>);

impl Names {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<Halves>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mem {
    /// With these bounds, and no names yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, names: Arc::default() }
    }
}

#[async_trait]
impl Transport for Mem {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let Address::Name(name) = at.address() else { return Err(BindError::NoTransport(at.clone())) };
        let mut names = self.names.lock();
        if names.contains_key(name) {
            let source = io::Error::new(io::ErrorKind::AddrInUse, "the name is in use");
            return Err(BindError::Io { endpoint: at.clone(), source, hint: "; choose another name" });
        }
        // As with a socket's backlog, who has not been accepted yet waits.
        let (tx, queue) = mpsc::channel(self.limits.pending_handshakes.max(1));
        names.insert(name.clone(), tx);
        drop(names);
        Ok(Box::new(MemListener {
            endpoint: at.clone(),
            name: name.clone(),
            names: Arc::clone(&self.names),
            queue,
            slots: Slots::local(&self.limits),
            max_frame: self.limits.max_frame,
        }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let Address::Name(name) = to.address() else { return Err(DialError::NoTransport(to.clone())) };
        let io = |kind, text| DialError::Io { endpoint: to.clone(), source: io::Error::new(kind, text) };
        let refused = || io(io::ErrorKind::ConnectionRefused, "nobody listens to this name");
        let listener = self.names.lock().get(name).cloned().ok_or_else(refused)?;
        let (ours, theirs) = Halves::pair(self.limits.recv_queue.max(1));
        match tokio::time::timeout(self.limits.handshake, listener.send(theirs)).await {
            Ok(Ok(())) => Ok(ours.connection(name, self.limits.max_frame, None)),
            Ok(Err(_gone)) => Err(refused()),
            Err(_elapsed) => Err(io(io::ErrorKind::TimedOut, "the listener accepts nobody")),
        }
    }
}

#[derive(Debug)]
struct MemListener {
    endpoint: Endpoint,
    name: String,
    names: Arc<Names>,
    queue: mpsc::Receiver<Halves>,
    slots: Slots<()>,
    max_frame: usize,
}

#[async_trait]
impl Listener for MemListener {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn accept(&mut self) -> Incoming {
        let halves = self.queue.recv().await.expect("its sender stays among the names until `drop`");
        let handshake = self
            .slots
            .take(())
            .map(|slot| halves.connection(&self.name, self.max_frame, Some(Arc::new(slot))));
        Incoming { peer: Peer::Memory(self.name.clone()), handshake: std::future::ready(handshake).boxed() }
    }

    async fn close(self: Box<Self>) {}
}

impl Drop for MemListener {
    fn drop(&mut self) {
        self.names.lock().remove(&self.name);
    }
}

/// One end: a queue to the other end and one from there.
#[derive(Debug)]
struct Halves {
    tx: mpsc::Sender<Frame>,
    rx: mpsc::Receiver<Frame>,
}

impl Halves {
    fn pair(queue: usize) -> (Self, Self) {
        let (to_b, from_a) = mpsc::channel(queue);
        let (to_a, from_b) = mpsc::channel(queue);
        (Self { tx: to_b, rx: from_b }, Self { tx: to_a, rx: from_a })
    }

    fn connection(self, name: &str, max_frame: usize, slot: Option<Arc<Slot<()>>>) -> Connection {
        Connection {
            peer: Peer::Memory(name.to_owned()),
            caps: Caps { reliable: true, ordered: true, linked: true, kinds: true, binary: true, max_frame },
            presented: Presented::default(),
            link: Link::default(),
            tx: Box::pin(MemSink { queue: PollSender::new(self.tx), max_frame, _slot: slot.clone() }),
            rx: Box::pin(MemStream { queue: self.rx, _slot: slot }),
        }
    }
}

struct MemStream {
    queue: mpsc::Receiver<Frame>,
    _slot: Option<Arc<Slot<()>>>,
}

impl Stream for MemStream {
    type Item = Result<Frame, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.queue.poll_recv(cx).map(|frame| frame.map(Ok))
    }
}

struct MemSink {
    queue: PollSender<Frame>,
    max_frame: usize,
    _slot: Option<Arc<Slot<()>>>,
}

impl Sink<Frame> for MemSink {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(ready!(self.queue.poll_reserve(cx)).map_err(|_| SendError::Closed))
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        if frame.data.len() > self.max_frame {
            return Err(SendError::TooLong { len: frame.data.len(), limit: self.max_frame });
        }
        self.queue.send_item(frame).map_err(|_| SendError::Closed)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.queue.close();
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt, StreamExt};

    use super::*;
    use crate::HandshakeError;

    fn at(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    async fn pair(mem: &Mem) -> (Box<dyn Listener>, Connection, Connection) {
        let mut listener = mem.bind(&at("mem://a")).await.unwrap();
        let dialled = mem.dial(&at("mem://a")).await.unwrap();
        let accepted = listener.accept().await.handshake.await.unwrap();
        (listener, dialled, accepted)
    }

    #[tokio::test(start_paused = true)]
    async fn frames_go_both_ways_as_they_are() {
        let (_listener, mut a, mut b) = pair(&Mem::new(Limits::default())).await;
        assert_eq!(b.peer, Peer::Memory("a".into()));
        for frame in [Frame::text("up\n"), Frame::binary(vec![0, 255]), Frame::text("")] {
            a.tx.send(frame.clone()).await.unwrap();
            assert_eq!(b.rx.next().await.unwrap().unwrap(), frame);
            b.tx.send(frame.clone()).await.unwrap();
            assert_eq!(a.rx.next().await.unwrap().unwrap(), frame);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_makes_the_sender_wait_and_loses_nothing() {
        let mem = Mem::new(Limits { recv_queue: 1, ..Limits::default() });
        let (_listener, mut a, mut b) = pair(&mem).await;
        a.tx.send(Frame::text("1")).await.unwrap();
        assert!(a.tx.send(Frame::text("lost")).now_or_never().is_none());
        assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text("1"));
        a.tx.send(Frame::text("2")).await.unwrap();
        drop(a);
        assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text("2"));
        assert!(b.rx.next().await.is_none());
        assert!(matches!(b.tx.send(Frame::text("3")).await, Err(SendError::Closed)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_is_too_long_is_refused_and_the_next_is_carried() {
        let mem = Mem::new(Limits { max_frame: 4, ..Limits::default() });
        let (_listener, mut a, mut b) = pair(&mem).await;
        let refused = a.tx.send(Frame::text("12345")).await;
        assert!(matches!(refused, Err(SendError::TooLong { len: 5, limit: 4 })));
        a.tx.send(Frame::text("1234")).await.unwrap();
        assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text("1234"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_sink_ends_the_peers_stream_and_not_its_sink() {
        let (_listener, mut a, mut b) = pair(&Mem::new(Limits::default())).await;
        a.tx.close().await.unwrap();
        assert!(b.rx.next().await.is_none());
        b.tx.send(Frame::text("still")).await.unwrap();
        assert_eq!(a.rx.next().await.unwrap().unwrap(), Frame::text("still"));
        assert!(matches!(a.tx.send(Frame::text("no")).await, Err(SendError::Closed)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_taken_once_and_free_after_its_listener() {
        let mem = Mem::new(Limits::default());
        let listener = mem.clone().bind(&at("mem://a")).await.unwrap();
        let taken = mem.bind(&at("mem://a")).await.unwrap_err();
        assert!(taken.to_string().contains("the name is in use"), "{taken}");
        listener.close().await;
        assert!(mem.bind(&at("mem://a")).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_without_a_listener_refuses() {
        let mem = Mem::new(Limits::default());
        drop(mem.bind(&at("mem://a")).await.unwrap());
        let error = mem.dial(&at("mem://a")).await.unwrap_err();
        assert!(matches!(error, DialError::Io { source, .. }
            if source.kind() == io::ErrorKind::ConnectionRefused));
    }

    #[tokio::test(start_paused = true)]
    async fn dialling_a_listener_that_accepts_nobody_ends_in_time() {
        let mem = Mem::new(Limits { pending_handshakes: 1, ..Limits::default() });
        let _listener = mem.bind(&at("mem://a")).await.unwrap();
        let _queued = mem.dial(&at("mem://a")).await.unwrap();
        let begun = tokio::time::Instant::now();
        assert!(mem.dial(&at("mem://a")).await.is_err());
        assert_eq!(begun.elapsed(), Limits::default().handshake);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_too_many_is_turned_away_until_one_leaves() {
        let mem = Mem::new(Limits { connections: 1, ..Limits::default() });
        let (mut listener, a, mut b) = pair(&mem).await;
        let mut extra = mem.dial(&at("mem://a")).await.unwrap();
        assert!(matches!(listener.accept().await.handshake.await, Err(HandshakeError::Full(_))));
        assert!(extra.rx.next().await.is_none());
        drop(a);
        assert!(b.rx.next().await.is_none());
        drop(b);
        mem.dial(&at("mem://a")).await.unwrap();
        assert!(listener.accept().await.handshake.await.is_ok());
    }
}
