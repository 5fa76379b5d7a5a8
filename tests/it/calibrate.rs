//! `carctl calibrate` against a car that is wired in another way than its file says, with a person who
//! looks at the car and types.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
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

    /// The daemon on this file and this car, which one drives at a time.
    fn daemon(&self) -> Process {
        let folder = self.folder.path().display();
        Process::start_with(&format!(
            "board = \"{folder}/my-car.toml\"\nlock_dir = \"{folder}\"\nplatform = \"bench\"\n\
             [linux]\ndev = \"{folder}\""
        ))
    }

    /// Holds `up` until the wheels, left and right, turn as wanted, and lets the car come to rest.
    fn drive(&self, daemon: &Process, what: &str, wanted: impl Fn(f64, f64) -> bool) {
        let mut hand = UnixStream::connect(daemon.socket()).expect("listens");
        writeln!(hand, "up").expect("connected");
        eventually(what, || wanted(self.wheel("left"), self.wheel("right")));
        drop(hand);
        self.stands();
    }

    fn stands(&self) {
        let stands = |motor| self.wheel(motor).abs() < 0.01;
        eventually("the car stands", || stands("left") && stands("right"));
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

    /// Looks at a motor that turns for a second until it is seen to: how fast, rad/s. Whoever looks too late
    /// lets it turn again.
    fn sees(&mut self, motor: &str) -> f64 {
        loop {
            self.reads("It turns at");
            let begin = Instant::now();
            while begin.elapsed() < LOOK {
                let rad_s = self.workshop.wheel(motor);
                if rad_s.abs() > CLEAR {
                    return rad_s;
                }
                // Whoever only looks must not keep the daemon from its pins.
                sleep(Duration::from_millis(2));
            }
            if self.is_asked() {
                self.types("r");
            }
        }
    }

    /// Looks at a motor, and answers which way it turned.
    fn answers(&mut self, motor: &str) -> &mut Self {
        loop {
            let forward = self.sees(motor) > 0.0;
            if self.is_asked() {
                return self.types(if forward { "f" } else { "b" });
            }
        }
    }

    /// Whether the question comes; whom the car does not obey meanwhile tries again.
    fn is_asked(&mut self) -> bool {
        self.reads_one_of(&["f forward", "tries again"]);
        let refused = self.seen.ends_with("tries again   q quits\n");
        if refused {
            self.types("");
        }
        !refused
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

#[test]
fn a_car_whose_left_motor_is_wired_backward_drives_straight_once_it_is_calibrated() {
    let workshop = Workshop::open();
    let before = workshop.text();
    let daemon = workshop.daemon();
    workshop.drive(&daemon, "it spins on the spot", |left, right| left < -CLEAR && right > CLEAR);
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
    daemon.signal(Signal::TERM);
    let (status, log) = daemon.wait();
    assert!(status.success(), "{log}");

    let standby = "standby = \"gpio:GPIO22\"          # of the whole chip, so both motors name it\n";
    let expected = before
        .replacen(standby, &format!("{standby}invert  = true\n"), 1)
        .replacen("min_us     = 500", "min_us     = 1220", 1)
        .replacen("max_us     = 2500", "max_us     = 1920", 1)
        .replacen("min_deg    = -90", "min_deg    = -27", 1)
        .replacen("max_deg    = 90", "max_deg    = 36", 1);
    assert_eq!(workshop.text(), expected);
    // Not how far: the pins are in another process, so that one wheel may begin a moment before the other.
    workshop.drive(&workshop.daemon(), "it drives straight", |left, right| {
        left.min(right) > CLEAR && (left - right).abs() < 0.1 * left.min(right)
    });
}

/// The last number on the screen that stands behind these words.
fn number_after(seen: &str, words: &str) -> f64 {
    let word = seen.rsplit(words).next().and_then(|rest| rest.split_whitespace().next());
    word.and_then(|word| word.parse().ok()).expect("a number")
}

#[test]
fn the_least_duty_is_where_the_person_saw_the_wheel_begin() {
    let workshop = Workshop::open();
    let daemon = workshop.daemon();
    let mut person = Person::sits_down(&workshop, &daemon, &["--dry-run"]);
    person.reads("it is lifted").types("").reads("It turns at").types("s");
    person.answers("right").reads("let it rise");
    // What turned before must have come to rest, or somebody may think that it turns already.
    workshop.stands();
    person.types("");
    // How much later somebody sees it is the machine's: the power rises for 17 seconds.
    eventually("the wheel turns", || workshop.wheel("right") > CLEAR);
    person.types("").reads("It began to turn at");
    let began = number_after(&person.seen, "It began to turn at ");
    person.reads("keep min_duty").types("");
    person.reads("Servo `pan`").types("s").reads("Servo `tilt`").types("s");
    person.reads("What changes in").reads("[motors.right]").reads("+ min_duty = ");
    let least = number_after(&person.seen, "min_duty = ");
    assert!((3.0..=90.0).contains(&began) && (least * 100.0 - began).abs() < 1e-9, "{began} %, {least}");
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
    let ends: [fn(&mut Person<'_>); 5] = [
        |person| {
            person.types("q");
        },
        |person| drop(person.carctl.stdin.take()),
        |person| send(person.carctl.id(), Signal::INT),
        |person| send(person.carctl.id(), Signal::QUIT),
        |person| send(person.carctl.id(), Signal::TERM),
    ];
    for end in ends {
        let mut person = Person::sits_down(&workshop, &daemon, &[]);
        person.reads("it is lifted").types("").sees("left");
        end(&mut person);
        person.reads("Nothing was written.");
        assert_eq!(person.leaves(), (Some(1), String::new()));
        workshop.stands();
        assert_eq!(workshop.text(), before);
    }
    // Nor does one that is killed leave a motor that turns, though nobody says stop.
    let mut person = Person::sits_down(&workshop, &daemon, &[]);
    person.reads("it is lifted").types("").sees("left");
    send(person.carctl.id(), Signal::KILL);
    workshop.stands();
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
