//! Files that come with the daemon, and finding one of them, or somebody's own, by what a person typed.
//!
//! What must never live here: what is in them.

use std::borrow::Cow;
use std::path::Path;

use super::{Faults, Shown, load, nearest};

/// A file that comes with the daemon.
#[derive(Debug)]
pub struct Preset {
    /// What a config calls it.
    pub name: &'static str,
    /// The file, comments and all.
    pub toml: &'static str,
}

/// A file could not be loaded. Its text is for the person who named it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// No preset has this name, and it is not a path either: a path has a `/` or ends with `.toml`.
    #[error("no {kind} is called `{}`; {hint}", Shown(.name))]
    Unknown {
        /// Of what: a board, a world.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// The nearest preset, and all of them.
        hint: String,
    },
    /// The file cannot be read, or says something that is wrong.
    #[error(transparent)]
    File(#[from] Faults),
}

/// Whether this names a file, and no preset: it has a `/` in it or ends with `.toml`.
#[must_use]
pub fn is_path(name_or_path: &str) -> bool {
    name_or_path.contains('/') || name_or_path.ends_with(".toml")
}

/// The text of a preset by name, or of a file by path; `kind` says of what, a board or a world.
///
/// # Errors
/// No such preset; or the file cannot be read.
pub fn named(
    kind: &'static str,
    name_or_path: &str,
    presets: &'static [Preset],
) -> Result<Cow<'static, str>, LoadError> {
    if is_path(name_or_path) {
        let right = format!("give the path of a {kind} file");
        return Ok(load::read(Path::new(name_or_path), &right)?.into());
    }
    let preset = presets.iter().find(|preset| preset.name == name_or_path);
    preset.map(|preset| preset.toml.into()).ok_or_else(|| unknown(kind, name_or_path, presets))
}

fn unknown(kind: &'static str, name: &str, presets: &[Preset]) -> LoadError {
    let known: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
    let presets = format!("the presets are {}; a path has a `/` or ends with .toml", known.join(", "));
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? {presets}"),
        None => presets,
    };
    LoadError::Unknown { kind, name: name.to_owned(), hint }
}
