//! What a session asks of the simulator: handed to the control loop, and answered when it is done. Meanwhile
//! the session goes on.
//!
//! What must never live here: what the simulator makes of it.

use std::future::pending;

use protocol::{Answer, Code, Command, DialectId, Fault, Id, Replies, Reply, SimOrder};
use tokio::sync::oneshot;

use super::pump::Session;
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
        let outcome = self.hand_on(Order { what, done });
        self.asker.answered.count(&self.asker.context.shared.metrics, "sim", &outcome);
        match outcome {
            Ok(_) => {
                self.ordered = Some(Ordered { dialect, id, answer });
                None
            }
            Err(fault) => {
                tracing::debug!(session = self.asker.id, code = fault.code.0, %fault, "refused");
                id.map(|id| Replies::One(Reply { id, outcome: Err(fault) }))
            }
        }
    }

    fn hand_on(&self, order: Order) -> Result<Answer, Fault> {
        let (context, id) = (self.asker.context, self.asker.id);
        if self.ordered.is_some() {
            // Who may not ask at all hears that rather than to wait.
            context.shared.look(|gate| gate.authorise(id, &Command::Sim(order.what.clone())))?;
            return Err(Fault::new(Code::BUSY, "one order at a time: another is not answered yet"));
        }
        context.shared.order(id, order, context.clock.now())
    }

    /// Whoever asked may no longer: the order under way is given up.
    pub(super) fn demoted(&mut self) {
        let message =
            "whoever may drive was changed: this session may order nothing of the simulator any more";
        self.obeyed(Err(Fault::new(Code::NOT_AUTHORISED, message)));
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
