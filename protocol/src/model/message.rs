//! Requests, replies, and batches of them.

use serde::{Deserialize, Serialize};

use crate::{Answer, Command, Fault};

/// What pairs a reply with its request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A number, as most clients use.
    Number(serde_json::Number),
    /// A string.
    String(String),
    /// Unknown: the request could not be read. Also every reply of the text dialect.
    #[default]
    Null,
}

/// One request as decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Absent for a notification, which is never answered.
    pub id: Option<Id>,
    /// What is asked, or why that cannot be said.
    pub command: Result<Command, Fault>,
}

/// What one frame asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Requests {
    /// One request.
    One(Request),
    /// Several, to be answered together.
    Batch(Vec<Request>),
}

impl Requests {
    /// Does each request and gathers the answers: none for a notification, and `None` where nothing
    /// is to be answered. What could not be read is answered with its fault.
    pub fn answered_by(self, mut does: impl FnMut(Command) -> Result<Answer, Fault>) -> Option<Replies> {
        let mut answer = |Request { id, command }| {
            let outcome = command.and_then(&mut does);
            id.map(|id| Reply { id, outcome })
        };
        match self {
            Self::One(request) => answer(request).map(Replies::One),
            Self::Batch(requests) => {
                let replies: Vec<_> = requests.into_iter().filter_map(answer).collect();
                (!replies.is_empty()).then_some(Replies::Batch(replies))
            }
        }
    }
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The request's.
    pub id: Id,
    /// What came of it.
    pub outcome: Result<Answer, Fault>,
}

/// The answers to one frame's requests, notifications left out.
#[derive(Clone, Debug, PartialEq)]
pub enum Replies {
    /// To one request.
    One(Reply),
    /// To a batch; never empty.
    Batch(Vec<Reply>),
}

/// What a client hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    /// The reply to one of its requests.
    Reply {
        /// The request's.
        id: Id,
        /// The result as the daemon wrote it.
        outcome: Result<serde_json::Value, Fault>,
    },
    /// Said unasked.
    Notification {
        /// `hello`, `state` or `event`.
        method: String,
        /// What is said.
        params: serde_json::Value,
    },
    /// Several replies together.
    Batch(Vec<Outgoing>),
}
