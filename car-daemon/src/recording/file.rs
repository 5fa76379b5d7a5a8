//! Which file a recording may be written to: one of its own, and nobody else's.
//!
//! What must never live here: what is written.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

/// Whoever came and what they said is nobody else's to read.
const MODE: u32 = 0o600;

/// How every recording begins.
const BEGIN: &[u8] = b"{\"recording\":{";

/// Opens a file to be written from its beginning: a new one, an empty one, or an older recording. It is ours
/// until it is closed, and what it holds is still there.
///
/// # Errors
/// It cannot be opened, is no regular file, holds something else, or another daemon records there.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // A pipe without a reader must not be waited for.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(MODE).custom_flags(flags);
    let mut file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("is no regular file"));
    }
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Err(io::Error::other("another daemon records there")),
        Err(error) => return Err(error.into()),
    }
    let mut begin = Vec::new();
    (&mut file).take(BEGIN.len() as u64).read_to_end(&mut begin)?;
    if !begin.is_empty() && begin != BEGIN {
        return Err(io::Error::other("holds something that is no recording: name another file"));
    }
    io::Seek::rewind(&mut file)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn refused(path: &Path) -> String {
        open(path).unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_is_no_recording_keeps_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let board = folder.path().join("board.toml");
        std::fs::write(&board, "name = \"mine\"\n").unwrap();
        let link = folder.path().join("link");
        symlink(&board, &link).unwrap();
        for path in [&board, &link] {
            assert!(refused(path).contains("no recording"), "{path:?}");
        }
        assert_eq!(std::fs::read_to_string(&board).unwrap(), "name = \"mine\"\n");
    }

    #[test]
    fn a_pipe_is_refused_at_once_and_so_are_a_device_and_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert!(refused(&pipe).contains("regular"));
        assert!(refused(Path::new("/dev/null")).contains("regular"));
        assert!(refused(folder.path()).contains("directory"));
    }

    #[test]
    fn a_file_in_which_somebody_records_is_refused_until_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let file = open(&path).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(refused(&path).contains("another daemon"));
        drop(file);
        std::fs::write(&path, "{\"recording\":{\"format\":1").unwrap();
        assert_eq!(open(&path).unwrap().metadata().unwrap().len(), 24);
    }
}
