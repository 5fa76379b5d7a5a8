//! (interface sketch: to be completed) The dialects, one file each, and the table of them.

use transport::Frame;

use crate::{Command, Fault, Id, Notification, Outgoing, Replies, Requests};

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
    fn request(&self, id: Option<&Id>, command: &Command) -> Frame;
    /// What the daemon said, as a client reads it.
    ///
    /// # Errors
    /// Where it is not this dialect.
    fn decode_outgoing(&self, data: &[u8]) -> Result<Outgoing, Fault>;
}

/// A row of the table of dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DialectId {
    Text,
    Json,
    Cbor,
}

impl DialectId {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Text, Self::Json, Self::Cbor];
    /// `text`, `json` or `cbor`.
    pub fn name(self) -> &'static str {
        todo!()
    }
    /// By name.
    pub fn by_name(_name: &str) -> Option<Self> {
        todo!()
    }
    /// By the first bytes of a message (space skipped): `{` or `[` is json, 0x80–0xBF (a CBOR array or map, and never the
    /// first byte of UTF-8) is cbor, anything else text.
    pub fn detect(_data: &[u8]) -> Self {
        todo!()
    }
    /// Its implementation.
    pub fn get(self) -> &'static dyn Dialect {
        todo!()
    }
}
