//! The camera of a car, and whoever looks at it.
//!
//! What must never live here: a source, and how a picture is sent.

use std::sync::Arc;

use tokio::sync::watch as slot;
use tokio::time::sleep_until;

use super::desk::{Desk, Moves, Picture};
use super::gap::Wait;
#[cfg(test)]
use super::sources::Opener;
use super::sources::{self, Source};
use super::status::Status;
use super::watch::Patience;
use crate::config::Config;

/// The camera of a car. Clones are one camera; the source is closed with the last of them and its viewers.
#[derive(Clone, Debug)]
pub(crate) struct Camera(Arc<Handle>);

#[derive(Debug)]
struct Handle(Arc<Desk>);

impl Camera {
    /// The camera of a configuration; `simulated` is that of the simulated car, if it is one. Nothing is opened
    /// before somebody looks. By `moves` it is known that a camera hangs.
    pub(crate) fn new(config: &Config, simulated: Option<sim::Camera>, moves: Moves) -> Self {
        let camera = &config.camera;
        Self::of(sources::of(config, simulated), camera.max_bytes, Patience::of(camera.late()), moves)
    }

    /// With whatever opens a source.
    #[cfg(test)]
    pub(crate) fn with(opener: Opener) -> Self {
        let (name, remedy) = ("a camera of a test".to_owned(), sources::always(""));
        let source = Source { name, opener: Ok(opener), remedy, never_repeats: false };
        Self::of(source, 1 << 20, Patience::default(), Box::new(|| false))
    }

    /// With this source, of which no longer picture is shown.
    pub(super) fn of(source: Source, max_bytes: usize, patience: Patience, moves: Moves) -> Self {
        Self(Arc::new(Handle(Desk::new(source, max_bytes, patience, moves))))
    }

    /// Somebody looks from now on.
    pub(crate) fn view(&self) -> Viewer {
        let (newest, wait) = self.0.0.enter();
        Viewer { newest, wait, camera: self.clone() }
    }

    /// Why there is no picture, if there should be one and is none.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.0.0.trouble()
    }

    /// Whether a picture may still come: its source may be late, and has not failed.
    pub(crate) fn may_come(&self) -> bool {
        self.0.0.may_come()
    }

    /// What is to be told of it.
    pub(crate) fn status(&self) -> Status {
        self.0.0.status()
    }

    /// Ends it, and waits until its source is closed, a second at most. Whoever looks sees no more pictures.
    pub(crate) async fn close(&self) {
        self.0.0.end();
        self.0.0.ended().await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Somebody who looks, until this is dropped.
#[derive(Debug)]
pub(crate) struct Viewer {
    newest: slot::Receiver<Option<Arc<Picture>>>,
    wait: Wait,
    camera: Camera,
}

impl Viewer {
    /// The newest picture that this viewer has not had yet; where none comes for a second, words that say why.
    /// Cancel-safe.
    pub(crate) async fn next(&mut self) -> Arc<Picture> {
        let desk = &self.camera.0.0;
        loop {
            let (due, answers) = desk.due(self.wait);
            tokio::select! {
                biased;
                // The sender is ours.
                _ = self.newest.changed() => {
                    if let Some(picture) = self.newest.borrow_and_update().clone() {
                        self.wait = desk.shown(&picture);
                        return picture;
                    }
                }
                () = sleep_until(due) => desk.stand_in(self.wait, answers),
            }
        }
    }

    /// The camera that is looked at.
    pub(crate) fn camera(&self) -> &Camera {
        &self.camera
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.camera.0.0.leave();
    }
}
