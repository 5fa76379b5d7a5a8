//! The json dialect: JSON-RPC 2.0 in JSON, RFC 8259. What is written is printable ASCII on one line,
//! so that every framing carries it and every client can read it.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use transport::{Frame, Kind};

use super::node::Node;
use super::rpc::Notation;
use super::{DialectId, trimmed};
use crate::{Code, Fault};

/// The notation.
pub(super) struct Json;

impl Notation for Json {
    const ID: DialectId = DialectId::Json;

    fn parse<'a>(&self, data: &'a [u8]) -> Result<Node<'a>, Fault> {
        let mut parser = serde_json::Deserializer::from_slice(trimmed(data));
        let node = Node::read(&mut parser).and_then(|node| parser.end().map(|()| node));
        node.map_err(|error| Fault::new(Code::PARSE, format!("not JSON: {error}")))
    }

    fn write(&self, value: &impl Serialize) -> Frame {
        Frame { data: line(value).into(), kind: Kind::Text }
    }
}

/// A value as one line of printable ASCII.
pub(super) fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = Vec::with_capacity(256);
    value
        .serialize(&mut Serializer::with_formatter(&mut line, Ascii))
        .expect("a Vec takes any bytes, and every key of the model is text");
    line
}

/// Compact, with everything but printable ASCII escaped.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let plain = |char: char| matches!(char, ' '..='~');
        if fragment.chars().all(plain) {
            return out.write_all(fragment.as_bytes());
        }
        for char in fragment.chars() {
            if plain(char) {
                out.write_all(&[char as u8])?;
            } else {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}
