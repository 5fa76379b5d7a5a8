//! JSON-RPC 2.0 (<https://www.jsonrpc.org/specification>) whatever its notation: requests,
//! notifications, batches, replies, errors. A [`Notation`] only turns bytes into a [`Node`] and back.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Number, Value};
use transport::Frame;

use super::args::Args;
use super::hint::{nearest, quoted};
use super::node::Node;
use super::{Dialect, DialectId, methods, words};
use crate::{
    Answer, Code, Command, Event, Fault, Hello, Id, Notification, Outgoing, Replies, Reply, Request,
    Requests, State,
};

/// Most requests of one batch; it bounds what one message can set to work, and the length of the
/// answer to it.
pub const MAX_BATCH: usize = 32;

/// Longest text `id` in bytes: it is repeated in every answer.
const MAX_ID: usize = 256;

/// Longest name of a car in `hello`, in characters. An old client reads at most 1000 bytes, and
/// escaped as ASCII a character takes up to 12 of them.
const MAX_NAME: usize = 40;

/// Most unknown members that are compared with the known ones: who mistypes does so in one or two, and
/// a message has room for ten thousand.
const COMPARED: usize = 16;

/// What every message says of itself.
const VERSION: &str = "2.0";

/// Members of a request, for hints.
const MEMBERS: [&str; 4] = ["jsonrpc", "method", "params", "id"];

/// A way to write a value as bytes.
pub(super) trait Notation: Send + Sync {
    /// Which dialect it makes of JSON-RPC.
    const ID: DialectId;

    /// The one value in `data`.
    fn parse<'a>(&self, data: &'a [u8]) -> Result<Node<'a>, Fault>;

    /// A value as a frame.
    fn write(&self, value: &impl Serialize) -> Frame;
}

/// JSON-RPC in a notation.
pub(super) struct Rpc<N>(pub(super) N);

impl<N: Notation> Dialect for Rpc<N> {
    fn id(&self) -> DialectId {
        N::ID
    }

    fn decode(&self, data: &[u8]) -> Requests {
        match self.0.parse(data) {
            Ok(Node::List(items)) if items.is_empty() => refused(Id::Null, "a batch must not be empty"),
            Ok(Node::List(items)) if items.len() > MAX_BATCH => {
                refused(Id::Null, format!("a batch of {} requests; {MAX_BATCH} are the most", items.len()))
            }
            Ok(Node::List(items)) => Requests::Batch(items.into_iter().map(request).collect()),
            Ok(node) => Requests::One(request(node)),
            Err(fault) => Requests::One(Request { id: Some(Id::Null), command: Err(fault) }),
        }
    }

    fn reply(&self, replies: &Replies) -> Frame {
        match replies {
            Replies::One(reply) => self.0.write(&WrittenReply::new(reply)),
            Replies::Batch(replies) => {
                self.0.write(&replies.iter().map(WrittenReply::new).collect::<Vec<_>>())
            }
        }
    }

    fn notify(&self, notification: Notification<'_>) -> Frame {
        let (method, params) = match notification {
            Notification::Hello(hello) => ("hello", Said::Hello(short(hello))),
            Notification::State(state) => ("state", Said::State(state)),
            Notification::Event(event) => ("event", Said::Event(event)),
        };
        self.0.write(&WrittenNotification { jsonrpc: VERSION, method, params })
    }

    fn request(&self, id: Option<&Id>, command: &Command) -> Result<Frame, Fault> {
        let (method, values) = methods::by_command(command).ok_or_else(|| {
            Fault::new(Code::METHOD_NOT_FOUND, "this command is a word of the text dialect, not a method")
        })?;
        let given: Vec<_> =
            method.params.names().iter().copied().zip(values).filter(|(_, value)| !value.is_null()).collect();
        let params = (!given.is_empty()).then_some(Given(given));
        Ok(self.0.write(&WrittenRequest { jsonrpc: VERSION, id, method: method.name, params }))
    }

    fn decode_outgoing(&self, data: &[u8]) -> Result<Outgoing, Fault> {
        let not_json =
            |what| Fault::new(Code::PARSE, format!("the message holds {what}, which JSON has not"));
        match self.0.parse(data)?.into_json().map_err(not_json)? {
            Value::Array(items) => {
                items.into_iter().map(outgoing).collect::<Result<_, _>>().map(Outgoing::Batch)
            }
            value => outgoing(value),
        }
    }
}

/// What is wrong with a frame as a whole, or with a request that can hardly be called one.
fn refused(id: Id, message: impl Into<String>) -> Requests {
    Requests::One(invalid(id, message))
}

fn invalid(id: Id, message: impl Into<String>) -> Request {
    Request { id: Some(id), command: Err(Fault::new(Code::INVALID_REQUEST, message)) }
}

/// Reads one request.
fn request(node: Node<'_>) -> Request {
    let Node::Object(members) = node else {
        return invalid(Id::Null, format!("a request is an object, not {}", node.described()));
    };
    let envelope = match Envelope::read(members) {
        Ok(envelope) => envelope,
        Err((id, message)) => return invalid(id, message),
    };
    Request { id: envelope.id, command: call(&envelope.method, envelope.params) }
}

/// The command that a call of a method means.
fn call(name: &str, params: Node<'_>) -> Result<Command, Fault> {
    let method = methods::by_name(name).ok_or_else(|| unknown(name))?;
    let command = Args::new(method, params).and_then(|mut args| (method.read)(&mut args));
    command.map_err(|fault| Fault { message: format!("{name}: {}", fault.message), ..fault })
}

/// No such method; perhaps it is a word of the text dialect, or something near.
fn unknown(name: &str) -> Fault {
    let hint = match nearest(name, methods::names().chain(words::names())) {
        Some(near) if methods::by_name(near).is_some() => format!("did you mean `{near}`?"),
        Some(word) => format!("`{word}` is a word of the text dialect, sent as plain text"),
        None => format!("the methods are {}", super::hint::list(methods::names())),
    };
    Fault::new(Code::METHOD_NOT_FOUND, format!("no method {}; {hint}", quoted(name)))
}

/// The members of a request, checked.
struct Envelope<'a> {
    id: Option<Id>,
    method: Cow<'a, str>,
    params: Node<'a>,
}

impl<'a> Envelope<'a> {
    /// Reads the members; an error carries the `id` as far as one was found, for the answer. A stop that
    /// can be recognised has no errors.
    fn read(members: Vec<(Cow<'a, str>, Node<'a>)>) -> Result<Self, (Id, String)> {
        let mut found: [Option<Node<'a>>; MEMBERS.len()] = Default::default();
        let mut wrong = None;
        let mut strangers = 0;
        for (key, node) in members {
            if let Some(place) = MEMBERS.iter().position(|member| *member == key) {
                if found[place].replace(node).is_some() {
                    wrong.get_or_insert_with(|| format!("`{key}` is given twice"));
                }
                continue;
            }
            strangers += 1;
            // Strangers are passed over; a slip of the finger would change the meaning.
            if strangers <= COMPARED
                && let Some(near) = nearest(&key, MEMBERS)
            {
                wrong.get_or_insert_with(|| format!("no member {}; did you mean `{near}`?", quoted(&key)));
            }
        }
        let [version, method, params, id] = found;
        let params = params.unwrap_or(Node::Null);
        if let Some(Node::Text(method)) = &method
            && methods::is_lenient(method)
        {
            let id = id.map(|id| read_id(id).unwrap_or_default());
            return Ok(Self { id, method: method.clone(), params });
        }
        let id = id.map(read_id).transpose().map_err(|message| (Id::Null, message))?;
        let result = match (wrong, version, method, params) {
            (Some(wrong), ..) => Err(wrong),
            (_, version, ..) if !matches!(&version, Some(Node::Text(text)) if text == VERSION) => {
                Err("`jsonrpc` must be \"2.0\"".to_owned())
            }
            (.., None, _) => Err("`method` is missing".to_owned()),
            (.., Some(Node::Text(method)), params @ (Node::Null | Node::List(_) | Node::Object(_))) => {
                Ok((method, params))
            }
            (.., Some(Node::Text(_)), params) => {
                Err(format!("`params` is {}: it must be an object or a list", params.described()))
            }
            (.., Some(method), _) => Err(format!("`method` is {}: it must be text", method.described())),
        };
        match result {
            Ok((method, params)) => Ok(Self { id, method, params }),
            Err(message) => Err((id.unwrap_or_default(), message)),
        }
    }
}

fn read_id(node: Node<'_>) -> Result<Id, String> {
    match node {
        Node::Null => Ok(Id::Null),
        Node::Unsigned(number) => Ok(Id::Number(number.into())),
        Node::Signed(number) => Ok(Id::Number(number.into())),
        Node::Float(number) => Number::from_f64(number)
            .map(Id::Number)
            .ok_or_else(|| format!("`id` is {number}: it must be finite")),
        Node::Text(text) if text.len() > MAX_ID => Err(format!("`id` is longer than {MAX_ID} bytes")),
        Node::Text(text) => Ok(Id::String(text.into_owned())),
        node => Err(format!("`id` is {}: it must be a number, text or null", node.described())),
    }
}

/// Reads one message of the daemon.
fn outgoing(mut value: Value) -> Result<Outgoing, Fault> {
    let mut take = |key| value.get_mut(key).map(Value::take);
    if let Some(Value::String(method)) = take("method") {
        return Ok(Outgoing::Notification { method, params: take("params").unwrap_or_default() });
    }
    let id = take("id").map(serde_json::from_value).transpose();
    let error = take("error").map(serde_json::from_value).transpose();
    match (id, take("result"), error) {
        (Ok(Some(id)), Some(result), Ok(None)) => Ok(Outgoing::Reply { id, outcome: Ok(result) }),
        (Ok(Some(id)), None, Ok(Some(fault))) => Ok(Outgoing::Reply { id, outcome: Err(fault) }),
        _ => Err(Fault::new(Code::PARSE, "neither a reply nor a notification of JSON-RPC 2.0")),
    }
}

/// `hello` as an old client can bear it.
fn short(hello: &Hello) -> Cow<'_, Hello> {
    match hello.name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => Cow::Owned(Hello { name: hello.name[..end].to_owned(), ..hello.clone() }),
        None => Cow::Borrowed(hello),
    }
}

#[derive(Serialize)]
struct WrittenReply<'a> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Answer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Fault>,
    id: &'a Id,
}

impl<'a> WrittenReply<'a> {
    fn new(reply: &'a Reply) -> Self {
        let outcome = reply.outcome.as_ref();
        Self { jsonrpc: VERSION, result: outcome.ok(), error: outcome.err(), id: &reply.id }
    }
}

#[derive(Serialize)]
struct WrittenNotification<'a> {
    jsonrpc: &'static str,
    method: &'static str,
    params: Said<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Hello(Cow<'a, Hello>),
    State(&'a State),
    Event(&'a Event),
}

#[derive(Serialize)]
struct WrittenRequest<'a> {
    jsonrpc: &'static str,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Given>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Id>,
}

/// Parameters by name, in the order of the table.
struct Given(Vec<(&'static str, Value)>);

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
