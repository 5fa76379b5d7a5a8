//! The programs of `examples`, as they are: each drives the simulated car through its world, in lockstep and so many
//! times faster than a real one would, to where it should be; and each ends in words where it cannot go on.
//!
//! What must never live here: how they drive.

use std::io::{BufRead, BufReader, Lines, Write};
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Process, language, skipped};

/// A machine under load runs them in seconds; nothing waits for this unless a story fails.
const PATIENCE: Duration = Duration::from_secs(120);

fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("examples").join(file)
}

/// The car with every sensor, in a world, its time moving as fast as the machine allows.
fn car(world: &str) -> Process {
    Process::start_with(&format!("board = \"classroom\"\nworld = \"{world}\"\n[sim]\nspeed = \"max\"\n"))
}

fn wall_follower(car: &Process) -> Option<Command> {
    let mut program = language("python3", "--version")?;
    program.arg(example("wall_follower.py")).arg(car.socket());
    Some(program)
}

fn line_follower(car: &Process) -> Option<Command> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_line-follower"));
    program.arg(car.url("unix"));
    Some(program)
}

/// Beside Node itself it wants a `WebSocket`, of Node or of the package `ws` beside the program.
fn waypoints(car: &Process) -> Option<Command> {
    let mut probe = language("node", "--version")?;
    let asks = "if (!globalThis.WebSocket) await import('ws')";
    probe.args(["--input-type=module", "-e", asks]).current_dir(example("")).stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) {
        let why = "this node has no WebSocket: npm install ws in examples";
        assert!(std::env::var_os("CI").is_none(), "{why}");
        skipped(why);
        return None;
    }
    let mut program = Command::new("node");
    program.arg(example("waypoints.mjs")).arg(car.url("ws"));
    Some(program)
}

/// Somebody who looks on, and says something to each state: so time waits for it, too, and no more than one
/// twentieth of a second of the car's time passes between two looks: a slow machine has ten seconds for each, and a
/// minute in all.
struct Onlooker {
    says: UnixStream,
    hears: Lines<BufReader<UnixStream>>,
}

impl Onlooker {
    fn at(car: &Process) -> Self {
        let says = UnixStream::connect(car.socket()).expect("listens");
        says.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let hears = BufReader::new(says.try_clone().expect("a socket")).lines();
        let mut onlooker = Self { says, hears };
        onlooker.say("subscribe", json!({ "topics": ["state"], "rate_hz": 20 }));
        onlooker
    }

    fn say(&mut self, method: &str, params: Value) {
        let request = json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params });
        writeln!(self.says, "{request}").expect("connected");
    }

    /// The next state, or the answer to a method; `None` once the daemon is gone.
    fn hear(&mut self, what: &str) -> Option<Value> {
        loop {
            let line = self.hears.next()?.ok()?;
            let mut message: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(message["error"], Value::Null, "{line}");
            if message["method"] == what {
                return Some(message["params"].take());
            }
            if message["id"] == what {
                return Some(message["result"].take());
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Option<Value> {
        self.say(method, params);
        self.hear(method)
    }

    /// What is so after the next state.
    fn look(&mut self) -> Option<Truth> {
        self.hear("state")?;
        let truth = self.ask("sim.truth", json!({}))?;
        let number = |at: &Value| at.as_f64().expect("a number");
        let pose = &truth["pose"];
        let touches = truth["touches"].as_bool().expect("yes or no");
        Some(Truth { t: number(&truth["t"]), x: number(&pose["x"]), y: number(&pose["y"]), touches })
    }
}

/// Where the car is in its world.
#[derive(Clone, Copy, Debug)]
struct Truth {
    t: f64,
    x: f64,
    y: f64,
    touches: bool,
}

impl Truth {
    fn far_from(self, x: f64, y: f64) -> f64 {
        (self.x - x).hypot(self.y - y)
    }
}

/// How a program ended.
#[derive(Debug)]
struct Ended {
    well: bool,
    said: String,
    complained: String,
}

impl Ended {
    fn of(child: Child) -> Self {
        let output = child.wait_with_output().expect("ended");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self { well: output.status.success(), said: text(output.stdout), complained: text(output.stderr) }
    }
}

/// Runs a program; `each` is told of every look at the car, until the program has ended.
fn run(mut program: Command, onlooker: &mut Onlooker, mut each: impl FnMut(&mut Onlooker, Truth)) -> Ended {
    let start = Instant::now();
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    while child.try_wait().expect("a child").is_none() {
        if start.elapsed() > PATIENCE {
            drop(child.kill());
            panic!("it did not end within {PATIENCE:?}");
        }
        match onlooker.look() {
            Some(truth) => each(onlooker, truth),
            None => thread::sleep(Duration::from_millis(2)),
        }
    }
    Ended::of(child)
}

/// A program and the world that it is for.
type Story = (&'static str, fn(&Process) -> Option<Command>);
const STORIES: [Story; 3] = [("corridor", wall_follower), ("track", line_follower), ("room", waypoints)];

/// Runs a program to its end; it touches nothing, says `words`, and leaves the car at rest within `within_m` of a place
/// of its world, having driven for some `seconds`.
fn drives_to(story: Story, words: &str, (x, y): (f64, f64), within_m: f64, seconds: Range<f64>) {
    let (world, program) = story;
    let car = car(world);
    let Some(program) = program(&car) else { return };
    let mut onlooker = Onlooker::at(&car);
    let begin = onlooker.look().expect("runs");
    let (mut set_off, mut last) = (None, begin);
    let ended = run(program, &mut onlooker, |_, now| {
        assert!(!now.touches, "{world}: {now:?}");
        if now.far_from(begin.x, begin.y) > 0.02 {
            set_off.get_or_insert((now.t, Instant::now()));
        }
        last = now;
    });
    assert!(ended.well && ended.said.ends_with(words), "{world}: {ended:?} {last:?}");
    let (set_off, at) = set_off.expect("it drives");
    let (drove, took) = (last.t - set_off, at.elapsed().as_secs_f64());
    assert!(seconds.contains(&drove), "{world}: drove for {drove} s");
    assert!(took < drove, "{world}: {drove} s of the car took {took} s here");
    let off = last.far_from(x, y);
    assert!(off < within_m, "{world}: it ends {off} m from where it should, at {last:?}");
    let state = car.state();
    assert_eq!((&state["mode"], &state["driver"]), (&json!("idle"), &Value::Null), "{state}");
}

#[test]
fn the_wall_follower_gets_through_the_corridor_to_its_red_end_and_touches_nothing() {
    drives_to(STORIES[0], "the way ends here\n", (-0.25, 2.05), 0.2, 30.0..90.0);
}

#[test]
fn the_line_follower_goes_once_around_the_track_and_touches_nothing() {
    drives_to(STORIES[1], "once around\n", (0.0, 0.0), 0.3, 30.0..90.0);
}

#[test]
fn the_driver_by_waypoints_goes_through_the_room_and_out_of_its_door_and_touches_nothing() {
    drives_to(STORIES[2], "there\n", (0.45, 2.25), 0.15, 10.0..60.0);
}

/// Runs each program until the car has come a metre, where `then` happens once. None may end well.
fn ends_in_words(stories: &[Story], mut then: impl FnMut(&Process, &mut Onlooker), words: &[&str]) {
    for &(world, program) in stories {
        let car = car(world);
        let Some(program) = program(&car) else { continue };
        let mut onlooker = Onlooker::at(&car);
        let begin = onlooker.look().expect("runs");
        let (mut done, mut last) = (false, begin);
        let ended = run(program, &mut onlooker, |onlooker, now| {
            last = now;
            if !done && now.far_from(begin.x, begin.y) > 1.0 {
                done = true;
                then(&car, onlooker);
            }
        });
        let told = words.iter().any(|words| ended.complained.contains(words));
        assert!(done && !ended.well && told, "{world}: {ended:?}");
        assert!(!ended.complained.trim_end().contains('\n'), "one sentence: {ended:?}");
        assert!(last.far_from(begin.x, begin.y) < 1.9, "{world}: {last:?}");
    }
}

#[test]
fn an_emergency_stop_on_the_way_ends_each_of_them_in_words() {
    let press = |_: &Process, onlooker: &mut Onlooker| {
        onlooker.ask("estop", json!({ "reason": "a child" })).expect("runs");
    };
    ends_in_words(&STORIES, press, &["emergency stop"]);
}

#[test]
fn a_range_finder_that_falls_silent_on_the_way_ends_the_wall_follower_in_words() {
    let cut = |_: &Process, onlooker: &mut Onlooker| {
        onlooker.ask("sim.fault", json!({ "fault": "sensor-silent", "on": "range" })).expect("runs");
    };
    ends_in_words(&STORIES[..1], cut, &["range finder hears nothing"]);
}

#[test]
fn the_line_follower_on_a_floor_without_a_line_ends_in_words() {
    let car = car("room");
    let Some(program) = line_follower(&car) else { return };
    let ended = run(program, &mut Onlooker::at(&car), |_, now| assert!(!now.touches, "{now:?}"));
    assert!(!ended.well && ended.complained.contains("sees the line"), "{ended:?}");
}

#[test]
fn a_daemon_that_is_gone_on_the_way_ends_each_of_them_in_words() {
    let kill = |car: &Process, _: &mut Onlooker| car.signal(Signal::KILL);
    ends_in_words(&STORIES, kill, &["link to the car", "not connected to the car"]);
}

#[test]
fn a_daemon_that_freezes_on_the_way_ends_each_of_them_in_words() {
    let mut waiting = Vec::new();
    for (world, program) in STORIES {
        let car = car(world);
        let Some(mut program) = program(&car) else { continue };
        let mut onlooker = Onlooker::at(&car);
        let begin = onlooker.look().expect("runs");
        let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        while onlooker.look().expect("runs").far_from(begin.x, begin.y) < 0.1 {}
        car.signal(Signal::STOP);
        waiting.push((world, car, child));
    }
    for (world, _frozen, child) in waiting {
        let ended = Ended::of(child);
        let told = ["said nothing for 15 s", "did not answer", "timed out"]
            .iter()
            .any(|words| ended.complained.contains(words));
        assert!(!ended.well && told, "{world}: {ended:?}");
        assert!(!ended.complained.trim_end().contains('\n'), "one sentence: {ended:?}");
    }
}

#[test]
fn the_wall_follower_says_what_address_it_takes() {
    let Some(mut program) = language("python3", "--version") else { return };
    program.arg(example("wall_follower.py")).arg("tcp://127.0.0.1:9901");
    let output = program.output().expect("starts");
    let complained = String::from_utf8(output.stderr).expect("text");
    assert!(
        !output.status.success() && complained.contains("the path of the daemon's Unix socket"),
        "{complained}"
    );
}

#[test]
fn a_car_that_somebody_else_drives_ends_each_of_them_in_words() {
    for (world, program) in STORIES {
        let car = car(world);
        let Some(program) = program(&car) else { continue };
        let mut onlooker = Onlooker::at(&car);
        let takes = |onlooker: &mut Onlooker| onlooker.ask("acquire", json!({})).expect("runs");
        takes(&mut onlooker);
        let ended = run(program, &mut onlooker, |onlooker, _| drop(takes(onlooker)));
        assert!(!ended.well && ended.complained.contains("drives"), "{world}: {ended:?}");
    }
}

#[test]
fn each_of_them_can_be_read_in_class() {
    for file in ["wall_follower.py", "line_follower.rs", "waypoints.mjs"] {
        let text = std::fs::read_to_string(example(file)).expect("the program");
        let (lines, widest) = (text.lines().count(), text.lines().map(|line| line.chars().count()).max());
        assert!(lines <= 90 && widest <= Some(110), "{file} has {lines} lines of up to {widest:?}");
    }
}
