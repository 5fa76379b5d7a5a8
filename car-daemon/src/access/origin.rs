//! Where guesses come from: what of a peer it cannot change at will.
//!
//! What must never live here: how often somebody may guess.

use std::net::{IpAddr, Ipv6Addr};

use transport::Peer;

/// Where a peer comes from, as far as guessing is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// An address; of IPv6 its /64, which is what one subscriber has (RFC 6177).
    Address(IpAddr),
    /// A user of this machine.
    User(u32),
    /// This process.
    Memory,
}

impl Origin {
    /// Of a peer.
    #[must_use]
    pub fn of(peer: &Peer) -> Self {
        match peer {
            Peer::Socket(address) => Self::Address(match address.ip().to_canonical() {
                IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
                v4 => v4,
            }),
            Peer::Unix { uid, .. } => Self::User(*uid),
            _ => Self::Memory,
        }
    }
}
