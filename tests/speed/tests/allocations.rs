//! Allocations from a command's bytes to its answer's bytes: decode, gate, encode; and of a sample of the state, in each
//! dialect. They are the same on every machine and in every run, where times are not; `allocations.txt` beside this
//! file has what is expected.

use std::alloc::System;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use car_daemon::Config;
use car_daemon::control::{Gate, Grant, Rules};
use protocol::{
    Battery, Command, DialectId, Gimbal, Id, Move, Notification, Odometry, Pose, Power, Replies, Reply,
    Requests, Role, Speed, State, Wheels,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Set to anything, it has the test write what it counts in place of failing.
const RENEW: &str = "CAR_RENEW";

/// How much more than expected is still as expected.
const TOLERANCE: f64 = 1.05;

/// Most that a `drive` may cost in the dialects for small computers and people.
const MOST_OF_A_DRIVE: f64 = 4.0;

/// Said so often in one count.
const TIMES: u32 = 100;

/// What one call of `act` allocates. Of some counts the least: the thread of the test harness allocates now and then.
fn count(mut act: impl FnMut()) -> f64 {
    let allocations = || ALLOCATOR.stats().allocations + ALLOCATOR.stats().reallocations;
    let mut once = || {
        let before = allocations();
        (0..TIMES).for_each(|_| act());
        allocations() - before
    };
    // What is allocated once for all.
    once();
    let least = (0..5).map(|_| once()).min().unwrap_or_default();
    least as f64 / f64::from(TIMES)
}

fn commands() -> [(&'static str, Command); 4] {
    let drive = Command::Drive {
        throttle: Power::clamped(0.5),
        steer: Power::clamped(-0.25),
        strafe: None,
        ttl: None,
        seq: None,
        t: None,
    };
    let stop = Command::Stop { seq: None };
    [("drive", drive), ("stop", stop), ("up", Command::Move(Move::Forward)), ("who", Command::Who)]
}

/// Decode, gate, encode; `None` where the dialect has no words for the command.
fn of_command(dialect: DialectId, command: &Command) -> Option<f64> {
    let config = Config::standard();
    let mut gate = Gate::new(Rules::new(config.control.clone(), &config.board));
    let grant = Grant { role: Some(Role::Driver), priority: 50, principal: None };
    gate.session_opened(1, "bench", true, grant, Duration::ZERO);
    let codec = dialect.get();
    let frame = codec.request(Some(&Id::Number(7.into())), command).ok()?;
    let mut now = Duration::ZERO;
    Some(count(|| {
        now += Duration::from_millis(1);
        let Requests::One(request) = codec.decode(&frame.data) else { panic!("one request") };
        let outcome = request.command.and_then(|command| gate.handle(1, &command, now));
        assert!(outcome.is_ok(), "{outcome:?}");
        let id = request.id.expect("it wants an answer");
        assert!(!codec.reply(&Replies::One(Reply { id, outcome })).data.is_empty());
        drop(gate.take_events());
    }))
}

/// As the simulated car has it.
fn of_sample(dialect: DialectId) -> f64 {
    let state = State {
        t: 12.345_678,
        seq: 1234,
        wheels: Wheels { left: 0.5, right: 0.25 },
        gimbal: Some(Gimbal { pan: 10.0, tilt: -5.0 }),
        speed: Some(Speed { linear: 0.1234, angular: -0.5 }),
        pose: Some(Pose { x: 1.2345, y: -0.5, heading: 0.1 }),
        odometry: Some(Odometry::Commanded),
        battery: Some(Battery { volts: 7.412, percent: 81.5, amps: Some(0.312) }),
        range_m: Some(1.234),
        ..State::default()
    };
    count(|| assert!(!dialect.get().notify(Notification::State(&state)).data.is_empty()))
}

/// Lines of `DIALECT WHAT COUNT`.
fn counted() -> String {
    let mut text = String::new();
    for dialect in DialectId::ALL {
        let mut line = |what: &str, count: f64| {
            writeln!(text, "{} {what} {count}", dialect.name()).expect("a text takes all");
        };
        for (name, command) in commands() {
            of_command(dialect, &command).into_iter().for_each(|count| line(name, count));
        }
        line("state", of_sample(dialect));
    }
    text
}

fn rows(text: &str) -> Vec<(&str, f64)> {
    text.lines()
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(what, count)| (what, count.parse().expect("a number")))
        .collect()
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/allocations.txt")
}

#[test]
fn a_message_allocates_no_more_than_it_is_expected_to() {
    let counted = counted();
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(file(), &counted).expect("can be written");
    }
    let expected = std::fs::read_to_string(file()).expect("what is expected");
    let (found, expected) = (rows(&counted), rows(&expected));
    let renew = format!("if that is meant: {RENEW}=1 cargo test -p speed --test allocations");
    let names = |rows: &[(&str, f64)]| rows.iter().map(|row| row.0.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected), "other messages are counted; {renew}");
    for ((what, count), (_, bar)) in found.iter().zip(&expected) {
        assert!(*count <= bar * TOLERANCE, "{what}: {count} allocations, not {bar}; {renew}");
        if *count < *bar {
            println!("{what}: only {count} allocations, not {bar}: better; so that it stays so: {renew}");
        }
        let is_bound = ["text drive", "cbor drive"].contains(what);
        assert!(!is_bound || *count <= MOST_OF_A_DRIVE, "{what}: {count} allocations");
    }
}
