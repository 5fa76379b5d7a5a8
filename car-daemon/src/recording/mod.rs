//! What gate and control loop were told, in order, so that the same run can be had again.
//!
//! What lives here: the lines of a recording, written by a thread of its own and read with a bound, and the tape
//! between the gate and either. What must never live here: what follows from anything that was said; and
//! tokens.
//!
//! A recording is text, one JSON object a line. The first says what the run began with. Then each turn of the
//! control loop by its time, and between them what everybody else said: at which time, and after how many
//! looks of that turn at the gate, which is what makes the order whole.

mod begin;
mod file;
mod header;
mod line;
mod parts;
mod reader;
mod tape;
#[cfg(test)]
mod tests;
mod told;
mod writer;

pub(crate) use begin::header;
pub(crate) use header::Header;
pub(crate) use line::Line;
pub use parts::Parts;
pub(crate) use parts::fingerprint;
pub use reader::Damage;
pub(crate) use reader::Reader;
pub(crate) use tape::{At, Play, Reel, Tape};
pub(crate) use told::{Told, control};
pub(crate) use writer::{Draft, FAREWELL, Keeper, Recording, draft};
