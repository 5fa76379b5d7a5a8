//! A connection with a bad lane each way. Frames to the peer travel in a task of their own, so that
//! they arrive whether or not their sender still does anything.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_sink::Sink;
use futures_util::SinkExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_util::sync::{CancellationToken, PollSender, WaitForCancellationFutureOwned};

use super::Faults;
use super::lane::{Lane, seed_for};
use crate::{Connection, Frame, FrameSink, FrameStream, RecvError, SendError};

/// `inner` with faults; `number` is the connection's own among all of its maker.
pub(super) fn connection(inner: Connection, faults: &Faults, number: u64) -> Connection {
    let caps = faults.from_peer.spoil(faults.to_peer.spoil(inner.caps));
    let cut = CancellationToken::new();
    let seed = seed_for(faults.seed, number);

    let (queue, frames) = mpsc::channel(1);
    let lane = Lane::new(&faults.to_peer, seed_for(seed, 0));
    let error = Arc::default();
    let task = tokio::spawn(carry(lane, frames, inner.tx, cut.clone(), Arc::clone(&error)));
    let max_frame = caps.max_frame;
    let tx = FaultySink { queue: PollSender::new(queue), max_frame, error, task: Some(task) };

    let rx = FaultyStream {
        lane: Lane::new(&faults.from_peer, seed_for(seed, 1)),
        inner: Some(inner.rx),
        last: None,
        timer: Box::pin(sleep(std::time::Duration::ZERO)),
        cancelled: Box::pin(cut.clone().cancelled_owned()),
        cut,
        ended: false,
    };
    Connection { caps, tx: Box::pin(tx), rx: Box::pin(rx), ..inner }
}

/// The error of a frame that had left its sender already.
type Late = Arc<Mutex<Option<SendError>>>;

/// Carries frames to the peer until no more can come, then closes. Dropping `frames` early tells the
/// sender that the connection is over.
async fn carry(
    mut lane: Lane,
    mut frames: mpsc::Receiver<Frame>,
    mut to: FrameSink,
    cut: CancellationToken,
    late: Late,
) {
    let carried = cut.run_until_cancelled(async {
        let mut open = true;
        while open || lane.next_due().is_some() {
            let due = lane.next_due().unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                () = sleep_until(due), if lane.next_due().is_some() => hand_over(&mut lane, &mut to, &late).await?,
                frame = frames.recv(), if open && lane.has_room() => match frame {
                    Some(_) if lane.is_worn_out() => cut.cancel(),
                    Some(frame) => lane.push(frame, Instant::now()),
                    None => open = false,
                },
            }
        }
        to.close().await
    });
    if let Some(Err(error)) = carried.await {
        note(&late, error);
    }
}

/// Sends what has arrived. What only this frame could not do is no reason to stop.
async fn hand_over(lane: &mut Lane, to: &mut FrameSink, late: &Late) -> Result<(), SendError> {
    while let Some(arrival) = lane.pop(Instant::now()) {
        match to.feed(arrival.frame).await {
            Ok(()) => {}
            Err(error @ (SendError::TooLong { .. } | SendError::Unrepresentable(_))) => {
                // What the faults have made of a frame is not its sender's concern.
                if arrival.intact {
                    note(late, error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    to.flush().await
}

fn note(late: &Late, error: SendError) {
    *late.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
}

struct FaultySink {
    queue: PollSender<Frame>,
    max_frame: usize,
    error: Late,
    task: Option<JoinHandle<()>>,
}

impl FaultySink {
    fn late_error(&self) -> Result<(), SendError> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

impl Sink<Frame> for FaultySink {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.late_error()?;
        Poll::Ready(ready!(self.queue.poll_reserve(cx)).map_err(|_| SendError::Closed))
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        let (len, limit) = (frame.data.len(), self.max_frame);
        if len > limit {
            return Err(SendError::TooLong { len, limit });
        }
        self.queue.send_item(frame).map_err(|_| SendError::Closed)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(self.late_error())
    }

    /// Waits until the last frame has arrived.
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.queue.close();
        if let Some(task) = &mut self.task {
            let carried = ready!(Pin::new(task).poll(cx));
            self.task = None;
            carried.map_err(|error| SendError::Io(io::Error::other(error)))?;
        }
        Poll::Ready(self.late_error())
    }
}

struct FaultyStream {
    lane: Lane,
    /// Gone once it has ended, or the connection was cut.
    inner: Option<FrameStream>,
    /// The error with which it ended.
    last: Option<RecvError>,
    timer: Pin<Box<Sleep>>,
    cut: CancellationToken,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
    ended: bool,
}

impl FaultyStream {
    /// Takes what the inner transport has, as far as there is room. An error of one message only is
    /// passed on at once.
    fn take_in(&mut self, cx: &mut Context<'_>) -> Option<RecvError> {
        while self.lane.has_room() {
            let Poll::Ready(message) = self.inner.as_mut()?.as_mut().poll_next(cx) else { return None };
            match message {
                Some(Ok(_)) if self.lane.is_worn_out() => {
                    self.cut.cancel();
                    self.inner = None;
                }
                Some(Ok(frame)) => self.lane.push(frame, Instant::now()),
                Some(Err(error)) if !error.is_fatal() => return Some(error),
                ended => {
                    self.inner = None;
                    self.last = ended.and_then(Result::err);
                }
            }
        }
        None
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame, RecvError>>> {
        if self.cancelled.as_mut().poll(cx).is_ready() {
            self.inner = None;
            return Poll::Ready(None);
        }
        loop {
            if let Some(error) = self.take_in(cx) {
                return Poll::Ready(Some(Err(error)));
            }
            if let Some(arrival) = self.lane.pop(Instant::now()) {
                return Poll::Ready(Some(Ok(arrival.frame)));
            }
            match (self.lane.next_due(), &self.inner) {
                (Some(due), _) => {
                    if self.timer.deadline() != due {
                        self.timer.as_mut().reset(due);
                    }
                    ready!(self.timer.as_mut().poll(cx));
                }
                (None, Some(_)) => return Poll::Pending,
                (None, None) => return Poll::Ready(self.last.take().map(Err)),
            }
        }
    }
}

impl Stream for FaultyStream {
    type Item = Result<Frame, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let message = ready!(self.poll_message(cx));
        self.ended = RecvError::ends(&message);
        Poll::Ready(message)
    }
}
