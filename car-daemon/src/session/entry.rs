//! How a session comes to its role: tokens that it shows, what guessing costs, and what becomes of it
//! when the configuration changes.
//!
//! Which token is worth what must never be decided here.

use std::future::poll_fn;
use std::slice;
use std::task::Poll;

use protocol::{Code, Command, DialectId, Fault, Id, Request, Requests, Role, Token};
use tokio::time::Instant;

use super::answer::refusal;
use super::pump::{Context, Session};
use super::step::{Step, poll_asked};

/// Most messages that may come while a token is weighed.
const MOST_WAITING: usize = 256;

/// A message that shows a token, and is answered only when nothing is gained by guessing.
pub(super) struct Held {
    pub(super) until: Instant,
    dialect: DialectId,
    requests: Requests,
}

impl Session<'_> {
    /// A token came with the handshake: it is weighed like any other. What it allows is in the `hello`
    /// that follows, unless it has to wait; then the answer is one to no request.
    pub(super) fn show(&mut self, token: Token) {
        let auth = |id| Requests::One(Request { id, command: Ok(Command::Auth { token: token.clone() }) });
        // Whoever is known at once is not told so twice, and who is not has to wait.
        drop(self.weigh(DialectId::Json, auth(None)));
        if let Some(held) = &mut self.held {
            held.requests = auth(Some(Id::Null));
        }
    }

    /// Answers a message, at once or, where it shows a token, only when nothing is gained by guessing.
    /// Says why the session must end, if it must.
    pub(super) fn weigh(&mut self, dialect: DialectId, mut requests: Requests) -> Option<String> {
        refuse_in_batches(&mut requests);
        let Context { doors, clock, .. } = self.asker.context;
        let standing = &mut self.asker.standing;
        standing.waits = self.held.is_some();
        if !standing.waits {
            let wait = standing.weigh(self.asker.id, &requests, doors, clock.wall_at(self.heard));
            if !wait.is_zero() {
                self.held = Some(Held { until: self.heard + wait, dialect, requests });
                self.spoke();
                return None;
            }
        }
        self.answer(dialect, requests)
    }

    /// Answers the message that had to wait, and then what came after it; of that, no motion.
    pub(super) async fn release(&mut self) -> Option<String> {
        // Whoever has a role was read all the while.
        let unread = self.asker.standing.grant.role.is_none();
        let waited = if unread { self.waited().await } else { Vec::new() };
        let Held { dialect, requests, .. } = self.held.take()?;
        self.asker.standing.waits = false;
        if let Some(why) = self.answer(dialect, requests) {
            return Some(why);
        }
        if waited.len() >= MOST_WAITING {
            return Some("it said too much while its token was weighed".to_owned());
        }
        waited.into_iter().find_map(|step| self.take(step))
    }

    /// What has come and was not read, because a token was weighed.
    async fn waited(&mut self) -> Vec<Step> {
        let mut all = Vec::new();
        let channel = &mut self.channel;
        while all.len() < MOST_WAITING
            && let Poll::Ready(mut step) = poll_fn(|cx| Poll::Ready(poll_asked(channel, cx))).await
        {
            let goes_on = match &mut step {
                Step::Asked(_, requests) => {
                    refuse_motions(requests);
                    true
                }
                Step::Bad(error) => !error.is_fatal(),
                _ => false,
            };
            all.push(step);
            if !goes_on {
                break;
            }
        }
        all
    }

    /// Until when a token must be shown, where one must be. One that waits for its answer was.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let must = self.asker.standing.grant.role.is_none() && self.held.is_none();
        must.then(|| self.came + self.asker.context.limits.first_message)
    }

    /// No token came in time.
    pub(super) fn turn_away(&mut self) -> String {
        let within = self.asker.context.limits.first_message;
        let why = format!("no token that is known here was shown within {within:?}: say `auth TOKEN` first");
        if self.may_speak_unasked() { self.refuse(self.channel.dialect(), why) } else { why }
    }

    /// The configuration was read again; says why the session must end, if it must.
    pub(super) fn reconsider(&mut self) -> Option<String> {
        let grant = self.asker.standing.reconsider()?;
        let role = grant.role;
        self.asker.granted(grant);
        if role < Some(Role::Admin) {
            self.demoted();
        }
        role.is_none().then(|| {
            self.refuse(self.channel.dialect(), "who may drive was changed: show another token".into())
        })
    }

    /// Answers a message; says why the session must end, if it must.
    fn answer(&mut self, dialect: DialectId, requests: Requests) -> Option<String> {
        let replies = match requests {
            Requests::One(Request { id, command: Ok(Command::Sim(what)) }) => self.order(dialect, id, what),
            requests => self.asker.answer(requests),
        };
        if let Some(replies) = replies {
            self.channel.reply(dialect, &replies);
        }
        self.spoke();
        let why = self.asker.standing.spent().filter(|_| self.held.is_none())?;
        Some(self.refuse(dialect, why.to_owned()))
    }

    /// Says why the session ends: an answer to no request.
    fn refuse(&mut self, dialect: DialectId, why: String) -> String {
        self.channel.reply(dialect, &refusal(Fault::new(Code::NOT_AUTHORISED, why.as_str())));
        why
    }
}

/// The answer to a token or to an order may have to wait, and what comes with it must not.
fn refuse_in_batches(requests: &mut Requests) {
    let Requests::Batch(batch) = requests else { return };
    for request in batch {
        let message = match request.command {
            Ok(Command::Auth { .. } | Command::Hello { token: Some(_), .. }) => {
                "show a token in a message of its own, not in a batch"
            }
            Ok(Command::Sim(_)) => "say this in a message of its own, not in a batch",
            _ => continue,
        };
        request.command = Err(Fault::new(Code::INVALID_REQUEST, message));
    }
}

/// What was said while a token was weighed was meant for then.
fn refuse_motions(requests: &mut Requests) {
    let all = match requests {
        Requests::One(request) => slice::from_mut(request),
        Requests::Batch(batch) => batch,
    };
    for request in all {
        if request.command.as_ref().is_ok_and(|command| command.needs() >= Some(Role::Driver)) {
            let message = "late: it waited while a token was weighed; say it again";
            request.command = Err(Fault::new(Code::STALE, message));
        }
    }
}
