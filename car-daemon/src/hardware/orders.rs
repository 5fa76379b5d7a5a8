//! What the simulated car is told past its driver, and what time is asked to pass: taken at the beginning of
//! a turn, in the order in which it came, and answered when it is done.
//!
//! What must never live here: who may ask it, and how time moves.

use std::time::Duration;

use hal::{Board, Car, Platform};
use protocol::{Answer, Code, Event, Fault, SimOrder, TrueBattery, Truth};
use sim::Sim;
use tokio::sync::oneshot;

use crate::control::{outage, which};
use crate::platform::simulator;

/// Somebody's order, and where its answer goes. Whoever no longer waits for it has left.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) what: SimOrder,
    pub(crate) done: oneshot::Sender<Result<Answer, Fault>>,
}

impl Order {
    /// One for whose answer nobody waits.
    pub(crate) fn unanswered(what: SimOrder) -> Self {
        Self { what, done: oneshot::channel().0 }
    }
}

/// The simulator that a car stands on.
pub(super) struct Simulator {
    sim: Sim,
    board: Board,
    /// What is asked to pass: until when, and who waits for it.
    steps: Vec<(Duration, oneshot::Sender<Result<Answer, Fault>>)>,
}

impl Simulator {
    /// That of a platform, if it is one.
    pub(super) fn of(platform: &dyn Platform, board: &Board) -> Option<Self> {
        let sim = simulator(platform)?;
        Some(Self { sim: sim.clone(), board: board.clone(), steps: Vec::new() })
    }

    /// A fingerprint of each part of it.
    pub(super) fn digests(&self) -> Vec<(&'static str, u64)> {
        self.sim.digests().parts().to_vec()
    }

    /// Does what is ordered at `now`, with the car that stands on it, and says what could not be done although
    /// everybody heard that it was asked for. Time that is to pass has not yet.
    pub(super) fn obey(&mut self, orders: Vec<Order>, car: &mut Car, now: Duration) -> Vec<Event> {
        let mut failed = Vec::new();
        for Order { what, done } in orders {
            if let SimOrder::Step(stretch) = what {
                self.steps.push((now + stretch.get(), done));
                continue;
            }
            let outcome = self.does(&what, car, now);
            if let Err(fault) = &outcome {
                failed.push(Event::Sim { by: "the simulator".into(), what: format!("did not: {fault}") });
            }
            // An error means that whoever asked has left.
            drop(done.send(outcome));
        }
        failed
    }

    fn does(&self, what: &SimOrder, car: &mut Car, now: Duration) -> Result<Answer, Fault> {
        match what {
            SimOrder::Fault { .. } => drop(self.sim.fault(outage(what, &self.board)?)),
            SimOrder::Mend { .. } => drop(self.sim.mend(which(what, &self.board)?)),
            SimOrder::Reset => {
                self.sim.restart();
                car.forget_way();
            }
            SimOrder::Teleport { x, y, heading } => {
                if !self.sim.teleport(x.metres(), y.metres(), heading.radians()) {
                    let message = "sim.teleport: there is no room for the car, nor beside it";
                    return Err(Fault::new(Code::INVALID_PARAMS, message));
                }
            }
            SimOrder::Truth => return Ok(Answer::Truth(Box::new(self.truth(now)))),
            other => {
                return Err(Fault::new(Code::INTERNAL, format!("the simulator was asked to do {other:?}")));
            }
        }
        Ok(Answer::Done)
    }

    /// How far the clock jumps now, by a fault.
    pub(super) fn take_clock_jump(&self) -> Option<Duration> {
        self.sim.take_clock_jump()
    }

    /// Until when time is to pass before it comes to whoever ordered it; nothing for those who have left.
    pub(super) fn steps_to(&mut self) -> Option<Duration> {
        self.steps.retain(|(_, done)| !done.is_closed());
        self.steps.iter().map(|(until, _)| *until).min()
    }

    /// All that there was to do at `now` is done.
    pub(super) fn passed(&mut self, now: Duration) {
        for (_, done) in self.steps.extract_if(.., |(until, _)| *until <= now) {
            // As above.
            drop(done.send(Ok(Answer::Stepped { t: now.as_secs_f64() })));
        }
    }

    fn truth(&self, now: Duration) -> Truth {
        let sim::Truth { motion, touches, battery, faults, hash } = self.sim.truth();
        let sim::Power { volts, amps, charge } = battery;
        Truth {
            t: now.as_secs_f64(),
            pose: motion.map(|at| protocol::Pose { x: at.x_m, y: at.y_m, heading: at.heading_rad }),
            speed: motion.map(|at| protocol::TrueSpeed {
                linear: at.linear_mps,
                lateral: at.lateral_mps,
                angular: at.angular_rad_s,
            }),
            touches,
            battery: TrueBattery { volts, amps, charge },
            faults: faults.iter().map(ToString::to_string).collect(),
            hash: format!("{hash:016x}"),
        }
    }
}
