//! A frame: one whole message as bytes. What the bytes mean is never known here.

use bytes::Bytes;

/// Whether a transport that tells the two apart carried a frame as text or as binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Valid UTF-8.
    Text,
    /// Any bytes.
    Binary,
}

/// One whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The message, without any framing.
    pub data: Bytes,
    /// How it travels where the transport has two ways (WebSocket); a hint elsewhere.
    pub kind: Kind,
}

impl Frame {
    /// A frame of UTF-8 text.
    pub fn text(data: impl Into<String>) -> Self {
        Self { data: Bytes::from(data.into()), kind: Kind::Text }
    }

    /// A frame of any bytes.
    pub fn binary(data: impl Into<Bytes>) -> Self {
        Self { data: data.into(), kind: Kind::Binary }
    }
}
