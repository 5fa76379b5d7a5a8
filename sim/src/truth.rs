//! What is so, whatever the car's own sensors say: for whoever tests what they make of it.
//!
//! What must never live here: what a driver of the car could read.

use hal::Motion;

use crate::Sim;

/// What is so now.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Where the car is and how it moves; `None` for a board without wheels.
    pub motion: Option<Motion>,
    /// The fingerprint of the whole state, as [`Sim::state_hash`].
    pub hash: u64,
}

impl Sim {
    /// What is so now, whatever the sensors say.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let mut engine = self.engine.lock();
        Truth {
            motion: engine.chassis.as_ref().map(crate::chassis::Chassis::motion),
            hash: engine.digests().hash(),
        }
    }
}
