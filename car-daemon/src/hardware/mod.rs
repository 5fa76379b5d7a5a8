//! The only owner of the board: takes what the gate says, writes it, reads back what there is to
//! know, publishes it.
//!
//! What lives here: one turn of the control loop, told the time, and the two ways to run it (a
//! thread for real, a task where time is virtual). What must never live here: who may drive.

mod bell;
mod heartbeat;
mod plant;
mod runner;

pub(crate) use bell::Bell;
pub use heartbeat::Heartbeat;
pub(crate) use plant::Plant;
pub use runner::Mode;
pub(crate) use runner::Runner;
