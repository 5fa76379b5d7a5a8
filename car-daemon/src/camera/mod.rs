//! What the car sees: one source of pictures, and whoever looks at it.
//!
//! What lives here: sources, when one is opened and when it rests, and the newest picture. What must never live
//! here: how a picture reaches a viewer, and anything that moves the car.
//!
//! Sources block, so each daemon has one thread for its source. Between it and the viewers is one slot with the
//! newest picture: a viewer who is slow passes pictures over, and nobody waits for it.

mod desk;
mod jpeg;
mod mjpeg;
mod sources;
mod watch;

pub(crate) use desk::{Camera, Picture, Viewer};
pub(crate) use sources::opener;
#[cfg(test)]
pub(crate) use sources::{FrameSource, NoPicture, Shot};
