//! What is so, whatever the car's own sensors say: for whoever tests what they make of it.
//!
//! What must never live here: what a driver of the car could read.

use hal::Motion;

use crate::{Fault, Sim};

/// What is so now.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Where the car is and how it moves; `None` for a board without wheels.
    pub motion: Option<Motion>,
    /// Whether it stands against a wall or a box.
    pub touches: bool,
    /// What feeds it.
    pub battery: Power,
    /// What is broken, oldest first.
    pub faults: Vec<Fault>,
    /// The fingerprint of the whole state, as [`Sim::state_hash`].
    pub hash: u64,
}

/// What a battery is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// At its terminals.
    pub volts: f64,
    /// Drawn from it; below zero where motors that are turned give back more than anything takes.
    pub amps: f64,
    /// What is left in it, 0 to 1.
    pub charge: f64,
}

impl Sim {
    /// What is so now, whatever the sensors say.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let mut engine = self.engine.lock();
        Truth {
            motion: engine.chassis.as_ref().map(crate::chassis::Chassis::motion),
            touches: engine.felt().touches,
            battery: engine.power(),
            faults: engine.faults.all().cloned().collect(),
            hash: engine.digests().hash(),
        }
    }
}
