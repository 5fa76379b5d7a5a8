//! The shells around [`Plant::turn`]: a blocking thread, or a task that follows paused time; and
//! beside either a watch that sees whether it still turns.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hal::HardwareError;
use protocol::Event;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::bell::Haste;
use super::fate::Fate;
use super::watch::Watch;
use super::{Mode, Plant};
use crate::clock::Clock;
use crate::control::Input;
use crate::lockstep::{GivenUp, Verdict};
use crate::panicked;
use crate::realtime;
use crate::shared::Shared;

/// How a loop keeps its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// When it has not turned for this long, it is stuck.
    pub(crate) stall: Duration,
    /// Its thread asks for real-time priority, and for memory that stays.
    pub(crate) realtime: bool,
}

/// A running control loop.
#[derive(Debug)]
pub(crate) struct Runner {
    shared: Arc<Shared>,
    stop: CancellationToken,
    fate: Arc<Fate>,
    stall: Duration,
}

impl Runner {
    /// Starts the loop, and the watch that calls it stuck when it has not turned for long. The watch has ordinary
    /// priority: of a loop that spins the kernel takes a part of each second for the others (sched(7)).
    pub(crate) fn start(
        plant: Plant,
        mode: Mode,
        Pace { stall, realtime }: Pace,
        shared: Arc<Shared>,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let (stop, fate) = (CancellationToken::new(), Arc::new(Fate::default()));
        let turning =
            Loop { shared: Arc::clone(&shared), stop: stop.clone(), fate: Arc::clone(&fate), clock };
        let watching = turning.clone();
        let watch = Watch::new(stall, turning.clock.wall());
        match mode {
            Mode::Thread => {
                // The watch first: where there can be none, the loop must not begin.
                thread::Builder::new()
                    .name("watch".into())
                    .spawn(move || watching.watch_thread(watch))
                    .and_then(|_| {
                        thread::Builder::new()
                            .name("hardware".into())
                            .spawn(move || turning.on_thread(plant, realtime))
                    })
                    .inspect_err(|_| fate.end(Ok(())))?;
            }
            Mode::Task => {
                tokio::spawn(async move {
                    let task = turning.clone();
                    let ended = tokio::spawn(async move { task.run_task(plant).await }).await;
                    turning.over(ended.map_err(|error| match error.try_into_panic() {
                        Ok(panic) => panicked::said(&*panic).to_owned(),
                        Err(cancelled) => cancelled.to_string(),
                    }));
                });
                tokio::spawn(async move { watching.watch_task(watch).await });
            }
        }
        Ok(Self { shared, stop, fate, stall })
    }

    /// How it ended, or that it does not turn.
    pub(crate) fn fate(&self) -> &Arc<Fate> {
        &self.fate
    }

    /// Brakes and ends the loop. One that is stuck is not waited for.
    pub(crate) async fn stop(&self) {
        self.end();
        tokio::select! {
            () = self.fate.ended() => {}
            () = self.fate.stalled() => {}
        }
    }

    fn end(&self) {
        self.stop.cancel();
        self.shared.bell.ring(Haste::Now);
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // Whoever drops a daemon without stopping it must not leave a moving car behind.
        self.end();
        let mut waited = Duration::ZERO;
        // A panic may take the process with it before the loop has heard.
        while thread::panicking() && !self.fate.has_ended() && waited < self.stall {
            thread::sleep(Duration::from_millis(1));
            waited += Duration::from_millis(1);
        }
    }
}

/// What a loop does after a turn.
enum Then {
    /// The next.
    Turn,
    /// The next, after this pause or when the bell rings.
    Wait(Duration),
    /// The next when the bell rings; after this pause it looks whether it is time for it.
    Look(Duration),
}

/// From the beginning of a turn that somebody asked for to the next that somebody asks for, unless that brings the
/// car to rest. A choice of ours: a PCA9685 takes as long to be told of two motors at 400 kHz (18 bytes of 9 bits:
/// address, register, four channels of four registers; NXP's data sheet), so there it costs nobody anything, and
/// nobody who says something a thousand times a second waits for it. But a flood costs the loop no more than that.
pub(super) const REST: Duration = Duration::from_micros(400);

/// How often a loop for which time stands shows that it does not.
const LOOK: Duration = Duration::from_millis(50);

/// What loop and watch have in common.
#[derive(Clone)]
struct Loop {
    shared: Arc<Shared>,
    stop: CancellationToken,
    fate: Arc<Fate>,
    clock: Clock,
}

impl Loop {
    fn on_thread(self, plant: Plant, realtime: bool) {
        if realtime && let Err(missing) = realtime::begin() {
            tracing::warn!("{}", realtime::advice(&missing));
        }
        // The plant is dropped before this is over: the car has stopped, also after a panic.
        let result = catch_unwind(AssertUnwindSafe(|| self.run_thread(plant)));
        self.over(result.map_err(|panic| panicked::said(&*panic).to_owned()));
    }

    fn run_thread(&self, mut plant: Plant) -> Result<(), HardwareError> {
        let (mut again, mut due, mut asked) = (false, None, false);
        while !self.stop.is_cancelled() {
            let rested = self.clock.now() + if asked { REST } else { Duration::ZERO };
            asked = false;
            let next = self.turn(&mut plant, &mut due);
            loop {
                match self.then(&mut plant, next, &mut again) {
                    Then::Turn => break,
                    Then::Wait(pause) => {
                        asked = self.shared.bell.wait_blocking(pause, self.clock.until(rested));
                        break;
                    }
                    Then::Look(pause) if self.shared.bell.wait_blocking(pause, Duration::ZERO) => break,
                    Then::Look(_) => self.fate.turned(),
                }
            }
        }
        plant.end(self.clock.now())
    }

    async fn run_task(&self, mut plant: Plant) -> Result<(), HardwareError> {
        let (mut again, mut due) = (false, None);
        while !self.stop.is_cancelled() {
            let next = self.turn(&mut plant, &mut due);
            loop {
                match self.then(&mut plant, next, &mut again) {
                    Then::Turn => {
                        yield_now().await;
                        break;
                    }
                    Then::Wait(pause) => {
                        drop(timeout(pause, self.shared.bell.wait()).await);
                        break;
                    }
                    Then::Look(pause) if timeout(pause, self.shared.bell.wait()).await.is_ok() => break,
                    Then::Look(_) => self.fate.turned(),
                }
            }
        }
        plant.end(self.clock.now())
    }

    /// One turn, now, which was `due`; says when the next is.
    fn turn(&self, plant: &mut Plant, due: &mut Option<Duration>) -> Duration {
        let now = self.clock.turn();
        if let Some(due) = due {
            self.shared.metrics.turned(now.saturating_sub(*due));
        }
        let next = *due.insert(plant.turn(now));
        self.fate.turned();
        if let Some(by) = plant.take_clock_jump() {
            self.clock.jump(self.clock.now().saturating_add(by));
        }
        next
    }

    /// What follows a turn after which the next is due at `next`. `again`: it was the second at its time, for
    /// what was said since the first; who says something all the time does not keep time from going on.
    fn then(&self, plant: &mut Plant, next: Duration, again: &mut bool) -> Then {
        let now = self.clock.now();
        if next <= now {
            return Then::Turn;
        }
        plant.settle(now);
        let step = plant.steps_to();
        let wall = self.clock.wall();
        let verdict = self.shared.lockstep(|lockstep| {
            if lockstep.settle(now, plant.driver(), wall) {
                self.clock.tell(now);
            }
            (lockstep.ask(step.is_some(), wall), lockstep.take_given_up())
        });
        let verdict = verdict.map(|(verdict, given_up)| {
            given_up.iter().for_each(|lost| self.confess(lost));
            verdict
        });
        let was = mem::take(again);
        match (verdict, step) {
            (Some(Verdict::Wait(left)), _) => Then::Look(left.min(LOOK)),
            (Some(Verdict::Stand), _) => Then::Look(LOOK),
            // Looked at after the verdict: whoever was waited for rang before it was no longer.
            (Some(Verdict::Go), _) if !was && self.shared.bell.take_ring() => {
                *again = true;
                Then::Turn
            }
            (None, None) => Then::Wait(self.clock.until(next)),
            (Some(Verdict::Go) | None, step) => {
                self.clock.jump(step.map_or(next, |step| step.min(next)));
                Then::Turn
            }
        }
    }

    /// What follows is not in lockstep with somebody who may count on it.
    fn confess(&self, lost: &GivenUp) {
        let (session, waited) = (lost.session, lost.waited.as_secs());
        let what =
            format!("time waits no longer for session {session}: it was silent for {waited} s after states");
        tracing::warn!("{what}");
        self.shared.spread(&Event::Sim { by: "lockstep".to_owned(), what });
    }

    /// The loop is over: asked to, or by a panic, of which `Err` is the message.
    fn over(&self, result: Result<Result<(), HardwareError>, String>) {
        let end = match result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(panic) => {
                // Whoever drives now must hear that nothing follows.
                let why = "the hardware thread died".to_owned();
                drop(self.shared.tell(&Input::Closing { why }, self.clock.now()));
                Err(format!("it panicked: {panic}"))
            }
        };
        self.fate.end(end);
    }

    fn watch_thread(&self, mut watch: Watch) {
        while !self.fate.has_ended() {
            thread::sleep(watch.pause());
            if watch.look(self.fate.turns(), self.clock.wall()) {
                return self.alarm(&watch);
            }
        }
    }

    async fn watch_task(&self, mut watch: Watch) {
        loop {
            tokio::select! {
                () = self.fate.ended() => return,
                () = sleep(watch.pause()) => {}
            }
            if watch.look(self.fate.turns(), self.clock.wall()) {
                return self.alarm(&watch);
            }
        }
    }

    fn alarm(&self, watch: &Watch) {
        if !self.fate.has_ended() {
            let why = format!("the control loop does not turn: nothing for {} ms", watch.limit().as_millis());
            self.shared.try_close(&why, self.clock.now());
            self.fate.stall(&why);
        }
    }
}
