//! The file of a Unix socket: whose it is, who may connect, and that it goes with its listener.
//! What is said over the socket must never be known here.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

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

/// Removes `path`, unless somebody has put another file there.
fn remove_if_still(path: &Path, id: FileId) {
    if FileId::of_path(path) != Some(id) {
        return;
    }
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "cannot remove the file of a closed socket");
    }
}
