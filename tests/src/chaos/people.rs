//! Who comes to the car, and how they behave: one row each.

use std::sync::Arc;
use std::time::Duration;

use client::{Client, Options};
use fastrand::Rng;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, SinkExt, StreamExt};
use protocol::{Power, Topics, Ttl};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use transport::{Connection, Endpoint, Faulty, Frame, FrameSink, FrameStream, Transport};

use super::links::{self, Network};
use super::tap::Mouth;
use super::words::{NOISE, Said, Voice, WORDS, Word, again, drive};
use super::{CAR, RADIO};

/// A row.
pub(super) struct Habit {
    pub(super) name: &'static str,
    /// How often, beside the other rows.
    pub(super) weight: u32,
    /// Lives until [`Person::until`], and has left when it returns.
    pub(super) live: fn(Person) -> BoxFuture<'static, ()>,
}

/// Every habit.
pub(super) const HABITS: &[Habit] = &[
    Habit { name: "talks and leaves", weight: 6, live: |p| p.talk(CAR, Ears::Open, WORDS).boxed() },
    Habit { name: "holds a stick", weight: 5, live: |p| p.hold_stick(CAR).boxed() },
    Habit { name: "drives by radio", weight: 4, live: |p| p.talk(RADIO, Ears::Open, WORDS).boxed() },
    Habit { name: "holds a stick by radio", weight: 2, live: |p| p.hold_stick(RADIO).boxed() },
    Habit { name: "never reads", weight: 2, live: |p| p.talk(CAR, Ears::Shut, WORDS).boxed() },
    Habit { name: "talks nonsense", weight: 2, live: |p| p.talk(CAR, Ears::Open, NOISE).boxed() },
    Habit { name: "uses the library", weight: 4, live: |p| p.use_library().boxed() },
];

/// Whether somebody reads what the daemon says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ears {
    Open,
    Shut,
}

/// Somebody.
pub(super) struct Person {
    pub(super) rng: Rng,
    pub(super) network: Network,
    pub(super) until: Instant,
}

impl Person {
    fn is_here(&self) -> bool {
        Instant::now() < self.until
    }

    async fn pause(&mut self, most_ms: u64) {
        sleep(Duration::from_millis(self.rng.u64(..most_ms))).await;
    }

    fn voice(&mut self) -> Voice {
        let seq = self.rng.bool().then(|| self.rng.u64(..1_000_000));
        Voice {
            cbor: self.rng.u8(..4) == 0,
            seq,
            id: 0,
            clock: self.network.stage.start(),
            rng: self.rng.fork(),
        }
    }

    /// Comes; `None` where nobody lets it in.
    async fn visit(&mut self, link: &Faulty<Mouth>, to: &Endpoint) -> Option<Visit> {
        link.dial(to).await.ok().map(Visit::new)
    }

    /// Says this and that, in bursts and with pauses, and comes again when it was cut off.
    async fn talk(mut self, name: &'static str, ears: Ears, table: &'static [Word]) {
        let (link, to) = (self.network.link(&mut self.rng), links::endpoint(name));
        while self.is_here() {
            let Some(mut visit) = self.visit(&link, &to).await else {
                self.pause(200).await;
                continue;
            };
            if ears == Ears::Open {
                visit.listen();
            } else {
                // So that there is something to leave unread.
                let mut voice = self.voice();
                let all = voice
                    .frame(Said::Call("subscribe", json!({ "topics": ["state", "events"], "rate_hz": 100 })));
                visit.say(all).await;
            }
            let mut voice = self.voice();
            let longest = *self.rng.choice(&[30, 200, 1_200]).unwrap_or(&30);
            while self.is_here() && self.rng.u8(..60) != 0 {
                let burst = if self.rng.u8(..12) == 0 { self.rng.usize(2..60) } else { 1 };
                for _ in 0..burst {
                    visit.say(voice.say(table)).await;
                }
                self.pause(longest).await;
                if visit.is_over() {
                    break;
                }
            }
            visit.leave(&mut self.rng).await;
            self.pause(300).await;
        }
    }

    /// Drives again and again as a joystick does, lets go, and begins anew.
    async fn hold_stick(mut self, name: &'static str) {
        let (link, to) = (self.network.link(&mut self.rng), links::endpoint(name));
        while self.is_here() {
            let Some(mut visit) = self.visit(&link, &to).await else {
                self.pause(200).await;
                continue;
            };
            visit.listen();
            let mut voice = self.voice();
            while self.is_here() && !visit.is_over() && self.rng.u8(..6) != 0 {
                let motion = drive(&mut voice);
                let period = self.rng.u64(20..180);
                for _ in 0..self.rng.u32(1..40) {
                    let params = again(&mut voice, &motion);
                    let frame = voice.frame(Said::Call("drive", params));
                    visit.say(frame).await;
                    sleep(Duration::from_millis(period)).await;
                    if visit.is_over() || !self.is_here() {
                        break;
                    }
                }
                match self.rng.u8(..4) {
                    0 => visit.say(Frame::text("drive 0 0")).await,
                    1 => visit.say(Frame::text("stop")).await,
                    _ => {}
                }
                self.pause(900).await;
            }
            visit.leave(&mut self.rng).await;
            self.pause(300).await;
        }
    }

    /// Drives by the client library, which connects again by itself.
    async fn use_library(mut self) {
        let name = if self.rng.bool() { CAR } else { RADIO };
        let (link, to) = (Arc::new(self.network.link(&mut self.rng)), links::endpoint(name));
        let Some(first) = link.dial(&to).await.ok() else { return };
        let redial = move || {
            let (link, to) = (Arc::clone(&link), to.clone());
            async move { link.dial(&to).await.map_err(|error| error.to_string()) }.boxed()
        };
        let patience = Duration::from_millis(self.rng.u64(50..500));
        let options = Options { timeout: patience, seed: Some(self.rng.u64(..)), ..Options::default() };
        let client = Client::new(first, redial, options);
        let mut subscription = None;
        while self.is_here() {
            let ttl = Ttl::from_ms(f64::from(self.rng.u32(50..800))).ok();
            let mut power = || Power::clamped(f64::from(self.rng.i32(-10..=10)) / 10.0);
            let (throttle, steer) = (power(), power());
            // Whether it is answered is not the point here.
            match self.rng.u8(..8) {
                0 => drop(client.stop().await),
                1 => drop(client.state().await),
                2 => subscription = client.subscribe(Topics::ALL, None).await.ok(),
                _ => drop(client.drive(throttle, steer, ttl).await),
            }
            self.pause(250).await;
        }
        drop((subscription, client));
    }
}

/// A connection in use.
struct Visit {
    tx: FrameSink,
    rx: Option<FrameStream>,
    /// What reads `rx`.
    reader: Option<JoinHandle<()>>,
    /// Something could not be said.
    broken: bool,
}

impl Visit {
    fn new(connection: Connection) -> Self {
        let Connection { tx, rx, .. } = connection;
        Self { tx, rx: Some(rx), reader: None, broken: false }
    }

    /// Reads from now on.
    fn listen(&mut self) {
        self.reader =
            self.rx.take().map(|mut rx| tokio::spawn(async move { while rx.next().await.is_some() {} }));
    }

    fn is_over(&self) -> bool {
        self.broken || self.reader.as_ref().is_some_and(JoinHandle::is_finished)
    }

    async fn say(&mut self, frame: Frame) {
        if !self.broken {
            let sent = timeout(Duration::from_secs(1), self.tx.send(frame)).await;
            self.broken = !matches!(sent, Ok(Ok(())));
        }
    }

    /// Closes as one should, or half, or not at all.
    async fn leave(mut self, rng: &mut Rng) {
        let manner = rng.u8(..3);
        if manner > 0 {
            drop(timeout(Duration::from_millis(200), self.tx.close()).await);
        }
        if let Some(mut reader) = self.reader.take() {
            if manner > 1 {
                drop(timeout(Duration::from_millis(300), &mut reader).await);
            }
            reader.abort();
        }
    }
}
