//! Cookies: by giving one back, a dialler proves that it hears what is sent to its address. They say
//! themselves when and for whom they were made, so nothing has to be kept.

use std::net::SocketAddr;
use std::time::Duration;

use super::Nonce;
use super::derive::Keyed;
use super::wire::{COOKIE, TAG};
use crate::tcp::canonical;

/// Makes cookies, and knows its own again.
#[derive(Debug)]
pub(super) struct Baker {
    secret: Keyed,
    lasts: Duration,
}

impl Baker {
    /// With a secret that nobody else has, and how long a cookie is good.
    pub(super) fn new(secret: &[u8; 32], lasts: Duration) -> Self {
        Self { secret: Keyed::new(secret), lasts }
    }

    /// A cookie for one address and one number of its dialler; `now` counts from any moment.
    pub(super) fn bake(&self, address: SocketAddr, client: &Nonce, now: Duration) -> [u8; COOKIE] {
        let made = millis(now).to_be_bytes();
        let mut cookie = [0; COOKIE];
        let (time, tag) = cookie.split_at_mut(COOKIE - TAG);
        time.copy_from_slice(&made);
        tag.copy_from_slice(&self.secret.tag(&[&made, &place(address), client]));
        cookie
    }

    /// Whether it was baked for these, and not long ago.
    pub(super) fn knows(
        &self,
        cookie: &[u8; COOKIE],
        address: SocketAddr,
        client: &Nonce,
        now: Duration,
    ) -> bool {
        let Some((made, tag)) = cookie.split_first_chunk::<8>() else { return false };
        let age = millis(now).checked_sub(u64::from_be_bytes(*made));
        let fresh = age.is_some_and(|age| u128::from(age) <= self.lasts.as_millis());
        let tag = tag.try_into().unwrap_or(&[0; TAG]);
        fresh && self.secret.proves(&[made, &place(address), client], tag)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// An address in 18 bytes: an IPv4 one and the IPv6 one that stands for it are the same.
fn place(address: SocketAddr) -> [u8; 18] {
    let address = canonical(address);
    let ip = match address.ip() {
        std::net::IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        std::net::IpAddr::V6(ip) => ip,
    };
    let mut place = [0; 18];
    place[..16].copy_from_slice(&ip.octets());
    place[16..].copy_from_slice(&address.port().to_be_bytes());
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const CLIENT: Nonce = [7; 16];

    fn baker() -> Baker {
        Baker::new(&[1; 32], 5 * SECOND)
    }

    fn here() -> SocketAddr {
        "192.0.2.1:4000".parse().unwrap()
    }

    #[test]
    fn a_cookie_is_good_for_its_address_and_its_number_until_it_is_old() {
        let cookie = baker().bake(here(), &CLIENT, SECOND);
        for now in [SECOND, 6 * SECOND] {
            assert!(baker().knows(&cookie, here(), &CLIENT, now));
        }
        assert!(!baker().knows(&cookie, here(), &CLIENT, 6 * SECOND + Duration::from_millis(1)));
        assert!(!baker().knows(&cookie, here(), &CLIENT, SECOND / 2), "from the future");
        assert!(!baker().knows(&cookie, here(), &[8; 16], SECOND));
        for other in ["192.0.2.1:4001", "192.0.2.2:4000", "[2001:db8::1]:4000"] {
            assert!(!baker().knows(&cookie, other.parse().unwrap(), &CLIENT, SECOND), "{other}");
        }
        assert!(baker().knows(&cookie, "[::ffff:192.0.2.1]:4000".parse().unwrap(), &CLIENT, SECOND));
    }

    #[test]
    fn a_cookie_of_another_baker_or_with_any_bit_changed_is_not_known() {
        let cookie = baker().bake(here(), &CLIENT, SECOND);
        assert!(!Baker::new(&[2; 32], 5 * SECOND).knows(&cookie, here(), &CLIENT, SECOND));
        for bit in 0..COOKIE * 8 {
            let mut changed = cookie;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!baker().knows(&changed, here(), &CLIENT, 2 * SECOND), "bit {bit}");
        }
    }
}
