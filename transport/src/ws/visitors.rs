//! Streams of bytes over TCP or TLS for whoever is spoken with over HTTP first: who is let in, and how many.
//!
//! What must never live here: HTTP.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, join};

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
    pub stream: ByteStream,
}

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
        Ok(slot) => Ok(Visitor { peer, certificate, stream: ByteStream { stream, _slot: slot } }),
        Err(full) => Err(handshake::turn_away(stream, full).await),
    }
}

/// The bytes of a visitor, whose place is another's when this is dropped.
pub struct ByteStream {
    stream: Box<dyn Duplex>,
    _slot: Slot<IpAddr>,
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
