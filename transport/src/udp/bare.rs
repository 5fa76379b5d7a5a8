//! Both ends of UDP without their sockets: what `fuzz/` feeds. Only there with the feature `fuzzing`.
//!
//! What comes of a datagram must never be decided here: it goes to the same parts in the same order as
//! in `demux.rs` and `dialled.rs`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::time::Instant;

use super::integrity::{Door, End, Guard, Knock, Refused, Sealer, crc, psk};
use super::sessions::{Inbox, Sessions};
use crate::{Key, Keys, Limits};

/// A listener's end: its door and its sessions.
#[derive(Debug)]
pub struct Listening {
    entry: Entry,
    sessions: Sessions,
    open: HashMap<SocketAddr, (Arc<Inbox>, Box<dyn Sealer>)>,
}

#[derive(Debug)]
enum Entry {
    Crc32c(crc::Entrance),
    Psk(Box<psk::Reception>),
}

/// What came of a datagram at a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It was dropped.
    Nothing,
    /// It is answered by this.
    Answer(Vec<u8>),
    /// The frame that was in it; it may be the first of a session.
    Frame {
        /// Its bytes.
        data: Bytes,
        /// Whether it began a session.
        entered: bool,
    },
}

impl Listening {
    /// With `integrity=crc32c`. Its sessions have the epochs 1, 2 and so on.
    pub fn crc32c(limits: &Limits) -> Self {
        let mut last = 0;
        let epochs = move || {
            last += 1;
            last
        };
        Self::new(Entry::Crc32c(crc::Entrance::new(epochs, limits.udp_idle)), limits)
    }

    /// With `integrity=psk`. Its numbers are 1, 2 and so on, and its cookies have a fixed secret.
    pub fn psk(keys: Keys, limits: &Limits, now: Instant) -> Self {
        let mut last = 0_u128;
        let nonces = move || {
            last += 1;
            Some(last.to_be_bytes())
        };
        let reception = psk::Reception::new(keys, limits, &[9; 32], nonces, now);
        Self::new(Entry::Psk(Box::new(reception)), limits)
    }

    fn new(entry: Entry, limits: &Limits) -> Self {
        Self { entry, sessions: Sessions::new(limits), open: HashMap::new() }
    }

    /// What comes of a datagram.
    ///
    /// # Panics
    /// Where more frames come of it than one.
    pub fn take_in(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) -> Came {
        if self.sessions.deliver(from, datagram, now) {
            return self.heard(from).map_or(Came::Nothing, |data| Came::Frame { data, entered: false });
        }
        if !self.sessions.has_room(from, now) {
            return Came::Nothing;
        }
        let door: &mut dyn Door = match &mut self.entry {
            Entry::Crc32c(entrance) => entrance,
            Entry::Psk(reception) => &mut **reception,
        };
        match door.knock(from, datagram, now) {
            Knock::Enter(frame, Guard { opener, sealer, .. }) => {
                let Some(inbox) = self.sessions.open(from, frame, opener, &Arc::default(), now) else {
                    return Came::Nothing;
                };
                self.open.insert(from, (inbox, sealer));
                self.forget_ended();
                self.heard(from).map_or(Came::Nothing, |data| Came::Frame { data, entered: true })
            }
            Knock::Answer(answer) => Came::Answer(answer),
            Knock::Refuse(_) => Came::Nothing,
        }
    }

    /// The datagram of a frame to who has a session there.
    pub fn say(&mut self, to: SocketAddr, frame: Bytes) -> Option<Bytes> {
        self.open.get_mut(&to).map(|(_, sealer)| sealer.seal(frame))
    }

    /// Ends who was silent for too long.
    pub fn expire(&mut self, now: Instant) {
        self.sessions.expire(now);
        self.forget_ended();
    }

    /// Whose sessions are open.
    pub fn sessions(&self) -> impl Iterator<Item = SocketAddr> {
        self.open.keys().copied()
    }

    /// How many have opened and not entered yet.
    pub fn waiting(&self) -> usize {
        match &self.entry {
            Entry::Crc32c(_) => 0,
            Entry::Psk(reception) => reception.waiting(),
        }
    }

    fn forget_ended(&mut self) {
        self.open.retain(|_, (inbox, _)| !inbox.has_ended());
    }

    fn heard(&self, from: SocketAddr) -> Option<Bytes> {
        let (inbox, _) = self.open.get(&from)?;
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Some(Ok(frame))) = inbox.poll(&mut cx) else { return None };
        assert!(inbox.poll(&mut cx).is_pending(), "one datagram, one frame");
        Some(frame.data)
    }
}

/// A dialler's end: its handshake, and then its session.
#[derive(Debug)]
pub struct Dialling(State);

#[derive(Debug)]
enum State {
    Greets(psk::Greeting),
    Speaks(Guard),
}

/// What came of a datagram at a dialler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was dropped, or belongs to a handshake that goes on.
    Nothing,
    /// The listener has accepted.
    Accepted,
    /// The frame that was in it.
    Frame(Bytes),
    /// The listener has begun a later session, which ends this one.
    Anew,
}

impl Dialling {
    /// With `integrity=crc32c` and this epoch.
    pub fn crc32c(epoch: u64, limits: &Limits) -> Self {
        Self(State::Speaks(crc::guard(End::Dialler, epoch, limits.udp_idle)))
    }

    /// With `integrity=psk`, and a number that was never used before.
    pub fn psk(key: &Key, number: u128, now: Instant) -> Self {
        Self(State::Greets(psk::Greeting::new(key, number.to_be_bytes(), now)))
    }

    /// What its handshake has to say now.
    pub fn greet(&mut self, now: Instant) -> Option<Bytes> {
        match &mut self.0 {
            State::Greets(greeting) => greeting.speak(now).map(Bytes::from),
            State::Speaks(_) => None,
        }
    }

    /// The datagram of a frame, once it has a session.
    pub fn say(&mut self, frame: Bytes) -> Option<Bytes> {
        match &mut self.0 {
            State::Greets(_) => None,
            State::Speaks(guard) => Some(guard.sealer.seal(frame)),
        }
    }

    /// What comes of a datagram.
    pub fn hear(&mut self, datagram: &[u8], now: Instant) -> Heard {
        match &mut self.0 {
            State::Greets(greeting) => match greeting.hear(datagram, now) {
                Some(guard) => {
                    self.0 = State::Speaks(guard);
                    Heard::Accepted
                }
                None => Heard::Nothing,
            },
            State::Speaks(guard) => match guard.opener.open(datagram) {
                Ok(frame) => Heard::Frame(Bytes::copy_from_slice(frame)),
                Err(Refused::Anew) => Heard::Anew,
                Err(Refused::Handshake | Refused::Corrupt | Refused::Late) => Heard::Nothing,
            },
        }
    }
}
