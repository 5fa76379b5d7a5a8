//! The cbor dialect: the objects of JSON-RPC 2.0 in CBOR, RFC 8949, as binary messages.
//!
//! Read is whatever means the same as JSON: definite and indefinite lengths, integers and floats of
//! any width. Written are definite lengths, the shortest integers, and floats of 64 bits.

use minicbor_serde::{Deserializer, Serializer};
use serde::Serialize;
use transport::Frame;

use super::DialectId;
use super::node::Node;
use super::rpc::Notation;
use crate::{Code, Fault};

/// Tag 55799, which may stand before any CBOR and means nothing (RFC 8949, section 3.4.6).
pub(super) const SELF_DESCRIBED: [u8; 3] = [0xD9, 0xD9, 0xF7];

/// The notation.
pub(super) struct Cbor;

impl Notation for Cbor {
    const ID: DialectId = DialectId::Cbor;

    fn parse<'a>(&self, data: &'a [u8]) -> Result<Node<'a>, Fault> {
        let data = data.strip_prefix(&SELF_DESCRIBED).unwrap_or(data);
        let mut parser = Deserializer::new(data);
        // Nesting is bounded by Node; this parser calls itself only through it.
        let node = Node::read(&mut parser)
            .map_err(|error| Fault::new(Code::PARSE, format!("not CBOR that JSON could say: {error}")))?;
        match data.len() - parser.decoder().position() {
            0 => Ok(node),
            rest => Err(Fault::new(Code::PARSE, format!("{rest} bytes follow the message"))),
        }
    }

    fn write(&self, value: &impl Serialize) -> Frame {
        let mut data = Vec::with_capacity(256);
        value
            .serialize(Serializer::new(&mut data).serialize_unit_as_null(true))
            .expect("a Vec takes any bytes, and nothing of the model is beyond CBOR");
        Frame::binary(data)
    }
}
