//! What a session asks of the simulator: handed to the control loop, and answered when it is done. Meanwhile
//! the session goes on.
//!
//! What must never live here: what the simulator makes of it.

use std::future::pending;

use protocol::{Answer, Code, Command, DialectId, Fault, Id, Replies, Reply, SimOrder};
use tokio::sync::oneshot;

use super::pump::Session;
use crate::control::Input;
use crate::hardware::Order;

/// An order that is under way. Dropped, it is given up.
pub(super) struct Ordered {
    dialect: DialectId,
    /// Absent where nobody wants an answer.
    id: Option<Id>,
    answer: oneshot::Receiver<Result<Answer, Fault>>,
}

impl Session<'_> {
    /// Hands on an order; what there is to answer at once, is why it cannot be done.
    pub(super) fn order(&mut self, dialect: DialectId, id: Option<Id>, what: SimOrder) -> Option<Replies> {
        let (done, answer) = oneshot::channel();
        match self.may_order(&what) {
            Ok(_) => {
                self.asker.context.shared.order(Order { what, done });
                self.ordered = Some(Ordered { dialect, id, answer });
                None
            }
            Err(fault) => {
                tracing::debug!(session = self.asker.id, code = fault.code.0, %fault, "refused");
                id.map(|id| Replies::One(Reply { id, outcome: Err(fault) }))
            }
        }
    }

    fn may_order(&self, what: &SimOrder) -> Result<Answer, Fault> {
        if self.ordered.is_some() {
            return Err(Fault::new(Code::BUSY, "one order at a time: another is not answered yet"));
        }
        let context = self.asker.context;
        let asked = Input::Asked { session: self.asker.id, command: Command::Sim(what.clone()) };
        context.shared.tell(&asked, context.clock.now())
    }

    /// The order under way is done.
    pub(super) fn obeyed(&mut self, outcome: Result<Answer, Fault>) {
        let Some(Ordered { dialect, id, .. }) = self.ordered.take() else { return };
        if let Some(id) = id {
            self.channel.reply(dialect, &Replies::One(Reply { id, outcome }));
        }
        let id = self.asker.id;
        self.asker.context.shared.lockstep(|lockstep| lockstep.answered(id));
    }
}

/// What came of the order under way. Cancel-safe.
pub(super) async fn outcome(ordered: &mut Option<Ordered>) -> Result<Answer, Fault> {
    match ordered {
        Some(Ordered { answer, .. }) => {
            answer.await.unwrap_or_else(|_ended| Err(Fault::new(Code::BUSY, "the daemon is shutting down")))
        }
        None => pending().await,
    }
}
