//! The loop of a session: hears, has it answered, tells.

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use protocol::{Channel, Code, DialectId, Event, Fault, Notification, Role};
use tokio::sync::broadcast::{self, error::RecvError as Lag};
use tokio::task::consume_budget;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use transport::{Connection, Endpoint, Memory, RecvError, SendError};

use super::answer::{Asker, refusal};
use super::entry::Held;
use super::order::{Ordered, outcome};
use super::pace::Pace;
use super::standing::{Doors, Standing};
use super::step::{Step, Stuck, broken, poll_step};
use crate::clock::Clock;
use crate::config::SessionLimits;
use crate::control::SessionId;
use crate::hardware::Haste;
use crate::info::Identity;
use crate::lockstep::Word;
use crate::shared::{Shared, Visit};
use crate::telemetry::Happened;

/// Requests of one peer between two looks at what else there is to do for it.
const AT_ONCE: usize = 16;

/// What every session of a daemon has in common.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Clock,
    pub(crate) identity: Identity,
    pub(crate) limits: SessionLimits,
    /// For all that waits to be sent.
    pub(crate) memory: Memory,
    pub(crate) doors: Doors,
    /// Cancelled when the daemon goes away, after its goodbye has been said as an event.
    pub(crate) closing: CancellationToken,
}

/// How the endpoint wants its sessions.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) at: Arc<Endpoint>,
    pub(crate) dialect: Option<DialectId>,
    pub(crate) hello: bool,
}

/// Serves one connection until it ends. The gate knows of it for exactly as long.
pub(crate) async fn serve(context: Arc<Context>, connection: Connection, id: SessionId, manner: Manner) {
    let peer = connection.peer.to_string();
    let linked = connection.caps.linked;
    tracing::info!(session = id, %peer, "connected");
    let mut registered = Registered { context: &context, id, open: true };
    let standing = Standing::new(&context.doors, &connection, manner.at);
    let visit = Visit { peer: &peer, linked, link: connection.link.clone(), grant: standing.grant.clone() };
    context.shared.open(id, visit, context.clock.now());

    let shown = connection.presented.token.clone();
    let came = Instant::now();
    let counted = context.shared.metrics.session(standing.scheme(), standing.grant.role);
    let (subscription, answered) = Default::default();
    let asker = Asker { id, context: &context, subscription, standing, counted, answered };
    let mut channel =
        Channel::new(connection, manner.dialect, context.limits.send_queue, context.limits.send_bytes);
    channel.outbox.draw_on(&context.memory);
    let mut session = Session {
        events: context.shared.events(),
        samples: 0,
        asker,
        pace: Pace::new(&context.limits),
        channel,
        came,
        heard: came,
        held: None,
        ordered: None,
        stuck: None,
        missed: 0,
    };
    if let Some(token) = shown {
        session.show(token);
    }
    if manner.hello && linked {
        session.greet();
        // Written before anything is read: what the peer may have said already must not choose how. What
        // breaks here breaks again where it is looked at.
        let outbox = &mut session.channel.outbox;
        drop(poll_fn(|cx| Poll::Ready(outbox.poll_drain(cx))).await);
    }
    let why = session.run().await;
    registered.close(&why);
    let (unread, refused) = (session.channel.outbox.dropped(), session.pace.refused());
    session.say_goodbye(context.limits.drain).await;
    tracing::info!(session = id, %peer, %why, unread, refused, "disconnected");
}

/// Tells somebody for whom there is no room why, unless its address may be forged.
pub(crate) async fn turn_away(context: &Context, connection: Connection, manner: Manner, why: String) {
    if connection.caps.linked {
        let mut channel = Channel::new(connection, manner.dialect, 1, 0);
        channel.reply(channel.dialect(), &refusal(Fault::new(Code::BUSY, why)));
        let mut outbox = channel.into_outbox();
        // Whoever does not take it has not wanted it.
        drop(timeout(context.limits.drain, poll_fn(|cx| outbox.poll_close(cx))).await);
    }
}

/// Takes the session from the gate even if its task panics or is dropped.
struct Registered<'a> {
    context: &'a Context,
    id: SessionId,
    open: bool,
}

impl Registered<'_> {
    fn close(&mut self, why: &str) {
        if std::mem::take(&mut self.open) {
            self.context.shared.close(self.id, why, self.context.clock.now());
        }
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.close("its task ended");
    }
}

pub(super) struct Session<'a> {
    pub(super) asker: Asker<'a>,
    pace: Pace,
    pub(super) channel: Channel,
    events: broadcast::Receiver<Arc<Happened>>,
    /// Samples that there were when it last waited for one.
    samples: u64,
    pub(super) came: Instant,
    /// When the peer last said something.
    pub(super) heard: Instant,
    /// A message whose answer waits.
    pub(super) held: Option<Held>,
    /// What the simulator is doing for it.
    pub(super) ordered: Option<Ordered>,
    /// What was queued could not be handed on.
    stuck: Option<Stuck>,
    /// Events that this peer was too slow for.
    missed: u64,
}

impl Session<'_> {
    /// Runs until the session ends; says why it did.
    async fn run(&mut self) -> String {
        let context = self.asker.context;
        let closing = context.closing.cancelled();
        tokio::pin!(closing);
        loop {
            let (due, turns) = (self.asker.subscription.due(), self.asker.subscription.follows_turns());
            let dead = self.stuck.map(|stuck| stuck.since.max(self.heard) + context.limits.write_deadline);
            let (late, held) = (self.deadline(), self.held.as_ref().map(|held| held.until));
            let reads = self.reads();
            let (channel, stuck) = (&mut self.channel, &mut self.stuck);
            let ordered = &mut self.ordered;
            tokio::select! {
                biased;
                () = &mut closing => return "the daemon is shutting down".into(),
                // Before what the peer says, so that it cannot put them off.
                () = self.asker.standing.reconsidered() => {
                    if let Some(why) = self.reconsider() {
                        return why;
                    }
                }
                () = sleep_or_never(late) => return self.turn_away(),
                () = sleep_or_never(held) => {
                    if let Some(why) = self.release().await {
                        return why;
                    }
                }
                step = poll_fn(|cx| poll_step(channel, stuck, reads, cx)) => {
                    if let Some(why) = self.take_all(step).await {
                        return why;
                    }
                }
                done = outcome(ordered) => self.obeyed(done),
                event = self.events.recv() => self.tell(event),
                () = sample_due(context, &mut self.samples, due, turns) => self.sample(),
                () = sleep_or_never(dead) => return "it neither reads nor speaks".into(),
            }
        }
    }

    /// Whether the peer is heard while a token of it is weighed, if one is.
    fn reads(&self) -> bool {
        self.held.is_none() || self.asker.standing.grant.role.is_some()
    }

    /// Does what a step asks, and then some of what is there already: to look at all else between two messages is
    /// a part of what a message costs. Says why the session must end, if it must.
    async fn take_all(&mut self, mut step: Step) -> Option<String> {
        let mut left = AT_ONCE;
        loop {
            let requests = step.requests();
            if let Some(why) = self.take(step) {
                return Some(why);
            }
            // Somebody who says a thousand things at once is heard a little at a time, like everybody.
            for _ in 0..requests {
                consume_budget().await;
            }
            left = left.saturating_sub(requests);
            // Who takes a role away must not be put off by what the peer says.
            if left == 0 || self.asker.standing.is_outdated() {
                return None;
            }
            let reads = self.reads();
            let next = poll_fn(|cx| Poll::Ready(poll_step(&mut self.channel, &mut self.stuck, reads, cx)));
            match next.await {
                Poll::Ready(next) => step = next,
                Poll::Pending => return None,
            }
        }
    }

    /// Does what a step asks; says why the session must end, if it must.
    pub(super) fn take(&mut self, step: Step) -> Option<String> {
        match step {
            Step::Asked(dialect, requests) => {
                self.heard = Instant::now();
                let requests = self.pace.hold(requests, self.asker.context.clock.either_at(self.heard));
                self.weigh(dialect, requests)
            }
            Step::Bad(error) => {
                let fault = match &error {
                    RecvError::BadMessage(_) => Fault::new(Code::PARSE, error.to_string()),
                    RecvError::NoRoom | RecvError::Missed(_) => Fault::new(Code::BUSY, error.to_string()),
                    _ => Fault::new(Code::INVALID_REQUEST, error.to_string()),
                };
                self.channel.reply(self.channel.dialect(), &refusal(fault));
                self.spoke();
                error.is_fatal().then(|| match error {
                    RecvError::Io(error) => broken(&error),
                    error => error.to_string(),
                })
            }
            Step::Ended => Some("the connection was closed".into()),
            Step::Lost(SendError::Io(error)) => Some(broken(&error)),
            Step::Lost(error) => Some(error.to_string()),
            Step::Flow => None,
        }
    }

    fn greet(&mut self) {
        // A hello is JSON whatever the dialect: the peer has not chosen one yet.
        let frame = DialectId::Json.get().notify(Notification::Hello(&self.asker.hello()));
        self.channel.outbox.push(frame);
    }

    /// Sends the newest sample, or passes it over while older ones have not left yet.
    fn sample(&mut self) {
        let Context { shared, clock, .. } = self.asker.context;
        let told = self.channel.outbox.is_empty() && self.may_speak_unasked() && {
            let frame = shared.sample().frame(self.channel.dialect());
            self.channel.outbox.push_spare(frame)
        };
        shared.metrics.sampled(told);
        let (id, next) = (self.asker.id, self.asker.subscription.sampled(clock.now()));
        let waited_for = shared.lockstep(|lockstep| lockstep.sampled(id, next, told, clock.wall()));
        if waited_for == Some(false) {
            shared.bell.ring(Haste::Now);
        }
    }

    /// What the peer said is done, or has to wait: where it is waited for, time may move on.
    pub(super) fn spoke(&self) {
        let Asker { id, context, subscription, standing, .. } = &self.asker;
        let heard = context.shared.lockstep(|lockstep| {
            let (owed, drives) = (self.ordered.is_some(), standing.grant.role >= Some(Role::Driver));
            lockstep.heard(*id, Word { due: subscription.due(), owed, drives }, context.clock.wall())
        });
        if heard.is_some() {
            context.shared.bell.ring(Haste::Now);
        }
    }

    /// A peer whose address may be forged, and who asked once, must not be flooded for it.
    pub(super) fn may_speak_unasked(&self) -> bool {
        self.channel.caps.linked || self.heard.elapsed() < self.asker.context.limits.unlinked_quiet
    }

    fn tell(&mut self, event: Result<Arc<Happened>, Lag>) {
        if !self.asker.subscription.wants_events() || !self.may_speak_unasked() {
            return;
        }
        match event {
            Ok(event) => {
                self.confess();
                let frame = event.frame(self.channel.dialect());
                self.missed += u64::from(!self.channel.outbox.push_spare(frame));
            }
            Err(Lag::Lagged(count)) => self.missed += count,
            // The daemon holds the sender for as long as it has sessions.
            Err(Lag::Closed) => {}
        }
    }

    /// Says how many events this peer was too slow for, once there is room to say it.
    fn confess(&mut self) {
        if self.missed > 0 {
            let missed = Event::Missed { count: self.missed };
            let frame = self.channel.dialect().get().notify(Notification::Event(&missed));
            if self.channel.outbox.push(frame) {
                self.missed = 0;
            }
        }
    }

    /// Hands on what is still queued and closes the connection, within `limit`.
    async fn say_goodbye(mut self, limit: Duration) {
        while let Ok(event) = self.events.try_recv() {
            self.tell(Ok(event));
        }
        let id = self.asker.id;
        let mut outbox = self.channel.into_outbox();
        // Sends what is queued first. An error only means that the peer is gone already.
        if timeout(limit, poll_fn(|cx| outbox.poll_close(cx))).await.is_err() {
            tracing::debug!(session = id, "the peer did not take the goodbye");
        }
    }
}

/// Until the next sample is to be told; `turns`: with the turn of the loop that is no more than this before it. Where time
/// waits for who listens, it waits for moments and not for turns.
async fn sample_due(
    Context { clock, shared, .. }: &Context,
    seen: &mut u64,
    due: Option<Duration>,
    turns: Option<Duration>,
) {
    let Some(at) = due else { return pending().await };
    let Some(early) = turns.filter(|_| !shared.is_in_lockstep()) else { return clock.reached(at).await };
    loop {
        shared.another_sample(seen).await;
        if clock.now() + early >= at {
            return;
        }
    }
}

async fn sleep_or_never(until: Option<Instant>) {
    match until {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}
