//! Where everything that watches a run comes together: what was heard on each connection, the oracle,
//! the transcript, and what was wrong.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::{Command, DialectId, Requests};
use serde_json::Value;
use tokio::time::Instant;

use super::Tally;
use super::oracle::{Oracle, Wheels};
use super::transcript::Transcript;

/// A message that a connection took is with the daemon's session within this.
const HANDED_ON: Duration = Duration::from_millis(10);

/// After its link ended, nothing of a connection is taken later than this: the published time in which
/// the car stands.
const LINK_END: Duration = Duration::from_millis(20);

/// A handle; clones see the same stage.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    start: Instant,
    /// Counts the looks at the wheels: virtual time passes.
    beats: Arc<AtomicU64>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    transcript: Transcript,
    oracle: Oracle,
    wrong: Vec<String>,
    lines: BTreeMap<LineId, Line>,
    sessions: BTreeMap<u64, Session>,
    newest: u64,
    tally: Tally,
}

/// A connection: the name it dialled, and its number among those that did.
pub(super) type LineId = (&'static str, u64);

/// The client's end of a connection.
#[derive(Debug, Default)]
struct Line {
    /// When each message came in that is not yet taken.
    waiting: VecDeque<Duration>,
    ended: Option<Duration>,
    session: Option<u64>,
}

/// The daemon's end of a connection.
#[derive(Debug)]
struct Session {
    line: LineId,
    linked: bool,
    /// Of the newest state that it was told.
    state: Option<(u64, f64)>,
}

impl Stage {
    pub(super) fn new(oracle: Oracle, readable: bool, beats: Arc<AtomicU64>) -> Self {
        let inner = Inner {
            transcript: Transcript::new(readable),
            oracle,
            wrong: Vec::new(),
            lines: BTreeMap::new(),
            sessions: BTreeMap::new(),
            newest: 0,
            tally: Tally::default(),
        };
        Self { start: Instant::now(), beats, inner: Arc::new(Mutex::new(inner)) }
    }

    /// When it began, and the daemon with it.
    pub(super) fn start(&self) -> Instant {
        self.start
    }

    fn lock(&self) -> (Duration, MutexGuard<'_, Inner>) {
        (self.start.elapsed(), self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Somebody takes part who behaves like this.
    pub(super) fn somebody(&self, habit: &str) {
        let (now, mut inner) = self.lock();
        inner.transcript.note(now, "somebody", 0, habit.as_bytes());
    }

    /// A client's message is with the transport.
    pub(super) fn entered(&self, line: LineId) {
        let (now, mut inner) = self.lock();
        inner.lines.entry(line).or_default().waiting.push_back(now);
    }

    /// A client's end of a connection is closed or gone.
    pub(super) fn link_ended(&self, id: LineId) {
        let (now, mut inner) = self.lock();
        let line = inner.lines.entry(id).or_default();
        line.ended.get_or_insert(now);
        let session = line.session;
        inner.transcript.note(now, "link ended", id.1, id.0.as_bytes());
        if let Some(session) = session {
            inner.oracle.link_ended(session, now);
        }
    }

    /// The daemon has a new session.
    pub(super) fn opened(&self, id: LineId, linked: bool, priority: u8) -> u64 {
        let (now, mut inner) = self.lock();
        inner.newest += 1;
        let session = inner.newest;
        inner.transcript.note(now, "opened", session, id.0.as_bytes());
        inner.oracle.opened(session, linked, priority);
        let line = inner.lines.entry(id).or_default();
        line.session = Some(session);
        if line.ended.is_some() {
            inner.oracle.link_ended(session, now);
        }
        inner.sessions.insert(session, Session { line: id, linked, state: None });
        inner.tally.sessions += 1;
        session
    }

    /// The daemon takes a message off a connection, and does what it asks before anything else happens.
    pub(super) fn taken(&self, session: u64, data: &[u8]) {
        let (now, mut inner) = self.lock();
        inner.transcript.note(now, "→", session, data);
        inner.tally.messages += 1;
        let Some(Session { line, linked, .. }) = inner.sessions.get(&session) else {
            return inner.accuse(now, format_args!("session {session} hears after its end"));
        };
        let (id, linked) = (*line, *linked);
        let line = inner.lines.entry(id).or_default();
        let (entered, ended) = (line.waiting.pop_front(), line.ended);
        if entered.is_none_or(|entered| now > entered + HANDED_ON) {
            let message = format!("session {session} takes a message that came at {entered:?}");
            inner.accuse(now, message);
        }
        if linked && ended.is_some_and(|ended| now > ended + LINK_END) {
            let message = format!("session {session} takes a message though its link ended at {ended:?}");
            inner.accuse(now, message);
        }
        for command in commands(data) {
            let remark = inner.oracle.heard(session, &command, now);
            inner.transcript.remark(now, remark);
        }
    }

    /// The daemon says something.
    pub(super) fn said(&self, session: u64, data: &[u8]) {
        let (now, mut inner) = self.lock();
        inner.transcript.note(now, "←", session, data);
        if let Some(state) = told_state(data) {
            inner.judge_state(session, &state, now);
        }
    }

    /// The daemon is done with a connection.
    pub(super) fn closed(&self, session: u64) {
        let (now, mut inner) = self.lock();
        if inner.sessions.remove(&session).is_some() {
            inner.transcript.note(now, "closed", session, &[]);
            inner.oracle.closed(session, now);
        }
    }

    /// The hardware is broken from now on, or whole again.
    pub(super) fn hardware(&self, whole: bool) {
        let (now, mut inner) = self.lock();
        inner.transcript.note(now, "hardware", u64::from(whole), &[]);
        inner.oracle.hardware(whole, now);
        inner.tally.breakages += u64::from(!whole);
    }

    /// Looks at the wheels.
    pub(super) fn look(&self, wheels: Wheels, world: u64) {
        let (now, mut inner) = self.lock();
        self.beats.fetch_add(1, Ordering::Relaxed);
        inner.transcript.number(world);
        inner.tally.looks += 1;
        inner.tally.driven += u64::from(wheels != Wheels::REST);
        if let Err(wrong) = inner.oracle.judge(wheels, now) {
            inner.accuse(now, wrong);
        }
    }

    pub(super) fn accuse(&self, wrong: impl Display) {
        let (now, mut inner) = self.lock();
        inner.accuse(now, wrong);
    }

    /// The play is over: what happens from now on is no part of it.
    pub(super) fn curtain(&self) {
        self.lock().1.transcript.end();
    }

    /// How many sessions there are.
    pub(super) fn sessions(&self) -> usize {
        self.lock().1.sessions.len()
    }

    pub(super) fn is_clean(&self) -> bool {
        self.lock().1.wrong.is_empty()
    }

    /// What came of it: the fingerprint, what can be read, what was wrong, what there was.
    pub(super) fn finish(&self) -> (u64, Vec<String>, Vec<String>, Tally) {
        let (_, mut inner) = self.lock();
        let (hash, lines) = inner.transcript.finish();
        let tally = Tally { refused: inner.oracle.refused(), ..inner.tally };
        (hash, lines, std::mem::take(&mut inner.wrong), tally)
    }
}

impl Inner {
    fn accuse(&mut self, now: Duration, wrong: impl Display) {
        self.transcript.remark(now, format_args!("WRONG: {wrong}"));
        // The first ones tell; a thousand of them would only fill a screen.
        if self.wrong.len() < 8 {
            self.wrong.push(format!("at {:.3} ms: {wrong}", now.as_secs_f64() * 1e3));
        }
    }

    /// States come in order (several of one moment, where what the car does changed in it), and name a driver
    /// only while somebody may drive.
    fn judge_state(&mut self, id: u64, state: &Value, now: Duration) {
        let (seq, t) = (state["seq"].as_u64().unwrap_or(0), state["t"].as_f64().unwrap_or(-1.0));
        // One that waited for a slow reader tells of then.
        let fresh = now.as_secs_f64() - t < LINK_END.as_secs_f64();
        let before = self.sessions.get_mut(&id).and_then(|session| session.state.replace((seq, t)));
        let behind = |(last, then)| seq < last || t < then || (seq == last && t > then);
        if before.is_some_and(behind) {
            self.accuse(now, format_args!("session {id} is told state {seq} of {t} s after {before:?}"));
        }
        let driver = state["driver"].as_u64();
        if fresh && !self.oracle.may_be_driver(driver, now) {
            self.accuse(now, format_args!("the driver is said to be {driver:?}, and is not"));
        }
    }
}

/// What a message asks, as far as it can be read.
fn commands(data: &[u8]) -> Vec<Command> {
    let requests = match DialectId::detect(data).get().decode(data) {
        Requests::One(request) => vec![request],
        Requests::Batch(requests) => requests,
    };
    requests.into_iter().filter_map(|request| request.command.ok()).collect()
}

/// The state that a notification in json tells.
fn told_state(data: &[u8]) -> Option<Value> {
    let is_one = data.starts_with(br#"{"jsonrpc":"2.0","method":"state""#);
    let mut message: Value = is_one.then(|| serde_json::from_slice(data).ok()).flatten()?;
    Some(message["params"].take())
}
