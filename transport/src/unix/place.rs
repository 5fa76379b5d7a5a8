//! The file of a Unix socket: whose it is, who may connect, and that it goes with its listener.
//! What is said over the socket must never be known here.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixStream;

use super::listening;

/// How often the lock file may be replaced by others while it is taken.
const ATTEMPTS: usize = 16;

/// Why a socket's file cannot be had, and what to do.
pub(super) struct Refused {
    pub(super) source: io::Error,
    pub(super) hint: &'static str,
}

impl Refused {
    fn new(kind: io::ErrorKind, text: &'static str, hint: &'static str) -> Self {
        Self { source: io::Error::new(kind, text), hint }
    }

    fn in_use(text: &'static str) -> Self {
        Self::new(io::ErrorKind::AddrInUse, text, "; is another car-daemon running? choose another path")
    }
}

impl From<io::Error> for Refused {
    fn from(source: io::Error) -> Self {
        let hint = match source.kind() {
            io::ErrorKind::NotFound => "; its directory must exist",
            io::ErrorKind::PermissionDenied => "; choose a directory in which you may write",
            io::ErrorKind::AddrInUse => "; is another car-daemon running? choose another name",
            _ => "",
        };
        Self { source, hint }
    }
}

/// A socket's file that is ours, removed on drop.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    file: FileId,
    /// Dropped after the socket's file is gone, so that nobody else finds a half-removed place.
    _lock: Lock,
}

impl Place {
    /// A listening socket at `path`, to which at no time anyone can connect whom `mode` keeps out.
    ///
    /// A process that has bound and does not yet listen refuses every connection; in between the
    /// permissions are set. The umask is not touched: it belongs to the whole process.
    pub(super) async fn bind(path: PathBuf, mode: u32) -> Result<(StdListener, Self), Refused> {
        let mut lock_path = path.clone().into_os_string();
        lock_path.push(".lock");
        let lock = Lock::take(lock_path.into())?;
        remove_stale(&path).await?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(&path)?)?;
        let place = Self { file: FileId::of(&fs::symlink_metadata(&path)?), path, _lock: lock };
        fs::set_permissions(&place.path, Permissions::from_mode(mode))?;
        Ok((listening(socket)?, place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        remove_if_still(&self.path, self.file);
    }
}

/// Removes what a crash has left, and nothing else: neither what is no socket nor one that somebody
/// listens on who knows nothing of our lock.
async fn remove_stale(path: &Path) -> Result<(), Refused> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(Refused::new(
                io::ErrorKind::AlreadyExists,
                "there is something that is no socket",
                "; it is left alone: remove it yourself, or choose another path",
            ));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(fs::remove_file(path)?),
        _ => Err(Refused::in_use("another program listens there")),
    }
}

/// The lock beside a socket: one living process at most holds it, whatever else has crashed.
#[derive(Debug)]
struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    fn take(path: PathBuf) -> Result<Self, Refused> {
        for _ in 0..ATTEMPTS {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
                .open(&path)?;
            if file.metadata()?.len() > 0 {
                return Err(Refused::new(
                    io::ErrorKind::AlreadyExists,
                    "the lock file beside it is not empty, so it is no lock of ours",
                    "; it is left alone: remove it yourself, or choose another path",
                ));
            }
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(Refused::in_use("another process holds the lock file beside it"));
                }
                result => result.map_err(io::Error::from)?,
            }
            // The last holder removed its file. Who had opened that one before now holds a lock that
            // nobody else will look at, and must take the new one.
            if fs::symlink_metadata(&path)
                .is_ok_and(|there| Some(FileId::of(&there)) == FileId::of_open(&file))
            {
                return Ok(Self { path, file });
            }
        }
        Err(Refused::in_use("others keep replacing the lock file beside it"))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still locked: who opens the file now finds it taken or, after this, not there.
        if let Some(id) = FileId::of_open(&self.file) {
            remove_if_still(&self.path, id);
        }
    }
}

/// Device and inode: the same file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    fn of(metadata: &fs::Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }

    fn of_open(file: &File) -> Option<Self> {
        file.metadata().ok().as_ref().map(Self::of)
    }
}

/// Removes `path`, unless somebody has put another file there.
fn remove_if_still(path: &Path, id: FileId) {
    if !fs::symlink_metadata(path).is_ok_and(|there| FileId::of(&there) == id) {
        return;
    }
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "cannot remove the file of a closed socket");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

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
                        let Ok(lock) = Lock::take(path.clone()) else { continue };
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
}
