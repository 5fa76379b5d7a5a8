//! `carctl teleop` in a pseudo-terminal against a daemon: somebody presses keys and looks at the screen, and the
//! daemon says what the car does.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};
use serde_json::Value;

use crate::support::{Process, carctl, eventually, send};

/// How a keyboard repeats a key that is held: 30 times a second.
const REPEAT: Duration = Duration::from_millis(33);

/// Longer than any pause of a machine that is busy, and shorter than `eventually` waits.
const LONG: Duration = Duration::from_secs(15);

/// What the terminal is like.
#[derive(Clone, Copy, Default)]
struct Kind {
    /// It does not belong to the program: its end is then heard by reading alone.
    foreign: bool,
    /// It answers questions, and tells when a key is let go.
    kitty: bool,
    no_color: bool,
}

/// Somebody at a terminal.
struct Person {
    carctl: Child,
    /// The end of the terminal that people have; closed where it is `None`.
    master: Option<OwnedFd>,
    before: Termios,
    screen: vt100::Parser,
    kind: Kind,
    /// It answers nothing any more.
    mute: bool,
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 }
}

fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("some")
}

impl Person {
    fn sits_down(url: &str, kind: Kind) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("ours");
        rustix::io::ioctl_fionbio(&master, true).expect("ours");
        tcsetwinsize(&master, size(100, 30)).expect("ours");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let open = || {
            let mut options = OpenOptions::new();
            let end = options.read(true).write(true).open(OsStr::from_bytes(name.as_bytes()));
            Stdio::from(end.expect("ours"))
        };
        let before = tcgetattr(&master).expect("a terminal");
        let mut command = Command::new("setsid");
        if !kind.foreign {
            command.arg("--ctty");
        }
        command.arg(carctl()).args(["--to", url, "teleop", "--speed", "0.5"]);
        command.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("CAR_TOKEN");
        if kind.no_color {
            command.env("NO_COLOR", "1");
        }
        let carctl = command.stdin(open()).stdout(open()).stderr(Stdio::piped()).spawn().expect("runs");
        let screen = vt100::Parser::new(number(30), number(100), 0);
        let mut person = Self { carctl, master: Some(master), before, screen, kind, mute: false };
        person.sees("nobody drives");
        person
    }

    /// Looks at what the program has drawn since.
    fn look(&mut self) {
        let Some(master) = &self.master else { return };
        let mut bytes = [0; 4096];
        let mut answers = String::new();
        while let Ok(count @ 1..) = rustix::io::read(master, &mut bytes) {
            self.screen.process(&bytes[..count]);
            let said = String::from_utf8_lossy(&bytes[..count]);
            if self.kind.kitty && !self.mute {
                // A question is written at once, and so read at once, or in two parts by a machine that is busy:
                // then it is not answered, as by a slow terminal.
                answers.push_str(&"\x1b[?15u".repeat(said.matches("\x1b[?u").count()));
                answers.push_str(&"\x1b[0n".repeat(said.matches("\x1b[5n").count()));
            }
        }
        if !answers.is_empty() {
            self.types(&answers);
        }
    }

    fn types(&mut self, keys: &str) {
        let master = self.master.as_ref().expect("sits there");
        rustix::io::write(master, keys.as_bytes()).expect("takes keys");
    }

    /// Waits until these words are on the screen.
    fn sees(&mut self, words: &str) {
        eventually(words, || {
            self.look();
            self.shows(words)
        });
    }

    fn shows(&self, words: &str) -> bool {
        // Words that stand at the end of a line, and of the next.
        let seen = self.screen.screen().contents();
        seen.contains(words) || seen.split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
    }

    /// Holds a key, as a keyboard that repeats it, until the daemon has said something of the car for which `done`.
    /// Who is not heard at once lets go and presses anew.
    fn holds(&mut self, daemon: &Process, key: &str, done: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        while began.elapsed() < LONG {
            let pressed = Instant::now();
            while pressed.elapsed() < Duration::from_secs(3) {
                self.types(key);
                self.look();
                if done(&daemon.state()) {
                    return;
                }
                sleep(REPEAT);
            }
            sleep(Duration::from_secs(1));
        }
        panic!("the key {key} never did it: {}\n{}", daemon.state(), self.screen.screen().contents());
    }

    fn resizes(&mut self, columns: u16, rows: u16) {
        tcsetwinsize(self.master.as_ref().expect("sits there"), size(columns, rows)).expect("ours");
        self.screen.screen_mut().set_size(number(rows), number(columns));
    }

    /// Waits for the end of the program: its exit code, and what it complained of.
    fn leaves(&mut self) -> (Option<i32>, String) {
        let mut code = None;
        eventually("teleop ends", || {
            self.look();
            code = self.carctl.try_wait().expect("a child").map(|status| status.code());
            code.is_some()
        });
        let complaint = self.carctl.stderr.take().map(std::io::read_to_string);
        (code.flatten(), complaint.map_or_else(String::new, |text| text.expect("text")))
    }

    /// The terminal is as it was before.
    fn finds_it_as_before(&mut self) {
        self.look();
        let now = tcgetattr(self.master.as_ref().expect("sits there")).expect("a terminal");
        assert_eq!(
            (now.input_modes, now.output_modes, now.control_modes, now.local_modes),
            (
                self.before.input_modes,
                self.before.output_modes,
                self.before.control_modes,
                self.before.local_modes
            )
        );
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.carctl.kill());
        drop(self.carctl.wait());
    }
}

fn drives(state: &Value) -> bool {
    state["mode"] == "driving" && state["wheels"]["left"].as_f64().is_some_and(|power| power > 0.2)
}

fn stands(daemon: &Process) {
    daemon.wheels("the car stands", |left, right| left == 0.0 && right == 0.0);
    eventually("it is told to", || daemon.state()["mode"] != "driving");
}

fn reason(daemon: &Process) -> String {
    daemon.state()["stop_reason"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_key_that_is_held_drives_and_letting_go_stops() {
    let daemon = Process::start();
    let mut person = Person::sits_down(daemon.url("unix"), Kind::default());
    for words in ["idle", "link ", "car at unix://", "throttle", "from above", "WASD", "50 % of the power"] {
        person.sees(words);
    }
    // Far longer than a tap drives: what is repeated goes on.
    person.holds(&daemon, "w", |state| state["pose"]["x"].as_f64().is_some_and(|x| x > 0.6));
    person.sees("you drive");
    stands(&daemon);
    // On a machine that gave it no time meanwhile the daemon was first.
    let says_so = (0..5).any(|_| {
        person.holds(&daemon, "w", drives);
        stands(&daemon);
        reason(&daemon).contains("said stop")
    });
    assert!(says_so, "{}", reason(&daemon));
    person.sees("stopped");
    person.holds(&daemon, "\x1b[D", |state| {
        state["wheels"]["left"].as_f64().is_some_and(|power| power < -0.2)
            && state["wheels"]["right"].as_f64().is_some_and(|power| power > 0.2)
    });
    person.types(" ");
    stands(&daemon);
    person.types("q");
    assert_eq!(person.leaves(), (Some(0), String::new()));
    person.finds_it_as_before();
}

#[test]
fn esc_is_the_emergency_stop_and_r_releases_it() {
    let daemon = Process::start();
    let mut person = Person::sits_down(daemon.url("tcp"), Kind::default());
    person.holds(&daemon, "w", drives);
    person.types("\x1b");
    person.sees("E M E R G E N C Y   S T O P");
    let state = daemon.state();
    assert_eq!((&state["mode"], &state["estop"]["reason"]), (&"estop".into(), &"by the keyboard".into()));
    let screen = person.screen.screen();
    assert!(
        (0..100).any(|column| screen.cell(1, column).is_some_and(|c| c.bgcolor() == vt100::Color::Idx(1)))
    );
    person.types("w");
    person.sees("r releases it, once all is safe");
    stands(&daemon);
    person.types("r");
    eventually("it is released", || daemon.state()["mode"] == "idle");
    person.sees("idle");
    person.types("jjc");
    person.types("i");
    eventually("the camera looks up", || daemon.state()["gimbal"]["tilt"].as_f64() == Some(5.0));
    assert_eq!(daemon.state()["gimbal"]["pan"].as_f64(), Some(0.0));
}

#[test]
fn a_screen_of_any_size_is_filled_anew() {
    let daemon = Process::start();
    let mut person = Person::sits_down(daemon.url("unix"), Kind { no_color: true, ..Kind::default() });
    person.sees("from above");
    let screen = person.screen.screen();
    let cells = (0..30).flat_map(|row| (0..100).filter_map(move |column| screen.cell(row, column)));
    let coloured = |cell: &vt100::Cell| (cell.fgcolor(), cell.bgcolor()) != Default::default();
    assert_eq!(cells.filter(|cell| coloured(cell)).count(), 0, "NO_COLOR");
    person.resizes(40, 12);
    person.sees("Esc=e-stop");
    assert!(!person.shows("from above") && person.shows("throttle"));
    person.resizes(5, 2);
    person.sees("too");
    person.resizes(80, 24);
    person.sees("from above");
}

#[test]
fn a_terminal_that_goes_away_stops_the_car() {
    let daemon = Process::start();
    for foreign in [false, true] {
        let mut person = Person::sits_down(daemon.url("unix"), Kind { foreign, ..Kind::default() });
        person.holds(&daemon, "w", drives);
        person.master = None;
        let (code, complaint) = person.leaves();
        assert_eq!((code, complaint.as_str()), (Some(0), ""));
        stands(&daemon);
        assert!(reason(&daemon).contains("said stop"), "{}", reason(&daemon));
    }
}

#[test]
fn signals_stop_the_car_and_give_the_terminal_back() {
    let daemon = Process::start();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let mut person = Person::sits_down(daemon.url("unix"), Kind::default());
        person.holds(&daemon, "w", drives);
        send(person.carctl.id(), signal);
        assert_eq!(person.leaves(), (Some(0), String::new()));
        stands(&daemon);
        assert!(reason(&daemon).contains("said stop"), "{signal:?}: {}", reason(&daemon));
        person.finds_it_as_before();
    }
    // Ctrl-C is a key here, and Ctrl-Z leaves nobody at the wheel.
    let mut person = Person::sits_down(daemon.url("unix"), Kind::default());
    person.holds(&daemon, "w", drives);
    person.types("\x1a");
    person.sees("Ctrl-Z would leave nobody at the wheel");
    stands(&daemon);
    send(person.carctl.id(), Signal::TSTP);
    person.holds(&daemon, "w", drives);
    person.types("\x03");
    assert_eq!(person.leaves(), (Some(0), String::new()));
    stands(&daemon);
    person.finds_it_as_before();
}

#[test]
fn a_program_that_is_killed_or_frozen_leaves_a_car_that_stops_by_itself() {
    let daemon = Process::start();
    // Over UDP nobody hears that it is gone.
    for signal in [Signal::KILL, Signal::STOP] {
        let mut person = Person::sits_down(daemon.url("udp"), Kind::default());
        person.holds(&daemon, "w", drives);
        send(person.carctl.id(), signal);
        stands(&daemon);
        assert!(!reason(&daemon).contains("said stop"), "{signal:?}: {}", reason(&daemon));
        // Who comes next finds the lease free.
        eventually("the lease is free", || daemon.state()["driver"].is_null());
    }
}

#[test]
fn a_terminal_that_tells_releases_drives_until_one_and_no_longer_than_it_answers() {
    let daemon = Process::start();
    let mut person = Person::sits_down(daemon.url("unix"), Kind { kitty: true, ..Kind::default() });
    person.sees("letting go stops the car");
    let holds = |person: &mut Person| {
        let x = || daemon.state()["pose"]["x"].as_f64().unwrap_or_default();
        let began = Instant::now();
        let from = x();
        // One press, and no repetition. A machine that is busy answers late, and is pressed anew.
        while x() < from + 0.6 {
            assert!(began.elapsed() < LONG * 4, "{}", person.screen.screen().contents());
            person.types("\x1b[119;1:3u\x1b[119;1:1u");
            let pressed = Instant::now();
            while x() < from + 0.6 && pressed.elapsed() < Duration::from_secs(5) {
                person.look();
                sleep(Duration::from_millis(10));
            }
        }
    };
    holds(&mut person);
    person.types("\x1b[119;1:3u");
    eventually("the car stands", || {
        person.look();
        daemon.state()["mode"] == "idle"
    });
    holds(&mut person);
    person.mute = true;
    person.sees("the terminal does not answer: the car was stopped");
    stands(&daemon);
}

#[test]
fn who_comes_second_is_told_who_drives_and_may_take_the_wheel() {
    let daemon = Process::start();
    let mut person = Person::sits_down(daemon.url("unix"), Kind::default());
    let mut other = UnixStream::connect(daemon.socket()).expect("listens");
    writeln!(other, "up").expect("connected");
    person.sees("t asks for the wheel, f takes it by force");
    person.types("w");
    person.sees("drives, for");
    assert_eq!(daemon.state()["mode"], "driving", "a refusal stops nobody else's car");
    person.types("t");
    person.sees("it was asked");
    writeln!(other, "stop\nrelease").expect("connected");
    person.sees("you drive");
    person.holds(&daemon, "s", |state| state["wheels"]["left"].as_f64().is_some_and(|power| power < -0.2));
    person.types("g");
    person.sees("nobody drives");
    drop(other);
}

#[test]
fn a_daemon_that_ends_is_told_and_nothing_is_resumed() {
    let daemon = Process::start();
    let mut person = Person::sits_down(daemon.url("unix"), Kind::default());
    person.holds(&daemon, "w", drives);
    daemon.signal(Signal::TERM);
    person.sees("N O T   C O N N E C T E D");
    let (status, log) = daemon.wait();
    assert!(status.success(), "{log}");
    person.types("q");
    assert_eq!(person.leaves(), (Some(0), String::new()));
    person.finds_it_as_before();
}

#[test]
fn a_time_that_stands_is_told() {
    let daemon = Process::start_with("[sim]\nspeed = \"step\"\n");
    let mut person = Person::sits_down(daemon.url("unix"), Kind::default());
    person.sees("the car's time stands");
}

#[test]
fn without_a_terminal_it_says_what_to_do_instead() {
    let run = |command: &mut Command| {
        let output = command.env("TERM", "xterm").output().expect("runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    // No daemon is needed to be told.
    let (code, complaint) =
        run(Command::new(carctl()).args(["--to", "unix:///nowhere", "teleop"]).stdin(Stdio::null()));
    assert_eq!(code, Some(2), "{complaint}");
    assert!(
        complaint.contains("standard input is no terminal") && complaint.contains("carctl drive"),
        "{complaint}"
    );
}
