//! The task behind a client: the only owner of the connection. It speaks, listens, and connects
//! again.

use std::future::{pending, poll_fn};
use std::iter::{once, repeat};
use std::mem::take;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use protocol::{
    Channel, Code, Command, DialectId, Event, Fault, Hello, Id, Outgoing, Rate, State, Token, Topics,
};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use transport::{Caps, Connection, RecvError, SendError};

use crate::answer::Subscribed;
use crate::backoff::Backoff;
use crate::client::{LinkState, Redial};
use crate::clock::Clock;
use crate::error::CallError;
use crate::numbering::Numbering;
use crate::pending::Pending;
use crate::vigil::{Due, Vigil};

/// The json dialect: every transport carries it.
const DIALECT: DialectId = DialectId::Json;

/// Frames in the outbox. Calls enter it one at a time; the rest is for what is said on connecting.
const QUEUE: usize = 4;

/// Bytes in the outbox; what is said on connecting is far less.
const QUEUE_BYTES: usize = 64 * 1024;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long is listened for the reason why a connection broke.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Before a token that was refused is shown again: somebody must have changed the daemon's
/// configuration, and who guesses is turned away.
const REFUSED: Duration = Duration::from_secs(60);

/// What becomes of a token.
pub(crate) type Entry = Result<(), Fault>;

/// Where the answer to a call goes.
pub(crate) type Answer = oneshot::Sender<Result<Value, CallError>>;

/// A call on its way to the task.
pub(crate) struct Call {
    pub(crate) command: Command,
    /// Until then the caller waits.
    pub(crate) deadline: Instant,
    pub(crate) answer: Answer,
}

/// Whoever waits for an answer.
enum Waiter {
    /// A caller.
    Call {
        answer: Answer,
        /// The answer says what is subscribed.
        subscribes: bool,
    },
    /// The task itself: the answer says whether the token is known.
    Entry,
}

/// What the task needs for life.
pub(crate) struct Task {
    pub(crate) calls: mpsc::Receiver<Call>,
    pub(crate) link: watch::Sender<LinkState>,
    pub(crate) states: watch::Sender<Option<Arc<State>>>,
    pub(crate) events: broadcast::Sender<Event>,
    /// How the client calls itself.
    pub(crate) name: Option<String>,
    pub(crate) token: Option<Token>,
    /// Where to say what becomes of the token, on the first connection.
    pub(crate) entry: Option<oneshot::Sender<Entry>>,
    /// The token was refused on the last connection.
    pub(crate) refused: bool,
    pub(crate) redial: Box<dyn Redial>,
    pub(crate) backoff: Backoff,
    /// How long each of its pauses is.
    pub(crate) chance: fastrand::Rng,
}

/// The next thing that happened on a connection.
enum Happened {
    Due(Due),
    Asked(Option<Call>),
    Said(Option<Result<Outgoing, RecvError>>),
    Broke(SendError),
}

impl Task {
    /// Runs until the last handle is dropped.
    pub(crate) async fn run(mut self, mut connection: Connection) {
        let mut session = Session {
            pending: Pending::new(),
            subscribed: None,
            numbering: Numbering::default(),
            vigil: Vigil::new(Instant::now()),
            clock: Clock::default(),
        };
        loop {
            let mut channel = Channel::new(connection, Some(DIALECT), QUEUE, QUEUE_BYTES);
            let lost = self.converse(&mut channel, &mut session).await;
            let why = lost.as_deref().unwrap_or("the client was closed");
            for waiter in session.pending.abandon() {
                if let Waiter::Call { answer, .. } = waiter {
                    fail(answer, why);
                }
            }
            let Some(why) = lost else {
                // Nobody is left to hear of it if the goodbye does not arrive.
                let _ = timeout(GOODBYE, channel.close()).await;
                return;
            };
            drop(channel);
            match self.reconnect(why).await {
                Some(again) => connection = again,
                None => return,
            }
        }
    }

    /// Speaks and listens; says why the connection was lost, or `None` when no handle is left.
    async fn converse(&mut self, channel: &mut Channel, session: &mut Session) -> Option<String> {
        self.link.send_replace(LinkState::Up { daemon: None });
        session.vigil = Vigil::new(Instant::now());
        // It may be another daemon, or the same one started again.
        session.clock = Clock::default();
        let shown =
            self.token.is_some().then(|| session.pending.begin(Instant::now(), never(), Waiter::Entry));
        // Who shows a token says hello, so that is what is answered.
        for (command, id) in self.introduction(session).zip(once(shown).chain(repeat(None))) {
            if let Ok(frame) = DIALECT.get().request(id.as_ref(), &command) {
                channel.outbox.push(frame);
            }
        }
        let mut last_words = None;
        loop {
            let due = session.due(&channel.caps);
            let happened = tokio::select! {
                biased;
                due = at(due) => Happened::Due(due),
                happened = self.next(channel) => happened,
            };
            match happened {
                Happened::Due(Due::Speak) => session.speak(channel),
                Happened::Due(Due::Lost) => return Some("the daemon sends no states any more".to_owned()),
                Happened::Asked(Some(call)) => session.ask(channel, call),
                Happened::Asked(None) => return None,
                Happened::Said(Some(Ok(said))) => {
                    last_words = last_words_of(&said).or(last_words);
                    self.backoff.reset();
                    if let Some(why) = self.hear(session, said) {
                        return Some(why);
                    }
                }
                // A message that cannot be read answers no call; the next one may.
                Happened::Said(Some(Err(error))) if !error.is_fatal() => {}
                // Who is turned away may find its own greeting unread, and the connection reset for it.
                Happened::Said(Some(Err(error))) => return last_words.or_else(|| Some(error.to_string())),
                Happened::Said(None) => {
                    return last_words.or_else(|| Some("the daemon closed the connection".to_owned()));
                }
                // It may have been told why before it could say anything.
                Happened::Broke(_) if last_words.is_some() => return last_words,
                Happened::Broke(error) => {
                    let heard = timeout(LAST_WORDS, channel.next_outgoing()).await;
                    let said = heard.ok().flatten().and_then(Result::ok);
                    return said.as_ref().and_then(last_words_of).or_else(|| Some(error.to_string()));
                }
            }
        }
    }

    /// What is said first on a connection: who this is, and what it was subscribed to. Nothing that
    /// moves.
    fn introduction(&self, session: &Session) -> impl Iterator<Item = Command> {
        let (name, token) = (self.name.clone(), self.token.clone());
        let hello = (name.is_some() || token.is_some()).then_some(Command::Hello { name, token });
        let wanted = session.subscribed.filter(|wanted| wanted.topics != Topics::default());
        let subscribe = wanted.map(|Subscribed { topics, rate_hz }| Command::Subscribe {
            topics,
            rate: Rate::new("rate_hz", rate_hz).ok(),
        });
        hello.into_iter().chain(subscribe)
    }

    async fn next(&mut self, channel: &mut Channel) -> Happened {
        poll_fn(|cx| {
            if let Poll::Ready(Err(error)) = channel.outbox.poll_drain(cx) {
                return Poll::Ready(Happened::Broke(error));
            }
            // Calls wait for an empty outbox and not in it: one whose caller gave up is then never sent,
            // and a link that stalled does not deliver old motions when it comes back. They come
            // before what is heard, so that a flood of states cannot delay a stop.
            if channel.outbox.is_empty()
                && let Poll::Ready(call) = self.calls.poll_recv(cx)
            {
                return Poll::Ready(Happened::Asked(call));
            }
            channel.poll_outgoing(cx).map(Happened::Said)
        })
        .await
    }

    /// Passes on what was said; says why the connection is of no use, if it is not.
    fn hear(&mut self, session: &mut Session, said: Outgoing) -> Option<String> {
        match said {
            Outgoing::Reply { id, outcome } => return self.entered(session.settle(&id, outcome)?),
            Outgoing::Notification { method, params } => {
                if method == "state" {
                    session.vigil.told(Instant::now());
                }
                if let Some(t) = params["t"].as_f64() {
                    session.clock.told(t, Instant::now());
                }
                self.notify(&method, params);
            }
            Outgoing::Batch(all) => return all.into_iter().find_map(|said| self.hear(session, said)),
        }
        None
    }

    /// The token was answered; says why the connection is of no use, if it was refused.
    fn entered(&mut self, outcome: Result<Value, Fault>) -> Option<String> {
        let entry = outcome.map(|hello| self.notify("hello", hello));
        self.refused = entry.is_err();
        let why = entry.as_ref().err().map(|fault| fault.message.clone());
        if let Some(waiting) = self.entry.take() {
            // An error means that nobody asked.
            let _ = waiting.send(entry);
        }
        why
    }

    /// Passes on what was said unasked; what a newer daemon says beyond that is not for this client.
    fn notify(&self, method: &str, params: Value) {
        match method {
            "hello" => {
                if let Ok(hello) = serde_json::from_value::<Hello>(params) {
                    self.link.send_replace(LinkState::Up { daemon: Some(Arc::new(hello)) });
                }
            }
            "state" => {
                if let Ok(state) = serde_json::from_value::<State>(params) {
                    self.states.send_replace(Some(Arc::new(state)));
                }
            }
            "event" => {
                if let Ok(event) = serde_json::from_value::<Event>(params) {
                    // An error means that nobody listens.
                    let _ = self.events.send(event);
                }
            }
            _ => {}
        }
    }

    /// Tries until there is a connection again; `None` when no handle is left.
    async fn reconnect(&mut self, mut why: String) -> Option<Connection> {
        loop {
            self.link.send_replace(LinkState::Down { why: why.clone() });
            self.entry = None;
            let late = if take(&mut self.refused) { REFUSED } else { Duration::ZERO };
            let pause = self.backoff.pause(self.chance.f64()) + late;
            self.refusing(&why, sleep(pause)).await?;
            let attempt = self.redial.redial();
            match self.refusing(&why, attempt).await? {
                Ok(connection) => return Some(connection),
                Err(reason) => why = reason,
            }
        }
    }

    /// Waits for `work`, while every call fails at once; `None` when no handle is left.
    async fn refusing<T>(&mut self, why: &str, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                call = self.calls.recv() => fail(call?.answer, why),
            }
        }
    }
}

/// What outlives a connection.
struct Session {
    pending: Pending<Waiter>,
    subscribed: Option<Subscribed>,
    numbering: Numbering,
    vigil: Vigil,
    clock: Clock,
}

impl Session {
    /// What the lack of a link makes due next, if it lacks.
    fn due(&self, caps: &Caps) -> Option<(Instant, Due)> {
        if caps.linked { None } else { self.subscribed.and_then(|subscribed| self.vigil.due(subscribed)) }
    }

    /// Lets the daemon hear of this client.
    fn speak(&mut self, channel: &mut Channel) {
        self.vigil.spoke(Instant::now());
        let ping = Command::Ping { value: Value::Null };
        // What waits already will be heard, too.
        if channel.outbox.is_empty()
            && let Ok(frame) = DIALECT.get().request(None, &ping)
        {
            channel.outbox.push(frame);
        }
    }

    /// Sends a call, unless its caller has given up.
    fn ask(&mut self, channel: &mut Channel, Call { mut command, deadline, answer }: Call) {
        let now = Instant::now();
        if answer.is_closed() || deadline <= now {
            return;
        }
        if !channel.caps.ordered {
            self.numbering.number(&mut command);
        }
        self.clock.stamp(&mut command, now);
        let subscribes = matches!(command, Command::Subscribe { .. } | Command::Unsubscribe { .. });
        let id = self.pending.begin(now, deadline, Waiter::Call { answer, subscribes });
        match DIALECT.get().request(Some(&id), &command) {
            // There is room: a call is only taken when the outbox is empty.
            Ok(frame) => drop(channel.outbox.push(frame)),
            Err(fault) => drop(self.settle(&id, Err(fault))),
        }
    }

    /// Gives an answer to whoever waits for it; back comes the one to the token.
    fn settle(&mut self, id: &Id, outcome: Result<Value, Fault>) -> Option<Result<Value, Fault>> {
        if let Err(Fault { code: Code::STALE, data: Some(data), .. }) = &outcome
            && let Some(t) = data["t"].as_f64()
        {
            self.clock.told(t, Instant::now());
        }
        let (answer, subscribes) = match self.pending.settle(id)? {
            Waiter::Call { answer, subscribes } => (answer, subscribes),
            Waiter::Entry => return Some(outcome),
        };
        if let (true, Ok(result)) = (subscribes, &outcome) {
            self.subscribed = Subscribed::deserialize(result).ok();
            self.vigil.told(Instant::now());
        }
        // An error means that the caller has given up.
        let _ = answer.send(outcome.map_err(CallError::Refused));
        None
    }
}

/// Why the daemon is about to close the connection, if that is what it says: an error that answers
/// no call.
fn last_words_of(said: &Outgoing) -> Option<String> {
    match said {
        Outgoing::Reply { id: Id::Null, outcome: Err(fault) } => Some(fault.message.clone()),
        _ => None,
    }
}

fn fail(answer: Answer, why: &str) {
    // An error means that the caller has given up.
    let _ = answer.send(Err(CallError::Disconnected(why.to_owned())));
}

/// The answer to a token is waited for as long as the connection lasts.
fn never() -> Instant {
    Instant::now() + Duration::from_secs(86_400)
}

/// Waits until something is due; for ever where nothing is.
async fn at(due: Option<(Instant, Due)>) -> Due {
    match due {
        Some((when, what)) => {
            sleep_until(when).await;
            what
        }
        None => pending().await,
    }
}
