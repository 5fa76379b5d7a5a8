//! Listeners and the tasks of their sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::DialectId;
use tokio_util::task::TaskTracker;
use transport::{Endpoint, HandshakeError, Incoming, Listener};

use crate::access::Access;
use crate::control::SessionId;
use crate::session::{Context, Manner, serve};

/// Every session of a daemon, whatever it came by.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    context: Arc<Context>,
    listeners: TaskTracker,
    sessions: TaskTracker,
    next: Arc<AtomicU64>,
    /// The second, from 1, in which it was last said that somebody was turned away.
    complained: Arc<AtomicU64>,
}

impl Server {
    pub(crate) fn new(context: Context) -> Self {
        Self {
            context: Arc::new(context),
            listeners: TaskTracker::new(),
            sessions: TaskTracker::new(),
            next: Arc::new(AtomicU64::new(1)),
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
                server.admit(incoming, manner.clone());
            }
            // Datagrams leave by the listener's socket, so goodbyes come before its end.
            server.sessions.wait().await;
            listener.close().await;
        });
    }

    /// From now on `access` says who may do what, of those who are here already, too.
    pub(crate) fn decide_by(&self, access: Access) {
        self.context.doors.decide_by(access);
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

    fn admit(&self, Incoming { peer, handshake }: Incoming, manner: Manner) {
        let server = self.clone();
        self.sessions.spawn(async move {
            match server.context.closing.run_until_cancelled(handshake).await {
                Some(Ok(connection)) => serve(server.context, connection, next(&server.next), manner).await,
                Some(Err(full @ HandshakeError::Full(_))) if server.may_complain() => {
                    tracing::warn!(%peer, %full, "turned away; more of this within a second is not logged");
                }
                Some(Err(error)) => tracing::debug!(%peer, %error, "turned away"),
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
        at: Arc::new(endpoint.clone()),
        dialect: endpoint.option("dialect").and_then(DialectId::by_name),
        hello: endpoint.option("hello") != Some("off"),
    }
}
