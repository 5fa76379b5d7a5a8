//! The shells around [`Plant::turn`]: a blocking thread, or a task that follows paused time.

use std::sync::Arc;
use std::thread;

use tokio_util::sync::CancellationToken;

use super::Plant;
use crate::clock::Clock;
use crate::shared::Shared;

/// How the control loop runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// On a thread of its own, in real time.
    #[default]
    Thread,
    /// As a task of the caller's runtime: for tests on paused time, and for embedding.
    Task,
}

/// A running control loop.
#[derive(Debug)]
pub(crate) struct Runner {
    shared: Arc<Shared>,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Runner {
    pub(crate) fn start(
        plant: Plant,
        mode: Mode,
        shared: Arc<Shared>,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
        let (stopped, guard) = (stop.clone(), ended.clone().drop_guard());
        let ours = Arc::clone(&shared);
        match mode {
            Mode::Thread => {
                thread::Builder::new().name("hardware".into()).spawn(move || {
                    // Dropped even when the loop panics, after the car has stopped.
                    let _ended = guard;
                    run_thread(plant, &ours, clock, &stopped);
                })?;
            }
            Mode::Task => {
                tokio::spawn(async move {
                    let _ended = guard;
                    run_task(plant, &ours, clock, &stopped).await;
                });
            }
        }
        Ok(Self { shared, stop, ended })
    }

    /// Is cancelled when the loop has ended, asked or not.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Brakes and ends the loop.
    pub(crate) async fn stop(&self) {
        self.end();
        self.ended.cancelled().await;
    }

    fn end(&self) {
        self.stop.cancel();
        self.shared.bell.ring();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // Whoever drops a daemon without stopping it must not leave a moving car behind.
        self.end();
    }
}

fn run_thread(mut plant: Plant, shared: &Shared, clock: Clock, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let next = plant.turn(clock.now());
        shared.bell.wait_blocking(next.saturating_sub(clock.now()));
    }
    plant.halt();
}

async fn run_task(mut plant: Plant, shared: &Shared, clock: Clock, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let next = plant.turn(clock.now());
        tokio::select! {
            biased;
            () = shared.bell.wait() => {}
            () = tokio::time::sleep_until(clock.instant(next)) => {}
        }
    }
    plant.halt();
}
