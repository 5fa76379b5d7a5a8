//! What can be called on a simulated car past its driver; the role must be admin. How a call travels must
//! never be known here.

use std::time::Duration;

use protocol::{Command, Heading, Place, SimOrder, Stretch, Truth};

use crate::answer::{Accepted, Stepped};
use crate::client::Client;
use crate::error::CallError;

/// How long the answer to a step is waited for besides. Where there is no link an answer may be lost: not for ever.
const STEP: Duration = Duration::from_secs(60);

impl Client {
    /// Lets time pass, as fast as the machine can; gives the daemon's seconds after it. Waits for the
    /// answer for a minute and ten times as long as it is to take: the machine may be slow, and so may be those for whom
    /// time waits.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn sim_step(&self, stretch: Stretch) -> Result<f64, CallError> {
        let step = Command::Sim(SimOrder::Step(stretch));
        Ok(self.typed_within::<Stepped>(STEP + stretch.get() * 10, step).await?.t)
    }

    /// What is so, whatever the car's sensors say.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn sim_truth(&self) -> Result<Truth, CallError> {
        self.typed(Command::Sim(SimOrder::Truth)).await
    }

    /// Breaks or mends something: [`SimOrder::Fault`], [`SimOrder::Mend`].
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn sim_order(&self, order: SimOrder) -> Result<Accepted, CallError> {
        self.typed(Command::Sim(order)).await
    }

    /// Puts the car where it began, at rest, with a full battery, nothing broken, and its odometry at zero.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn sim_reset(&self) -> Result<Accepted, CallError> {
        self.sim_order(SimOrder::Reset).await
    }

    /// Puts the car somewhere in its world, at rest.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn sim_teleport(&self, x: Place, y: Place, heading: Heading) -> Result<Accepted, CallError> {
        self.sim_order(SimOrder::Teleport { x, y, heading }).await
    }
}
