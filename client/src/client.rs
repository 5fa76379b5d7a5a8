//! The handle of a client: how it is connected, how a call is made, and the state of the link. What can
//! be called is in `calls.rs`.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use protocol::{Command, Event, Hello, State};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};
use transport::{ClientTls, Connection, DialOptions, Endpoint, Key, Keys, Limits, Secret, Security, Table};

use crate::backoff::Backoff;
use crate::error::{CallError, ConnectError};
use crate::task::{Call, Entry, Task};

/// Calls that wait for the task.
const CALLS: usize = 16;

/// Events that a slow listener may fall behind.
const EVENTS: usize = 64;

/// How much longer the answer to a token may take than any other: the daemon's longest wait where
/// somebody has been guessing.
const SLOWED: Duration = Duration::from_secs(8);

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// How it calls itself, for the daemon's log; at most 64 characters.
    pub name: Option<String>,
    /// Proves what it may do; shown first on each connection.
    pub token: Option<Secret>,
    /// How long a call waits for its answer.
    pub timeout: Duration,
    /// The first and the longest pause between attempts to connect again.
    pub retry: (Duration, Duration),
    /// Whom to believe over `tls` and `wss`: nobody, unless this or the URL has a pin or this a root.
    pub tls: ClientTls,
    /// Bounds of the transport.
    pub limits: Limits,
    /// The key to show to an endpoint with `integrity=psk`.
    pub psk: Option<Key>,
    /// Where the randomness of those pauses begins, so that a run can be repeated; drawn by the system
    /// where it is `None`.
    pub seed: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: None,
            token: None,
            timeout: Duration::from_secs(2),
            retry: (Duration::from_millis(100), Duration::from_secs(5)),
            tls: ClientTls::default(),
            limits: Limits::default(),
            psk: None,
            seed: None,
        }
    }
}

impl Options {
    /// The transports that dial so.
    #[must_use]
    pub fn table(&self) -> Table {
        let dial = DialOptions { token: self.token.clone(), tls: self.tls.clone() };
        let psk = self.psk.clone().map(Keys::from).unwrap_or_default();
        Table::with(&self.limits, &Security { dial, psk, ..Security::default() })
    }
}

/// Whether there is a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkState {
    /// There is one.
    Up {
        /// Who is there; `None` until it has said `hello`, which over UDP it never does.
        daemon: Option<Arc<Hello>>,
    },
    /// There is none; the client is trying.
    Down {
        /// Why, in words.
        why: String,
    },
}

/// How a client gets a connection again when one was lost. A closure is one.
pub trait Redial: Send {
    /// One attempt; an error says in words why it failed.
    fn redial(&mut self) -> BoxFuture<'static, Result<Connection, String>>;
}

impl<F: FnMut() -> BoxFuture<'static, Result<Connection, String>> + Send> Redial for F {
    fn redial(&mut self) -> BoxFuture<'static, Result<Connection, String>> {
        self()
    }
}

/// A client of a car. Clones share one connection; it ends with the last of them.
#[derive(Clone, Debug)]
pub struct Client {
    calls: mpsc::Sender<Call>,
    timeout: Duration,
    link: watch::Receiver<LinkState>,
    pub(crate) states: watch::Receiver<Option<Arc<State>>>,
    /// Never read: a receiver and not the sender, so that listeners hear of the end of the task.
    pub(crate) events: Arc<broadcast::Receiver<Event>>,
}

impl Client {
    /// Connects, and from then on keeps the connection. Where there is a token, it is accepted once this
    /// returns; one that counts no more later on is shown again once a minute.
    ///
    /// # Errors
    /// Where nobody answers at `url`, nobody there has the same key, or the token is refused; only a
    /// connection that once was is tried again.
    pub async fn connect(url: &Endpoint, options: Options) -> Result<Self, ConnectError> {
        let table = options.table();
        let connection = table.dial(url).await?;
        let url = url.clone();
        let redial = move || {
            let (table, url) = (table.clone(), url.clone());
            async move { table.dial(&url).await.map_err(|error| error.to_string()) }.boxed()
        };
        let (shows, patience) = (options.token.is_some(), options.timeout + SLOWED);
        let (client, entered) = Self::start(connection, redial, options);
        if shows {
            match timeout(patience, entered).await {
                Ok(Ok(entered)) => entered.map_err(ConnectError::Refused)?,
                Ok(Err(_)) => return Err(ConnectError::Unanswered(client.why_down())),
                Err(_) => return Err(ConnectError::Unanswered(format!("nothing within {patience:?}"))),
            }
        }
        Ok(client)
    }

    /// On a connection that is there already. Must be called within a tokio runtime.
    pub fn new(connection: Connection, redial: impl Redial + 'static, options: Options) -> Self {
        Self::start(connection, redial, options).0
    }

    /// A client, and what becomes of its token on the first connection.
    fn start(
        connection: Connection,
        redial: impl Redial + 'static,
        options: Options,
    ) -> (Self, oneshot::Receiver<Entry>) {
        let (entry, entered) = oneshot::channel();
        let (calls, asked) = mpsc::channel(CALLS);
        let (link, link_seen) = watch::channel(LinkState::Up { daemon: None });
        let (states, states_seen) = watch::channel(None);
        let (events, events_seen) = broadcast::channel(EVENTS);
        let task = Task {
            calls: asked,
            link,
            states,
            events,
            name: options.name,
            token: options.token,
            entry: Some(entry),
            refused: false,
            redial: Box::new(redial),
            backoff: Backoff::new(options.retry.0, options.retry.1),
            chance: options.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
        };
        tokio::spawn(task.run(connection));
        let client = Self {
            calls,
            timeout: options.timeout,
            link: link_seen,
            states: states_seen,
            events: Arc::new(events_seen),
        };
        (client, entered)
    }

    fn why_down(&self) -> String {
        match &*self.link.borrow() {
            LinkState::Down { why } => why.clone(),
            LinkState::Up { .. } => "it was cut off".to_owned(),
        }
    }

    /// Whether there is a connection, to look at or to wait on.
    #[must_use]
    pub fn link(&self) -> watch::Receiver<LinkState> {
        self.link.clone()
    }

    /// Sends any command and waits for its answer.
    ///
    /// # Errors
    /// At once where there is no connection; else as [`CallError`] says.
    pub async fn call(&self, command: Command) -> Result<Value, CallError> {
        self.call_within(self.timeout, command).await
    }

    /// The same, with as much patience as what is asked takes.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_within(&self, patience: Duration, command: Command) -> Result<Value, CallError> {
        if let LinkState::Down { why } = &*self.link.borrow() {
            return Err(CallError::Disconnected(why.clone()));
        }
        let gone = || CallError::Disconnected("the client was closed".to_owned());
        let (answer, answered) = oneshot::channel();
        let deadline = Instant::now() + patience;
        let exchange = async {
            let call = Call { command, deadline, answer };
            self.calls.send(call).await.map_err(|_| gone())?;
            // Who waited too long may be forgotten a moment before its own clock says so.
            let forgotten = || if Instant::now() < deadline { gone() } else { CallError::TimedOut(patience) };
            answered.await.map_err(|_| forgotten())?
        };
        timeout_at(deadline, exchange).await.unwrap_or(Err(CallError::TimedOut(patience)))
    }

    pub(crate) async fn typed<T: DeserializeOwned>(&self, command: Command) -> Result<T, CallError> {
        self.typed_within(self.timeout, command).await
    }

    pub(crate) async fn typed_within<T: DeserializeOwned>(
        &self,
        patience: Duration,
        command: Command,
    ) -> Result<T, CallError> {
        let answer = self.call_within(patience, command).await?;
        serde_json::from_value(answer).map_err(|error| CallError::Misunderstood(error.to_string()))
    }
}
