//! The listener's side of TLS. Whose port this is must never be known here.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, Join, join};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::server::TlsStream;

use super::secured::Secured;
use super::{BadPem, Identity, Roots, provider, words};
use crate::linger::Linger;
use crate::wire::{self, Reading, Writing};
use crate::{Fingerprint, HandshakeError, Limits, Link};

/// The first byte of a client that speaks TLS: the record of a handshake (RFC 8446, section 5.1).
pub(crate) const HANDSHAKE_RECORD: u8 = 0x16;

/// How long whoever is refused has to read why: its place is another's until then.
const LONGEST_REFUSAL: Duration = Duration::from_millis(250);

/// What a listener on `tls` or `wss` shows, and whom it lets in.
#[derive(Clone)]
pub struct ServerTls {
    acceptor: TlsAcceptor,
    fingerprint: Fingerprint,
}

impl ServerTls {
    /// Shows this identity. With `clients`, only a client is let in that shows a certificate for
    /// which one of them vouches.
    ///
    /// # Errors
    /// Where certificate and key do not belong together, or are of no kind that TLS knows.
    pub fn new(identity: &Identity, clients: Option<&Roots>) -> Result<Self, BadPem> {
        let unusable = |error: &dyn fmt::Display| BadPem::Unusable(error.to_string());
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?;
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(roots) => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots.0), provider())
                    .build()
                    .map_err(|error| unusable(&error))?,
            ),
        };
        let mut config = builder
            .with_single_cert(identity.chain.clone(), identity.key.clone_key())
            .map_err(|error| unusable(&error))?;
        // Nothing is remembered of who left: connections are few and long.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), fingerprint: identity.fingerprint() })
    }

    /// Of the certificate that clients see.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Shakes hands, and gives the client's certificate if it had to show one. Whoever speaks without
    /// TLS is told `plain`, in plain. Deadlines are the caller's.
    pub(crate) async fn accept(
        &self,
        socket: TcpStream,
        limits: &Limits,
        plain: &str,
    ) -> Result<Shaken, HandshakeError> {
        let mut first = [HANDSHAKE_RECORD];
        socket.peek(&mut first).await?;
        let (mut read, write) = wire::split(socket, limits)?;
        let link = read.link();
        let mut socket = join(read, write);
        if first != [HANDSHAKE_RECORD] {
            if socket.write_all(plain.as_bytes()).await.is_ok() {
                hang_up(socket).await;
            }
            return Err(HandshakeError::Protocol("it speaks without TLS on a port of TLS".to_owned()));
        }
        match self.acceptor.accept(socket).into_fallible().await {
            Ok(stream) => {
                let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                let certificate = shown.map(|der| Fingerprint::of(der));
                Ok(Shaken { stream: Secured(stream), certificate, link })
            }
            Err((error, socket)) => {
                // Why is on its way as an alert; a reset must not take it.
                hang_up(socket).await;
                Err(words::failed(error, "it must dial tls:// or wss://"))
            }
        }
    }
}

/// Somebody with whom hands were shaken.
pub(crate) struct Shaken {
    pub(crate) stream: Secured<TlsStream<Join<Reading, Writing>>>,
    /// What it had to show, if anything.
    pub(crate) certificate: Option<Fingerprint>,
    /// How soon the death of the TCP link below must be noticed.
    pub(crate) link: Link,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerTls").field(&self.fingerprint).finish()
    }
}

/// Ends our side, and gives the peer a moment to read what was said.
pub(super) async fn hang_up(mut socket: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
    if socket.shutdown().await.is_ok() {
        let mut linger = Linger::new(LONGEST_REFUSAL);
        poll_fn(|cx| linger.poll(&mut socket, cx)).await;
    }
}
