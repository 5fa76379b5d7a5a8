//! One client, from its handshake to its end.
//!
//! What lives here: reading requests, having them answered, sending what was subscribed. What must
//! never live here: what may move the car.

mod answer;
mod entry;
mod order;
mod pace;
mod pump;
mod standing;
mod step;
mod subscription;

pub(crate) use pump::{Context, Manner, serve, turn_away};
pub(crate) use standing::{Doors, Shower};
