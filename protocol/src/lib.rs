//! Messages and dialects, and the channel that speaks them.
//!
//! What lives here: one model of what can be said to a car and what it answers ([`Command`],
//! [`Reply`], [`Notification`]), the dialects that write the model as bytes, and [`Channel`], which
//! daemon and clients both use. What must never live here: hardware, clocks, who may drive.

mod channel;
pub mod dialect;
mod model;
mod outbox;

pub use channel::Channel;
pub use dialect::{Dialect, DialectId};
pub use model::*;
pub use outbox::Outbox;
