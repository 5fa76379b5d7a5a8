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
mod sim;
mod thin;
mod url;
mod v4l2;

/// A source that should give pictures and has given none for so long is opened anew.
const SILENCE: Duration = Duration::from_secs(5);

const NO_SIMULATOR: &str = "only a simulated car has a simulated camera: [camera] source is \"sim\"";

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
        // Without its name and password.
        SourceName::Url(url) => secrets::without(url),
        // Not its arguments, which may be secret.
        SourceName::Command(words) => words.first().cloned().unwrap_or_default(),
    }
}

/// Whether two pictures of a moving car are never the same: a camera's are not, while files and what is drawn may be.
pub(super) fn never_repeats(config: &CameraConfig, simulated: bool) -> bool {
    match &config.source {
        SourceName::Auto => !simulated,
        SourceName::Off | SourceName::Sim | SourceName::Files(_) => false,
        SourceName::Command(_) | SourceName::Url(_) | SourceName::Device(_) => true,
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
        (SourceName::Sim, None) => Err(NoPicture(NO_SIMULATOR.to_owned())),
        (SourceName::Auto, None) => Ok(v4l2::any(camera, config.linux.dev.clone())),
        (SourceName::Command(words), _) => Ok(command::opener(camera, words.clone())),
        (SourceName::Url(url), _) => url::opener(camera, url),
        (SourceName::Device(path), _) => Ok(v4l2::opener(camera, path.clone())),
    }
}

/// What a configuration's source would give, as far as that can be seen without a stream, and without asking another
/// machine.
///
/// # Errors
/// Why there would be no picture.
pub(crate) fn prospect(config: &Config, simulated: bool) -> Result<String, NoPicture> {
    let camera = &config.camera;
    match &camera.source {
        SourceName::Auto | SourceName::Sim if simulated => Ok("what the simulator draws".to_owned()),
        SourceName::Off => Ok("off, as [camera] source says".to_owned()),
        SourceName::Sim => Err(NoPicture(NO_SIMULATOR.to_owned())),
        SourceName::Auto => v4l2::prospect_of_any(camera, &config.linux.dev),
        SourceName::Files(path) => files::prospect(camera, path),
        SourceName::Command(words) => command::prospect(words),
        SourceName::Url(url) => url::prospect(url),
        SourceName::Device(path) => v4l2::prospect(camera, path),
    }
}
