//! WebSocket as its peers see it: bytes typed from RFC 6455 go in, and the bytes that come out are
//! compared with what it asks for.

#![allow(clippy::unwrap_used, reason = "clippy knows tests, and not what they call")]

mod doors;
mod entry;
mod frames;
mod goodbye;
mod liveness;
mod support;
