//! The only owner of the board: takes what the gate says, writes it, reads back what there is to
//! know, publishes it.
//!
//! What lives here: one turn of the control loop, told the time, and the two ways to run it (a
//! thread for real, a task where time is virtual), and the watch that sees whether it turns. What must never live here: who may drive.

mod battery;
mod bell;
mod fate;
mod heartbeat;
mod orders;
mod plant;
mod runner;
mod watch;

pub(crate) use bell::{Bell, Haste};
pub use heartbeat::Heartbeat;
pub(crate) use orders::Order;
pub(crate) use plant::Plant;
pub(crate) use runner::{Pace, Runner};

/// How the control loop runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// On a thread of its own, in real time.
    #[default]
    Thread,
    /// As a task of the caller's runtime: for tests on paused time, and for embedding.
    Task,
}
