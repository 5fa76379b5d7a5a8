//! The dialects, one file each, and the table of them.
//!
//! What lives here: how the model is written as bytes. `text` stands alone; `jsonrpc` and `cbor`
//! are two notations of one thing, `rpc`, and share its table of methods. What must never
//! live here: I/O, clocks, memory of earlier messages.

mod args;
mod cbor;
mod hint;
mod jsonrpc;
mod methods;
mod node;
mod rpc;
mod sim;
mod text;
mod words;

use transport::Frame;

use crate::{Command, Fault, Id, Notification, Outgoing, Replies, Requests};

pub use methods::names as method_names;
pub use rpc::MAX_BATCH;
pub use sim::PREFIX as SIM_PREFIX;
pub use words::names as word_names;

/// A way to write the model as bytes. Pure: no I/O, no clock, no panic on any input.
pub trait Dialect: Send + Sync {
    /// Which row of the table this is.
    fn id(&self) -> DialectId;

    /// What a client asked. Never fails: what cannot be read is a request whose command is a fault.
    fn decode(&self, data: &[u8]) -> Requests;

    /// The answer to what [`decode`](Self::decode) gave.
    fn reply(&self, replies: &Replies) -> Frame;

    /// Something said unasked.
    fn notify(&self, notification: Notification<'_>) -> Frame;

    /// A client's request; without an id, a notification.
    ///
    /// # Errors
    /// Where this dialect has no way to say it: the text dialect has no word for `velocity`, and
    /// JSON-RPC no method for `up`.
    fn request(&self, id: Option<&Id>, command: &Command) -> Result<Frame, Fault>;

    /// What the daemon said, as a client reads it.
    ///
    /// # Errors
    /// Where it is not this dialect.
    fn decode_outgoing(&self, data: &[u8]) -> Result<Outgoing, Fault>;
}

/// A row of the table of dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DialectId {
    /// One line of words: `drive 0.5 0`.
    Text,
    /// JSON-RPC 2.0.
    Json,
    /// The objects of JSON-RPC 2.0 in CBOR, RFC 8949.
    Cbor,
}

/// The table: adding a dialect is one file, one variant, and one line here.
static TABLE: [(DialectId, &str, &dyn Dialect); DialectId::ALL.len()] = [
    (DialectId::Text, "text", &text::Text),
    (DialectId::Json, "json", &rpc::Rpc(jsonrpc::Json)),
    (DialectId::Cbor, "cbor", &rpc::Rpc(cbor::Cbor)),
];

impl DialectId {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Text, Self::Json, Self::Cbor];

    /// `text`, `json` or `cbor`: as in an endpoint's `dialect=` and in `hello`.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// By name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// By the first bytes of a message, space and byte order mark skipped: `{` or `[` is json;
    /// 0x80–0xBF (a CBOR array or map, and never the first byte of UTF-8) or the mark of
    /// self-described CBOR is cbor; anything else text.
    #[must_use]
    pub fn detect(data: &[u8]) -> Self {
        match trimmed(data) {
            [b'{' | b'[', ..] => Self::Json,
            [0x80..=0xBF, ..] => Self::Cbor,
            rest if rest.starts_with(&cbor::SELF_DESCRIBED) => Self::Cbor,
            _ => Self::Text,
        }
    }

    /// Its implementation.
    #[must_use]
    pub fn get(self) -> &'static dyn Dialect {
        TABLE[self as usize].2
    }
}

/// Without what clients of text put around a message and do not mean: space and line ends, the zero
/// byte that ends a string in C, and the byte order mark that .NET writes first.
fn trimmed(data: &[u8]) -> &[u8] {
    let meant = |byte: &u8| !byte.is_ascii_whitespace() && *byte != 0;
    let data = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
    let start = data.iter().position(meant).unwrap_or(data.len());
    let end = data.iter().rposition(meant).map_or(start, |last| last + 1);
    &data[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_at_its_own_number() {
        for id in DialectId::ALL {
            assert_eq!(TABLE[id as usize].0, id);
            assert_eq!(id.get().id(), id);
            assert_eq!(DialectId::by_name(id.name()), Some(id));
        }
        assert_eq!(DialectId::by_name("yaml"), None);
    }

    #[test]
    fn the_first_bytes_tell_the_dialect() {
        for (data, id) in [
            (&b"up"[..], DialectId::Text),
            (b"", DialectId::Text),
            (b"  \r\n", DialectId::Text),
            (b" {}", DialectId::Json),
            (b"\xEF\xBB\xBF[1]", DialectId::Json),
            (b"\xA1", DialectId::Cbor),
            (b"\x80", DialectId::Cbor),
            (b"\xBF\xFF", DialectId::Cbor),
            (b"\xD9\xD9\xF7\xA0", DialectId::Cbor),
            ("привет".as_bytes(), DialectId::Text),
            (b"\xC0", DialectId::Text),
        ] {
            assert_eq!(DialectId::detect(data), id, "{data:?}");
        }
    }
}
