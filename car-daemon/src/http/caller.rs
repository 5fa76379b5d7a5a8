//! Who asks, and at which listener.
//!
//! What must never live here: what they get.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::Token;
use tokio::time::Instant;
use transport::{Endpoint, Fingerprint, HandshakeError, Slot, Slots};

/// Whoever is at the other end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) peer: SocketAddr,
    /// What it had to show, where TLS is spoken and clients need a certificate.
    pub(super) certificate: Option<Fingerprint>,
    /// The listener, as the endpoint of its WebSocket.
    pub(super) at: Arc<Endpoint>,
    places: Arc<Places>,
    /// When it came.
    came: Instant,
    /// The last token that was right over this connection.
    proven: Arc<Mutex<Option<Token>>>,
}

/// What of a listener's connections there is for what.
#[derive(Debug)]
pub(super) struct Places {
    /// For whoever looks through the camera.
    pub(super) views: Slots<IpAddr>,
    /// For sessions.
    pub(super) sessions: Slots<IpAddr>,
}

impl Caller {
    pub(super) fn new(
        peer: SocketAddr,
        certificate: Option<Fingerprint>,
        at: Arc<Endpoint>,
        places: Arc<Places>,
    ) -> Self {
        Self { peer, certificate, at, places, came: Instant::now(), proven: Arc::default() }
    }

    /// A place to look through the camera, to be held as long as that.
    ///
    /// # Errors
    /// All are taken.
    pub(super) fn look(&self) -> Result<Slot<IpAddr>, HandshakeError> {
        self.places.views.take(self.peer.ip())
    }

    /// A place for a session, to be held as long as that.
    ///
    /// # Errors
    /// All are taken.
    pub(super) fn sit(&self) -> Result<Slot<IpAddr>, HandshakeError> {
        self.places.sessions.take(self.peer.ip())
    }

    /// For how long it has been connected.
    pub(super) fn stayed(&self) -> Duration {
        self.came.elapsed()
    }

    /// Of the URLs by which one comes here.
    pub(super) fn scheme(&self) -> &'static str {
        if self.at.scheme() == "wss" { "https" } else { "http" }
    }

    /// Remembers a token that was right.
    pub(super) fn shows(&self, token: &Token) {
        *self.proven.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
    }

    /// Whether this token was right before, over this connection.
    pub(super) fn has_shown(&self, token: &Token) -> bool {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(token)
    }
}
