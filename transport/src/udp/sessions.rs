//! Who speaks with a listener: a session for each address, bounded in number, in memory and in time.
//! How a datagram brings a frame, and who may have a session at all, must never be known here.
//!
//! Time is an argument. No socket and no task must ever come in here.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::integrity::{Opener, Refused};
use crate::framing::frame_of;
use crate::tally::Tally;
use crate::{Frame, Limits, RecvError};

/// The sessions of one listener.
#[derive(Debug)]
pub(super) struct Sessions {
    open: HashMap<SocketAddr, Session>,
    most: usize,
    per_address: usize,
    idle: Duration,
    queue: usize,
}

#[derive(Debug)]
struct Session {
    inbox: Arc<Inbox>,
    opener: Box<dyn Opener>,
    tally: Arc<Tally>,
    heard: Instant,
    /// Whether more than one datagram came: senders that are forged seldom speak twice.
    again: bool,
}

impl Session {
    /// Whether it has been silent for so long that a newcomer may have its place. To `kin`, of the
    /// same address, it yields sooner, and at once if it spoke only once: a program that opens a
    /// socket for every word has the newest word heard.
    fn may_make_room(&self, now: Instant, idle: Duration, kin: bool) -> bool {
        let patience = match (self.again, kin) {
            (true, false) => idle / 2,
            (true, true) | (false, false) => idle / 10,
            (false, true) => Duration::ZERO,
        };
        now.duration_since(self.heard) >= patience
    }
}

impl Sessions {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            open: HashMap::new(),
            most: limits.udp_sessions,
            per_address: limits.per_address,
            idle: limits.udp_idle,
            queue: limits.recv_queue.max(1),
        }
    }

    /// Hands a datagram to the session of `from`. False where there is none, or it is not of it.
    pub(super) fn deliver(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) -> bool {
        let Some(session) = self.open.get_mut(&from) else { return false };
        match session.opener.open(datagram) {
            Ok(frame) => {
                session.heard = now;
                session.again = true;
                session.tally.set_lost(session.opener.lost());
                session.inbox.push(frame_of(Bytes::copy_from_slice(frame)), self.queue);
            }
            // It proves nothing about now: who repeats old ones does not keep a session alive.
            Err(Refused::Late) => session.tally.late(),
            Err(Refused::Handshake | Refused::Corrupt | Refused::Anew) => return false,
        }
        true
    }

    /// What came from `from` was nothing.
    pub(super) fn spoiled(&mut self, from: SocketAddr) {
        if let Some(session) = self.open.get(&from) {
            session.tally.corrupt();
        }
    }

    /// Whether a session of `from` would find room.
    pub(super) fn has_room(&self, from: SocketAddr, now: Instant) -> bool {
        self.room(from, now).is_some()
    }

    /// A session with its first frame, in place of one that the address had; `None` where there is no
    /// room.
    pub(super) fn open(
        &mut self,
        from: SocketAddr,
        frame: &[u8],
        opener: Box<dyn Opener>,
        tally: &Arc<Tally>,
        now: Instant,
    ) -> Option<Arc<Inbox>> {
        if let Room::Of(other) = self.room(from, now)?
            && let Some(session) = self.open.remove(&other)
        {
            session.inbox.end();
        }
        let (inbox, tally) = (Arc::new(Inbox::default()), Arc::clone(tally));
        inbox.push(frame_of(Bytes::copy_from_slice(frame)), self.queue);
        tally.set_lost(opener.lost());
        self.open
            .insert(from, Session { inbox: Arc::clone(&inbox), opener, tally, heard: now, again: false });
        Some(inbox)
    }

    /// Forgets the session whose reader is gone. Its address may have another one by now.
    pub(super) fn forget(&mut self, address: SocketAddr, inbox: &Arc<Inbox>) {
        if self.open.get(&address).is_some_and(|session| Arc::ptr_eq(&session.inbox, inbox)) {
            self.open.remove(&address);
        }
    }

    /// Ends who was silent for too long. Says when the next one can be.
    pub(super) fn expire(&mut self, now: Instant) -> Instant {
        let mut oldest = now;
        self.open.retain(|_, session| {
            let stays = now.duration_since(session.heard) < self.idle;
            if stays {
                oldest = oldest.min(session.heard);
            } else {
                session.inbox.end();
            }
            stays
        });
        oldest + self.idle
    }

    /// Ends all.
    pub(super) fn clear(&mut self) {
        for (_, session) in self.open.drain() {
            session.inbox.end();
        }
    }

    fn room(&self, from: SocketAddr, now: Instant) -> Option<Room> {
        if self.open.contains_key(&from) {
            return Some(Room::Of(from));
        }
        let ip = from.ip();
        let crowded = self.open.keys().filter(|address| address.ip() == ip).count() >= self.per_address;
        if !crowded && self.open.len() < self.most {
            return Some(Room::Free);
        }
        self.open
            .iter()
            .filter(|(address, session)| {
                let kin = address.ip() == ip;
                (!crowded || kin) && session.may_make_room(now, self.idle, kin)
            })
            .min_by_key(|(_, session)| session.heard)
            .map(|(address, _)| Room::Of(*address))
    }
}

/// A place for a newcomer.
enum Room {
    /// Nobody has it.
    Free,
    /// That of the session of this address, which ends.
    Of(SocketAddr),
}

/// Frames on their way to one session's reader.
#[derive(Debug, Default)]
pub(super) struct Inbox(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Frame>,
    /// Dropped since the reader last looked.
    missed: u64,
    reader: Option<Waker>,
    ended: bool,
}

impl Inbox {
    /// The next frame, or how many were dropped before it; after the end, what had come before it and
    /// then nothing.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame, RecvError>>> {
        let mut waiting = self.lock();
        let missed = std::mem::take(&mut waiting.missed);
        if missed > 0 {
            return Poll::Ready(Some(Err(RecvError::Missed(missed))));
        }
        match waiting.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None if waiting.ended => Poll::Ready(None),
            None => {
                waiting.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Whether nothing can come any more.
    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Never waits: past `most` frames the oldest is dropped.
    fn push(&self, frame: Frame, most: usize) {
        let mut waiting = self.lock();
        if waiting.frames.len() >= most {
            waiting.frames.pop_front();
            waiting.missed += 1;
        }
        waiting.frames.push_back(frame);
        Self::wake(waiting);
    }

    fn end(&self) {
        let mut waiting = self.lock();
        waiting.ended = true;
        Self::wake(waiting);
    }

    fn wake(mut waiting: MutexGuard<'_, Waiting>) {
        let reader = waiting.reader.take();
        drop(waiting);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
