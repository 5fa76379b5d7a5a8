//! What only a simulated car can be told. What must never live here: how it is done.

use protocol::{Answer, Code, Fault};

use super::Gate;

impl Gate {
    /// Whether the simulator may be told to do it; that it is done, the hardware says.
    ///
    /// # Errors
    /// This car is none.
    pub(super) fn simulate(&self) -> Result<Answer, Fault> {
        if self.rules.simulated {
            return Ok(Answer::Done);
        }
        let message =
            "only a simulated car can do this, and this one is not: start the daemon on platform sim";
        Err(Fault::new(Code::METHOD_NOT_FOUND, message))
    }
}
