//! What the car sees: one source of pictures, and whoever looks at it.
//!
//! What lives here: sources, when one is opened and when it rests, the newest picture, and the words in its place.
//! What must never live here: how a picture reaches a viewer, and anything that moves the car.
//!
//! Sources block, so while somebody looks each daemon has one thread for its source. Between it and the viewers is
//! one slot with the newest picture: a viewer who is slow passes pictures over, and nobody waits for it.

mod desk;
mod encode;
mod fetch;
mod frozen;
mod gap;
mod mjpeg;
mod plain;
mod sources;
mod status;
mod told;
mod viewer;
mod watch;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use desk::Picture;
pub(crate) use plain::plain;
#[cfg(test)]
pub(crate) use sources::{FrameSource, NoPicture, Shot};
pub(crate) use sources::{Prospect, missing, prospect};
pub(crate) use status::Status;
pub(crate) use viewer::{Camera, Viewer};
