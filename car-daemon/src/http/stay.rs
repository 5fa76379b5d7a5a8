//! For how long somebody may have an answer that does not end by itself.
//!
//! What must never live here: what is answered.

use std::sync::Arc;

use tokio::sync::watch;
use transport::{Endpoint, Peer, Presented};

use crate::access::Access;

/// Somebody who was let in, by what it showed.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    access: watch::Receiver<Arc<Access>>,
    peer: Peer,
    at: Arc<Endpoint>,
    shown: Presented,
}

impl Stay {
    /// `access` is what decides, as it was when this was let in.
    pub(super) fn new(
        access: watch::Receiver<Arc<Access>>,
        peer: Peer,
        at: Arc<Endpoint>,
        shown: Presented,
    ) -> Self {
        Self { access, peer, at, shown }
    }

    /// Waits until it would not be let in any more. Cancel-safe.
    pub(super) async fn ended(&mut self) {
        loop {
            // Who decides lives as long as the daemon answers.
            if self.access.changed().await.is_err() || !self.is_let_in() {
                return;
            }
        }
    }

    /// As of a request that comes now and shows the same.
    fn is_let_in(&mut self) -> bool {
        let access = Arc::clone(&self.access.borrow_and_update());
        let wrong = |token| access.has_tokens() && !access.knows(token);
        !self.shown.token.as_ref().is_some_and(wrong)
            && access.grant(&self.peer, &self.at, &self.shown).role.is_some()
    }
}

#[cfg(test)]
impl Stay {
    /// Of somebody at the same machine, where no tokens are, for ever.
    pub(super) fn for_ever() -> Self {
        let (decides, access) =
            watch::channel(Arc::new(Access::new(crate::config::Config::standard().auth, 0)));
        // Whoever decides is there to the end of the test.
        Box::leak(Box::new(decides));
        let at = Arc::new("ws://127.0.0.1:0/ws".parse().expect("an endpoint"));
        Self::new(access, Peer::Socket(([127, 0, 0, 1], 4711).into()), at, Presented::default())
    }
}
