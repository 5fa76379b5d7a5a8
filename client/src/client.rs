//! The handle of a client: calls, typed answers, and the state of the link.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use protocol::{
    Angle, AngularSpeed, Command, Event, Gimbal, Hello, Info, LinearSpeed, Power, Rate, State, Topics, Ttl,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};
use transport::{Connection, DialError, Endpoint, Limits, Table};

use crate::answer::{Accepted, Pong, Subscribed};
use crate::backoff::Backoff;
use crate::error::CallError;
use crate::subscription::Subscription;
use crate::task::{Call, Task};

/// Calls that wait for the task.
const CALLS: usize = 16;

/// Events that a slow listener may fall behind.
const EVENTS: usize = 64;

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// How it calls itself, for the daemon's log; at most 64 characters.
    pub name: Option<String>,
    /// How long a call waits for its answer.
    pub timeout: Duration,
    /// The first and the longest pause between attempts to connect again.
    pub retry: (Duration, Duration),
    /// Bounds of the transport.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: None,
            timeout: Duration::from_secs(2),
            retry: (Duration::from_millis(100), Duration::from_secs(5)),
            limits: Limits::default(),
        }
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
    states: watch::Receiver<Option<Arc<State>>>,
    /// Never read: a receiver and not the sender, so that listeners hear of the end of the task.
    events: Arc<broadcast::Receiver<Event>>,
}

impl Client {
    /// Connects, and from then on keeps the connection.
    ///
    /// # Errors
    /// Where nobody answers at `url`; only a connection that once was is tried again.
    pub async fn connect(url: &Endpoint, options: Options) -> Result<Self, DialError> {
        let table = Table::new(&options.limits);
        let connection = table.dial(url).await?;
        let url = url.clone();
        let redial = move || {
            let (table, url) = (table.clone(), url.clone());
            async move { table.dial(&url).await.map_err(|error| error.to_string()) }.boxed()
        };
        Ok(Self::new(connection, redial, options))
    }

    /// On a connection that is there already. Must be called within a tokio runtime.
    pub fn new(connection: Connection, redial: impl Redial + 'static, options: Options) -> Self {
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
            redial: Box::new(redial),
            backoff: Backoff::new(options.retry.0, options.retry.1),
        };
        tokio::spawn(task.run(connection));
        Self {
            calls,
            timeout: options.timeout,
            link: link_seen,
            states: states_seen,
            events: Arc::new(events_seen),
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
        if let LinkState::Down { why } = &*self.link.borrow() {
            return Err(CallError::Disconnected(why.clone()));
        }
        let gone = || CallError::Disconnected("the client was closed".to_owned());
        let (answer, answered) = oneshot::channel();
        let deadline = Instant::now() + self.timeout;
        let exchange = async {
            let call = Call { command, deadline, answer };
            self.calls.send(call).await.map_err(|_| gone())?;
            // Who waited too long may be forgotten a moment before its own clock says so.
            let forgotten =
                || if Instant::now() < deadline { gone() } else { CallError::TimedOut(self.timeout) };
            answered.await.map_err(|_| forgotten())?
        };
        timeout_at(deadline, exchange).await.unwrap_or(Err(CallError::TimedOut(self.timeout)))
    }

    /// Drives by power until `ttl` is over; the daemon's default where there is none.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn drive(
        &self,
        throttle: Power,
        steer: Power,
        ttl: Option<Ttl>,
    ) -> Result<Accepted, CallError> {
        self.typed(Command::Drive { throttle, steer, strafe: None, ttl, seq: None, t: None }).await
    }

    /// Drives by speed until `ttl` is over; the daemon's default where there is none.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn velocity(
        &self,
        linear: LinearSpeed,
        angular: AngularSpeed,
        ttl: Option<Ttl>,
    ) -> Result<Accepted, CallError> {
        self.typed(Command::Velocity { linear, angular, ttl, seq: None, t: None }).await
    }

    /// Stands still.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn stop(&self) -> Result<Accepted, CallError> {
        self.typed(Command::Stop { seq: None }).await
    }

    /// Turns the camera to these angles; gives those after limits.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn look(&self, pan: Option<Angle>, tilt: Option<Angle>) -> Result<Gimbal, CallError> {
        self.typed(Command::Look { pan, tilt }).await
    }

    /// Turns the camera by these angles; gives those after limits.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn nudge(&self, pan: Angle, tilt: Angle) -> Result<Gimbal, CallError> {
        self.typed(Command::Nudge { pan, tilt }).await
    }

    /// Turns the camera straight ahead.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn center(&self) -> Result<Gimbal, CallError> {
        self.typed(Command::Center).await
    }

    /// The state, asked for once.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn state(&self) -> Result<State, CallError> {
        self.typed(Command::State).await
    }

    /// What there is to know about the car.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn info(&self) -> Result<Info, CallError> {
        self.typed(Command::Info).await
    }

    /// Sends a value there and back.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn ping(&self, value: Value) -> Result<Pong, CallError> {
        self.typed(Command::Ping { value }).await
    }

    /// States and events from now on, across reconnections.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn subscribe(&self, topics: Topics, rate: Option<Rate>) -> Result<Subscription, CallError> {
        // Made first, so that nothing that is said right after the answer is missed.
        let mut subscription =
            Subscription { states: self.states.clone(), events: self.events.resubscribe() };
        subscription.states.mark_unchanged();
        self.typed::<Subscribed>(Command::Subscribe { topics, rate }).await?;
        Ok(subscription)
    }

    /// Topics no more, for every clone of this client; gives what is still subscribed.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn unsubscribe(&self, topics: Topics) -> Result<Subscribed, CallError> {
        self.typed(Command::Unsubscribe { topics }).await
    }

    async fn typed<T: DeserializeOwned>(&self, command: Command) -> Result<T, CallError> {
        let answer = self.call(command).await?;
        serde_json::from_value(answer).map_err(|error| CallError::Misunderstood(error.to_string()))
    }
}
