//! The e-stop's latch on disk: it survives a restart and a loss of power.
//!
//! What lives here: the file, its text (`text`), and the thread that writes it (`keeper`). What must
//! never live here: who may engage or reset the latch, and the latch that is in force, which is memory
//! and never waits for a disk.
//!
//! A file that is there means an engaged latch, whatever is in it; only its absence means a released
//! one. So nothing that can happen to its content lets a car go.

mod below;
mod keeper;
mod text;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

pub(crate) use below::{Below, restored};
pub use keeper::Keeper;

/// Longest name of a car in the name of its file; 255 bytes is what file systems take.
const LONGEST_NAME: usize = 200;

/// An engaged e-stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engaged {
    /// Why, in words.
    pub reason: String,
    /// Who engaged it, in words; empty where that is not known.
    pub by: String,
    /// When, in seconds since 1970 (UTC); 0 where that is not known.
    pub at: u64,
}

/// The state could not be kept. The latch in memory is in force all the same.
#[derive(Debug, thiserror::Error)]
#[error("the e-stop's state cannot be kept across a restart: {path}: {source}", path = .path.display())]
pub struct StoreError {
    /// Which file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The file of one car's latch.
#[derive(Clone, Debug)]
pub struct Latch {
    folder: PathBuf,
    path: PathBuf,
}

impl Latch {
    /// The latch of the car `name` in `folder`. Touches nothing.
    #[must_use]
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { folder: folder.to_owned(), path: folder.join(format!("estop-{}.toml", file_name(name))) }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was last stored; `None` for a released latch. What cannot be read or understood counts as
    /// engaged, with the reason in words. Reads no more than a few kilobytes, whatever is there.
    #[must_use]
    pub fn load(&self) -> Option<Engaged> {
        let unknown = |why: &str| {
            let path = self.path.display();
            let reason = format!("engaged because its state file {path} {why}; `reset` replaces it");
            Some(Engaged { reason, by: String::new(), at: 0 })
        };
        match read(&self.path) {
            Ok(bytes) => match text::decode(&bytes) {
                Ok(engaged) => Some(engaged),
                Err(damage) => unknown(&damage.to_string()),
            },
            // Neither the file nor its folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.is_there() => {
                // Only an engaged latch is ever begun to be written.
                let begun = fs::symlink_metadata(self.begun()).is_ok();
                begun.then(|| unknown("was not finished")).flatten()
            }
            Err(error) => unknown(&format!("cannot be read: {error}")),
        }
    }

    /// Stores what is in force. When this returns without an error it is on the disk, all of it; after
    /// an error, or a loss of power on the way, what was stored before is there, whole, or this is.
    ///
    /// # Errors
    /// Where the file or its folder cannot be written.
    pub fn store(&self, engaged: Option<&Engaged>) -> Result<(), StoreError> {
        let result = match engaged {
            Some(engaged) => self.replace(text::encode(engaged).as_bytes()),
            None => self.remove(),
        };
        result.map_err(|source| StoreError { path: self.path.clone(), source })
    }

    /// Also a link that points nowhere is there.
    fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let new = self.begun();
        // What a crash has left. Whatever it is, nothing is written through it.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync(&self.folder)
    }

    /// What is written before it takes the file's name.
    fn begun(&self) -> PathBuf {
        self.path.with_extension("new")
    }

    fn remove(&self) -> io::Result<()> {
        match fs::remove_file(self.begun()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => sync(&self.folder),
        }
    }
}

/// A name is durable only when its folder is.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// One byte more than a sound file has, so that a longer one shows. Neither waits for a writer of a
/// pipe nor follows a link.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let mut bytes = Vec::new();
    file.take(text::LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The name of a car as part of a file's name: letters, digits, `-` and `_` stay, of everything else the
/// bytes are written as `%XX`. Names that are alike in their first 200 bytes of that share a file.
fn file_name(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(byte)),
            other => text += &format!("%{other:02X}"),
        }
    }
    text.truncate(LONGEST_NAME);
    text
}

#[cfg(test)]
mod tests;
