//! Listeners and the tasks of their sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::DialectId;
use tokio_util::task::TaskTracker;
use transport::{Endpoint, HandshakeError, Incoming, Listener};

use crate::control::SessionId;
use crate::session::{Context, Manner, serve};

/// Every session of a daemon, whatever it came by.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    context: Arc<Context>,
    listeners: TaskTracker,
    sessions: TaskTracker,
    next: Arc<AtomicU64>,
}

impl Server {
    pub(crate) fn new(context: Context) -> Self {
        Self {
            context: Arc::new(context),
            listeners: TaskTracker::new(),
            sessions: TaskTracker::new(),
            next: Arc::new(AtomicU64::new(1)),
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

    fn admit(&self, Incoming { peer, handshake }: Incoming, manner: Manner) {
        let server = self.clone();
        self.sessions.spawn(async move {
            match server.context.closing.run_until_cancelled(handshake).await {
                Some(Ok(connection)) => serve(server.context, connection, next(&server.next), manner).await,
                Some(Err(full @ HandshakeError::Full(_))) => tracing::info!(%peer, %full, "turned away"),
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
        dialect: endpoint.option("dialect").and_then(DialectId::by_name),
        hello: endpoint.option("hello") != Some("off"),
    }
}
