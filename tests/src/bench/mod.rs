//! A simulated car on the machine's time, which outlives whoever drives it.
//!
//! What lives here: the car ([`Bench`]), and a door to its pins for the daemon of another process
//! ([`door`], [`Remote`]). What must never live here: what is expected of a car.

pub mod door;
mod remote;

use std::thread;
use std::time::{Duration, Instant};

use hal::{Board, Platform};
use sim::Sim;

pub use remote::Remote;

/// How often the world goes on where nobody asks for it.
const TICK: Duration = Duration::from_millis(1);

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
        let bench = Self { sim: Sim::new(board), begun: Instant::now() };
        let world = bench.clone();
        // Whoever waits for an edge asks for nothing meanwhile.
        thread::spawn(move || {
            loop {
                thread::sleep(TICK);
                drop(world.sim());
            }
        });
        bench
    }

    /// The car as it is now.
    #[must_use]
    pub fn sim(&self) -> Sim {
        let mut sim = self.sim.clone();
        sim.advance(self.begun.elapsed());
        sim
    }
}
