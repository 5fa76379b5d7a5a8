//! What the daemon says unasked, as a client hears it.

use std::sync::Arc;

use protocol::{Event, State};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// Either of what a subscription gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The newest state.
    State(Arc<State>),
    /// The next event.
    Event(Event),
}

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
        next_state(&mut self.states).await
    }

    /// The next event; `None` when the client is gone. Who falls 64 events behind misses the oldest.
    pub async fn event(&mut self) -> Option<Event> {
        next_event(&mut self.events).await
    }

    /// Whichever comes next; `None` when the client is gone.
    pub async fn next(&mut self) -> Option<Told> {
        tokio::select! {
            biased;
            event = next_event(&mut self.events) => event.map(Told::Event),
            state = next_state(&mut self.states) => state.map(Told::State),
        }
    }
}

async fn next_state(states: &mut watch::Receiver<Option<Arc<State>>>) -> Option<Arc<State>> {
    loop {
        states.changed().await.ok()?;
        let newest = states.borrow_and_update().clone();
        if newest.is_some() {
            return newest;
        }
    }
}

async fn next_event(events: &mut broadcast::Receiver<Event>) -> Option<Event> {
    loop {
        match events.recv().await {
            Ok(event) => return Some(event),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
