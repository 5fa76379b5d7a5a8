//! What the simulated car is told past its driver, and what time is asked to pass: taken at the beginning of
//! a turn, in the order in which it came, and answered when it is done.
//!
//! What must never live here: who may ask it, and how time moves.

use std::any::Any;
use std::time::Duration;

use hal::Platform;
use protocol::{Answer, Code, Fault, SimOrder, Truth};
use sim::Sim;
use tokio::sync::oneshot;

/// Somebody's order, and where its answer goes. Whoever no longer waits for it has left.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) what: SimOrder,
    pub(crate) done: oneshot::Sender<Result<Answer, Fault>>,
}

/// The simulator that a car stands on.
pub(super) struct Simulator {
    sim: Sim,
    /// What is asked to pass: until when, and who waits for it.
    steps: Vec<(Duration, oneshot::Sender<Result<Answer, Fault>>)>,
}

impl Simulator {
    /// That of a platform, if it is one.
    pub(super) fn of(platform: &dyn Platform) -> Option<Self> {
        let sim = (platform as &dyn Any).downcast_ref::<Sim>()?;
        Some(Self { sim: sim.clone(), steps: Vec::new() })
    }

    /// Does what is ordered at `now`. Time that is to pass has not yet.
    pub(super) fn obey(&mut self, orders: Vec<Order>, now: Duration) {
        for Order { what, done } in orders {
            let answer = match what {
                SimOrder::Step(stretch) => {
                    self.steps.push((now + stretch.get(), done));
                    continue;
                }
                SimOrder::Truth => Ok(Answer::Truth(Box::new(self.truth(now)))),
                other => Err(Fault::new(Code::INTERNAL, format!("the simulator was asked to do {other:?}"))),
            };
            // An error means that whoever asked has left.
            drop(done.send(answer));
        }
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
        let sim::Truth { motion, hash, .. } = self.sim.truth();
        Truth {
            t: now.as_secs_f64(),
            pose: motion.map(|at| protocol::Pose { x: at.x_m, y: at.y_m, heading: at.heading_rad }),
            speed: motion.map(|at| protocol::TrueSpeed {
                linear: at.linear_mps,
                lateral: at.lateral_mps,
                angular: at.angular_rad_s,
            }),
            hash: format!("{hash:016x}"),
        }
    }
}
