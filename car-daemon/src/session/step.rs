//! What a session's connection does next: it reads, it writes, or it does not take what is written.
//!
//! What is said must never be known here.

use std::io;
use std::task::{Context, Poll};

use protocol::{Channel, DialectId, Requests};
use tokio::time::Instant;
use transport::{RecvError, SendError};

/// A peer that does not read.
#[derive(Clone, Copy)]
pub(super) struct Stuck {
    pub(super) since: Instant,
    /// Frames that had been handed on by then. Where more are, it reads after all.
    pub(super) sent: u64,
}

/// What came first.
pub(super) enum Step {
    Asked(DialectId, Requests),
    Bad(RecvError),
    Ended,
    Lost(SendError),
    /// The peer stopped reading, or reads again.
    Flow,
}

impl Step {
    /// How much there is to do for it, in requests; 1 at least.
    pub(super) fn requests(&self) -> usize {
        match self {
            Self::Asked(_, Requests::Batch(all)) => all.len().max(1),
            _ => 1,
        }
    }
}

/// Reads while there is room for the reply, writes what is queued once there is nothing to read,
/// and goes on reading when the peer does not: a client that never reads still drives. Where it `reads`
/// not at all, it only writes.
pub(super) fn poll_step(
    channel: &mut Channel,
    stuck: &mut Option<Stuck>,
    reads: bool,
    cx: &mut Context<'_>,
) -> Poll<Step> {
    let roomy = channel.outbox.has_room();
    if reads
        && roomy
        && let Poll::Ready(step) = poll_asked(channel, cx)
    {
        return Poll::Ready(step);
    }
    if !channel.outbox.is_empty() {
        match channel.outbox.poll_drain(cx) {
            // Returns only where a deadline must be disarmed.
            Poll::Ready(Ok(())) if stuck.take().is_some() => return Poll::Ready(Step::Flow),
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Step::Lost(error)),
            Poll::Pending => {
                let sent = channel.outbox.sent();
                if stuck.is_none_or(|stuck| stuck.sent != sent) {
                    // Returns once, so that the deadline is armed, or armed anew.
                    *stuck = Some(Stuck { since: Instant::now(), sent });
                    return Poll::Ready(Step::Flow);
                }
            }
        }
    }
    if roomy || !reads { Poll::Pending } else { poll_asked(channel, cx) }
}

pub(super) fn poll_asked(channel: &mut Channel, cx: &mut Context<'_>) -> Poll<Step> {
    channel.poll_requests(cx).map(|asked| match asked {
        Some(Ok((dialect, requests))) => Step::Asked(dialect, requests),
        Some(Err(error)) => Step::Bad(error),
        None => Step::Ended,
    })
}

/// Why a connection broke, for people.
pub(super) fn broken(error: &io::Error) -> String {
    match error.kind() {
        // A client that leaves while answers are still on their way to it.
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "the connection was cut off".into(),
        _ => error.to_string(),
    }
}
