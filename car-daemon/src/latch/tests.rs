//! Latches on a real file system.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use tempfile::TempDir;

use super::*;

/// Nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn latch() -> (TempDir, Latch) {
    let dir = tempfile::tempdir().unwrap();
    let latch = Latch::new(&dir.path().join("state"), "car");
    (dir, latch)
}

fn engaged(reason: &str) -> Engaged {
    Engaged { reason: reason.into(), by: "session 7".into(), at: 1_700_000_000 }
}

/// Why a latch is engaged whose file is no good.
fn doubt(latch: &Latch) -> String {
    let engaged = latch.load().expect("doubt engages");
    assert_eq!((engaged.by.as_str(), engaged.at), ("", 0));
    assert!(engaged.reason.contains(&latch.path().display().to_string()), "{}", engaged.reason);
    engaged.reason
}

#[test]
fn a_latch_survives_and_is_gone_when_it_is_reset() {
    let (_dir, latch) = latch();
    assert_eq!(latch.load(), None);
    latch.store(None).expect("nothing to do");
    assert!(!latch.folder.exists(), "and nothing was made");
    latch.store(Some(&engaged("one"))).unwrap();
    latch.store(Some(&engaged("two"))).unwrap();
    assert_eq!(latch.load(), Some(engaged("two")));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&latch.folder), mode(latch.path())), (0o700, 0o600));
    assert_eq!(fs::read_dir(&latch.folder).unwrap().count(), 1);
    latch.store(None).unwrap();
    assert_eq!(latch.load(), None);
    assert_eq!(fs::read_dir(&latch.folder).unwrap().count(), 0);
}

#[test]
fn a_file_that_was_cut_anywhere_is_an_engaged_latch() {
    let (_dir, latch) = latch();
    latch.store(Some(&engaged("one"))).unwrap();
    let whole = fs::read(latch.path()).unwrap();
    for length in 0..whole.len() {
        fs::write(latch.path(), &whole[..length]).unwrap();
        doubt(&latch);
    }
    latch.store(None).unwrap();
    assert_eq!(latch.load(), None, "and a reset replaces it");
}

#[test]
fn whatever_is_there_that_is_no_latch_is_an_engaged_latch() {
    let (dir, latch) = latch();
    let path = latch.path();
    fs::create_dir(&latch.folder).unwrap();
    fs::write(path, vec![b'x'; 10_000_000]).unwrap();
    assert!(doubt(&latch).contains("is longer than 4096 bytes"));
    fs::write(path, "version = 7").unwrap();
    assert!(doubt(&latch).contains("later version"));
    fs::remove_file(path).unwrap();
    symlink(dir.path().join("nowhere"), path).unwrap();
    assert!(doubt(&latch).contains("cannot be read"));
    fs::remove_file(path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RUSR).unwrap();
    doubt(&latch);
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
    assert!(doubt(&latch).contains("cannot be read"));
    // Nor is the folder one.
    let odd = Latch::new(&dir.path().join("state/estop-car.toml/x"), "car");
    assert_eq!(odd.load(), None);
    fs::write(dir.path().join("file"), "").unwrap();
    assert!(doubt(&Latch::new(&dir.path().join("file"), "car")).contains("cannot be read"));
}

#[test]
fn what_a_crash_has_left_half_written_is_neither_read_nor_written_through() {
    let (dir, latch) = latch();
    fs::create_dir(&latch.folder).unwrap();
    let precious = dir.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    symlink(&precious, latch.path().with_extension("new")).unwrap();
    assert!(doubt(&latch).contains("was not finished"), "whoever began to latch meant it");
    latch.store(Some(&engaged("one"))).unwrap();
    assert_eq!(latch.load(), Some(engaged("one")));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    symlink(&precious, latch.path().with_extension("new")).unwrap();
    latch.store(None).unwrap();
    assert_eq!(latch.load(), None, "a reset leaves nothing behind");
}

#[test]
fn each_car_has_a_file_of_its_own_whatever_its_name() {
    let names = ["car", "Car", "../../etc/passwd", "a/b", "a%2Fb", "", ".", "Müllwagen 🚗", "a\0b"];
    let folder = Path::new("/state");
    let paths: Vec<PathBuf> = names.iter().map(|name| Latch::new(folder, name).path).collect();
    for (index, path) in paths.iter().enumerate() {
        assert_eq!(path.parent(), Some(folder));
        assert!(!paths[..index].contains(path), "{}", path.display());
        assert!(path.to_str().is_some_and(str::is_ascii));
    }
    let long = Latch::new(folder, &"🚗".repeat(100));
    assert!(long.path.with_extension("new").file_name().unwrap().len() <= 255);
}

#[test]
fn a_keeper_writes_the_newest_state_and_all_of_it_before_it_ends() {
    let (_dir, latch) = latch();
    let keeper = Keeper::start(latch.clone(), |error| panic!("{error}")).unwrap();
    assert!(keeper.flush(PATIENCE), "nothing to do");
    for n in 0..100 {
        keeper.keep(Some(engaged(&n.to_string())));
    }
    assert!(keeper.flush(PATIENCE));
    assert_eq!(latch.load(), Some(engaged("99")));
    keeper.keep(None);
    keeper.keep(Some(engaged("last")));
    drop(keeper);
    assert_eq!(latch.load(), Some(engaged("last")));
}

#[test]
fn a_disk_that_takes_nothing_is_said_once_and_delays_nobody() {
    let (dir, latch) = latch();
    // A file where the folder should be.
    fs::write(dir.path().join("state"), "").unwrap();
    let (said, heard) = sync_channel(10);
    let keeper = Keeper::start(latch.clone(), move |error| said.send(error.to_string()).unwrap()).unwrap();
    keeper.keep(Some(engaged("one")));
    let words = heard.recv_timeout(PATIENCE).expect("a failure");
    assert!(words.contains("cannot be kept across a restart") && words.contains("estop-car.toml"), "{words}");
    keeper.keep(Some(engaged("two")));
    assert!(!keeper.flush(Duration::ZERO));
    // What failed last is tried once more at the end; by then it can be written.
    fs::remove_file(dir.path().join("state")).unwrap();
    drop(keeper);
    assert_eq!(latch.load(), Some(engaged("two")));
    assert_eq!(heard.try_iter().count(), 0, "the same words are not said again");
}
