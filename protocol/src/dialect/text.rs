//! The text dialect: a message is one command, a word and its numbers; an answer is one line, `ok …`
//! or `error: …`. For people, shells, and the clients of school cars that send `up`.

use serde_json::Value;
use transport::{Frame, Kind};

use super::hint::{nearest, quoted};
use super::words::{self, MOST_NUMBERS, Rest, Word};
use super::{Dialect, DialectId, jsonrpc, methods, trimmed};
use crate::{
    Answer, Code, Command, Fault, Id, Limit, Notification, Outgoing, Replies, Reply, Request, Requests,
};

/// Said unasked in front of an object; the same names as the methods of JSON-RPC's notifications.
const TOPICS: [&str; 2] = ["state", "event"];

/// The dialect.
pub(super) struct Text;

impl Dialect for Text {
    fn id(&self) -> DialectId {
        DialectId::Text
    }

    fn decode(&self, data: &[u8]) -> Requests {
        let command = utf8(data).and_then(command).or_else(|fault| {
            // A stop is not refused for its wording: the letters of its reason may be of any code page.
            let readable = command(String::from_utf8_lossy(trimmed(data)).trim());
            readable.ok().filter(Command::is_stop).ok_or(fault)
        });
        Requests::One(Request { id: Some(Id::Null), command })
    }

    fn reply(&self, replies: &Replies) -> Frame {
        Frame::text(match replies {
            Replies::One(reply) => line(reply),
            // Nothing in this dialect asks several things at once; one line holds them all the same.
            Replies::Batch(replies) => replies.iter().map(line).collect::<Vec<_>>().join("; "),
        })
    }

    fn notify(&self, notification: Notification<'_>) -> Frame {
        let (topic, json) = match notification {
            Notification::Hello(_) => return DialectId::Json.get().notify(notification),
            Notification::State(state) => (TOPICS[0], jsonrpc::line(state)),
            Notification::Event(event) => (TOPICS[1], jsonrpc::line(event)),
        };
        Frame { data: [topic.as_bytes(), b" ", &json].concat().into(), kind: Kind::Text }
    }

    fn request(&self, _: Option<&Id>, command: &Command) -> Result<Frame, Fault> {
        let Some((word, rest)) = words::by_command(command) else {
            let what = methods::by_command(command).map_or("this command", |(method, _)| method.name);
            let message = format!("the text dialect cannot say `{what}` so: use json or cbor");
            return Err(Fault::new(Code::METHOD_NOT_FOUND, message));
        };
        let line = format!("{} {rest}", word.name);
        Ok(Frame::text(line.trim_end().to_owned()))
    }

    fn decode_outgoing(&self, data: &[u8]) -> Result<Outgoing, Fault> {
        let line = utf8(data)?;
        if line.starts_with('{') {
            return DialectId::Json.get().decode_outgoing(data);
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let reply = |outcome| Ok(Outgoing::Reply { id: Id::Null, outcome });
        match word {
            "ok" => reply(Ok(value(rest.trim()))),
            "error:" => reply(Err(Fault::new(Code::UNSPECIFIED, rest.trim()))),
            _ if TOPICS.contains(&word) => {
                let params = serde_json::from_str(rest)
                    .map_err(|error| Fault::new(Code::PARSE, format!("after `{word}`: not JSON: {error}")))?;
                Ok(Outgoing::Notification { method: word.to_owned(), params })
            }
            _ => Err(Fault::new(Code::PARSE, format!("{} is no answer of the text dialect", quoted(line)))),
        }
    }
}

fn utf8(data: &[u8]) -> Result<&str, Fault> {
    let text = std::str::from_utf8(trimmed(data))
        .map_err(|error| Fault::new(Code::PARSE, format!("not UTF-8 after {} bytes", error.valid_up_to())))?;
    Ok(text.trim())
}

/// Reads one command.
fn command(line: &str) -> Result<Command, Fault> {
    let (name, mut rest) = next_part(line);
    if name.is_empty() {
        return Err(Fault::new(Code::INVALID_REQUEST, "an empty message; `help` lists the words"));
    }
    let word = words::by_name(name).ok_or_else(|| unknown(name))?;
    let usage = |problem: String| Fault::params(format!("{problem}; write `{}`", usage(word)));
    let mut numbers = [0.0; MOST_NUMBERS];
    let mut given = 0;
    for arg in word.numbers.iter().chain(word.optional) {
        let (part, after) = next_part(rest);
        if part.is_empty() {
            if given < word.numbers.len() {
                return Err(usage(format!("`{arg}` is missing")));
            }
            break;
        }
        let number = part.parse();
        numbers[given] =
            number.map_err(|_| usage(format!("`{arg}` is {}: it must be a number", quoted(part))))?;
        (rest, given) = (after, given + 1);
    }
    match word.rest {
        Rest::Nothing if !rest.is_empty() => Err(usage(format!("{} is too much", quoted(next_part(rest).0)))),
        Rest::Needed(what) if rest.is_empty() => Err(usage(format!("`{}` is missing", what.to_lowercase()))),
        _ => (word.read)(&numbers[..given], rest),
    }
}

/// What stands before the first space, and what after it; without space around either.
fn next_part(line: &str) -> (&str, &str) {
    let (part, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (part, rest.trim_start())
}

/// No such word; perhaps it is a method, or something near.
fn unknown(name: &str) -> Fault {
    let hint = match nearest(name, words::names().chain(methods::names())) {
        _ if name.starts_with(['{', '[']) => "only text is understood here, not JSON; ".to_owned(),
        Some(near) if words::by_name(near).is_some() => format!("did you mean `{near}`? "),
        Some(method) => format!("`{method}` is a method of the json dialect; "),
        None => String::new(),
    };
    Fault::new(Code::METHOD_NOT_FOUND, format!("unknown word {}; {hint}`help` lists the words", quoted(name)))
}

/// `drive THROTTLE STEER [STRAFE]`
fn usage(word: &Word) -> String {
    let line = word.numbers.iter().fold(word.name.to_owned(), |line, arg| line + " " + &arg.to_uppercase());
    let line = word.optional.iter().fold(line, |line, arg| line + " [" + &arg.to_uppercase() + "]");
    match word.rest {
        Rest::Nothing | Rest::Ignored => line,
        Rest::Maybe(what) => line + " [" + what + "]",
        Rest::Needed(what) => line + " " + what,
    }
}

/// One answer on one line.
fn line(reply: &Reply) -> String {
    let answer = match &reply.outcome {
        Ok(answer) => answer,
        // An error of the hardware may come from anywhere and hold a line break.
        Err(fault) => return format!("error: {}", fault.message.replace(char::is_control, " ")),
    };
    match answer {
        Answer::Accepted { limited: None } | Answer::Done => "ok".to_owned(),
        Answer::Accepted { limited: Some(limit) } => format!("ok limited {}", limited(*limit)),
        Answer::Angles(angles) => format!("ok pan {} tilt {}", angles.pan, angles.tilt),
        Answer::Driver(None) => "ok nobody drives".to_owned(),
        Answer::Driver(Some(driver)) => format!("ok session {} drives", driver.session),
        Answer::Pong { .. } => "ok pong".to_owned(),
        Answer::Help => words::all().iter().fold("ok".to_owned(), |line, word| {
            let comma = if line == "ok" { " " } else { ", " };
            line + comma + &usage(word)
        }),
        object => format!("ok {}", String::from_utf8_lossy(&jsonrpc::line(object))),
    }
}

fn limited(limit: Limit) -> &'static str {
    match limit {
        Limit::Speed => "speed",
        Limit::Strafe => "strafe",
        Limit::Turn => "turn",
    }
}

/// What follows `ok`, for a client: an object where it is one, else text, `null` where it is nothing.
fn value(rest: &str) -> Value {
    match rest {
        "" => Value::Null,
        rest if rest.starts_with('{') => serde_json::from_str(rest).unwrap_or_else(|_| rest.into()),
        rest => rest.into(),
    }
}
