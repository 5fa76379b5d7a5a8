//! What proves the daemon and is too large for one test: run by tests, and by programs of this crate for
//! as long as anybody likes.
//!
//! What lives here: [`mod@bench`], [`chaos`], [`fuzz`], [`typed`] and [`usb`]. What must never live here: anything that the daemon or a client uses.

pub mod bench;
pub mod chaos;
pub mod fuzz;
pub mod typed;
pub mod usb;
