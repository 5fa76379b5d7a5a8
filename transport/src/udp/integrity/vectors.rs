//! The test vectors that authors of clients use, `protocol/vectors/udp.json`: every row is read here,
//! and nothing else in the file is passed over.

use serde_json::Value;

use super::{End, Opener, Refused};

pub(crate) fn file() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/vectors/udp.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the vectors")).expect("JSON")
}

pub(crate) fn rows(of: &Value) -> &[Value] {
    let rows = of.as_array().expect("a list");
    assert!(!rows.is_empty());
    rows
}

pub(crate) fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("no {key} in {row}"))
}

pub(crate) fn number(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap_or_else(|| panic!("no {key} in {row}"))
}

pub(crate) fn bytes(row: &Value, key: &str) -> Vec<u8> {
    let digits = text(row, key);
    let pairs = digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits")).collect()
}

pub(crate) fn sender(row: &Value) -> End {
    match text(row, "from") {
        "dialler" => End::Dialler,
        "listener" => End::Listener,
        other => panic!("nobody is called {other}"),
    }
}

/// Hands a list of datagrams to one session, and compares what becomes of each.
pub(crate) fn hears(opener: &mut dyn Opener, list: &Value) {
    for row in rows(list) {
        let outcome = match opener.open(&bytes(row, "datagram")) {
            Ok(_) => "frame",
            Err(Refused::Handshake) => "handshake",
            Err(Refused::Corrupt) => "corrupt",
            Err(Refused::Late) => "late",
            Err(Refused::Anew) => "anew",
        };
        assert_eq!(outcome, text(row, "outcome"), "{row}");
    }
}
