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
    /// Whether the car stands against a wall or a box.
    pub touches: bool,
    /// At the battery's terminals.
    pub volts: f64,
    /// Drawn from the battery.
    pub amps: f64,
    /// What is left in the battery, 0 to 1.
    pub charge: f64,
    /// What is broken, oldest first.
    pub faults: Vec<Fault>,
    /// The fingerprint of the whole state, as [`Sim::state_hash`].
    pub hash: u64,
}

impl Sim {
    /// What is so now, whatever the sensors say.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let mut engine = self.engine.lock();
        let battery = engine.battery();
        let (volts, amps, charge) = (battery.volts(), battery.amps(), battery.charge());
        Truth {
            touches: engine.felt().touches,
            volts,
            amps,
            charge,
            faults: engine.standing_faults(),
            motion: engine.chassis.as_ref().map(crate::chassis::Chassis::motion),
            hash: engine.digests().hash(),
        }
    }
}
