//! `carctl calibrate` against a car that is wired in another way than its file says, with a person who
//! looks at the car and types.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use hal::Board;
use rustix::process::Signal;
use tempfile::TempDir;
use tests::bench::{Bench, door};

use crate::support::{Process, carctl, eventually, send};

/// The demo car with its left motor's wires exchanged, and the file of whoever believes they are not.
struct Workshop {
    folder: TempDir,
    /// As it is, whatever any file says.
    car: Bench,
}

impl Workshop {
    fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        let demo = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset").toml;
        let swapped = demo.replacen("in1     = \"gpio:GPIO17\"", "in1     = \"gpio:GPIO27\"", 1).replacen(
            "in2     = \"gpio:GPIO27\"",
            "in2     = \"gpio:GPIO17\"",
            1,
        );
        assert_ne!(demo, swapped);
        fs::write(folder.path().join("my-car.toml"), demo).expect("ours");
        let car = Bench::new(&Board::parse("the truth", &swapped).expect("a sound board"));
        door::open(&car, &folder.path().join("bench")).expect("a socket");
        Self { folder, car }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("my-car.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("there")
    }

    /// How fast a wheel turns ahead, rad/s, as somebody sees it.
    fn wheel(&self, motor: &str) -> f64 {
        self.car.sim().wheel_speed_rad_s(motor).expect("a motor")
    }

    /// The daemon on this file and this car.
    fn daemon(&self) -> Process {
        let folder = self.folder.path().display();
        Process::start_with(&format!(
            "board = \"{folder}/my-car.toml\"\nplatform = \"bench\"\n[linux]\ndev = \"{folder}\""
        ))
    }
}

/// A wheel that turns slower than this may stand, rad/s.
const CLEAR: f64 = 0.5;

/// How long somebody looks at a motor that is to turn for a second.
const LOOK: Duration = Duration::from_secs(2);

/// Somebody at the keyboard, beside the car.
struct Person<'a> {
    workshop: &'a Workshop,
    carctl: Child,
    screen: BufReader<ChildStdout>,
    /// All that was on the screen.
    seen: String,
}

impl<'a> Person<'a> {
    fn sits_down(workshop: &'a Workshop, daemon: &Process, options: &[&str]) -> Self {
        let mut carctl = Command::new(carctl())
            .args(["--to", daemon.url("unix"), "calibrate"])
            .arg(workshop.file())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        let screen = BufReader::new(carctl.stdout.take().expect("piped"));
        Self { workshop, carctl, screen, seen: String::new() }
    }

    /// Reads on, up to a line with these words.
    fn reads(&mut self, words: &str) -> &mut Self {
        self.reads_one_of(&[words])
    }

    fn reads_one_of(&mut self, words: &[&str]) -> &mut Self {
        loop {
            let mut line = String::new();
            let read = self.screen.read_line(&mut line).expect("text");
            if read == 0 {
                let complaint = self.complaint();
                panic!("it ended without {words:?}:\n{}{complaint}", self.seen);
            }
            self.seen += &line;
            if words.iter().any(|words| line.contains(words)) {
                return self;
            }
        }
    }

    fn types(&mut self, keys: &str) -> &mut Self {
        let stdin = self.carctl.stdin.as_mut().expect("piped");
        writeln!(stdin, "{keys}").expect("listens");
        self
    }

    /// Looks at a motor that turns for a second, and answers which way. Whoever looks too late lets it turn
    /// again, and whom the car does not obey tries again.
    fn answers(&mut self, motor: &str) -> &mut Self {
        loop {
            self.reads("It turns at");
            let (mut rad_s, begin) = (0.0_f64, Instant::now());
            while rad_s.abs() < CLEAR && begin.elapsed() < LOOK {
                rad_s = self.workshop.wheel(motor);
            }
            self.reads_one_of(&["f forward", "tries again"]);
            if self.seen.ends_with("tries again   q quits\n") {
                self.types("");
            } else if rad_s.abs() < CLEAR {
                self.types("r");
            } else {
                return self.types(if rad_s > 0.0 { "f" } else { "b" });
            }
        }
    }

    /// Its exit code and its errors.
    fn leaves(mut self) -> (Option<i32>, String) {
        drop(self.carctl.stdin.take());
        while self.screen.read_line(&mut self.seen).expect("text") > 0 {}
        let complaint = self.complaint();
        (self.carctl.wait().expect("a child").code(), complaint)
    }

    fn complaint(&mut self) -> String {
        let stderr = self.carctl.stderr.take().map(std::io::read_to_string);
        stderr.map_or_else(String::new, |text| text.expect("text"))
    }
}

impl Drop for Person<'_> {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.carctl.kill());
        drop(self.carctl.wait());
    }
}

/// How far the left and the right wheels turned ahead, rad, in a second at 60 % of the car's power.
fn driven(workshop: &Workshop, daemon: &Process) -> (f64, f64) {
    let angle = |motor| workshop.car.sim().wheel_angle_rad(motor).expect("a motor");
    let before = (angle("left"), angle("right"));
    let drive = Command::new(carctl())
        .args(["--to", daemon.url("unix"), "drive", "0.6", "0", "--for", "1s"])
        .status()
        .expect("runs");
    assert!(drive.success());
    (angle("left") - before.0, angle("right") - before.1)
}

#[test]
fn a_car_whose_left_motor_is_wired_backward_drives_straight_once_it_is_calibrated() {
    let workshop = Workshop::open();
    let before = workshop.text();
    let daemon = workshop.daemon();
    let (left, right) = driven(&workshop, &daemon);
    assert!(left < -2.0 && right > 2.0, "it spins on the spot: {left} and {right} rad");
    let mut person = Person::sits_down(&workshop, &daemon, &[]);
    person.reads("Lift the car").reads("Enter: it is lifted").types("").answers("left");
    person.reads("invert = true").reads("let it rise").types("s").answers("right");
    person.reads("invert = false").reads("let it rise").types("s");
    // Straight ahead is 20 µs further, the limits are 400 and 300 µs from there.
    person.reads("the camera looks straight ahead").types("++").types("");
    person.reads("as far left").types("]]]]]]]]").types("").reads("as far right").types("[[[[[[").types("");
    person.reads("1220 to 1920 µs, which are -27 to 36 degrees").types("");
    person.reads("Servo `tilt`").types("s");
    person.reads("What changes in").reads("Write it?");
    assert_eq!(workshop.text(), before, "nobody has said yes");
    person.types("y").reads("Restart the daemon");
    assert_eq!(person.leaves(), (Some(0), String::new()));
    drop(daemon);

    let standby = "standby = \"gpio:GPIO22\"          # of the whole chip, so both motors name it\n";
    let expected = before
        .replacen(standby, &format!("{standby}invert  = true\n"), 1)
        .replacen("min_us     = 500", "min_us     = 1220", 1)
        .replacen("max_us     = 2500", "max_us     = 1920", 1)
        .replacen("min_deg    = -90", "min_deg    = -27", 1)
        .replacen("max_deg    = 90", "max_deg    = 36", 1);
    assert_eq!(workshop.text(), expected);
    let (left, right) = driven(&workshop, &workshop.daemon());
    // The pins are in another process: one wheel may begin a moment before the other.
    let straight = (left - right).abs() < (left + right) / 4.0;
    assert!(left > 2.0 && right > 2.0 && straight, "{left} and {right} rad");
}

#[test]
fn the_least_duty_is_where_the_person_saw_the_wheel_begin() {
    let workshop = Workshop::open();
    let daemon = workshop.daemon();
    let mut person = Person::sits_down(&workshop, &daemon, &["--dry-run"]);
    person.reads("it is lifted").types("").reads("f forward").types("s");
    person.answers("right").reads("let it rise");
    // What turned before must have come to rest, or somebody may think that it turns already.
    eventually("the wheel stands", || workshop.wheel("right").abs() < 0.01);
    person.types("");
    eventually("the wheel clearly turns", || workshop.wheel("right") > 4.0);
    person.types("").reads("It began to turn at").reads("keep min_duty").types("");
    person.reads("Servo `pan`").types("s").reads("Servo `tilt`").types("s");
    person.reads("What changes in").reads("[motors.right]").reads("+ min_duty = 0.");
    let least: f64 =
        person.seen.rsplit("min_duty = ").next().and_then(|text| text.trim().parse().ok()).expect("a duty");
    // A simulated wheel turns by 4 rad/s at about 20 %; how much later somebody sees it is the machine's.
    assert!((0.12..=0.9).contains(&least), "{least}");
    let before = workshop.text();
    person.reads("as --dry-run says");
    assert_eq!(person.leaves(), (Some(0), String::new()));
    assert_eq!(workshop.text(), before);
}

#[test]
fn whoever_gives_up_leaves_a_car_that_stands_and_a_file_as_it_was() {
    let workshop = Workshop::open();
    let before = workshop.text();
    let daemon = workshop.daemon();
    let ends: [fn(&mut Person<'_>); 4] = [
        |person| {
            person.types("q");
        },
        |person| drop(person.carctl.stdin.take()),
        |person| send(person.carctl.id(), Signal::INT),
        |person| send(person.carctl.id(), Signal::TERM),
    ];
    for end in ends {
        let mut person = Person::sits_down(&workshop, &daemon, &[]);
        person.reads("it is lifted").types("").reads("It turns at");
        eventually("the wheel turns", || workshop.wheel("left").abs() > CLEAR);
        end(&mut person);
        person.reads("Nothing was written.");
        assert_eq!(person.leaves(), (Some(1), String::new()));
        eventually("the car stands", || workshop.wheel("left").abs() < 0.01);
        assert_eq!(workshop.text(), before);
    }
    // Nor does one that is killed leave a motor that turns, though nobody says stop.
    let mut person = Person::sits_down(&workshop, &daemon, &[]);
    person.reads("it is lifted").types("").reads("It turns at");
    eventually("the wheel turns", || workshop.wheel("left").abs() > CLEAR);
    send(person.carctl.id(), Signal::KILL);
    eventually("the car stands", || workshop.wheel("left").abs() < 0.01);
}

#[test]
fn an_emergency_stop_waits_for_whoever_calibrates() {
    let workshop = Workshop::open();
    let daemon = workshop.daemon();
    let mut person = Person::sits_down(&workshop, &daemon, &[]);
    person.reads("it is lifted");
    daemon.call("estop");
    person.types("").reads("The car does not obey: the emergency stop is latched").reads("Enter tries again");
    assert_eq!(daemon.state()["mode"], "estop");
    daemon.call("reset");
    person.types("").answers("left").reads("invert = true");
    person.types("q").reads("Nothing was written.");
    assert_eq!(person.leaves().0, Some(1));
}

#[test]
fn a_file_that_the_daemon_does_not_run_is_refused_before_anything_moves() {
    let workshop = Workshop::open();
    let daemon = workshop.daemon();
    fs::write(workshop.file(), workshop.text().replacen("max_us     = 2500", "max_us     = 2400", 1))
        .expect("ours");
    let (code, complaint) = Person::sits_down(&workshop, &daemon, &[]).leaves();
    assert_eq!(code, Some(1), "{complaint}");
    assert!(
        complaint.contains("servos.pan.max_us is 2400 here, and 2500 in the daemon's board"),
        "{complaint}"
    );
    let preset = Process::start();
    let (code, complaint) = Person::sits_down(&workshop, &preset, &[]).leaves();
    assert_eq!(code, Some(1), "{complaint}");
    assert!(complaint.contains("car-daemon boards demo > my-car.toml"), "{complaint}");
    fs::remove_file(workshop.file()).expect("ours");
    let (code, complaint) = Person::sits_down(&workshop, &preset, &[]).leaves();
    assert_eq!(code, Some(2), "{complaint}");
    assert!(complaint.contains("my-car.toml: cannot be read: No such file"), "{complaint}");
}
