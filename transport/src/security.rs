//! What the transports go by besides bounds: certificates, pages, and what a dialler shows. Without
//! any of it, tests and tools need no more than [`Limits`](crate::Limits).

use crate::{ClientTls, Keys, Secret, ServerTls, Web};

/// Who is let in, and who one is.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// What listeners on `tls` and `wss` show; where there is none, they cannot be opened.
    pub tls: Option<ServerTls>,
    /// Which pages of which names a browser may open a WebSocket for.
    pub web: Web,
    /// For `integrity=psk`: a listener takes peers that have any of these keys, a dialler shows the
    /// first.
    pub psk: Keys,
    /// For those who dial.
    pub dial: DialOptions,
}

/// What a dialler shows, and whom it believes.
#[derive(Clone, Debug, Default)]
pub struct DialOptions {
    /// Sent with the handshake of `ws` and `wss`, as `Authorization: Bearer`. On other transports
    /// nothing is sent: there it is a message of the layer above.
    pub token: Option<Secret>,
    /// For `tls` and `wss`.
    pub tls: ClientTls,
}
