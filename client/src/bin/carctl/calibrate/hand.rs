//! The hand that holds the car in a calibration: what shall move is said again and again, so that it stops
//! when this program ends; where nothing shall, the lease is kept.
//!
//! What must never live here: what shall move.

use std::time::Duration;

use client::{CallError, Client};
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::FuturesUnordered;
use protocol::{Code, Trial, Ttl};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// A motion is good for this long without another word.
const TTL_MS: f64 = 600.0;

/// How often it is said: two in a row may be lost.
const EVERY: Duration = Duration::from_millis(200);

/// How often the lease is asked for where nothing moves; by silence it ends after some seconds.
const KEEP: Duration = Duration::from_secs(1);

/// Holds one car.
pub(super) struct Hand<'a> {
    car: &'a Client,
    holds: Option<Trial>,
    tick: Interval,
    asked: FuturesUnordered<BoxFuture<'a, Result<(), CallError>>>,
}

impl<'a> Hand<'a> {
    /// On a car whose lease is taken.
    pub(super) fn new(car: &'a Client) -> Self {
        Self { car, holds: None, tick: ticking(KEEP), asked: FuturesUnordered::new() }
    }

    /// From now on this moves, or nothing does.
    pub(super) fn hold(&mut self, trial: Option<Trial>) {
        if self.holds != trial {
            if trial.is_none() {
                let car = self.car;
                self.asked.push(async move { car.stop().await.map(drop) }.boxed());
            }
            self.tick = ticking(if trial.is_some() { EVERY } else { KEEP });
            self.holds = trial;
        }
    }

    /// Goes on until the car refuses; its words.
    pub(super) async fn work(&mut self) -> String {
        loop {
            tokio::select! {
                biased;
                _ = self.tick.tick() => self.say(),
                Some(answer) = self.asked.next() => match answer {
                    Ok(()) => {}
                    // Overtaken by a later one.
                    Err(CallError::Refused(fault)) if fault.code == Code::STALE => {}
                    Err(error) => {
                        // Of many that fail for one reason, one says it.
                        self.asked.clear();
                        return error.to_string();
                    }
                },
            }
        }
    }

    fn say(&mut self) {
        let (car, holds) = (self.car, self.holds.clone());
        self.asked.push(match holds {
            Some(trial) => async move { car.test(trial, Ttl::from_ms(TTL_MS).ok()).await.map(drop) }.boxed(),
            None => async move { car.acquire(false).await.map(drop) }.boxed(),
        });
    }
}

fn ticking(every: Duration) -> Interval {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick.reset_at(Instant::now());
    tick
}
