//! The gate: every motion of the car passes here, whatever transport or platform it comes from and
//! goes to.
//!
//! What lives here: who may move the car, who does, for how long, and within what limits, as a state machine
//! that is told the time. What must never live here: a clock, a lock, an await, a transport, a pin.

mod authority;
mod breakage;
mod estop;
mod gate;
mod gimbal;
mod input;
mod lease;
mod motion;
mod moving;
mod panel;
mod rules;
mod session;
mod sight;
mod simulated;
mod slew;
mod stick;
#[cfg(test)]
mod tests;
mod trial;

#[cfg(test)]
pub(crate) use breakage::Breakage;
pub(crate) use breakage::answers_again;
pub use gate::{Gate, Outputs, SessionId};
pub use input::Input;
pub use rules::{Control, Rules};
pub use session::Grant;
pub(crate) use simulated::{outage, which};
