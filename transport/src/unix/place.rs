//! The file of a Unix socket: whose it is, who may connect, and that it goes with its listener.
//! What is said over the socket must never be known here.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixStream;

use super::listening;
use crate::lock_file::{FileId, LockError, LockFile};

/// The mode of the lock file: whoever has the socket's file to themselves has its lock too.
const LOCK_MODE: u32 = 0o600;

/// Why a socket's file cannot be had, and what to do.
pub(super) struct Refused {
    pub(super) source: io::Error,
    pub(super) hint: &'static str,
}

impl Refused {
    fn new(kind: io::ErrorKind, text: impl Into<String>, hint: &'static str) -> Self {
        Self { source: io::Error::new(kind, text.into()), hint }
    }

    fn in_use(text: impl Into<String>) -> Self {
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

impl From<LockError> for Refused {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Io { source, .. } => source.into(),
            LockError::Held { .. } => Self::in_use(error.to_string()),
            LockError::Foreign(_) => {
                Self::new(io::ErrorKind::AlreadyExists, error.to_string(), ", or choose another path")
            }
        }
    }
}

/// A socket's file that is ours, removed on drop.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    file: FileId,
    /// Dropped after the socket's file is gone, so that nobody else finds a half-removed place.
    _lock: LockFile,
}

impl Place {
    /// A listening socket at `path`, to which at no time anyone can connect whom `mode` keeps out.
    ///
    /// A process that has bound and does not yet listen refuses every connection; in between the
    /// permissions are set. The umask is not touched: it belongs to the whole process.
    pub(super) async fn bind(path: PathBuf, mode: u32) -> Result<(StdListener, Self), Refused> {
        let mut lock_path = path.clone().into_os_string();
        lock_path.push(".lock");
        let lock = LockFile::take(lock_path.into(), LOCK_MODE)?;
        remove_stale(&path).await?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(&path)?)?;
        let place = Self { file: FileId::of(&fs::symlink_metadata(&path)?), path, _lock: lock };
        set_mode(&place.path, place.file, mode)?;
        Ok((listening(socket)?, place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        remove_if_still(&self.path, self.file);
    }
}

/// Sets the permissions of the socket that was just bound. By its inode: where others may write to the
/// folder, the name can be a link to anything by now.
fn set_mode(path: &Path, file: FileId, mode: u32) -> Result<(), Refused> {
    // There is no other way to hold a socket's file: it cannot be opened.
    let flags = (OFlags::PATH | OFlags::NOFOLLOW).bits().cast_signed();
    let held = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if FileId::of(&held.metadata()?) != file {
        return Err(Refused::in_use("somebody put something else in its place"));
    }
    let itself = format!("/proc/self/fd/{}", held.as_raw_fd());
    Ok(fs::set_permissions(itself, Permissions::from_mode(mode))?)
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

/// Removes `path`, unless somebody has put another file there.
fn remove_if_still(path: &Path, id: FileId) {
    if FileId::of_path(path) != Some(id) {
        return;
    }
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "cannot remove the file of a closed socket");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_permissions_of_what_somebody_put_in_the_place_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, secret) = (dir.path().join("car.sock"), dir.path().join("secret"));
        drop(StdListener::bind(&path).unwrap());
        let file = FileId::of_path(&path).unwrap();
        fs::write(&secret, "").unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        assert!(set_mode(&path, file, 0o640).is_ok());
        assert_eq!(mode_of(&path), 0o640);
        fs::rename(&path, dir.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(&secret, &path).unwrap();
        assert!(set_mode(&path, file, 0o666).is_err());
        fs::remove_file(&path).unwrap();
        fs::hard_link(&secret, &path).unwrap();
        assert!(set_mode(&path, file, 0o666).is_err());
        assert_eq!(mode_of(&secret), 0o600);
    }
}
