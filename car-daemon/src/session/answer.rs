//! From a request to its reply. What moves anything goes to the gate; the rest is answered here.

use std::sync::Arc;

use protocol::{Answer, Code, Command, Fault, Hello, Id, Rate, Replies, Reply, Requests, Token};
use tokio::time::Instant;

use super::pump::Context;
use super::subscription::Subscription;
use crate::control::SessionId;

/// What a session remembers between its requests.
pub(crate) struct Asker<'a> {
    pub(crate) id: SessionId,
    pub(crate) context: &'a Context,
    pub(crate) subscription: Subscription,
}

impl Asker<'_> {
    /// Does everything that one frame asks; `None` when nobody wants an answer.
    pub(crate) fn answer(&mut self, requests: Requests) -> Option<Replies> {
        requests.answered_by(|command| {
            let outcome = self.perform(&command);
            if let Err(fault) = &outcome {
                tracing::debug!(session = self.id, code = fault.code.0, %fault, "refused");
            }
            outcome
        })
    }

    fn perform(&mut self, command: &Command) -> Result<Answer, Fault> {
        let Context { shared, clock, identity, .. } = self.context;
        shared.gate(|gate| gate.authorise(self.id, command))?;
        Ok(match command {
            Command::State => Answer::State(Arc::new(shared.state(clock.now()))),
            Command::Subscribe { topics, rate } => {
                let rate_hz =
                    rate.map_or_else(|| shared.gate(|gate| gate.rules().control.state_rate_hz), Rate::hz);
                let granted = rate_hz.min(self.context.limits.state_rate_max_hz);
                self.subscription.add(*topics, granted, Instant::now());
                self.subscription.answer()
            }
            Command::Unsubscribe { topics } => {
                self.subscription.remove(*topics);
                self.subscription.answer()
            }
            Command::Hello { name, token } => {
                if let Some(name) = name {
                    tracing::info!(session = self.id, name, "hello");
                    shared.gate(|gate| gate.session_named(self.id, name));
                }
                if let Some(token) = token {
                    self.show(token)?;
                }
                Answer::Hello(Arc::new(self.hello()))
            }
            Command::Auth { token } => {
                self.show(token)?;
                Answer::Hello(Arc::new(self.hello()))
            }
            Command::Info => Answer::Info(Arc::new(shared.gate(|gate| identity.info(gate.rules())))),
            Command::Ping { value } => Answer::Pong { value: value.clone(), t: clock.now().as_secs_f64() },
            Command::Help => Answer::Help,
            motion => return shared.command(|gate| gate.handle(self.id, motion, clock.now())),
        })
    }

    /// Who we are, to this session.
    pub(crate) fn hello(&self) -> Hello {
        let Context { shared, clock, identity, .. } = self.context;
        identity.hello(self.id, shared.gate(|gate| gate.role(self.id)), clock.now())
    }

    /// A token is shown.
    fn show(&self, _token: &Token) -> Result<(), Fault> {
        Err(Fault::new(Code::NOT_AUTHORISED, "no token is known here"))
    }
}

/// The reply to something that could not even be read as a request.
pub(crate) fn refusal(fault: Fault) -> Replies {
    Replies::One(Reply { id: Id::Null, outcome: Err(fault) })
}
