//! The board file on the disk: read once, and replaced as a whole or not at all.
//!
//! What must never live here: what stands in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

/// No board file is larger, in bytes.
const LARGEST: u64 = 1 << 20;

/// A file that was read, to be replaced later.
#[derive(Debug)]
pub(super) struct Place {
    /// Behind every link: what is replaced is the file, not the link to it.
    path: PathBuf,
    /// What was read.
    text: String,
}

impl Place {
    /// Reads the file.
    ///
    /// # Errors
    /// It is not there, not text, or no file; in words that follow its name.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let read = || {
            let path = fs::canonicalize(path)?;
            if !fs::metadata(&path)?.is_file() {
                return Err(io::Error::other("it is no file"));
            }
            let text = contents(&path)?;
            Ok(Self { path, text })
        };
        read().map_err(|error: io::Error| format!("cannot be read: {error}"))
    }

    /// What was read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it can be replaced: looked at before somebody takes pains.
    ///
    /// # Errors
    /// Nothing can be written beside it; in words that follow its name.
    pub(super) fn is_writable(&self) -> Result<(), String> {
        let try_ = || {
            let beside = self.beside();
            OpenOptions::new().write(true).create_new(true).open(&beside)?;
            fs::remove_file(&beside)
        };
        try_().map_err(|error| format!("cannot be replaced: {error}"))
    }

    /// Replaces it, with the mode and owner that it has.
    ///
    /// # Errors
    /// It was changed since it was read, or cannot be written; then it is as it was. In words that follow
    /// its name.
    pub(super) fn replace(&self, text: &str) -> Result<(), String> {
        let now = contents(&self.path).map_err(|error| format!("cannot be read: {error}"))?;
        if now != self.text {
            return Err("was changed by somebody else meanwhile, and is left as it is".to_owned());
        }
        let beside = self.beside();
        let written = self.write(&beside, text);
        if written.is_err() {
            // Of two errors the first is the one that says why.
            let _ = fs::remove_file(&beside);
        }
        written.map_err(|error| format!("cannot be written: {error}"))
    }

    fn write(&self, beside: &Path, text: &str) -> io::Result<()> {
        let before = fs::metadata(&self.path)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(beside)?;
        let created = file.metadata()?;
        if (created.uid(), created.gid()) != (before.uid(), before.gid()) {
            chown(beside, Some(before.uid()), Some(before.gid()))?;
        }
        file.set_permissions(before.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(beside, &self.path)?;
        // So that the new name survives a loss of power.
        File::open(self.path.parent().unwrap_or(Path::new("/")))?.sync_all()
    }

    /// In the same folder, so that a rename is one step.
    fn beside(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.{}.new", std::process::id()))
    }
}

fn contents(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if read as u64 > LARGEST {
        return Err(io::Error::other("it is larger than any board file"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    fn file(text: &str) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("my-car.toml");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_replaced_with_its_mode_and_nothing_is_left_beside_it() {
        let (folder, path) = file("old");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let place = Place::read(&path).unwrap();
        place.is_writable().unwrap();
        place.replace("new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(&folder), ["my-car.toml"]);
    }

    #[test]
    fn a_link_to_a_file_stays_a_link() {
        let (folder, path) = file("old");
        let link = folder.path().join("link.toml");
        symlink(&path, &link).unwrap();
        Place::read(&link).unwrap().replace("new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_file_that_somebody_else_changed_is_left_alone() {
        let (folder, path) = file("old");
        let place = Place::read(&path).unwrap();
        fs::write(&path, "theirs").unwrap();
        let error = place.replace("new").unwrap_err();
        assert!(error.starts_with("was changed by somebody else"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(names(&folder), ["my-car.toml"]);
    }

    #[test]
    fn what_is_no_board_file_is_refused_in_words() {
        let (folder, path) = file(&"#".repeat(LARGEST as usize + 1));
        let refused = |path: &Path| Place::read(path).unwrap_err();
        assert_eq!(refused(&path), "cannot be read: it is larger than any board file");
        assert_eq!(refused(folder.path()), "cannot be read: it is no file");
        assert!(refused(&folder.path().join("nothing.toml")).contains("No such file"));
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(refused(&path).contains("UTF-8"));
    }
}
