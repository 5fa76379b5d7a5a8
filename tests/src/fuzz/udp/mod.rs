//! Any datagrams, from anybody, to both ends of UDP with an integrity: a file for each.
//!
//! What lives here: how an input says what happens, and the bounds of a listener. No socket is opened;
//! all numbers are fixed, so that an input always tells the same story.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use transport::Limits;
use transport::bare::Listening;

mod crc32c;
mod psk;

pub(super) use crc32c::any_datagrams as crc32c;
pub(super) use psk::any_datagrams as psk;

/// So few that each bound is soon met.
fn limits() -> Limits {
    Limits { udp_sessions: 6, per_address: 3, ..Limits::default() }
}

/// Four hosts with eight ports each.
fn address(number: u8) -> SocketAddr {
    let host = Ipv4Addr::new(192, 0, 2, 1 + number / 8 % 4);
    SocketAddr::new(IpAddr::V4(host), 4000 + u16::from(number % 8))
}

/// Nobody makes a listener keep more than it may.
fn within_bounds(listening: &Listening) {
    let limits = limits();
    assert!(listening.sessions().count() <= limits.udp_sessions);
    assert!(listening.waiting() <= limits.udp_sessions);
    let mut hosts = HashMap::new();
    for session in listening.sessions() {
        *hosts.entry(session.ip()).or_insert(0) += 1;
    }
    assert!(hosts.values().all(|sessions| *sessions <= limits.per_address));
}

/// What is left of an input. Past its end everything is nothing.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// Their number, in two bytes, and then they themselves.
    fn datagram(&mut self) -> &'a [u8] {
        let len = self.number();
        self.take(len.into())
    }

    fn pause(&mut self) -> Duration {
        Duration::from_millis(self.number().into())
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }
}
