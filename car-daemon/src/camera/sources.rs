//! The table of sources: adding one is a file and one line here.
//!
//! What must never live here: who looks at the pictures.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::config::{CameraConfig, Config, SourceName};
use crate::secrets;

mod command;
mod files;
mod flow;
mod pace;
mod part;
mod sim;
mod thin;
mod url;
mod v4l2;

/// A source that should give pictures and has given none for so long is opened anew.
const SILENCE: Duration = Duration::from_secs(5);

/// A picture is longer than the configuration allows.
fn too_long(place: &str, most: usize) -> NoPicture {
    NoPicture(format!(
        "{place} gives pictures of more than [camera] max_bytes = {most}: choose a smaller size, or allow more"
    ))
}

/// A picture as its source gives it.
#[derive(Clone, Debug)]
pub(crate) struct Shot {
    /// A whole JPEG file.
    pub(crate) jpeg: Bytes,
    /// When the light fell in, as well as the source knows it.
    pub(crate) taken: Instant,
}

/// Why there is no picture: what is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoPicture(pub(crate) String);

/// An open source. Dropping it closes it.
pub(crate) trait FrameSource: Send {
    /// Waits for the next picture, `wait` at the longest; `None`: none came.
    ///
    /// # Errors
    /// The source is of no more use, and is to be opened anew.
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture>;
}

/// Opens a source, as often as it is asked to.
pub(crate) type Opener = Box<dyn FnMut() -> Result<Box<dyn FrameSource>, NoPicture> + Send>;

/// The source of a configuration, as people are told of it.
pub(super) fn name(config: &CameraConfig, simulated: bool) -> String {
    match &config.source {
        SourceName::Auto | SourceName::Sim if simulated => "the simulated camera".to_owned(),
        SourceName::Auto | SourceName::Off | SourceName::Sim => "the camera".to_owned(),
        SourceName::Files(path) | SourceName::Device(path) => path.display().to_string(),
        // Not its arguments, which may be secret.
        // Without its name, password and token.
        SourceName::Url(url) => secrets::without(url),
        SourceName::Command(words) => words.first().cloned().unwrap_or_default(),
    }
}

/// What opens the source of a configuration; `simulated` is the camera of the simulated car, if it is one.
///
/// # Errors
/// There is no camera, and why.
pub(super) fn opener(config: &Config, simulated: Option<sim::Eye>) -> Result<Opener, NoPicture> {
    let camera = &config.camera;
    match (&camera.source, simulated) {
        (SourceName::Auto | SourceName::Sim, Some(eye)) => Ok(sim::opener(camera, eye)),
        (SourceName::Files(path), _) => Ok(files::opener(camera, path.clone())),
        (SourceName::Off, _) => Err(NoPicture("the camera is off: [camera] source is \"off\"".to_owned())),
        (SourceName::Sim, None) => Err(NoPicture(
            "only a simulated car has a simulated camera: [camera] source is \"sim\"".to_owned(),
        )),
        (SourceName::Auto, None) => Ok(v4l2::any(camera, config.linux.dev.clone())),
        (SourceName::Command(words), _) => Ok(command::opener(camera, words.clone())),
        (SourceName::Url(url), _) => url::opener(camera, url),
        (SourceName::Device(path), _) => Ok(v4l2::opener(camera, path.clone())),
    }
}
