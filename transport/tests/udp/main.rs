//! `integrity=crc32c` and `integrity=psk` on real sockets, with somebody on the way who loses,
//! damages, repeats and forges datagrams.
//!
//! What the two modes share with every transport is in `transport/tests/conformance`; the formats
//! and the handshake are tested without sockets in `transport/src/udp/integrity`.

#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod attacks;
mod faults;
mod foreign;
mod keys;
mod support;
