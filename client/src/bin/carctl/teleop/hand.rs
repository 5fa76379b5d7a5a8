//! What says the pilot's orders to the car, without waiting for answers, and measures the way there and back.
//!
//! What must never live here: what is ordered, and when.

use std::time::Duration;

use client::{CallError, Client};
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::FuturesUnordered;
use protocol::{Angle, Command, Power, Ttl};
use serde_json::Value;
use tokio::time::Instant;

use super::pilot::Order;
use crate::drive::{estop, stop};
use crate::error::Error;

/// Who did an emergency stop is in the state; this is how.
const REASON: &str = "by the keyboard";

/// Orders that are not answered yet; of a car that answers none, no more wait than this.
const WAITING: usize = 64;

/// Stops that are not answered yet, and emergency stops: each is said again until it is, and one more is owed when
/// one of these was answered.
const URGENT: usize = 4;

/// What the car says.
#[derive(Debug)]
pub(super) enum Heard {
    Answer(Order, Result<(), CallError>),
    /// It answered within `took`, and its clock was at `t` seconds.
    Pong {
        took: Duration,
        t: f64,
    },
    /// The own session, as the car numbers it.
    Met(u64),
    /// A question whether it is there, or who this is, was not answered.
    Silence,
}

/// Speaks to one car.
pub(super) struct Hand<'a> {
    car: &'a Client,
    asked: FuturesUnordered<BoxFuture<'a, Heard>>,
    /// Of those, that are no orders: one at a time.
    questions: usize,
    stops: Urgent,
    estops: Urgent,
}

/// Orders of one kind that wait for nothing but must not heap up.
#[derive(Debug, Default)]
struct Urgent {
    waiting: usize,
    owed: bool,
}

impl Urgent {
    /// Whether one more is to be said now.
    fn wanted(&mut self) -> bool {
        self.owed = self.waiting >= URGENT;
        self.waiting += usize::from(!self.owed);
        !self.owed
    }

    /// Whether one is owed now that one was answered.
    fn answered(&mut self) -> bool {
        self.waiting = self.waiting.saturating_sub(1);
        std::mem::take(&mut self.owed)
    }
}

impl<'a> Hand<'a> {
    pub(super) fn new(car: &'a Client) -> Self {
        Self {
            car,
            asked: FuturesUnordered::new(),
            questions: 0,
            stops: Urgent::default(),
            estops: Urgent::default(),
        }
    }

    /// Says it.
    pub(super) fn give(&mut self, order: Order) {
        let wanted = match self.urgent(order) {
            Some(urgent) => urgent.wanted(),
            None => self.asked.len() < WAITING,
        };
        if !wanted {
            return;
        }
        let car = self.car;
        self.asked.push(async move { Heard::Answer(order, say(car, order).await) }.boxed());
    }

    fn urgent(&mut self, order: Order) -> Option<&mut Urgent> {
        match order {
            Order::Stop => Some(&mut self.stops),
            Order::Estop => Some(&mut self.estops),
            _ => None,
        }
    }

    /// Asks which session this is, as over UDP no daemon says unasked.
    pub(super) fn greet(&mut self) {
        if self.questions > 0 {
            return;
        }
        self.questions += 1;
        let car = self.car;
        self.asked.push(
            async move {
                let hello = car.call(Command::Hello { name: None, token: None }).await;
                let session = hello.ok().and_then(|hello| hello["session"].as_u64());
                session.map_or(Heard::Silence, Heard::Met)
            }
            .boxed(),
        );
    }

    /// Asks whether the car is there, unless something is asked already.
    pub(super) fn ping(&mut self) {
        if self.questions > 0 {
            return;
        }
        self.questions += 1;
        let (car, began) = (self.car, Instant::now());
        self.asked.push(
            async move {
                match car.ping(Value::Null).await {
                    Ok(pong) => Heard::Pong { took: began.elapsed(), t: pong.t },
                    Err(_) => Heard::Silence,
                }
            }
            .boxed(),
        );
    }

    /// What the car says next; waits for ever where nothing was asked.
    pub(super) async fn next(&mut self) -> Heard {
        match self.asked.next().await {
            Some(heard) => {
                match heard {
                    Heard::Answer(order, _) if self.urgent(order).is_some_and(Urgent::answered) => {
                        self.give(order)
                    }
                    Heard::Answer(..) => {}
                    _ => self.questions -= 1,
                }
                heard
            }
            None => std::future::pending().await,
        }
    }
}

async fn say(car: &Client, order: Order) -> Result<(), CallError> {
    let power = |value: f64| Power::new("power", value).unwrap_or_default();
    let angle = |value: f64| Angle::new("angle", value).unwrap_or_default();
    match order {
        Order::Drive { throttle, steer, ttl_ms } => {
            car.drive(power(throttle), power(steer), Ttl::from_ms(ttl_ms).ok()).await.map(drop)
        }
        // Said until they are answered.
        Order::Stop => of_call(stop(car).await),
        Order::Estop => of_call(estop(car, REASON).await),
        Order::Reset => car.reset().await.map(drop),
        Order::Nudge { pan, tilt } => car.nudge(angle(pan), angle(tilt)).await.map(drop),
        Order::Center => car.center().await.map(drop),
        Order::Acquire { force } => car.acquire(force).await.map(drop),
        Order::Release => car.release().await.map(drop),
    }
}

fn of_call(outcome: Result<(), Error>) -> Result<(), CallError> {
    match outcome {
        Err(Error::Call(error)) => Err(error),
        // There is no other: nothing is written.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_that_nobody_answers_is_said_a_few_times_at_once_and_the_last_one_is_not_lost() {
        let mut stops = Urgent::default();
        let said = (0..1_000).filter(|_| stops.wanted()).count();
        assert_eq!(said, URGENT);
        assert!(stops.answered(), "one more is owed");
        assert!(stops.wanted());
        assert!(!stops.answered());
    }
}
