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
    /// An address, by what any page that is open in a browser there can have it ask.
    Pages(IpAddr),
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

    /// Of a peer that shows a token in a query. A browser does that for any page, with an image, and nothing that it
    /// sends need say so. So guesses that come by it are nobody's else: who shows a token in another way at the same
    /// address, which no page of others can, does not wait for them.
    #[must_use]
    pub fn by_query(peer: &Peer) -> Self {
        match Self::of(peer) {
            Self::Address(address) => Self::Pages(address),
            other => other,
        }
    }
}
