//! What one session may do, and by what: the shell around `access`.
//!
//! What must never live here: what a role may do.

use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::{Code, Command, Fault, Request, Requests, Token};
use tokio::sync::watch;
use transport::{Connection, Endpoint, Peer, Presented};

use crate::access::{Access, Guesses, MOST_GUESSES, Origin};
use crate::control::{Grant, SessionId};

/// Whoever decides, for all sessions of a daemon.
#[derive(Debug)]
pub(crate) struct Doors {
    access: watch::Sender<Arc<Access>>,
    guesses: Mutex<Guesses>,
    /// Wrong tokens since the start.
    wrong: AtomicU64,
}

impl Doors {
    pub(crate) fn new(access: Access) -> Self {
        Self {
            access: watch::Sender::new(Arc::new(access)),
            guesses: Mutex::default(),
            wrong: AtomicU64::new(0),
        }
    }

    /// From now on this decides, about those who are here already, too.
    pub(crate) fn decide_by(&self, access: Access) {
        self.access.send_replace(Arc::new(access));
    }

    /// Who decides now.
    pub(crate) fn access(&self) -> Arc<Access> {
        Arc::clone(&self.access.borrow())
    }

    /// Who decides, as that changes.
    pub(crate) fn watch(&self) -> watch::Receiver<Arc<Access>> {
        self.access.subscribe()
    }

    /// How many wrong tokens were shown since the start.
    pub(crate) fn wrong_tokens(&self) -> u64 {
        self.wrong.load(Ordering::Relaxed)
    }

    /// Looks at a token before it is answered, where there are any that could be guessed. A wrong one is
    /// counted, and logged under who showed it.
    pub(crate) fn weigh(&self, access: &Access, token: &Token, by: Shower<'_>, now: Duration) -> Weighed {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let Shower { session, peer, origin, at } = by;
        if access.knows(token) {
            return Weighed { wait: guesses.wait(origin, now), ..Weighed::default() };
        }
        let wrong = guesses.wrong(origin, now);
        drop(guesses);
        self.wrong.fetch_add(1, Ordering::Relaxed);
        if let Some(unlogged) = wrong.tell {
            let count = wrong.count;
            tracing::warn!(session, %peer, listener = %at, count, unlogged, "a wrong token");
        }
        Weighed { wait: wrong.wait, wrong: true, turned_away: wrong.turned_away }
    }
}

/// Who shows a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shower<'a> {
    /// Absent where a token comes without a session.
    pub(crate) session: Option<SessionId>,
    pub(crate) peer: &'a Peer,
    /// To whom a guess is counted.
    pub(crate) origin: Origin,
    pub(crate) at: &'a Endpoint,
}

/// What a token costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weighed {
    /// How long its answer waits.
    pub(crate) wait: Duration,
    /// It is not known.
    pub(crate) wrong: bool,
    /// One too many came from there: whoever showed it is not heard on.
    pub(crate) turned_away: bool,
}

/// Where a session stands.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) grant: Grant,
    peer: Peer,
    at: Arc<Endpoint>,
    /// What it has shown; a token only once it was weighed.
    shown: Presented,
    access: watch::Receiver<Arc<Access>>,
    /// Wrong tokens that it has shown.
    wrong: u32,
    turned_away: bool,
    /// A token that it has shown is not answered yet, so none is looked at.
    pub(crate) waits: bool,
}

impl Standing {
    /// Of a newcomer to the listener `at`.
    pub(crate) fn new(doors: &Doors, newcomer: &Connection, at: Arc<Endpoint>) -> Self {
        let access = doors.access.subscribe();
        let mut standing = Self {
            grant: Grant { role: None, priority: 0, principal: None },
            peer: newcomer.peer.clone(),
            at,
            shown: Presented { token: None, ..newcomer.presented.clone() },
            access,
            wrong: 0,
            turned_away: false,
            waits: false,
        };
        let access = Arc::clone(&standing.access.borrow());
        standing.grant = standing.granted(&access);
        standing
    }

    /// Looks at every token of a message before it is answered: how long the answer has to wait. Only
    /// this session waits for it.
    pub(crate) fn weigh(
        &mut self,
        id: SessionId,
        requests: &Requests,
        doors: &Doors,
        now: Duration,
    ) -> Duration {
        let mut longest = Duration::ZERO;
        if tokens(requests).next().is_none() {
            return longest;
        }
        let access = Arc::clone(&self.access.borrow());
        // Where there is no token there is none to guess.
        for token in tokens(requests).filter(|_| access.has_tokens()) {
            if self.is_spent() {
                break;
            }
            let origin = Origin::of(&self.peer);
            let by = Shower { session: Some(id), peer: &self.peer, origin, at: &self.at };
            let weighed = doors.weigh(&access, token, by, now);
            self.wrong += u32::from(weighed.wrong);
            self.turned_away |= weighed.turned_away;
            longest = longest.max(weighed.wait);
        }
        longest
    }

    /// What a token that is shown now gives.
    ///
    /// # Errors
    /// Where it is not known, or not even looked at.
    pub(crate) fn show(&mut self, token: &Token) -> Result<Grant, Fault> {
        if self.waits {
            return Err(Fault::new(Code::BUSY, "one token at a time: another is not answered yet"));
        }
        let access = Arc::clone(&self.access.borrow());
        if self.is_spent() || !access.knows(token) {
            let message = if access.has_tokens() {
                "this token is not known here"
            } else {
                "no tokens are known here: come without one"
            };
            return Err(Fault::new(Code::NOT_AUTHORISED, message));
        }
        self.shown.token = Some(token.clone());
        self.grant = self.granted(&access);
        Ok(self.grant.clone())
    }

    /// Waits until others decide.
    pub(crate) async fn reconsidered(&mut self) {
        // The sender lives as long as the daemon has sessions.
        let _ = self.access.changed().await;
    }

    /// Whether others decide by now.
    pub(crate) fn is_outdated(&self) -> bool {
        self.access.has_changed().unwrap_or(false)
    }

    /// By which transport it came.
    pub(crate) fn scheme(&self) -> &str {
        self.at.scheme()
    }

    /// What it gets from those who decide now, if that is something else.
    pub(crate) fn reconsider(&mut self) -> Option<Grant> {
        let access = Arc::clone(&self.access.borrow_and_update());
        self.shown.token.take_if(|token| !access.knows(token));
        let grant = self.granted(&access);
        let changed = grant != self.grant;
        self.grant = grant;
        changed.then(|| self.grant.clone())
    }

    /// Why the session must end for the tokens that it has shown, if it must.
    pub(crate) fn spent(&self) -> Option<&'static str> {
        if self.turned_away {
            Some("too many wrong tokens came from this address: each is one too many for a minute")
        } else if self.wrong >= MOST_GUESSES {
            Some("too many wrong tokens")
        } else {
            None
        }
    }

    fn is_spent(&self) -> bool {
        self.spent().is_some()
    }

    fn granted(&self, access: &Access) -> Grant {
        access.grant(&self.peer, &self.at, &self.shown)
    }
}

/// The tokens that a message shows.
fn tokens(requests: &Requests) -> impl Iterator<Item = &Token> {
    let requests = match requests {
        Requests::One(request) => slice::from_ref(request),
        Requests::Batch(requests) => requests,
    };
    requests.iter().filter_map(|Request { command, .. }| match command {
        Ok(Command::Auth { token } | Command::Hello { token: Some(token), .. }) => Some(token),
        _ => None,
    })
}
