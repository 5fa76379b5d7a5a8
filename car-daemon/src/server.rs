//! Listeners and the tasks of their sessions.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::DialectId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;
use transport::{Connection, Endpoint, HandshakeError, Incoming, Listener, Peer, Slot, Use, Web};

use crate::access::Access;
use crate::config::line_that_allows;
use crate::control::SessionId;
use crate::session::{Context, Manner, serve, turn_away};

/// Every session of a daemon, whatever it came by.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    context: Arc<Context>,
    listeners: TaskTracker,
    sessions: TaskTracker,
    next: Arc<AtomicU64>,
    /// Of all listeners together.
    places: Arc<Semaphore>,
    /// What the configuration lets in, to say what it would have to.
    web: Arc<Web>,
}

impl Server {
    pub(crate) fn new(context: Context, web: Web) -> Self {
        Self {
            places: Arc::new(Semaphore::new(context.limits.sessions)),
            context: Arc::new(context),
            listeners: TaskTracker::new(),
            sessions: TaskTracker::new(),
            next: Arc::new(AtomicU64::new(1)),
            web: Arc::new(web),
        }
    }

    /// What all sessions have in common.
    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// The tasks that open doors; [`drained`](Self::drained) waits for them.
    pub(crate) fn listeners(&self) -> &TaskTracker {
        &self.listeners
    }

    /// Takes in whoever comes to `listener`, until the daemon goes away.
    pub(crate) fn listen(&self, mut listener: Box<dyn Listener>) {
        let server = self.clone();
        let manner = manner(listener.endpoint());
        self.listeners.spawn(async move {
            let closing = server.context.closing.clone();
            while let Some(incoming) = closing.run_until_cancelled(listener.accept()).await {
                server.admit(incoming, manner.clone(), Ok(None));
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

    /// Logs that somebody was turned away. Who broke off or was slow is no news.
    pub(crate) fn complain(&self, peer: &Peer, error: &HandshakeError) {
        self.context.shared.metrics.turned_away(error);
        match error {
            HandshakeError::Io(_) | HandshakeError::TimedOut(_) => {
                tracing::debug!(%peer, %error, "turned away");
            }
            HandshakeError::Forbidden(why) => match line_that_allows(&self.web, why) {
                Some(line) => {
                    tracing::warn!(%peer, %why, "turned away; to allow it, write under [auth]: {line}");
                }
                None => tracing::warn!(%peer, %why, "turned away"),
            },
            error => tracing::warn!(%peer, %error, "turned away"),
        }
    }

    /// Takes in somebody who came to a listener that is not one of [`listen`](Self::listen), if there is a place for it
    /// there, or turns it away in words.
    pub(crate) fn admit_at(
        &self,
        incoming: Incoming,
        at: &Endpoint,
        place: Result<Slot<IpAddr>, HandshakeError>,
    ) {
        self.admit(incoming, manner(at), place.map(Some));
    }

    fn admit(
        &self,
        Incoming { peer, handshake }: Incoming,
        manner: Manner,
        place: Result<Option<Slot<IpAddr>>, HandshakeError>,
    ) {
        let server = self.clone();
        self.sessions.spawn(async move {
            match server.context.closing.run_until_cancelled(handshake).await {
                Some(Ok(connection)) => server.take_in(connection, manner, place).await,
                Some(Err(error)) => server.complain(&peer, &error),
                None => {}
            }
        });
    }

    /// `there`: its place at a listener that does not keep these itself.
    async fn take_in(
        self,
        connection: Connection,
        manner: Manner,
        there: Result<Option<Slot<IpAddr>>, HandshakeError>,
    ) {
        match there.and_then(|there| Ok((there, self.place()?))) {
            Ok(_places) => serve(self.context, connection, next(&self.next), manner).await,
            Err(full) => {
                self.complain(&connection.peer, &full);
                turn_away(&self.context, connection, manner, full.to_string()).await;
            }
        }
    }

    /// A place for one more session, or why there is none.
    fn place(&self) -> Result<OwnedSemaphorePermit, HandshakeError> {
        let Context { limits, memory, .. } = &*self.context;
        if !memory.has(1, Use::Spare) {
            let full = format!("the {} bytes of memory for clients are in use", memory.most);
            return Err(HandshakeError::Full(full));
        }
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_none| {
            HandshakeError::Full(format!("all {} sessions of this daemon are in use", limits.sessions))
        })
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

#[cfg(test)]
mod tests;
