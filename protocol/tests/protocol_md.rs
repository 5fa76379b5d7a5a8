//! `PROTOCOL.md` is true: its examples are read, and it leaves no method, word or field out.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod common;

use common::one;
use protocol::dialect::{MAX_BATCH, method_names, word_names};
use protocol::{Code, DialectId, State};

const PAGE: &str = include_str!("../PROTOCOL.md");

/// The lines of the page's examples that stand behind `label`, without what is abridged.
fn examples(label: &str) -> impl Iterator<Item = &'static str> {
    PAGE.lines()
        .filter_map(move |line| line.strip_prefix(label))
        .filter(|line| !line.contains('…'))
        .map(str::trim)
}

#[test]
fn every_request_in_it_is_understood() {
    let requests =
        || examples("json  ").filter(|line| line.contains("\"id\"") && line.contains("\"method\""));
    for method in method_names() {
        let called = format!("\"method\":\"{method}\"");
        assert!(requests().any(|line| line.contains(&called)), "{method} has no example");
    }
    for line in requests() {
        one(DialectId::Json, line.as_bytes()).command.unwrap();
    }
    for line in examples("text  ").filter(|line| !line.starts_with("error:") && !line.starts_with("event ")) {
        one(DialectId::Text, line.as_bytes()).command.unwrap();
    }
}

#[test]
fn every_answer_in_it_is_understood() {
    for line in
        PAGE.lines().map(str::trim).filter(|line| line.starts_with("{\"jsonrpc\":") && !line.contains('…'))
    {
        DialectId::Json.get().decode_outgoing(line.as_bytes()).unwrap();
    }
}

#[test]
fn it_leaves_nothing_out() {
    let said = |what: &str| assert!(PAGE.contains(&format!("`{what}")), "{what} is not in PROTOCOL.md");
    word_names().for_each(said);
    for method in method_names() {
        let heading = |line: &str| line.starts_with("### ") && line.contains(method);
        assert!(PAGE.lines().any(heading), "{method} has no heading");
    }
    let state = serde_json::to_value(State::default()).unwrap();
    state.as_object().unwrap().keys().for_each(|field| said(field));
    for code in [
        Code::PARSE,
        Code::INVALID_REQUEST,
        Code::METHOD_NOT_FOUND,
        Code::INVALID_PARAMS,
        Code::INTERNAL,
        Code::HARDWARE,
        Code::STALE,
        Code::BUSY,
    ] {
        assert!(PAGE.contains(&format!("| −{} |", -code.0)), "{code:?}");
    }
    assert!(PAGE.contains(&format!("at most {MAX_BATCH} requests")));
}
