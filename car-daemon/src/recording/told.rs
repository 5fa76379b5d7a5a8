//! What the gate was told, as text, and back.
//!
//! What must never live here: tokens. Who showed which is no part of a recording, only what it was worth.

use std::collections::BTreeMap;

use protocol::{Command, DialectId, Request, Requests, Role};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;
use crate::control::{Control, Grant, Input, SessionId};

/// One thing that the gate was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Told {
    /// Somebody came.
    Opened { session: SessionId, peer: String, linked: bool, grant: Worth },
    /// Somebody says how it is called.
    Named { session: SessionId, name: String },
    /// Somebody may do this from now on.
    Granted { session: SessionId, grant: Worth },
    /// Somebody left.
    Closed { session: SessionId, why: String },
    /// Somebody wants something: a word, or method and parameters.
    Asked { session: SessionId, what: Value },
    /// Whether new pictures of the camera reach somebody who watches by them.
    Video { session: SessionId, lost: Option<String> },
    /// The configuration was read again.
    Reloaded { control: Numbers, reset: Role },
    /// The daemon goes away.
    Closing { why: String },
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Worth {
    role: Option<Role>,
    priority: u8,
    principal: Option<String>,
}

/// `[control]`, each number by its key.
pub(crate) type Numbers = BTreeMap<String, f64>;

impl Told {
    /// As it is written; `None` where it is nothing of the gate's.
    pub(crate) fn new(input: Input) -> Option<Self> {
        Some(match input {
            Input::Opened { session, peer, linked, grant } => {
                Self::Opened { session, peer, linked, grant: grant.into() }
            }
            Input::Named { session, name } => Self::Named { session, name },
            Input::Granted { session, grant } => Self::Granted { session, grant: grant.into() },
            Input::Closed { session, why } => Self::Closed { session, why },
            Input::Asked { session, command } => Self::Asked { session, what: written(&command)? },
            Input::Video { session, lost } => Self::Video { session, lost },
            Input::Reloaded { control, reset } => Self::Reloaded { control: numbers(&control), reset },
            Input::Closing { why } => Self::Closing { why },
        })
    }

    /// The same, from nowhere: the address of whoever comes is another in each run.
    pub(crate) fn anonymous(mut self) -> Self {
        if let Self::Opened { peer, .. } = &mut self {
            peer.clear();
        }
        self
    }

    /// As the gate takes it.
    ///
    /// # Errors
    /// A command that is none, numbers that cannot be, in words.
    pub(crate) fn into_input(self) -> Result<Input, String> {
        Ok(match self {
            Self::Opened { session, peer, linked, grant } => {
                Input::Opened { session, peer, linked, grant: grant.into() }
            }
            Self::Named { session, name } => Input::Named { session, name },
            Self::Granted { session, grant } => Input::Granted { session, grant: grant.into() },
            Self::Closed { session, why } => Input::Closed { session, why },
            Self::Asked { session, what } => Input::Asked { session, command: read(what)? },
            Self::Video { session, lost } => Input::Video { session, lost },
            Self::Reloaded { control: numbers, reset } => {
                Input::Reloaded { control: control(&numbers)?, reset }
            }
            Self::Closing { why } => Input::Closing { why },
        })
    }
}

impl From<Grant> for Worth {
    fn from(Grant { role, priority, principal }: Grant) -> Self {
        Self { role, priority, principal }
    }
}

impl From<Worth> for Grant {
    fn from(Worth { role, priority, principal }: Worth) -> Self {
        Self { role, priority, principal }
    }
}

/// The numbers of `[control]`.
pub(crate) fn numbers(control: &Control) -> Numbers {
    let config = Config { control: control.clone(), ..Config::standard() };
    config.numbers_of("control").map(|(key, number)| (key.to_owned(), number)).collect()
}

/// `[control]` of its numbers; one that is missing is the standard one.
///
/// # Errors
/// A key that is none, or a number outside its range.
pub(crate) fn control(numbers: &Numbers) -> Result<Control, String> {
    let mut config = Config::standard();
    for (key, number) in numbers {
        config.set_number("control", key, *number)?;
    }
    Ok(config.control)
}

/// The message by which a client would say it. Tokens are nothing that the gate hears of.
fn written(command: &Command) -> Option<Value> {
    if matches!(command, Command::Hello { .. } | Command::Auth { .. }) {
        return None;
    }
    if let Ok(frame) = DialectId::Json.get().request(None, command) {
        let mut call: Value = serde_json::from_slice(&frame.data).ok()?;
        call.as_object_mut()?.remove("jsonrpc");
        return Some(call);
    }
    let frame = DialectId::Text.get().request(None, command).ok()?;
    Some(Value::String(String::from_utf8(frame.data.to_vec()).ok()?.trim().to_owned()))
}

fn read(mut what: Value) -> Result<Command, String> {
    let requests = match &mut what {
        Value::String(word) => DialectId::Text.get().decode(word.as_bytes()),
        Value::Object(call) => {
            call.insert("jsonrpc".to_owned(), "2.0".into());
            DialectId::Json.get().decode(what.to_string().as_bytes())
        }
        _ => return Err("`what` is neither a word nor a method with its parameters".to_owned()),
    };
    match requests {
        Requests::One(Request { command, .. }) => command.map_err(|fault| fault.to_string()),
        Requests::Batch(_) => Err("`what` is more than one command".to_owned()),
    }
}
