//! The shell that speaks HTTP/1.1 with whoever comes.
//!
//! What must never live here: what is answered.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use transport::{Endpoint, Visitor, Visitors};

use super::caller::Caller;
use super::outlet::{Outlet, Watched};
use super::{Site, router};

/// Longest head of a request, in bytes: as long as that of a WebSocket's.
const LONGEST_HEAD: usize = 16 * 1024;

/// What of an answer may wait to be written together, in bytes. It is gathered only as pieces of memory that are there
/// anyway, so a picture with its head and its boundary is one write. As much may be read ahead of a request's body.
const GATHERED: usize = 1 << 20;

/// How long a head may take, and the pause before the next request.
const HEAD: Duration = Duration::from_secs(5);

/// Answers whoever comes, until the daemon goes away.
pub(crate) fn serve(
    mut visitors: Visitors,
    site: Arc<Site>,
    tasks: &TaskTracker,
    closing: CancellationToken,
) {
    let router = router(site);
    let at = Arc::new(visitors.endpoint().clone());
    let tracker = tasks.clone();
    tasks.spawn(async move {
        while let Some(incoming) = closing.run_until_cancelled(visitors.accept()).await {
            let (router, at, closing) = (router.clone(), Arc::clone(&at), closing.clone());
            tracker.spawn(async move {
                let Some(Ok(visitor)) = closing.run_until_cancelled(incoming.handshake).await else { return };
                let peer = visitor.peer;
                if let Err(error) = speak(visitor, router, at, &closing).await {
                    tracing::debug!(%peer, %error, "HTTP ended");
                }
            });
        }
    });
}

async fn speak(
    Visitor { peer, certificate, stream }: Visitor,
    router: Router,
    at: Arc<Endpoint>,
    closing: &CancellationToken,
) -> Result<(), hyper::Error> {
    let connection = converse(stream, router.layer(Extension(Caller::new(peer, certificate, at))));
    // A stream of pictures never ends by itself.
    closing.run_until_cancelled(connection).await.unwrap_or(Ok(()))
}

/// Answers what is asked over a stream of bytes, whose outlet the answers know.
pub(super) async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
) -> Result<(), hyper::Error> {
    let outlet = Outlet::default();
    let stream = Watched::new(stream, outlet.clone());
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .title_case_headers(true)
        .max_header_size(LONGEST_HEAD)
        .max_buf_size(GATHERED)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.layer(Extension(outlet))))
        .with_upgrades()
        .await
}

/// As an error of whoever reads and writes.
pub(super) fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(error)
}
