//! A file as text, whatever is at its path.
//!
//! What must never live here: what the text says.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::Faults;

/// Longest file, bytes: the longest that comes with the daemon has some thousand.
const LONGEST: u64 = 1_000_000;

/// The text of a file that a person writes and that is read whenever the daemon likes; `right` says what to
/// name instead where it cannot be.
///
/// # Errors
/// It cannot be read, has more than 1 MB, or is no regular file: a pipe makes who reads it wait.
pub fn read(path: &Path, right: &str) -> Result<String, Faults> {
    // Before it is opened: to open a pipe is to wait.
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(whole(path, "is no regular file", right)),
        _ => read_once(path, right),
    }
}

/// The same, of a file that is read a single time, so that it may be a pipe.
///
/// # Errors
/// It cannot be read, or has more than 1 MB.
pub fn read_once(path: &Path, right: &str) -> Result<String, Faults> {
    let unreadable = |error: io::Error| whole(path, &format!("cannot be read: {error}"), right);
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    if file.take(LONGEST + 1).read_to_string(&mut text).map_err(unreadable)? as u64 > LONGEST {
        return Err(whole(path, "has more than 1 MB", right));
    }
    Ok(text)
}

fn whole(path: &Path, what: &str, right: &str) -> Faults {
    Faults::whole(&path.display().to_string(), what, right)
}
