//! A simulated car on the machine's time, which outlives whoever drives it.
//!
//! What lives here: the car ([`Bench`]), and a door to its pins for the daemon of another process
//! ([`door`], [`Remote`]). What must never live here: what is expected of a car.

pub mod door;
mod remote;

use std::time::Instant;

use hal::{Board, Platform};
use sim::Sim;

pub use remote::Remote;

/// The car. Clones see the same one.
#[derive(Clone, Debug)]
pub struct Bench {
    sim: Sim,
    begun: Instant,
}

impl Bench {
    /// At rest, from now on.
    #[must_use]
    pub fn new(board: &Board) -> Self {
        Self { sim: Sim::new(board), begun: Instant::now() }
    }

    /// The car as it is now.
    #[must_use]
    pub fn sim(&self) -> Sim {
        let mut sim = self.sim.clone();
        sim.advance(self.begun.elapsed());
        sim
    }
}
