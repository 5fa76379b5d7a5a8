//! Streams of bytes over TCP or TLS for whoever is spoken with over HTTP first: who is let in, and how many.
//!
//! What must never live here: HTTP.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, join};

use super::handshake;
use crate::arrival::{Arrival, Arrivals};
use crate::slots::Slot;
use crate::{Endpoint, Fingerprint, HandshakeError, Incoming, Limits, ServerTls, wire};

/// An open listener for HTTP: the same bounds, places and deadlines as any other's.
#[derive(Debug)]
pub struct Visitors {
    arrivals: Arrivals,
    /// `None` where no TLS is spoken.
    tls: Option<ServerTls>,
}

impl Visitors {
    pub(super) fn new(arrivals: Arrivals, tls: Option<ServerTls>) -> Self {
        Self { arrivals, tls }
    }

    /// Where it listens: the port that the system chose in place of 0.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.arrivals.endpoint
    }

    /// The next visitor. Cannot fail, is cancel-safe, and never waits for a handshake. Whoever comes when all
    /// places are taken is told so in HTTP.
    pub async fn accept(&mut self) -> Incoming<Visitor> {
        let tls = self.tls.clone();
        self.arrivals.accept(|arrival, limits| welcome(arrival, limits, tls)).await
    }
}

/// Somebody who came.
#[derive(Debug)]
pub struct Visitor {
    /// From where.
    pub peer: SocketAddr,
    /// What it had to show, where TLS is spoken and clients need a certificate.
    pub certificate: Option<Fingerprint>,
    /// To be spoken over. A flush waits until the kernel has sent everything.
    pub stream: Box<dyn Duplex>,
    /// To be held while the stream is.
    pub place: Slot<IpAddr>,
}

/// A stream of bytes that is read and written.
pub trait Duplex: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> Duplex for S {}

async fn welcome(
    arrival: Arrival,
    limits: Arc<Limits>,
    tls: Option<ServerTls>,
) -> Result<Visitor, HandshakeError> {
    let Arrival { socket, peer, slot } = arrival;
    let (stream, certificate): (Box<dyn Duplex>, _) = match tls {
        None => {
            let (read, write) = wire::split(socket, &limits)?;
            (Box::new(join(read, write)), None)
        }
        Some(tls) => {
            let shaken = tls.accept(socket, &limits, &handshake::without_tls()).await?;
            (Box::new(shaken.stream), shaken.certificate)
        }
    };
    match slot {
        Ok(place) => Ok(Visitor { peer, certificate, stream, place }),
        Err(full) => Err(handshake::turn_away(stream, full).await),
    }
}
