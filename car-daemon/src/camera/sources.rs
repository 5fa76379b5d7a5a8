//! The table of sources: adding one is a file and a row in each table here.
//!
//! What must never live here: who looks at the pictures.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::config::{Config, SourceName};
use crate::secrets;

mod command;
mod files;
mod flow;
mod pace;
mod part;
#[cfg(test)]
mod patient;
mod sim;
mod thin;
mod url;
mod v4l2;

/// A source that should give pictures and has given none for so long is opened anew.
const SILENCE: Duration = Duration::from_secs(5);

/// What is wrong with a picture that is longer than the configuration allows.
pub(super) fn too_long(most: usize) -> String {
    format!("has more bytes than [camera] max_bytes = {most} allows: choose smaller pictures, or allow more")
}

/// A picture as its source gives it.
#[derive(Clone, Debug)]
pub(crate) struct Shot {
    /// A whole JPEG file.
    pub(crate) jpeg: Bytes,
    /// When the light fell in, as well as the source knows it.
    pub(crate) taken: Instant,
}

/// Why there is no picture: what is wrong, and what would be right. Which source it is, is told before that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoPicture(pub(crate) String);

impl NoPicture {
    /// Whether it is the same but for numbers: a program may say the time, or how often it has tried.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let words = |why: &str| why.replace(|letter: char| letter.is_ascii_digit(), "");
        words(&self.0) == words(&other.0)
    }
}

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

/// What would help where an open source is silent, as far as that is known now.
pub(super) type Remedy = Box<dyn Fn() -> String + Send + Sync>;

/// Always the same.
pub(super) fn always(remedy: &'static str) -> Remedy {
    Box::new(|| remedy.to_owned())
}

/// What a camera's pictures come from; it is not open.
pub(super) struct Source {
    /// As people are told of it.
    pub(super) name: String,
    /// What opens it; or why nothing does.
    pub(super) opener: Result<Opener, NoPicture>,
    pub(super) remedy: Remedy,
    /// Two pictures of a moving car are never the same: a camera's are not, while files and what is drawn may be.
    pub(super) never_repeats: bool,
}

/// The source of a configuration; `simulated` is the camera of the simulated car, if it is one.
pub(super) fn of(config: &Config, simulated: Option<sim::Eye>) -> Source {
    let camera = &config.camera;
    let name = name(&camera.source, simulated.is_some());
    let (opener, remedy, never_repeats) = match (&camera.source, simulated) {
        (SourceName::Auto | SourceName::Sim, Some(eye)) => {
            (Ok(sim::opener(camera, eye)), always(sim::REMEDY), false)
        }
        (SourceName::Files(path), _) => {
            let (opener, remedy) = files::opener(camera, path.clone());
            (Ok(opener), remedy, false)
        }
        (SourceName::Off, _) => (Err(NoPicture(OFF.to_owned())), always(""), false),
        (SourceName::Sim, None) => (Err(NoPicture(NO_SIMULATOR.to_owned())), always(""), false),
        (SourceName::Auto, None) => {
            (Ok(v4l2::any(camera, config.linux.dev.clone())), always(v4l2::REMEDY), true)
        }
        (SourceName::Command(words), _) => {
            (Ok(command::opener(camera, words.clone())), always(command::REMEDY), true)
        }
        (SourceName::Url(url), _) => (url::opener(camera, url), always(url::REMEDY), true),
        (SourceName::Device(path), _) => (Ok(v4l2::opener(camera, path.clone())), always(v4l2::REMEDY), true),
    };
    Source { name, opener, remedy, never_repeats }
}

const OFF: &str = "off, as [camera] source says";
const NO_SIMULATOR: &str = "only a simulated car has a simulated one, which [camera] source = \"sim\" means";

/// What a source is called.
fn name(source: &SourceName, simulated: bool) -> String {
    match source {
        SourceName::Auto | SourceName::Sim if simulated => "the simulated camera".to_owned(),
        SourceName::Auto | SourceName::Off | SourceName::Sim => "the camera".to_owned(),
        SourceName::Files(path) | SourceName::Device(path) => path.display().to_string(),
        // Without its name, password and token.
        SourceName::Url(url) => secrets::without(url),
        // Not its arguments, which may be secret.
        SourceName::Command(words) => words.first().cloned().unwrap_or_default(),
    }
}

/// That the source which a file names is not on this machine: a file, a device, a program, or a simulator. Where it is
/// named, what is missing, and what would be right. What a device that is here gives is not asked: `doctor` does.
pub(crate) fn missing(config: &Config) -> Option<String> {
    let at = config.camera_at.as_ref()?;
    match &config.camera.source {
        SourceName::Auto => None,
        SourceName::Device(path) if path.exists() => None,
        _ => prospect(config).err().map(|why| format!("{at}: {why}")),
    }
}

/// What a source would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prospect {
    pub(crate) gives: String,
    /// The device of the kernel that it would come from.
    pub(crate) device: Option<PathBuf>,
}

impl From<String> for Prospect {
    fn from(gives: String) -> Self {
        Self { gives, device: None }
    }
}

/// What a configuration's source would give, as far as that can be seen without a stream, and without asking another
/// machine.
///
/// # Errors
/// Which source there would be no picture from, and why.
pub(crate) fn prospect(config: &Config) -> Result<Prospect, String> {
    let (camera, simulated) = (&config.camera, config.is_simulated());
    let prospect = match &camera.source {
        SourceName::Auto | SourceName::Sim if simulated => Ok("what the simulator draws".to_owned().into()),
        SourceName::Off => Ok(OFF.to_owned().into()),
        SourceName::Sim => Err(NoPicture(NO_SIMULATOR.to_owned())),
        SourceName::Auto => v4l2::prospect_of_any(camera, &config.linux.dev),
        SourceName::Files(path) => files::prospect(camera, path).map(Into::into),
        SourceName::Command(words) => command::prospect(words).map(Into::into),
        SourceName::Url(url) => url::prospect(url).map(Into::into),
        SourceName::Device(path) => v4l2::prospect(camera, path),
    };
    prospect.map_err(|why| format!("{}: {why}", name(&camera.source, simulated)))
}
