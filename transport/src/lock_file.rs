//! A lock that one living process at most holds, and that says which. What it guards must never be
//! known here.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

/// How often the file may be replaced by others while it is taken.
const ATTEMPTS: usize = 16;

/// What stands before the number of the process that holds it.
const OWNER: &str = "car-daemon ";

/// Longest content that is read: [`OWNER`], ten digits and a newline are 22 bytes.
const LONGEST: u64 = 64;

/// A lock, held until it is dropped or its process ends, however that ends. What a crash has left of
/// one is no obstacle.
///
/// The lock is the kernel's (flock(2)); the file only gives it a name, and says who holds it. It is
/// removed with the lock, where the folder allows that.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
    file: File,
}

/// Why a lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// A living process has it.
    #[error("{holder} holds the lock file {path}", holder = holder(*.by), path = .path.display())]
    Held {
        /// Which file.
        path: PathBuf,
        /// Which process, where the file says.
        by: Option<u32>,
    },
    /// There is something that is no lock of ours; it is left alone.
    #[error("{path} is no lock file of ours: remove it yourself", path = .0.display())]
    Foreign(PathBuf),
    /// The file cannot be opened or locked.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn holder(by: Option<u32>) -> String {
    by.map_or("another process".to_owned(), |pid| format!("process {pid}"))
}

impl LockFile {
    /// Takes the lock at `path`, and writes there who we are. `mode` is that of a new file, whatever
    /// the umask: who may not open it cannot learn that it is held.
    ///
    /// # Errors
    /// It is held, something else is there (a link too: none is followed), or the system refuses.
    pub fn take(path: PathBuf, mode: u32) -> Result<Self, LockError> {
        let refused = |source| LockError::Io { path: path.clone(), source };
        for _ in 0..ATTEMPTS {
            let Some(file) = open(&path, mode).map_err(refused)? else { continue };
            let owner = owner(&file).map_err(refused)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(LockError::Held { path, by: owner.flatten() });
                }
                result => result.map_err(io::Error::from).map_err(refused)?,
            }
            // The last holder removed its file. Who had opened that one before now holds a lock that
            // nobody else will look at, and must take the new one.
            if FileId::of_path(&path) != FileId::of_open(&file) {
                continue;
            }
            if owner.is_none() {
                return Err(LockError::Foreign(path));
            }
            sign(&file);
            return Ok(Self { path, file });
        }
        Err(LockError::Held { path, by: None })
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Still locked: who opens the file now finds it taken or, after this, not there.
        let ours = FileId::of_open(&self.file);
        if ours.is_some() && FileId::of_path(&self.path) == ours {
            // In a folder like /run/lock only its owner may, and an empty one is as good as none.
            drop(self.file.set_len(0));
            drop(fs::remove_file(&self.path));
        }
    }
}

/// The file, new or not; nothing where others came between.
fn open(path: &Path, mode: u32) -> io::Result<Option<File>> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags);
    // Without O_CREAT first: in a sticky folder the kernel refuses that for a file of somebody else.
    let found = match options.clone().write(true).open(path) {
        // To be locked it need not be writable.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => options.open(path),
        found => found,
    };
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found.map(Some),
    }
    match options.write(true).create_new(true).mode(mode).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        made => made.and_then(|file| {
            file.set_permissions(Permissions::from_mode(mode))?;
            Ok(Some(file))
        }),
    }
}

/// Who the file says holds it, or held it. The outer `None`: this is no lock file of ours.
fn owner(file: &File) -> io::Result<Option<Option<u32>>> {
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text)?;
    if text.is_empty() {
        return Ok(Some(None));
    }
    let text = String::from_utf8(text).unwrap_or_default();
    Ok(text.strip_prefix(OWNER).map(|rest| rest.trim_end().parse().ok()))
}

/// As far as it goes: on a full disk the lock holds all the same.
fn sign(file: &File) {
    let text = format!("{OWNER}{}\n", std::process::id());
    drop(file.set_len(0).and_then(|()| file.write_all_at(text.as_bytes(), 0)));
}

/// Device and inode: the same file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId(u64, u64);

impl FileId {
    pub(crate) fn of(metadata: &fs::Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }

    /// Of what is there itself: a link is not followed.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().as_ref().map(Self::of)
    }

    fn of_open(file: &File) -> Option<Self> {
        file.metadata().ok().as_ref().map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn words(path: &Path) -> String {
        LockFile::take(path.to_owned(), 0o600).unwrap_err().to_string()
    }

    /// A lock belongs to an open file, so threads stand for processes here.
    #[test]
    fn only_one_holds_the_lock_however_often_it_changes_hands() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let (holders, times) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while times.load(Ordering::Relaxed) < 500 {
                        let Ok(lock) = LockFile::take(path.clone(), 0o600) else { continue };
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        times.fetch_add(1, Ordering::Relaxed);
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert!(!path.exists());
    }

    #[test]
    fn who_holds_the_lock_is_said_by_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let lock = LockFile::take(path.clone(), 0o600).unwrap();
        let us = format!("process {} holds the lock file {}", std::process::id(), path.display());
        assert_eq!(words(&path), us);
        // Whatever becomes of the text, the lock is held.
        fs::write(&path, "").unwrap();
        assert!(words(&path).starts_with("another process holds"));
        fs::write(&path, "car-daemon 99999999999999999999").unwrap();
        assert!(words(&path).starts_with("another process holds"));
        drop(lock);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_crash_has_left_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        for left in ["", "car-daemon 1\n", "car-daemon", "car-daemon \n", "car-daemon x"] {
            fs::write(&path, left).unwrap();
            let taken = LockFile::take(path.clone(), 0o600);
            assert_eq!(taken.is_ok(), left != "car-daemon", "{left:?}");
            if taken.is_ok() {
                let text = fs::read_to_string(&path).unwrap();
                assert_eq!(text, format!("car-daemon {}\n", std::process::id()));
            }
        }
    }

    #[test]
    fn what_is_no_lock_of_ours_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        for precious in [&b"precious"[..], &[0xff; 1000], b"\n"] {
            fs::write(&path, precious).unwrap();
            assert!(words(&path).contains("no lock file of ours"));
            assert_eq!(fs::read(&path).unwrap(), precious);
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(words(&path).contains("lock: "), "{}", words(&path));
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink(dir.path().join("target"), &path).unwrap();
        assert!(!words(&path).is_empty());
        assert!(!dir.path().join("target").exists());
    }

    #[test]
    fn a_new_lock_file_has_its_mode_whatever_the_umask() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let _lock = LockFile::take(path.clone(), 0o666).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o666);
    }
}
