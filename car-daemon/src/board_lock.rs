//! One daemon at most drives a board: the lock that keeps a second one out. Which wires a board has
//! must never be known here; one machine has one header.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use transport::{LockError, LockFile};

/// Everybody may open it, so that a daemon of another user finds it held and learns by whom.
const MODE: u32 = 0o666;

/// Between two looks at a lock that somebody else has.
const PAUSE: Duration = Duration::from_millis(5);

/// As [`take`], for as long as `patience` again and again.
///
/// # Errors
/// As [`take`], once the patience is over.
pub(crate) fn wait(
    patience: Duration,
    take: impl Fn() -> Result<Option<LockFile>, LockError>,
) -> Result<Option<LockFile>, LockError> {
    let begun = Instant::now();
    loop {
        match take() {
            Err(LockError::Held { .. }) if begun.elapsed() < patience => thread::sleep(PAUSE),
            done => return done,
        }
    }
}

/// Takes the lock of the boards of a platform in `shared`, a folder that all users have in common; else
/// in `own`, which is created. `None` where neither can be written: the reasons are logged.
///
/// # Errors
/// A living process has it, or something else lies there.
pub(crate) fn take(platform: &str, shared: &Path, own: Option<&Path>) -> Result<Option<LockFile>, LockError> {
    let name = format!("car-daemon-{platform}.lock");
    for folder in std::iter::once(shared).chain(own) {
        let made = if Some(folder) == own { fs::create_dir_all(folder) } else { Ok(()) };
        match made
            .map_err(|source| unusable(folder, source))
            .and_then(|()| LockFile::take(folder.join(&name), MODE))
        {
            Ok(lock) => return Ok(Some(lock)),
            Err(LockError::Io { path, source }) => {
                tracing::warn!(path = %path.display(), %source, "the board cannot be locked there");
            }
            Err(refused) => return Err(refused),
        }
    }
    tracing::warn!("a second daemon would not be kept from this board: name a folder with `lock_dir`");
    Ok(None)
}

fn unusable(folder: &Path, source: io::Error) -> LockError {
    LockError::Io { path: PathBuf::from(folder), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_on_the_same_platform_learns_who_drives_the_board() {
        let (shared, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = take("linux", shared.path(), Some(own.path())).unwrap().expect("a lock");
        let refused = take("linux", shared.path(), Some(own.path())).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("process {} holds", std::process::id())), "{refused}");
        assert!(take("other", shared.path(), None).unwrap().is_some());
        drop(first);
        assert!(take("linux", shared.path(), None).unwrap().is_some());
    }

    #[test]
    fn a_lock_that_is_let_go_soon_is_waited_for_and_another_is_not() {
        let shared = tempfile::tempdir().unwrap();
        let lock = || take("linux", shared.path(), None);
        let held = lock().unwrap();
        assert!(matches!(wait(PAUSE, lock), Err(LockError::Held { .. })));
        thread::scope(|scope| {
            scope.spawn(|| drop(held));
            assert!(wait(Duration::from_secs(60), lock).unwrap().is_some());
        });
    }

    #[test]
    fn where_the_shared_folder_is_missing_the_state_folder_serves() {
        let dir = tempfile::tempdir().unwrap();
        let (shared, own) = (dir.path().join("shared"), dir.path().join("state/car-daemon"));
        let _lock = take("linux", &shared, Some(&own)).unwrap().expect("a lock");
        assert!(own.join("car-daemon-linux.lock").exists() && !shared.exists());
        assert!(matches!(take("linux", &shared, Some(&own)), Err(LockError::Held { .. })));
        assert!(take("linux", &shared, None).unwrap().is_none());
    }
}
