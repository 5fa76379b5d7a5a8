//! Programs of a shell in the place of a camera's.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::camera::mjpeg::samples::{picture, with_thumbnail};
use crate::camera::sources::patient::{PATIENCE, next};

/// A script in a folder with `a.jpg` and `b.jpg`.
fn run(folder: &TempDir, script: &str) -> Running {
    let (a, b) = (picture(48, 32, 1), with_thumbnail(2));
    fs::write(folder.path().join("a.jpg"), a).unwrap();
    fs::write(folder.path().join("b.jpg"), b).unwrap();
    let script = format!("cd '{}'; {script}", folder.path().display());
    // All that comes is wanted.
    let config = CameraConfig { rate_hz: 1e9, ..CameraConfig::default() };
    Running::start(&config, &["sh".to_owned(), "-c".to_owned(), script]).unwrap()
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Nobody of that number runs any more; who is dead and was not waited for does not run.
fn is_gone(number: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(number).join("stat"));
    stat.map_or(true, |stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
}

#[test]
fn pictures_come_out_of_the_output_of_a_program_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = run(&folder, "mkfifo go; cat a.jpg; read x < go; cat b.jpg; read x < go");
    assert_eq!(next(&mut source).unwrap(), picture(48, 32, 1));
    assert!(source.next(Duration::ZERO).unwrap().is_none(), "none before the program goes on");
    fs::write(folder.path().join("go"), "\n").unwrap();
    assert_eq!(next(&mut source).unwrap(), with_thumbnail(2));
}

#[test]
fn a_program_that_ends_is_told_with_how_and_the_last_that_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut source =
        run(&folder, "cat a.jpg; echo first >&2; echo 'ERROR: *** no cameras available ***' >&2; exit 3");
    assert_eq!(next(&mut source).unwrap(), picture(48, 32, 1), "what came before is shown");
    let said = next(&mut source).unwrap_err();
    assert_eq!(said, "has ended (exit status: 3): ERROR: *** no cameras available ***");
    let said = next(&mut run(&folder, "kill -9 $$")).unwrap_err();
    assert!(said.starts_with("has ended (signal: 9"), "{said}");
}

#[test]
fn a_program_that_says_very_much_on_its_error_output_is_not_held_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = run(&folder, "head -c 500000 /dev/zero | tr '\\0' 'x' >&2; cat a.jpg; sleep 1000");
    assert_eq!(next(&mut source).unwrap(), picture(48, 32, 1));
}

#[test]
fn a_source_that_is_dropped_ends_its_program_and_whatever_that_started() {
    let folder = tempfile::tempdir().unwrap();
    for script in [
        "sleep 1000 & echo $$ $! > numbers; cat a.jpg; wait",
        "trap '' TERM; sleep 1000 & echo $$ $! > numbers; cat a.jpg; while true; do sleep 1000; done",
    ] {
        let mut source = run(&folder, script);
        next(&mut source).unwrap();
        let numbers = fs::read_to_string(folder.path().join("numbers")).unwrap();
        let numbers: Vec<&str> = numbers.split_whitespace().collect();
        assert!(numbers.len() == 2 && numbers.iter().all(|number| !is_gone(number)), "{numbers:?}");
        drop(source);
        assert!(is_gone(numbers[0]), "it is waited for");
        until("what it started lives on", || is_gone(numbers[1]));
    }
}

#[test]
fn a_program_ends_at_its_next_write_where_nobody_reads_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let script = "echo $$ > number; exec sh -c 'while cat a.jpg; do sleep 0.01; done'";
    let mut source = run(&folder, script);
    next(&mut source).unwrap();
    let number = fs::read_to_string(folder.path().join("number")).unwrap();
    // As when the daemon is killed: no signal, and nobody who waits.
    let Running { program, stdout, stderr, .. } = source;
    drop((stdout, stderr));
    until("it goes on", || is_gone(number.trim()));
    drop(program);
}

#[test]
fn a_program_that_is_not_there_is_told_with_where_to_get_it() {
    let start = |name: &str| {
        Running::start(&CameraConfig::default(), &[name.to_owned(), "http://me:secret@car/".to_owned()])
            .map(drop)
            .unwrap_err()
            .0
    };
    assert!(start("rpicam-nobody").contains("sudo apt install rpicam-apps"));
    let said = start("/no/such/program");
    assert!(said.starts_with("there is no such program") && !said.contains("secret"), "{said}");
    assert!(start("/").contains("may not be run"), "{}", start("/"));
}

#[test]
fn a_program_that_writes_something_else_is_told_what_it_must_write() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = run(&folder, "echo hello; sleep 1000");
    until("it says nothing", || {
        source.next(Duration::from_millis(50)).unwrap();
        source.flow.check("", Instant::now() + PATIENCE).is_err_and(|why| why.0.contains("no JPEG pictures"))
    });
}
