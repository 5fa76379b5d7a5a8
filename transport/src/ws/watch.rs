//! The clock of [`Liveness`]: one timer and the hold of the link, polled with the stream.
//!
//! What to do is decided in `liveness.rs`, and done in `halves.rs`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::ReusableBoxFuture;

use super::liveness::{Liveness, Patience, Verdict};
use crate::Limits;

type Hold = watch::Receiver<bool>;

/// Watches over one peer.
pub(super) struct Watch {
    liveness: Liveness,
    timer: Pin<Box<Sleep>>,
    /// Ready when the hold changed; `None` once nobody is left who could change it.
    changed: Option<ReusableBoxFuture<'static, Option<Hold>>>,
}

impl Watch {
    pub(super) fn new(limits: &Limits, hold: Hold) -> Self {
        let now = Instant::now();
        let idle = Patience::new(limits.ping_idle, limits.dead_idle);
        let held = Patience::new(limits.ping_held, limits.dead_held);
        Self {
            liveness: Liveness::new(idle, held, now),
            timer: Box::pin(sleep_until(now)),
            changed: Some(ReusableBoxFuture::new(change(hold))),
        }
    }

    /// Something came from the peer.
    pub(super) fn heard(&mut self) {
        self.liveness.heard(Instant::now());
    }

    /// A ping that is due, or the death of the peer.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Verdict> {
        self.poll_hold(cx);
        loop {
            ready!(self.timer.as_mut().poll(cx));
            match self.liveness.poll(Instant::now()) {
                Verdict::Wait(until) => self.timer.as_mut().reset(until),
                verdict => return Poll::Ready(verdict),
            }
        }
    }

    fn poll_hold(&mut self, cx: &mut Context<'_>) {
        while let Some(changed) = &mut self.changed {
            let Poll::Ready(hold) = changed.poll(cx) else { return };
            match hold {
                None => self.changed = None,
                Some(mut hold) => {
                    let now = Instant::now();
                    self.liveness.hold(*hold.borrow_and_update(), now);
                    self.timer.as_mut().reset(now);
                    changed.set(change(hold));
                }
            }
        }
    }
}

async fn change(mut hold: Hold) -> Option<Hold> {
    hold.changed().await.ok().map(|()| hold)
}
