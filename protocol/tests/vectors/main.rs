//! `vectors/vectors.json` says exactly what the codec writes and reads. After a change that is meant,
//! `UPDATE_VECTORS=1 cargo test -p protocol --test vectors` writes the file anew.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod said;

use std::path::Path;

use protocol::{
    Answer, Code, DialectId, Event, Id, Notification, Outgoing, Replies, Reply, Request, Requests, State,
};
use said::{answers, commands, events, hello, state};
use serde::Serialize;
use transport::Frame;

/// One message in every dialect that can say it.
#[derive(Serialize)]
struct Vector {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cbor: Option<String>,
    /// The error code that is answered, where the message is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i32>,
}

impl Vector {
    fn new(name: &'static str, say: impl Fn(DialectId) -> Option<Frame>) -> Self {
        let text = |id| say(id).map(|frame| String::from_utf8(frame.data.to_vec()).unwrap());
        let hex = |frame: Frame| frame.data.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            name,
            text: text(DialectId::Text),
            json: text(DialectId::Json),
            cbor: say(DialectId::Cbor).map(hex),
            code: None,
        }
    }

    /// Each dialect in which it is written, and the bytes.
    fn bytes(&self) -> Vec<(DialectId, Vec<u8>)> {
        let unhex = |hex: &String| {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let text = |text: &String| text.as_bytes().to_vec();
        [
            self.text.as_ref().map(|said| (DialectId::Text, text(said))),
            self.json.as_ref().map(|said| (DialectId::Json, text(said))),
            self.cbor.as_ref().map(|said| (DialectId::Cbor, unhex(said))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Messages that are wrong, and the code of the answer to each.
fn refused() -> Vec<Vector> {
    let bad = |name, dialect, input: &str, Code(code)| {
        let mut vector = Vector { name, text: None, json: None, cbor: None, code: Some(code) };
        let place = match dialect {
            DialectId::Text => &mut vector.text,
            DialectId::Json => &mut vector.json,
            DialectId::Cbor => &mut vector.cbor,
        };
        *place = Some(input.to_owned());
        vector
    };
    let text = |name, input, code| bad(name, DialectId::Text, input, code);
    let json = |name, input, code| bad(name, DialectId::Json, input, code);
    let cbor = |name, input, code| bad(name, DialectId::Cbor, input, code);
    vec![
        text("an unknown word", "upp", Code::METHOD_NOT_FOUND),
        text("nothing", "", Code::INVALID_REQUEST),
        text("a missing number", "drive 1", Code::INVALID_PARAMS),
        text("a number out of range", "drive 1.5 0", Code::INVALID_PARAMS),
        text("no number", "drive nan 0", Code::INVALID_PARAMS),
        text("a word too many", "up now", Code::INVALID_PARAMS),
        text("a token that is missing", "auth", Code::INVALID_PARAMS),
        text("a word that is not force", "acquire please", Code::INVALID_PARAMS),
        json("a message cut short", r#"{"jsonrpc":"2.0","id":1,"#, Code::PARSE),
        json(
            "a number beyond every double",
            r#"{"jsonrpc":"2.0","id":1,"method":"drive","params":[1e999,0]}"#,
            Code::PARSE,
        ),
        json("an empty batch", "[]", Code::INVALID_REQUEST),
        json("no version", r#"{"id":1,"method":"center"}"#, Code::INVALID_REQUEST),
        json("a method that is no text", r#"{"jsonrpc":"2.0","id":1,"method":1}"#, Code::INVALID_REQUEST),
        json("an id that is none", r#"{"jsonrpc":"2.0","id":[1],"method":"center"}"#, Code::INVALID_REQUEST),
        json("an unknown method", r#"{"jsonrpc":"2.0","id":1,"method":"fly"}"#, Code::METHOD_NOT_FOUND),
        json(
            "a word of the text dialect",
            r#"{"jsonrpc":"2.0","id":1,"method":"up"}"#,
            Code::METHOD_NOT_FOUND,
        ),
        json(
            "an unknown parameter",
            r#"{"jsonrpc":"2.0","id":1,"method":"look","params":{"pam":1}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a parameter given twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"look","params":{"pan":1,"pan":2}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a missing parameter",
            r#"{"jsonrpc":"2.0","id":1,"method":"drive","params":{"throttle":1}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a time to live beyond 2 s",
            r#"{"jsonrpc":"2.0","id":1,"method":"drive","params":{"throttle":1,"steer":0,"ttl_ms":2001}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a speed beyond any car",
            r#"{"jsonrpc":"2.0","id":1,"method":"velocity","params":[1.5e308,1.5e308]}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a motor and a servo at once",
            r#"{"jsonrpc":"2.0","id":1,"method":"test","params":{"motor":"left","power":0.3,"servo":"pan","pulse_us":1500}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a motor without its power",
            r#"{"jsonrpc":"2.0","id":1,"method":"test","params":{"motor":"left"}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a pulse that no servo knows",
            r#"{"jsonrpc":"2.0","id":1,"method":"test","params":{"servo":"pan","pulse_us":2601}}"#,
            Code::INVALID_PARAMS,
        ),
        cbor("a map cut short", "a4", Code::PARSE),
        cbor("a length that is not there", "bb7fffffffffffffff", Code::PARSE),
        cbor("a key that is a number", "a10101", Code::PARSE),
        cbor("bytes after the message", "8000", Code::PARSE),
        cbor("an empty list", "80", Code::INVALID_REQUEST),
        cbor("a map without members", "a0", Code::INVALID_REQUEST),
    ]
}

/// `id` is null in text, which has none, and 1 elsewhere.
fn id(dialect: DialectId) -> Id {
    if dialect == DialectId::Text { Id::Null } else { Id::Number(1.into()) }
}

fn written() -> [(&'static str, Vec<Vector>); 4] {
    let hello = hello();
    let state = state();
    let events = events();
    let notifications = [("hello", Notification::Hello(&hello)), ("state", Notification::State(&state))];
    let notifications = notifications
        .into_iter()
        .chain(events.iter().map(|(name, event)| (*name, Notification::Event(event))));
    [
        (
            "requests",
            commands()
                .iter()
                .map(|(name, command)| {
                    Vector::new(name, |dialect| dialect.get().request(Some(&id(dialect)), command).ok())
                })
                .collect(),
        ),
        (
            "answers",
            answers()
                .into_iter()
                .map(|(name, outcome)| {
                    Vector::new(name, |dialect| {
                        let reply = Reply { id: id(dialect), outcome: outcome.clone() };
                        let asked_here = dialect == DialectId::Text || outcome != Ok(Answer::Help);
                        asked_here.then(|| dialect.get().reply(&Replies::One(reply)))
                    })
                })
                .collect(),
        ),
        (
            "notifications",
            notifications
                .map(|(name, said)| Vector::new(name, |dialect| Some(dialect.get().notify(said))))
                .collect(),
        ),
        ("refused", refused()),
    ]
}

#[test]
fn the_file_says_exactly_what_is_written() {
    let parts: Vec<_> = written()
        .into_iter()
        .map(|(part, vectors)| {
            let lines = serde_json::to_string_pretty(&vectors).unwrap().replace('\n', "\n  ");
            format!("  \"{part}\": {lines}")
        })
        .collect();
    let written = format!("{{\n{}\n}}\n", parts.join(",\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/vectors.json");
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let file = std::fs::read_to_string(&path).unwrap();
    for (line, (file, written)) in file.lines().zip(written.lines()).enumerate() {
        assert_eq!(file, written, "vectors.json, line {}", line + 1);
    }
    assert_eq!(file, written);
}

#[test]
fn every_request_is_read_as_it_was_meant() {
    let vectors = &written()[0].1;
    for ((_, command), vector) in commands().into_iter().zip(vectors) {
        assert!(!vector.bytes().is_empty(), "no dialect says {}", vector.name);
        for (dialect, data) in vector.bytes() {
            assert_eq!(DialectId::detect(&data), dialect, "{}", vector.name);
            let request = Request { id: Some(id(dialect)), command: Ok(command.clone()) };
            assert_eq!(dialect.get().decode(&data), Requests::One(request), "{}", vector.name);
        }
    }
}

#[test]
fn every_answer_is_read_the_same_in_json_and_cbor() {
    for vector in &written()[1].1 {
        let [text, rest @ ..] = &vector.bytes()[..] else { panic!("nothing says {}", vector.name) };
        let read: Vec<_> =
            rest.iter().map(|(dialect, data)| dialect.get().decode_outgoing(data).unwrap()).collect();
        assert!(read.windows(2).all(|pair| pair[0] == pair[1]), "{}", vector.name);
        let Outgoing::Reply { id: Id::Null, outcome } = text.0.get().decode_outgoing(&text.1).unwrap() else {
            panic!("not a reply: {}", vector.name)
        };
        if let [Outgoing::Reply { outcome: written, .. }, ..] = &read[..] {
            assert_eq!(outcome.is_ok(), written.is_ok(), "{}", vector.name);
        }
    }
}

#[test]
fn every_notification_is_read_the_same_in_every_dialect() {
    for vector in &written()[2].1 {
        let read: Vec<_> = vector
            .bytes()
            .iter()
            .map(|(dialect, data)| dialect.get().decode_outgoing(data).unwrap())
            .collect();
        assert_eq!(read.len(), 3);
        assert!(read.windows(2).all(|pair| pair[0] == pair[1]), "{}", vector.name);
    }
}

#[test]
fn a_state_and_an_event_come_back_as_they_were() {
    let (state, events) = (state(), events());
    for dialect in DialectId::ALL {
        let read = |said| match dialect.get().decode_outgoing(&dialect.get().notify(said).data).unwrap() {
            Outgoing::Notification { params, .. } => params,
            other => panic!("not a notification: {other:?}"),
        };
        assert_eq!(serde_json::from_value::<State>(read(Notification::State(&state))).unwrap(), state);
        for (_, event) in &events {
            assert_eq!(serde_json::from_value::<Event>(read(Notification::Event(event))).unwrap(), *event);
        }
    }
}

#[test]
fn every_wrong_message_is_refused_with_its_code() {
    for vector in refused() {
        for (dialect, data) in vector.bytes() {
            let Requests::One(request) = dialect.get().decode(&data) else {
                panic!("a batch: {}", vector.name)
            };
            let code = request.command.map_err(|fault| fault.code.0);
            assert_eq!(code, Err(vector.code.unwrap()), "{}", vector.name);
            assert!(request.id.is_some(), "{} would not be answered", vector.name);
        }
    }
}
