//! Who asks, and at which listener.
//!
//! What must never live here: what they get.

use std::net::SocketAddr;
use std::sync::Arc;

use transport::{Endpoint, Fingerprint};

/// Whoever is at the other end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) peer: SocketAddr,
    /// What it had to show, where TLS is spoken and clients need a certificate.
    pub(super) certificate: Option<Fingerprint>,
    /// The listener, as the endpoint of its WebSocket.
    pub(super) at: Arc<Endpoint>,
}
