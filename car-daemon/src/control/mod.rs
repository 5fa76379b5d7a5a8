//! The gate: every motion of the car passes here, whatever transport or platform it comes from and
//! goes to.
//!
//! What lives here: who moves the car, for how long, and within what limits, as a state machine
//! that is told the time. What must never live here: a clock, a lock, an await, a transport, a pin.

mod gate;
mod gimbal;
mod motion;
mod rules;
mod slew;
mod stick;
#[cfg(test)]
mod tests;

pub use gate::{Gate, Outputs, SessionId};
pub use rules::{Control, Rules};
