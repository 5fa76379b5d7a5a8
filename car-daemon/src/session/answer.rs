//! From a request to its reply. What moves anything goes to the gate; the rest is answered here.

use std::sync::Arc;

use protocol::{Answer, Command, Fault, Hello, Id, Rate, Replies, Reply, Requests, Role, Token};

use super::pump::Context;
use super::standing::Standing;
use super::subscription::Subscription;
use crate::control::{Grant, Input, SessionId};
use crate::metrics::{Answered, Counted, method};

/// What a session remembers between its requests.
pub(crate) struct Asker<'a> {
    pub(crate) id: SessionId,
    pub(crate) context: &'a Context,
    pub(crate) subscription: Subscription,
    pub(crate) standing: Standing,
    pub(crate) counted: Counted,
    pub(crate) answered: Answered,
}

impl Asker<'_> {
    /// Does everything that one frame asks; `None` when nobody wants an answer.
    pub(crate) fn answer(&mut self, requests: Requests) -> Option<Replies> {
        requests.answered_by(|command| {
            let method = method(&command);
            let outcome = self.perform(command);
            self.answered.count(&self.context.shared.metrics, method, &outcome);
            if let Err(fault) = &outcome {
                tracing::debug!(session = self.id, code = fault.code.0, %fault, "refused");
            }
            outcome
        })
    }

    fn perform(&mut self, command: Command) -> Result<Answer, Fault> {
        let Context { shared, clock, identity, .. } = self.context;
        // The gate looks by itself at what it is to do; this is for the rest.
        if is_answered_here(&command) {
            shared.look(|gate| gate.authorise(self.id, &command))?;
        }
        Ok(match command {
            Command::State => Answer::State(Arc::new(shared.state(clock.now()))),
            Command::Subscribe { topics, rate } => {
                let (usual_hz, turn) = shared.look(|gate| {
                    let control = &gate.rules().control;
                    (control.state_rate_hz, control.period())
                });
                let rate_hz = rate.map_or(usual_hz, Rate::hz).min(self.context.limits.state_rate_max_hz);
                self.subscription.add(topics, rate_hz, turn, clock.now());
                self.subscription.answer()
            }
            Command::Unsubscribe { topics } => {
                self.subscription.remove(topics);
                self.subscription.answer()
            }
            Command::Hello { name, token } => {
                if let Some(name) = name {
                    tracing::info!(session = self.id, name, "hello");
                    drop(shared.tell(&Input::Named { session: self.id, name }, clock.now()));
                }
                if let Some(token) = token {
                    self.show(&token)?;
                }
                Answer::Hello(Arc::new(self.hello()))
            }
            Command::Auth { token } => {
                self.show(&token)?;
                Answer::Hello(Arc::new(self.hello()))
            }
            Command::Info => Answer::Info(Arc::new(shared.look(|gate| identity.info(gate.rules())))),
            Command::Board => Answer::Board(Arc::clone(identity.board())),
            Command::Ping { value } => Answer::Pong { value, t: clock.now().as_secs_f64() },
            Command::Help => Answer::Help,
            command => shared.tell(&Input::Asked { session: self.id, command }, clock.now())?,
        })
    }

    /// Who we are, to this session.
    pub(crate) fn hello(&self) -> Hello {
        let Context { clock, identity, .. } = self.context;
        identity.hello(self.id, self.standing.grant.role, clock.now())
    }

    /// A token is shown; [`Standing::weigh`] has looked at it before.
    fn show(&mut self, token: &Token) -> Result<(), Fault> {
        let grant = self.standing.show(token)?;
        let (role, token) = (grant.role, grant.principal.as_deref());
        tracing::info!(session = self.id, role = role.map(Role::name), token, "authorised");
        self.granted(grant);
        Ok(())
    }

    /// The gate hears what this session may do from now on.
    pub(crate) fn granted(&mut self, grant: Grant) {
        let Context { shared, clock, .. } = self.context;
        self.counted = shared.metrics.session(self.standing.scheme(), grant.role);
        drop(shared.tell(&Input::Granted { session: self.id, grant }, clock.now()));
    }
}

/// Whether a command that needs a role is not the gate's to do.
fn is_answered_here(command: &Command) -> bool {
    matches!(
        command,
        Command::State
            | Command::Subscribe { .. }
            | Command::Unsubscribe { .. }
            | Command::Info
            | Command::Board
    )
}

/// The reply to something that could not even be read as a request.
pub(crate) fn refusal(fault: Fault) -> Replies {
    Replies::One(Reply { id: Id::Null, outcome: Err(fault) })
}
