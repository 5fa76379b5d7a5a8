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
use transport::{Visitor, Visitors};

use super::caller::{Caller, Places};
use super::outlet::{Outlet, Watched};
use super::{Site, router};

/// Longest head of a request, in bytes: as long as that of a WebSocket's.
const LONGEST_HEAD: usize = 16 * 1024;

/// What of an answer may wait to be written together, in bytes. It is gathered only as pieces of memory that are there
/// anyway, so a picture with its head and its boundary is one write; over TLS it is encrypted from there, some 64 kB at a
/// time. As much may be read ahead of a request's body.
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
    let at = Arc::new(visitors.endpoint().clone());
    let Site { limits, .. } = &*site;
    let places = Arc::new(Places { views: limits.views(), sessions: limits.pages() });
    let router = router(Arc::clone(&site));
    let tracker = tasks.clone();
    tasks.spawn(async move {
        while let Some(incoming) = closing.run_until_cancelled(visitors.accept()).await {
            let (router, closing) = (router.clone(), closing.clone());
            let (at, places, server) = (Arc::clone(&at), Arc::clone(&places), site.server.clone());
            tracker.spawn(async move {
                let Visitor { peer, certificate, stream, place } =
                    match closing.run_until_cancelled(incoming.handshake).await {
                        Some(Ok(visitor)) => visitor,
                        Some(Err(error)) => return server.complain(&incoming.peer, &error),
                        None => return,
                    };
                let router = router.layer(Extension(Caller::new(peer, certificate, at, places)));
                // A stream of pictures never ends by itself.
                let spoken = closing.run_until_cancelled(converse(stream, place, router)).await;
                if let Some(Err(error)) = spoken {
                    tracing::debug!(%peer, %error, "HTTP ended");
                }
            });
        }
    });
}

/// Looks after those who drive by what they see, until the daemon goes away.
pub(crate) fn look_out(site: &Site, tasks: &TaskTracker, closing: CancellationToken) {
    if let Some(lookout) = site.lookout.clone() {
        tasks.spawn(async move { closing.run_until_cancelled(lookout.keep()).await });
    }
}

/// Answers what is asked over a stream of bytes, whose outlet the answers know; `place` is dropped with it.
pub(super) async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    place: impl Unpin + Send + 'static,
    router: Router,
) -> Result<(), hyper::Error> {
    let outlet = Outlet::default();
    let stream = Watched::new(stream, outlet.clone(), place);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .half_close(true)
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use axum::routing::get;
    use bytes::Bytes;
    use futures_util::stream;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Instant, sleep, timeout};

    use super::*;

    /// A minute of pictures, one every ten seconds.
    async fn slow() -> Body {
        Body::from_stream(stream::unfold(0, |count| async move {
            sleep(Duration::from_secs(10)).await;
            (count < 6).then(|| (Ok::<_, Infallible>(Bytes::from_static(b"picture")), count + 1))
        }))
    }

    /// Pictures without end, of which none comes, until nobody waits for them any more.
    async fn endless(Extension(outlet): Extension<Outlet>) -> Body {
        outlet.run_on();
        Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())
    }

    fn visit() -> DuplexStream {
        let (ours, theirs) = duplex(64 * 1024);
        let router = Router::new().route("/", get(|| async { "here" })).route("/slow", get(slow));
        tokio::spawn(converse(theirs, (), router.route("/endless", get(endless))));
        ours
    }

    /// All that comes up to the end of the connection, and after what time that is.
    async fn heard(mut ours: DuplexStream) -> (String, Duration) {
        let (began, mut all) = (Instant::now(), Vec::new());
        let read = timeout(Duration::from_secs(3_600), ours.read_to_end(&mut all)).await;
        read.expect("it ends").expect("no error");
        (String::from_utf8(all).expect("text"), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_a_head_by_and_by_is_hung_up_on_after_five_seconds() {
        assert_eq!(heard(visit()).await.1.as_secs(), 5);
        let mut ours = visit();
        let (mut read, mut write) = tokio::io::split(&mut ours);
        let drip = async {
            for byte in b"GET / HTTP/1.1\r\nX: ".iter().chain(&[b'x'; 1_000]) {
                sleep(Duration::from_millis(400)).await;
                if write.write_all(&[*byte]).await.is_err() {
                    break;
                }
            }
        };
        let began = Instant::now();
        let mut all = Vec::new();
        tokio::join!(drip, async { drop(read.read_to_end(&mut all).await) });
        assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_kept_for_five_seconds_after_an_answer() {
        let mut ours = visit();
        for _ in 0..2 {
            ours.write_all(b"GET / HTTP/1.1\r\nHost: car\r\n\r\n").await.expect("open");
            sleep(Duration::from_secs(4)).await;
        }
        let (said, after) = heard(ours).await;
        assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 2, "{said}");
        assert!(after <= Duration::from_secs(5), "{after:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_a_minute_is_not_cut_short() {
        let mut ours = visit();
        let request = b"GET /slow HTTP/1.1\r\nHost: car\r\nConnection: close\r\n\r\n";
        ours.write_all(request).await.expect("open");
        let (said, after) = heard(ours).await;
        assert_eq!(said.matches("picture").count(), 6, "{said}");
        assert!(after >= Duration::from_secs(60), "{after:?}");
    }
    #[tokio::test(start_paused = true)]
    async fn who_has_said_all_that_it_wanted_to_is_answered_and_an_endless_answer_ends_with_who_asked() {
        let mut ours = visit();
        ours.write_all(b"GET /slow HTTP/1.0\r\n\r\n").await.expect("open");
        ours.shutdown().await.expect("open");
        let (said, _) = heard(ours).await;
        assert_eq!(said.matches("picture").count(), 6, "{said}");

        let mut ours = visit();
        ours.write_all(b"GET /endless HTTP/1.0\r\n\r\n and what nobody reads").await.expect("open");
        let mut head = [0; 15];
        ours.read_exact(&mut head).await.expect("an answer");
        assert_eq!(&head, b"HTTP/1.0 200 OK");
        ours.shutdown().await.expect("open");
        let (_, after) = heard(ours).await;
        assert!(after < Duration::from_secs(1), "{after:?}");
    }
}
