//! Listeners and the tasks of their sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::DialectId;
use tokio_util::task::TaskTracker;
use transport::{Endpoint, HandshakeError, Incoming, Listener, Peer, Web};

use crate::config::line_that_allows;
use crate::control::SessionId;
use crate::session::{Context, Manner, serve};

/// Every session of a daemon, whatever it came by.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    context: Arc<Context>,
    listeners: TaskTracker,
    sessions: TaskTracker,
    next: Arc<AtomicU64>,
    /// What the configuration lets in, to say what it would have to.
    web: Arc<Web>,
    /// The second, from 1, in which it was last said that somebody was turned away.
    complained: Arc<AtomicU64>,
}

impl Server {
    pub(crate) fn new(context: Context, web: Web) -> Self {
        Self {
            context: Arc::new(context),
            listeners: TaskTracker::new(),
            sessions: TaskTracker::new(),
            next: Arc::new(AtomicU64::new(1)),
            web: Arc::new(web),
            complained: Arc::default(),
        }
    }

    /// Takes in whoever comes to `listener`, until the daemon goes away.
    pub(crate) fn listen(&self, mut listener: Box<dyn Listener>) {
        let server = self.clone();
        let manner = manner(listener.endpoint());
        self.listeners.spawn(async move {
            let closing = server.context.closing.clone();
            while let Some(incoming) = closing.run_until_cancelled(listener.accept()).await {
                server.admit(incoming, manner);
            }
            // Datagrams leave by the listener's socket, so goodbyes come before its end.
            server.sessions.wait().await;
            listener.close().await;
        });
    }

    /// Waits for every session to have said goodbye, and every listener to be closed.
    pub(crate) async fn drained(&self) {
        self.sessions.close();
        self.listeners.close();
        self.listeners.wait().await;
    }

    /// Whether a second has passed since this last said so: a crowd must not fill the log.
    fn may_complain(&self) -> bool {
        let now = self.context.clock.now().as_secs() + 1;
        self.complained.swap(now, Ordering::Relaxed) != now
    }

    /// Logs that somebody was turned away. Who broke off or was slow is no news.
    fn complain(&self, peer: &Peer, error: &HandshakeError) {
        const MORE: &str = "more of this within a second is not logged";
        match error {
            HandshakeError::Io(_) | HandshakeError::TimedOut(_) => {
                tracing::debug!(%peer, %error, "turned away");
            }
            _ if !self.may_complain() => tracing::debug!(%peer, %error, "turned away"),
            HandshakeError::Forbidden(why) => match line_that_allows(&self.web, why) {
                Some(line) => {
                    tracing::warn!(%peer, %why, "turned away; to allow it, write under [auth]: {line}; {MORE}");
                }
                None => tracing::warn!(%peer, %why, "turned away; {MORE}"),
            },
            error => tracing::warn!(%peer, %error, "turned away; {MORE}"),
        }
    }

    fn admit(&self, Incoming { peer, handshake }: Incoming, manner: Manner) {
        let server = self.clone();
        self.sessions.spawn(async move {
            match server.context.closing.run_until_cancelled(handshake).await {
                Some(Ok(connection)) => serve(server.context, connection, next(&server.next), manner).await,
                Some(Err(error)) => server.complain(&peer, &error),
                None => {}
            }
        });
    }
}

fn next(counter: &AtomicU64) -> SessionId {
    counter.fetch_add(1, Ordering::Relaxed)
}

/// What an endpoint's options say about its sessions.
fn manner(endpoint: &Endpoint) -> Manner {
    Manner {
        dialect: endpoint.option("dialect").and_then(DialectId::by_name),
        hello: endpoint.option("hello") != Some("off"),
    }
}
