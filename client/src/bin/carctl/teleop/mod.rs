//! `carctl teleop`: driving from a terminal. This is the shell: it passes on what terminal, car and clock say, and
//! whatever ends it, the car is told to stop before the terminal is given back.
//!
//! What must never live here: what a key means (`pilot.rs`), and how long it counts (`hold.rs`).

mod hand;
mod hold;
mod keys;
mod pilot;
mod screen;
mod terminal;
#[cfg(test)]
mod tests;
mod time;
mod trail;
mod view;
mod words;

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::task::Poll;
use std::time::Duration;

use client::{CallError, Client, LinkState, Subscription, Told};
use futures_util::FutureExt;
use protocol::{Power, Rate, Topics};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use transport::Endpoint;

use crate::args::power;
use crate::drive::stop;
use crate::error::Error;
use hand::{Hand, Heard};
use keys::Decoder;
use pilot::{LEAST, Pilot};
use terminal::Terminal;
use time::Pace;
use view::View;

/// States a second: as many as it draws.
const RATE_HZ: f64 = 20.0;

/// How often time is looked at.
const TICK: Duration = Duration::from_millis(20);

/// Ticks between two pictures, 40 ms.
const DRAW: u64 = 2;

/// Ticks between two questions whether the car is there, 500 ms.
const PING: u64 = 25;

/// A car that has answered nothing for so long is said to be silent.
const SILENT: Duration = Duration::from_millis(1500);

/// What the command line says.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Teleop {
    /// The power at which it begins, 0.1 to 1; what the daemon calls `cruise` where it is absent.
    #[arg(long, value_name = "POWER", value_parser = limit)]
    speed: Option<Power>,
    /// Take the lease from whoever drives with a lower priority.
    #[arg(long)]
    force: bool,
}

fn limit(text: &str) -> Result<Power, String> {
    power(text).ok().filter(|power| power.get() >= LEAST).ok_or_else(|| "it must be 0.1 to 1".to_owned())
}

/// Whether this can be done at all here.
///
/// # Errors
/// Where there is no terminal to drive from.
pub(crate) fn check() -> Result<(), Error> {
    terminal::check()
}

/// Drives until the person leaves, or the terminal is gone, or somebody ends this program.
pub(crate) async fn run(car: &Client, to: &Endpoint, args: &Teleop) -> Result<(), Error> {
    let ends = Ends::watch()?;
    let info = car.info().await?;
    // Not every role may be told of its board, and it changes only how tightly is steered.
    let board = car.board().await.ok();
    if args.force {
        car.acquire(true).await?;
    }
    let told = car.subscribe(Topics::ALL, Some(Rate::clamped(RATE_HZ))).await?;
    let cruise = || info.limits.get("cruise").copied().unwrap_or(LEAST);
    let mut pilot = Pilot::new(args.speed.map_or_else(cruise, Power::get));
    pilot.steers = board.is_some_and(|board| board.servos.iter().any(|servo| servo.role == "steering"));
    let own_time = info.sim_speed.is_some_and(|times| times.parse() != Ok(1.0));
    let view = View { name: Some(info.name), to: to.to_string(), ..View::default() };
    let terminal = Terminal::take()?;
    let (link, pace) = (car.link(), Pace::default());
    let mut seat = Seat { car, link, told, pilot, view, own_time, pace, terminal, ends };
    let driven = AssertUnwindSafe(seat.sit()).catch_unwind().await;
    let stopped = seat.stand_up().await;
    driven.unwrap_or_else(|panic| resume_unwind(panic));
    stopped
}

/// All that may end or suspend this program from outside.
struct Ends {
    ends: [Signal; 4],
    suspends: Signal,
}

impl Ends {
    fn watch() -> Result<Self, Error> {
        let ends =
            [SignalKind::interrupt(), SignalKind::quit(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, quit, terminate, hang_up] = ends.map(|kind| signal(kind).map_err(Error::Signal));
        // Of the terminal, by which a shell stops a program; tokio has no name for it.
        let stop = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
        let suspends = signal(stop).map_err(Error::Signal)?;
        Ok(Self { ends: [interrupt?, quit?, terminate?, hang_up?], suspends })
    }

    /// Waits for one of them; whether it is the end.
    async fn next(&mut self) -> bool {
        poll_fn(|context| {
            if self.ends.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
                return Poll::Ready(true);
            }
            self.suspends.poll_recv(context).map(|_| false)
        })
        .await
    }
}

/// Where somebody sits and drives.
struct Seat<'a> {
    car: &'a Client,
    link: watch::Receiver<LinkState>,
    told: Subscription,
    pilot: Pilot,
    view: View,
    /// Its time goes as a simulation wants.
    own_time: bool,
    pace: Pace,
    terminal: Terminal,
    ends: Ends,
}

impl Seat<'_> {
    /// Until it ends.
    async fn sit(&mut self) {
        let (epoch, car) = (Instant::now(), self.car);
        let (mut hand, mut decoder, mut tick) = (Hand::new(car), Decoder::default(), ticking());
        let (mut ticks, mut answered) = (0_u64, epoch);
        self.see_link(epoch.elapsed());
        while !self.pilot.ends() {
            tokio::select! {
                biased;
                ended = self.ends.next() => match ended {
                    true => return,
                    false => self.pilot.suspend(epoch.elapsed()),
                },
                _ = tick.tick() => {
                    ticks += 1;
                    let silent = answered.elapsed();
                    self.view.silent = (silent > SILENT).then_some(silent);
                    self.pass(ticks, &mut hand, epoch.elapsed());
                }
                bytes = self.terminal.next() => {
                    let Some(bytes) = bytes else { return };
                    for said in decoder.read(&bytes) {
                        self.pilot.hear(said, epoch.elapsed());
                    }
                }
                changed = self.link.changed() => {
                    if changed.is_err() { return }
                    self.see_link(epoch.elapsed());
                }
                heard = hand.next() => {
                    if !matches!(heard, Heard::Silence | Heard::Answer(_, Err(CallError::TimedOut(_)))) {
                        answered = Instant::now();
                    }
                    self.hear(heard, epoch.elapsed());
                }
                told = self.told.next() => match told {
                    None => return,
                    Some(Told::Event(event)) => {
                        let (own, drives) = (self.view.session, self.view.is_own());
                        self.pilot.event(&event, own, drives, epoch.elapsed());
                    }
                    Some(Told::State(state)) => {
                        self.pilot.state(&state, epoch.elapsed());
                        self.view.trail.extend(&state);
                        self.view.state = Some(state);
                    }
                },
            }
            while let Some(order) = self.pilot.next_order() {
                hand.give(order);
            }
        }
    }

    /// A tick passed.
    fn pass(&mut self, ticks: u64, hand: &mut Hand<'_>, now: Duration) {
        if self.pilot.tick(now) {
            self.terminal.forget();
        }
        if self.pilot.hold.asks(now) {
            self.terminal.ask();
        }
        if ticks % PING == 1 {
            match self.view.session {
                None if self.view.down.is_none() => hand.greet(),
                _ => hand.ping(),
            }
        }
        if ticks.is_multiple_of(DRAW) {
            self.terminal.show(self.view.clone().with(&self.pilot));
        }
    }

    /// The car said something to what it was told or asked.
    fn hear(&mut self, heard: Heard, now: Duration) {
        match heard {
            Heard::Answer(order, outcome) => self.pilot.answered(order, outcome, now),
            Heard::Pong { took, t } => {
                self.view.round_trip = Some(took);
                // The time of any other car is the wall's, however late it is heard of.
                if self.own_time {
                    self.pace.told(t, took, now);
                    self.pilot.pace = self.pace.pace();
                    self.view.time = self.pace.words();
                }
            }
            Heard::Met(session) => self.view.session = Some(session),
            Heard::Silence => self.view.round_trip = None,
        }
    }

    /// The link is up or down.
    fn see_link(&mut self, now: Duration) {
        let link = self.link.borrow_and_update().clone();
        match link {
            LinkState::Up { daemon } => {
                self.view.down = None;
                // Over UDP it has not said it yet.
                self.view.session = daemon.as_ref().map(|daemon| daemon.session);
            }
            LinkState::Down { why } => {
                self.pilot.lost(now);
                self.pace = Pace::default();
                self.view.down = Some(why);
            }
        }
    }

    /// Stops the car where this moved it, and gives the terminal back.
    async fn stand_up(self) -> Result<(), Error> {
        let stopped = match (self.pilot.moves() || self.view.is_own(), &self.view.down) {
            (true, None) => stop(self.car).await,
            // The car is somebody else's, or its end of the link has stopped it.
            _ => Ok(()),
        };
        self.terminal.leave().await;
        stopped
    }
}

fn ticking() -> Interval {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}
