//! What the daemon says unasked, as a client hears it.

use std::sync::Arc;

use protocol::{Event, State};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// States and events, from the moment of the subscription; it outlives a broken connection.
///
/// Each method may be dropped while it waits, and loses nothing.
#[derive(Debug)]
pub struct Subscription {
    pub(crate) states: watch::Receiver<Option<Arc<State>>>,
    pub(crate) events: broadcast::Receiver<Event>,
}

impl Subscription {
    /// The newest state that this subscription has not given yet; `None` when the client is gone.
    /// Who asks seldom gets the newest, never a queue of old ones.
    pub async fn state(&mut self) -> Option<Arc<State>> {
        loop {
            self.states.changed().await.ok()?;
            let newest = self.states.borrow_and_update().clone();
            if newest.is_some() {
                return newest;
            }
        }
    }

    /// The next event; `None` when the client is gone. Who falls 64 events behind misses the oldest.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            match self.events.recv().await {
                Ok(event) => return Some(event),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
