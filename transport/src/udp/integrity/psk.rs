//! `integrity=psk`: both ends prove with each datagram that they have one secret. Who listens on the
//! way can read everything; nobody without the secret can say anything.
//!
//! The dialler says hello and gets a cookie, by which it proves its address; until then the listener
//! keeps nothing for it (as in RFC 6347, section 4.2.1). With the cookie it opens, and proves that it
//! has the secret; the acceptance proves the same of the listener. Keys are made of the secret and of
//! one fresh random number of each end. The new session takes the place of an old one at its address
//! when its first datagram has come, which no replay can bring about.

use super::{Door, End, Guard, Knock, MAGIC, Opener, Refused, Sealer};

mod accept;
mod cookie;
mod derive;
mod greet;
mod session;
mod window;
mod wire;

pub(crate) use self::accept::Reception;
pub(crate) use self::greet::Greeting;
pub(crate) use self::session::OVERHEAD;
pub(crate) use self::wire::LONGEST as LONGEST_HANDSHAKE;

/// Random, and never used again.
pub(crate) type Nonce = [u8; 16];

#[cfg(test)]
mod tests;
