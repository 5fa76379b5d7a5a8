//! One daemon at most drives a board, however the last one ended: its lock, and who looks at it.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::Output;
use std::sync::Arc;

use rustix::process::Signal;
use tempfile::TempDir;
use transport::LockFile;

use crate::guard::{driving, guard_of, runs, said};
use crate::support::{Files, Process, car_daemon, eventually, send};

/// Who drives, at the cruise.
const DRIVES: [u64; 4] = [600_000, 0, 600_000, 0];

/// What another process was told who came while `daemon` had the board.
fn refused(output: &Output, daemon: &Process) -> String {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("process {} holds the lock file", daemon.id())), "{said}");
    said
}

#[test]
fn a_second_daemon_on_the_same_board_is_refused_with_the_number_of_the_first() {
    let folder = TempDir::new().expect("a folder");
    let lock = LockFile::take(folder.path().join("car-daemon-linux.lock"), 0o666).expect("is free");
    let config = folder.path().join("car.toml");
    fs::write(&config, "platform = \"linux\"\nlock_dir = \".\"\nlisten = [\"tcp://127.0.0.1:0\"]")
        .expect("can be written");
    let start = || {
        let output = car_daemon().arg("--config").arg(&config).env("STATE_DIRECTORY", folder.path()).output();
        let output = output.expect("runs");
        assert_eq!(output.status.code(), Some(1));
        said(&output)
    };
    let told = start();
    let holder = format!("process {} holds the lock file", std::process::id());
    assert!(told.contains(&holder) && told.contains("stop the other first"), "{told}");
    // After a crash only the file is left, with a number that means nothing any more.
    drop(lock);
    fs::write(folder.path().join("car-daemon-linux.lock"), "car-daemon 1\n").expect("can be written");
    let told = start();
    assert!(!told.contains("lock"), "it gets as far as this machine's pins: {told}");
}

#[test]
fn the_car_of_the_first_daemon_drives_on_while_a_second_one_and_halt_are_refused() {
    let (files, daemon, _driver) = driving();
    let told = refused(&files.command("run").output().expect("runs"), &daemon);
    assert!(told.contains("stop the other first"), "{told}");
    let told = refused(&files.command("halt").output().expect("runs"), &daemon);
    assert!(told.contains("`carctl estop` stops its car"), "{told}");
    assert_eq!(files.duties(), DRIVES);
    daemon.signal(Signal::TERM);
    let (status, log) = daemon.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!files.lock().exists(), "an orderly daemon leaves nothing");
}

/// A killed daemon whose guard lives and cannot do its duty yet; its files, its log and the guard.
fn killed() -> (Arc<Files>, Process, u32) {
    let (files, daemon, _driver) = driving();
    let guard = guard_of(daemon.id()).expect("a guard");
    send(guard, Signal::STOP);
    daemon.signal(Signal::KILL);
    eventually("the daemon is gone", || !runs(daemon.id()));
    assert!(runs(guard), "it only stands still");
    assert_eq!(files.duties(), DRIVES, "nobody has braked");
    (files, daemon, guard)
}

#[test]
fn the_lock_of_a_killed_daemon_is_free_although_its_guard_lives() {
    let (files, daemon, guard) = killed();
    // The kernel may still be closing what the daemon had open; the guard stands still all the while.
    eventually("the lock is free", || LockFile::take(files.lock(), 0o666).is_ok());
    send(guard, Signal::CONT);
    let (_, log) = daemon.wait();
    assert!(log.contains("is at rest, after"), "{log}");
}

#[test]
fn halt_brings_to_rest_what_a_killed_daemon_left_also_where_its_guard_does_not() {
    let (files, daemon, guard) = killed();
    let output = files.command("halt").output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(files.at_rest());
    send(guard, Signal::CONT);
    drop(daemon.wait());
    assert!(files.at_rest());
}

#[test]
fn a_guard_that_comes_late_leaves_the_car_of_the_next_daemon_alone_until_that_has_ended() {
    let (files, mut daemon, guard) = killed();
    let next = Process::launch(car_daemon(), "127.0.0.1", &files.config(), &[]);
    assert!(files.at_rest(), "as every daemon begins");
    let mut driver = UnixStream::connect(next.socket()).expect("listens");
    driver.write_all(b"up\n").expect("connected");
    eventually("the car drives again", || files.duties() == DRIVES);

    send(guard, Signal::CONT);
    daemon.wait_for_log(&format!("the board is left to process {}", next.id()));
    assert_eq!(files.duties(), DRIVES, "it drives on");
    next.signal(Signal::TERM);
    assert_eq!(next.wait().0.code(), Some(0));
    assert!(files.at_rest());
    eventually("the guard ends", || !runs(guard));
    assert!(files.at_rest());
}
