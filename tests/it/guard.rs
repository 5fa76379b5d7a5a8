//! What is left when the daemon is gone: a board at rest, by the guard or by `halt`.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Files, Process, car_daemon, eventually, send, watch};

/// The process that stands guard over a daemon.
pub(super) fn guard_of(daemon: u32) -> Option<u32> {
    let tasks = fs::read_dir(format!("/proc/{daemon}/task")).ok()?;
    let children = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<u32> = children
        .flat_map(|list| list.split(' ').filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    children.into_iter().find(|pid| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split('\0').nth(1) == Some("guard")
    })
}

pub(super) fn runs(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Ended and not yet waited for is ended.
    stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).is_some_and(|state| state != "Z")
}

/// A daemon whose car drives, and what holds it.
pub(super) fn driving() -> (Arc<Files>, Process, UnixStream) {
    let files = Arc::new(Files::left_running());
    let daemon = Process::launch(car_daemon(), "127.0.0.1", &files.config(), &[]);
    let mut driver = UnixStream::connect(daemon.socket()).expect("listens");
    driver.write_all(b"up\n").expect("connected");
    eventually("the car drives", || files.duties() == [600_000, 0, 600_000, 0]);
    (files, daemon, driver)
}

pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn a_killed_daemon_leaves_a_car_at_rest_and_its_guard_says_so_and_ends() {
    let (files, daemon, _driver) = driving();
    let guard = guard_of(daemon.id()).expect("a guard");
    let watcher = watch(&files, Duration::from_secs(10));
    daemon.signal(Signal::KILL);
    assert!(watcher.join().expect("reads files").is_some(), "at rest");
    let (status, log) = daemon.wait();
    assert_eq!(status.code(), None, "killed");
    assert!(log.contains("guard: the daemon") && log.contains("is at rest, after"), "{log}");
    eventually("the guard ends", || !runs(guard));
    assert_eq!(files.duties(), [0; 4], "no input of a bridge is on");
}

#[test]
fn a_guard_outlives_what_ends_the_daemon_and_goes_with_it_quietly() {
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
        let (files, daemon, _driver) = driving();
        let guard = guard_of(daemon.id()).expect("a guard");
        for ignored in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
            send(guard, ignored);
        }
        daemon.signal(signal);
        let (status, log) = daemon.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(!log.contains("guard"), "{log}");
        assert!(files.at_rest());
        assert!(!runs(guard), "it was waited for");
    }
}

/// As systemd ends what is left of a service whose daemon has died, or has not fed its watchdog; and it
/// waits for that before anything else, `TimeoutStopSec` at most.
#[test]
fn a_guard_that_is_told_to_end_with_its_daemon_does_its_duty_first_and_then_ends() {
    let (files, daemon, _driver) = driving();
    let guard = guard_of(daemon.id()).expect("a guard");
    let begun = Instant::now();
    for signal in [Signal::ABORT, Signal::TERM, Signal::HUP, Signal::CONT] {
        send(guard, signal);
    }
    daemon.signal(Signal::KILL);
    eventually("the guard ends", || {
        // Again and again, in whatever it is doing.
        let alive = runs(guard);
        if alive {
            send(guard, Signal::TERM);
        }
        !alive
    });
    assert!(begun.elapsed() < Duration::from_secs(8), "long before it is killed");
    let (_, log) = daemon.wait();
    assert!(log.contains("is at rest, after"), "{log}");
    assert_eq!(files.duties(), [0; 4], "at rest");
}

#[test]
fn a_panic_while_the_daemon_starts_ends_it_with_1_and_a_reason_and_its_guard_stops_the_car() {
    let files = Files::left_running();
    files.break_it("panic-at-start");
    let output = files.command("run").output().expect("runs");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("made to panic") && said.contains("the daemon panicked"), "{said}");
    assert_eq!(files.duties(), [0; 4], "at rest");
}

#[test]
fn a_board_that_cannot_be_opened_is_brought_to_rest_as_far_as_it_answers_and_reported_once() {
    let files = Files::left_running();
    files.break_it("bus");
    let output = files.command("run").output().expect("runs");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let said = said(&output);
    assert_eq!(said.matches("made to fail").count(), 1, "{said}");
    assert!(said.contains("not known to be at rest, as it does not answer: chip pca9685@0x40\n"), "{said}");
    // It would have tried for seconds, and said so.
    assert!(!said.contains("guard:"), "{said}");
    assert_eq!(files.duties(), [0; 4], "what an earlier process left running is off");
}

#[test]
fn a_guard_that_dies_is_replaced_and_the_next_one_does_its_duty() {
    let (files, mut daemon, _driver) = driving();
    let first = guard_of(daemon.id()).expect("a guard");
    send(first, Signal::KILL);
    daemon.wait_for_log("another guard stands by");
    assert_eq!(files.duties(), [600_000, 0, 600_000, 0], "the car drives on");
    let second = guard_of(daemon.id()).expect("another guard");
    assert_ne!(first, second);
    daemon.signal(Signal::KILL);
    eventually("the car is at rest", || files.at_rest());
    drop(daemon.wait());
}

#[test]
fn a_daemon_whose_guards_die_again_and_again_stops_the_car_and_ends() {
    let (files, mut daemon, _driver) = driving();
    // One stands at first, four replace it within the minute.
    for replaced in [false, true, true, true, true] {
        if replaced {
            daemon.wait_for_log("another guard stands by");
        }
        send(guard_of(daemon.id()).expect("stands"), Signal::KILL);
    }
    let (status, log) = daemon.wait();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("again and again") && log.contains("the car was stopped"), "{log}");
    assert!(files.at_rest());
}

#[test]
fn a_board_file_that_changed_is_not_what_a_new_guard_brings_to_rest() {
    let (files, daemon, _driver) = driving();
    let board = fs::read_to_string(files.board()).expect("a board");
    fs::write(files.board(), board.replace("pwm:files.pwm:3", "pwm:files.pwm:7")).expect("can be written");
    send(guard_of(daemon.id()).expect("a guard"), Signal::KILL);
    let (status, log) = daemon.wait();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("another one than the daemon's"), "{log}");
    assert!(files.at_rest());
}

#[test]
fn a_guard_holds_nothing_open_but_its_pipe_and_what_it_says() {
    let (files, daemon, _driver) = driving();
    let guard = guard_of(daemon.id()).expect("a guard");
    for entry in fs::read_dir(format!("/proc/{guard}/fd")).expect("runs").flatten() {
        let target = fs::read_link(entry.path()).expect("is open").display().to_string();
        assert!(!target.contains("duty_cycle") && !target.contains("inet"), "{target}");
    }
    let tcp = daemon.address("tcp");
    daemon.signal(Signal::KILL);
    drop(daemon.wait());
    TcpStream::connect(tcp).expect_err("nobody listens");
    std::net::TcpListener::bind(tcp).expect("the port is free");
    assert!(files.at_rest());
}

#[test]
fn a_daemon_that_can_have_no_guard_does_not_start_and_says_why() {
    let files = Files::left_running();
    // A configuration that can be read only once.
    let config = files.config();
    let mut child = car_daemon()
        .args(["--config", "/dev/stdin", "--listen", "tcp://127.0.0.1:0"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("piped").write_all(config.as_bytes()).expect("reads");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("without a guard"), "{}", said(&output));
    assert!(said(&output).contains("no regular file"), "{}", said(&output));
    assert!(!files.at_rest(), "it has touched nothing");
}

#[test]
fn a_panic_in_the_control_loop_stops_the_car_and_ends_with_1_and_a_reason() {
    let (files, daemon, _driver) = driving();
    files.break_it("panic");
    let (status, log) = daemon.wait();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("the car was stopped: it panicked: made to panic"), "{log}");
    assert!(files.at_rest());
}

#[test]
fn a_stuck_control_loop_ends_the_daemon_with_1_and_its_guard_stops_the_car() {
    let (files, daemon, _driver) = driving();
    files.break_it("stall");
    let (status, log) = daemon.wait();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("the control loop does not turn: nothing for 200 ms"), "{log}");
    assert!(log.contains("is at rest, after"), "{log}");
    assert!(files.at_rest());
}

#[test]
fn a_daemon_that_was_stopped_and_goes_on_is_not_stuck_and_its_car_stands() {
    let (files, daemon, mut driver) = driving();
    driver.write_all(b"drive 0.2 0\n").expect("connected");
    eventually("the drive is in force", || files.duties() == [200_000, 0, 200_000, 0]);
    daemon.signal(Signal::STOP);
    // Past the life of the command, and of a loop that stands still.
    let stopped = Instant::now();
    eventually("a second passes", || stopped.elapsed() > Duration::from_secs(1));
    daemon.signal(Signal::CONT);
    eventually("the command is over", || files.at_rest());
    assert_eq!(daemon.state()["mode"], "idle", "it still answers");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait().0.code(), Some(0));
}

#[test]
fn halt_brings_every_output_to_rest_and_again_changes_nothing() {
    let files = Files::left_running();
    for _ in 0..2 {
        let output = files.command("halt").output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(said(&output).contains("every output of the board `files` is at rest"), "{}", said(&output));
        assert_eq!(files.duties(), [0; 4], "at rest");
    }
}

#[test]
fn halt_names_the_chip_that_does_not_answer_and_brings_all_else_to_rest() {
    let files = Files::left_running();
    files.break_it("bus");
    let output = files.command("halt").output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("chip pca9685@0x40: pca9685@0x40 (i2c-1 address 0x40): made to fail"), "{said}");
    assert_eq!(files.duties(), [0; 4], "no duty anywhere");
}

#[test]
fn halt_over_a_bus_that_acknowledges_everything_is_not_believed_and_brings_all_else_to_rest() {
    let files = Files::left_running();
    files.break_it("sda");
    let output = files.command("halt").output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains("servo pan: i2c-1: the bus hangs: it acknowledges addresses where no chip is"),
        "{said}"
    );
    assert_eq!(files.duties(), [0; 4], "no duty anywhere");
}

#[test]
fn halt_has_nothing_to_do_for_a_simulated_car_and_says_so() {
    let output = car_daemon().arg("halt").output().expect("runs");
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output).contains("nothing to do"), "{}", said(&output));
}
