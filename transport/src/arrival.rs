//! A listener over TCP whose peers have to shake hands: who came, the places there are for them, and
//! the time they have. What a handshake is must never be known here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::slots::{Slot, Slots};
use crate::tcp::{canonical, listen};
use crate::{BindError, Connection, Endpoint, HandshakeError, Incoming, Limits, Peer, stream};

/// Who comes to one address.
#[derive(Debug)]
pub(crate) struct Arrivals {
    socket: TcpListener,
    pub(crate) endpoint: Endpoint,
    slots: Slots<IpAddr>,
    pending: Slots<IpAddr>,
    pub(crate) limits: Arc<Limits>,
}

/// Somebody who came, and the places that were free for them.
pub(crate) struct Arrival {
    pub(crate) socket: TcpStream,
    pub(crate) peer: SocketAddr,
    /// To be held until the handshake is over.
    pub(crate) pending: Slot<IpAddr>,
    /// To be held while the connection lives.
    pub(crate) slot: Result<Slot<IpAddr>, HandshakeError>,
}

impl Arrivals {
    pub(crate) async fn listen(at: &Endpoint, limits: &Arc<Limits>) -> Result<Self, BindError> {
        let (socket, endpoint) = listen(at).await?;
        Ok(Self {
            socket,
            endpoint,
            slots: Slots::new(limits),
            pending: Slots::pending(limits),
            limits: Arc::clone(limits),
        })
    }

    /// The next peer, whose handshake is what `welcome` does, within [`Limits::handshake`].
    pub(crate) async fn accept<F>(&mut self, welcome: impl FnOnce(Arrival, Arc<Limits>) -> F) -> Incoming
    where
        F: Future<Output = Result<Connection, HandshakeError>> + Send + 'static,
    {
        let (socket, peer) =
            stream::accept(&self.endpoint, self.limits.accept_pause, |cx| self.socket.poll_accept(cx)).await;
        let peer = canonical(peer);
        let handshake = match self.pending.take(peer.ip()) {
            Ok(pending) => {
                let arrival = Arrival { socket, peer, pending, slot: self.slots.take(peer.ip()) };
                let longest = self.limits.handshake;
                let shaken = timeout(longest, welcome(arrival, Arc::clone(&self.limits)));
                shaken.map(move |done| done.unwrap_or(Err(HandshakeError::TimedOut(longest)))).boxed()
            }
            // Its address has its share of handshakes, or all are taken. No answer in words: to wait
            // until each of them has read it is what there is no room for.
            Err(full) => std::future::ready(Err(full)).boxed(),
        };
        Incoming { peer: Peer::Socket(peer), handshake }
    }
}
