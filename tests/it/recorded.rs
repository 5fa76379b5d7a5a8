//! Daemons that write down what they are told, and their runs, had again.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Process, car_daemon};

/// A board with every sensor, and a wall within reach.
const CAR: &str = "board = \"classroom\"\nworld = \"room\"\n";

/// A daemon that writes to a file.
fn recording(file: &Path, arguments: &[&str]) -> Process {
    let mut command = car_daemon();
    command.arg("--record").arg(file).args(arguments);
    Process::launch(command, "127.0.0.1", CAR, &[])
}

/// Where a recording goes that is gone with the test.
fn file() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("run.jsonl");
    (folder, file)
}

/// What `replay` says, and with which code it ends.
fn replay(files: &[&Path]) -> (Option<i32>, String) {
    let output = car_daemon().arg("replay").args(files).output().expect("runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).expect("text"))
}

/// A client of its own thread.
struct Client {
    to: UnixStream,
    from: BufReader<UnixStream>,
}

impl Client {
    fn of(daemon: &Process) -> Self {
        let to = UnixStream::connect(daemon.socket()).expect("listens");
        to.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        let mut client = Self { from: BufReader::new(to.try_clone().expect("a socket")), to };
        assert!(client.hear()["method"] == "hello");
        client
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        assert!(self.from.read_line(&mut line).expect("readable") > 0, "it has hung up");
        serde_json::from_str(&line).expect("JSON")
    }

    fn say(&mut self, method: &str, params: Value) {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        writeln!(self.to, "{request}").expect("connected");
    }

    /// Says something and hears the answer, whatever it is; what was said unasked is passed over.
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.say(method, params);
        loop {
            let heard = self.hear();
            if heard["id"] == 1 {
                return heard;
            }
        }
    }
}

/// What breaks for a while.
fn fault(kind: &str, on: &str, for_s: f64) -> Value {
    json!({ "fault": kind, "on": on, "for_s": for_s })
}

/// Several who drive, take the wheel from each other, stop everything and let it go again, and break the car.
fn crowd(daemon: &Process, times: u32) {
    thread::scope(|scope| {
        for who in 0..3_u32 {
            let mut client = Client::of(daemon);
            scope.spawn(move || {
                client.call("hello", json!({ "name": format!("client {who}") }));
                for turn in 0..times {
                    let throttle = f64::from((turn * 7 + who * 3) % 20) / 10.0 - 1.0;
                    match (turn + who * 2) % 15 {
                        3 => client.call("acquire", json!({ "force": true })),
                        5 if who == 1 => client.call("estop", json!({ "reason": "a test" })),
                        6 | 7 => client.call("reset", json!({})),
                        8 => client.call("look", json!({ "pan": throttle * 40.0 })),
                        9 => client.call("sim.truth", json!({})),
                        10 => client.call("release", json!({})),
                        11 => client.call("sim.fault", fault("chip-silent", "pca9685@0x40", 0.05)),
                        12 => client.call("sim.fault", fault("motor-stalled", "left", 0.1)),
                        13 => {
                            client.call("sim.teleport", json!({ "x": 0.1, "y": 0.05, "heading": throttle }))
                        }
                        14 if who == 2 => {
                            client.call("sim.fault", json!({ "fault": "clock-jump", "for_s": 0.03 }))
                        }
                        _ => client.call("drive", json!({ "throttle": throttle, "steer": 0.3 })),
                    };
                    thread::sleep(Duration::from_millis(7));
                }
            });
        }
    });
    // So that it can be brought to rest.
    assert!(Client::of(daemon).call("sim.mend", json!({}))["error"].is_null());
}

fn end(daemon: Process) {
    daemon.signal(Signal::TERM);
    let (status, log) = daemon.wait();
    assert!(status.success(), "{log}");
    assert!(log.contains("the run is recorded"), "{log}");
}

#[test]
fn a_run_that_many_drove_comes_to_the_same_again() {
    let (_folder, file) = file();
    let daemon = recording(&file, &[]);
    crowd(&daemon, 150);
    end(daemon);
    let (code, said) = replay(&[&file]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.starts_with("same: ") && said.contains("times real time") && !said.contains("cut off"),
        "{said}"
    );
    let (code, said) = replay(&[&file, &file]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_run_as_fast_as_its_driver_comes_to_the_same_again() {
    let (_folder, file) = file();
    let daemon = recording(&file, &["--sim-speed", "max", "--sim-seed", "77"]);
    thread::scope(|scope| {
        let mut driver = Client::of(&daemon);
        scope.spawn(move || {
            driver.call("subscribe", json!({ "topics": ["state"], "rate_hz": 10 }));
            // A minute of driving, one word for each state.
            for _ in 0..600 {
                while driver.hear()["method"] != "state" {}
                driver.say("drive", json!({ "throttle": 0.4, "steer": 0.2 }));
            }
        });
        let mut other = Client::of(&daemon);
        scope.spawn(move || {
            for pan in 0..100 {
                other.call("look", json!({ "pan": pan % 40 }));
            }
        });
    });
    end(daemon);
    let (code, said) = replay(&[&file]);
    assert_eq!(code, Some(0), "{said}");
    let seconds = said.strip_prefix("same: ").and_then(|said| said.split(' ').next()).expect("seconds");
    assert!(seconds.parse::<f64>().is_ok_and(|seconds| seconds > 59.0), "{said}");
}

#[test]
fn a_run_whose_daemon_was_killed_comes_to_the_same_again_up_to_there() {
    let (_folder, file) = file();
    let daemon = recording(&file, &[]);
    crowd(&daemon, 30);
    daemon.signal(Signal::KILL);
    drop(daemon.wait());
    let (code, said) = replay(&[&file]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("cut off after line"), "{said}");
}

#[test]
fn a_word_that_somebody_changed_is_found_and_a_file_that_is_damaged_is_told_by_its_line() {
    let (folder, file) = file();
    let daemon = recording(&file, &[]);
    let mut client = Client::of(&daemon);
    for _ in 0..12 {
        client.call("drive", json!({ "throttle": 0.5, "steer": 0.25 }));
        thread::sleep(Duration::from_millis(100));
    }
    end(daemon);
    let text = std::fs::read_to_string(&file).expect("text");
    let other = folder.path().join("other.jsonl");

    std::fs::write(&other, text.replacen("\"steer\":0.25", "\"steer\":0.26", 1)).expect("written");
    let (code, said) = replay(&[&other]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("the runs part before ") && said.contains("\"steer\":0.26"), "{said}");
    let (code, said) = replay(&[&file, &other]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("\"steer\":0.25") && said.contains("\"steer\":0.26"), "{said}");

    std::fs::write(&other, text.replacen("\"steer\":0.25", "\"steer\":2.5", 1)).expect("written");
    let (code, said) = replay(&[&other]);
    assert_eq!(code, Some(2), "{said}");
    let line = text.lines().position(|line| line.contains("\"steer\":0.25")).expect("said") + 1;
    assert!(said.contains(&format!("other.jsonl, line {line}: ")) && said.contains("steer"), "{said}");
    assert_eq!(replay(&[&folder.path().join("none")]).0, Some(2));
}

#[test]
fn where_nothing_can_be_recorded_the_daemon_does_not_start_and_says_why() {
    let refused = |arguments: &[&str]| {
        let output = car_daemon().args(arguments).output().expect("runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, said) = refused(&["--listen", "tcp://127.0.0.1:0", "--record", "/dev/full"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("cannot be recorded: /dev/full: is no regular file"), "{said}");
    let (_folder, file) = file();
    std::fs::write(&file, "name = \"mine\"\n").expect("written");
    let name = file.to_str().expect("text");
    let (code, said) = refused(&["--listen", "tcp://127.0.0.1:0", "--record", name]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("holds something that is no recording") && said.lines().count() == 1, "{said}");
    assert_eq!(std::fs::read_to_string(&file).expect("text"), "name = \"mine\"\n");
    let (code, said) = refused(&["check", "--platform", "linux", "--record", "run.jsonl"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--record") && said.contains("--platform sim"), "{said}");
}
