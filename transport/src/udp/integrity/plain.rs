//! `integrity=none`: a datagram is its frame.

use std::net::SocketAddr;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Door, Guard, Knock, Opener, Refused, Sealer};
use crate::Presented;

/// What has nothing to remember.
#[derive(Debug)]
pub(crate) struct Plain;

/// A session's directions.
pub(crate) fn guard() -> Guard {
    Guard { opener: Box::new(Plain), sealer: Box::new(Plain), presented: Presented::default(), lasts: None }
}

impl Sealer for Plain {
    fn seal(&mut self, frame: Bytes) -> Bytes {
        frame
    }
}

impl Opener for Plain {
    fn open<'a>(&mut self, datagram: &'a [u8]) -> Result<&'a [u8], Refused> {
        Ok(datagram)
    }

    fn lost(&self) -> u64 {
        0
    }
}

impl Door for Plain {
    fn knock<'a>(&mut self, _: SocketAddr, datagram: &'a [u8], _: Instant) -> Knock<'a> {
        Knock::Enter(datagram, guard())
    }
}
