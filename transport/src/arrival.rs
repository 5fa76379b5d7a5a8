//! A listener over TCP whose peers have to shake hands: who came, the places there are for them, and
//! the time they have. What a handshake is must never be known here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::pending::Pending;
use crate::slots::{Slot, Slots};
use crate::tcp::{canonical, listen};
use crate::{BindError, Endpoint, HandshakeError, Incoming, Inherited, Limits, Peer, stream};

/// Who comes to one address.
#[derive(Debug)]
pub(crate) struct Arrivals {
    socket: TcpListener,
    pub(crate) endpoint: Endpoint,
    slots: Slots<IpAddr>,
    pending: Pending<IpAddr>,
    pub(crate) limits: Arc<Limits>,
}

/// Somebody who came, and the places that were free for them.
pub(crate) struct Arrival {
    pub(crate) socket: TcpStream,
    pub(crate) peer: SocketAddr,
    /// To be held while the connection lives.
    pub(crate) slot: Result<Slot<IpAddr>, HandshakeError>,
}

impl Arrivals {
    pub(crate) async fn listen(
        at: &Endpoint,
        limits: &Arc<Limits>,
        inherited: &Inherited,
    ) -> Result<Self, BindError> {
        let (socket, endpoint) = listen(at, inherited).await?;
        Ok(Self {
            socket,
            endpoint,
            slots: Slots::of(limits),
            pending: Pending::new(limits),
            limits: Arc::clone(limits),
        })
    }

    /// The next peer, whose handshake is what `welcome` does, within [`Limits::handshake`].
    pub(crate) async fn accept<T: 'static, F>(
        &mut self,
        welcome: impl FnOnce(Arrival, Arc<Limits>) -> F,
    ) -> Incoming<T>
    where
        F: Future<Output = Result<T, HandshakeError>> + Send + 'static,
    {
        let (socket, peer) =
            stream::accept(&self.endpoint, self.limits.accept_pause, |cx| self.socket.poll_accept(cx)).await;
        let peer = canonical(peer);
        let (place, slot) = (self.pending.enter(peer.ip()), self.slots.take(peer.ip()));
        let longest = self.limits.handshake;
        // Whoever loses its place gets no answer in words: to wait until each of them has read it is what
        // there is no room for.
        let welcomed = welcome(Arrival { socket, peer, slot }, Arc::clone(&self.limits));
        let shaken = timeout(longest, place.keep(welcomed));
        let handshake =
            shaken.map(move |done| done.unwrap_or(Err(HandshakeError::TimedOut(longest)))).boxed();
        Incoming { peer: Peer::Socket(peer), handshake }
    }
}
