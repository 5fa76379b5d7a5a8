//! A WebSocket on a connection whose HTTP somebody else speaks.
//!
//! What must never live here: which path it is asked for at, and what else is to be had there.

use std::net::SocketAddr;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{connection, credentials, handshake};
use crate::{Connection, Limits, Presented, Refusal, Secret, Web};

/// A request that is answered with a WebSocket.
#[derive(Debug)]
pub struct Upgrade {
    response: Response,
    token: Option<Secret>,
}

impl Upgrade {
    /// Looks at a request as a listener of `ws` does: the handshake (RFC 6455, section 4.2), then whose page it
    /// comes from and which name it dials.
    ///
    /// # Errors
    /// What a listener of `ws` answers where it is no handshake, and where page or name are not let in.
    pub fn of(request: &Request, web: &Web) -> Result<Self, Refusal> {
        Ok(Self { response: handshake::agree(request, web)?, token: credentials::token(request) })
    }

    /// The answer, 101, after which the connection is no longer HTTP's.
    #[must_use]
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The connection, over the stream that HTTP has left, as any listener gives it. A token of the handshake counts
    /// before one that is `presented` otherwise.
    pub async fn open(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        peer: SocketAddr,
        presented: Presented,
        limits: &Limits,
    ) -> Connection {
        let ws = handshake::open(stream, BytesMut::new(), Role::Server, limits).await;
        let token = self.token.or(presented.token);
        connection(ws, peer, Presented { token, ..presented }, limits, None)
    }
}
