//! A whole calibration without a terminal, a clock or a car; and what becomes of a file by it.

use std::time::Duration;

use protocol::{BoardInfo, MotorInfo, ServoInfo, Trial};

use super::board_file::{BoardFile, sound};
use super::keys::Key;
use super::wizard::{End, Found, Line, Wizard};

const FILE: &str = r#"# My car. Nobody else's.
name = "my car"   # says who

[[chips]]
driver  = "pca9685"
address = 0x40

# The left one was soldered at night.
[motors.left]
side    = "left"
driver  = "hbridge"
in1     = "gpio:GPIO17"          # blue
[motors.left.encoder]
a = "gpio:GPIO5"

[motors]
right = { side = "right", invert = true, min_duty = 0.1 }

[servos.pan]
role   = "pan"
min_us = 500      # measured
max_us = 2500
min_deg = -90
max_deg = 90
speed_deg_s = 300

# The end.
"#;

fn motor(name: &str) -> MotorInfo {
    let (name, side) = (name.to_owned(), name.to_owned());
    MotorInfo {
        name,
        side,
        end: None,
        invert: false,
        trim: 1.0,
        deadband: 0.0,
        min_duty: 0.0,
        reverses: true,
    }
}

fn servo() -> ServoInfo {
    ServoInfo {
        name: "pan".to_owned(),
        role: "pan".to_owned(),
        frequency_hz: 50.0,
        min_us: 500.0,
        max_us: 2500.0,
        min_deg: -90.0,
        max_deg: 90.0,
        invert: false,
        center_deg: 0.0,
        reach_deg: [0.0, 180.0],
    }
}

fn board() -> BoardInfo {
    let right = MotorInfo { invert: true, deadband: 0.02, min_duty: 0.1, ..motor("right") };
    BoardInfo {
        name: "my car".to_owned(),
        preset: None,
        motors: vec![motor("left"), right],
        servos: vec![servo()],
    }
}

/// A wizard and the time.
struct Session {
    wizard: Wizard,
    now: Duration,
}

impl Session {
    fn new(board: &BoardInfo) -> Self {
        Self { wizard: Wizard::new(board), now: Duration::ZERO }
    }

    /// Presses keys: `E` is Enter, `<` `>` `v` `^` are the arrows.
    fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.chars() {
            let key = match key {
                'E' => Key::Enter,
                '<' => Key::Left,
                '>' => Key::Right,
                'v' => Key::Down,
                '^' => Key::Up,
                other => Key::Char(other),
            };
            self.wizard.key(key, self.now);
        }
        self
    }

    /// Lets time pass, in whatever steps the wizard wants.
    fn pass(&mut self, ms: u64) -> &mut Self {
        let until = self.now + Duration::from_millis(ms);
        while let Some(wake) = self.wizard.wake().filter(|wake| *wake <= until) {
            self.now = wake;
            self.wizard.passed(wake);
        }
        self.now = until;
        self
    }

    /// What moves: a motor's power or a servo's pulse, by name.
    fn moves(&self) -> Option<(String, f64)> {
        let prompt = self.wizard.prompt();
        assert!(prompt.chars().count() <= 76, "more than a line of a terminal: {prompt}");
        self.wizard.trial().map(|trial| match trial {
            Trial::Motor { name, power } => (name, power.get()),
            Trial::Servo { name, pulse } => (name, pulse.us()),
        })
    }

    fn moves_by(&self, name: &str, by: f64) {
        assert_eq!(self.moves(), Some((name.to_owned(), by)), "{}", self.wizard.prompt());
    }

    fn said(&mut self) -> String {
        let line = |line| match line {
            Line::Title(text) | Line::Text(text) => text,
        };
        self.wizard.take_said().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn found(&self) -> &Found {
        match self.wizard.end() {
            Some(End::Done(found)) => found,
            other => panic!("{other:?}, {}", self.wizard.prompt()),
        }
    }
}

#[test]
fn nothing_moves_before_the_car_is_lifted() {
    let mut session = Session::new(&board());
    assert_eq!(session.moves(), None);
    assert!(session.said().contains("Lift the car so that all of its wheels turn freely"));
    session.press("fbns<>+-x ").pass(60_000);
    assert_eq!((session.moves(), session.wizard.end()), (None, None));
    session.press("E").moves_by("left", 0.4);
}

#[test]
fn a_motor_turns_for_a_second_and_its_direction_and_least_duty_are_found() {
    let mut session = Session::new(&board());
    session.press("E").pass(999).moves_by("left", 0.4);
    assert_eq!(session.pass(1).moves(), None);
    assert!(session.wizard.prompt().starts_with("f forward"), "{}", session.wizard.prompt());
    assert_eq!(session.press("b").moves(), None);
    assert!(session.said().contains("invert = true"));
    session.press("E").moves_by("left", -0.03);
    session.pass(4000).moves_by("left", -0.23);
    assert_eq!(session.press("E").moves(), None);
    session.press("E").moves_by("right", 0.4);
    session.press("sss");
    let found = MotorInfo { invert: true, min_duty: 0.23, ..motor("left") };
    assert_eq!(*session.found(), Found { motors: vec![found], servos: Vec::new() });
}

#[test]
fn a_motor_that_is_right_already_keeps_its_invert() {
    let mut session = Session::new(&board());
    session.press("Es").pass(1000).press("fE").moves_by("right", 0.03);
    session.pass(600).press("EEs");
    let found = MotorInfo { invert: true, min_duty: 0.06, ..board().motors[1].clone() };
    assert_eq!(session.found().motors, [found]);
}

#[test]
fn a_motor_that_nobody_saw_is_turned_stronger_and_then_given_up() {
    let mut session = Session::new(&board());
    session.press("E").pass(1000).press("n").moves_by("left", 0.7);
    session.pass(1000).press("n").moves_by("left", 1.0);
    assert_eq!(session.pass(1000).press("n").moves(), None);
    assert!(session.said().contains("Not even at full power"));
    session.press("r").moves_by("left", 1.0);
    session.pass(1000).press("o");
    assert!(session.said().contains("Exchange the plugs of the two"));
    session.press("ss");
    assert_eq!(*session.found(), Found::default());
}

#[test]
fn power_that_nobody_stops_ends_below_what_a_board_file_takes() {
    let mut session = Session::new(&board());
    session.press("E").pass(1000).press("fE");
    let mut most = 0.0_f64;
    while let Some((_, power)) = session.moves() {
        most = most.max(power);
        session.pass(200);
    }
    assert_eq!(most, 0.9);
    assert!(session.said().contains("once more?"));
    session.press("E").moves_by("left", 0.03);
}

#[test]
fn what_is_skipped_later_keeps_the_direction_that_was_found() {
    let mut session = Session::new(&board());
    session.press("E").pass(1000).press("bsss");
    assert_eq!(session.found().motors, [MotorInfo { invert: true, ..motor("left") }]);
}

#[test]
fn a_servo_is_nudged_ahead_and_to_its_limits_and_keeps_its_slope() {
    let mut session = Session::new(&board());
    session.press("Ess").moves_by("pan", 1500.0);
    session.press(">>+").moves_by("pan", 1530.0);
    session.press("E^^^^^^^").moves_by("pan", 1880.0);
    session.press("E").moves_by("pan", 1530.0);
    session.press("vvvv--").moves_by("pan", 1310.0);
    session.press("E").moves_by("pan", 1530.0);
    assert!(session.said().contains("1310 to 1880 µs, which are -19.8 to 31.5 degrees at 11.11 µs a degree"));
    session.press("E");
    let found = ServoInfo { min_us: 1310.0, max_us: 1880.0, min_deg: -19.8, max_deg: 31.5, ..servo() };
    assert_eq!(session.found().servos, [found]);
}

#[test]
fn a_servo_that_turns_left_by_shorter_pulses_is_inverted() {
    let mut session = Session::new(&board());
    session.press("EssEvvEv").moves_by("pan", 1450.0);
    session.press("E");
    assert!(session.said().contains("left was on that side of straight ahead: nudge it right."));
    session.press("^^^EE");
    let found =
        ServoInfo { min_us: 1400.0, max_us: 1600.0, min_deg: -9.0, max_deg: 9.0, invert: true, ..servo() };
    assert_eq!(session.found().servos, [found]);
}

#[test]
fn no_servo_is_given_what_it_cannot_understand() {
    let coarse = ServoInfo { min_us: 1400.0, max_us: 1600.0, min_deg: -100.0, max_deg: 100.0, ..servo() };
    let fast = ServoInfo { frequency_hz: 400.0, max_us: 2499.5, ..servo() };
    let ends = |servo: ServoInfo, keys: &str| {
        let mut session = Session::new(&BoardInfo { motors: Vec::new(), servos: vec![servo], ..board() });
        session.press("E").press(keys).moves().unwrap().1
    };
    let up = "^".repeat(100);
    let down = "v".repeat(100);
    assert_eq!((ends(servo(), &up), ends(servo(), &down)), (2600.0, 400.0));
    assert_eq!(ends(fast, &up), 2499.0, "a pulse must be over before the next one");
    assert_eq!(ends(coarse.clone(), &format!("E{up}")), 1680.0, "180 degrees are the most");
    assert_eq!(ends(coarse, &format!("E{down}")), 1320.0);
    let mut session = Session::new(&board());
    session.press("EssEE");
    assert!(session.said().contains("That is straight ahead: nudge it left first."));
}

#[test]
fn an_esc_that_cannot_turn_backward_is_never_inverted() {
    let esc = MotorInfo { reverses: false, ..motor("main") };
    let mut session = Session::new(&BoardInfo { motors: vec![esc.clone()], servos: Vec::new(), ..board() });
    session.press("E").pass(1000).press("b");
    assert!(session.said().contains("swap two of the motor's wires"));
    assert_eq!(*session.found(), Found::default());
    let mut session = Session::new(&BoardInfo { motors: vec![esc.clone()], servos: Vec::new(), ..board() });
    session.press("E").pass(1000).press("fE").pass(600).press("EE");
    assert_eq!(session.found().motors, [MotorInfo { min_duty: 0.06, ..esc }]);
}

#[test]
fn front_wheels_turn_no_less_and_no_further_than_a_board_file_takes() {
    let steering = ServoInfo {
        role: "steering".to_owned(),
        min_us: 1000.0,
        max_us: 2000.0,
        min_deg: -30.0,
        max_deg: 30.0,
        reach_deg: [1.0, 60.0],
        ..servo()
    };
    let mut session =
        Session::new(&BoardInfo { motors: Vec::new(), servos: vec![steering.clone()], ..board() });
    session.press("EE>E");
    assert!(session.said().contains("A board file wants at least 1 degrees left: nudge it further."));
    session.press("^^^^^^^^^^^^^^^^^^^^^^^^^");
    assert_eq!(session.said().matches("as far as a board file lets it turn: 60 degrees").count(), 1);
    session.press("E<E");
    assert!(session.said().contains("at least 1 degrees right"));
    session.press("<E").press("E");
    let found = ServoInfo { min_us: 1480.0, max_us: 2500.0, min_deg: -1.2, max_deg: 60.0, ..steering };
    assert_eq!(session.found().servos, [found]);
}

#[test]
fn a_servo_whose_degrees_are_too_steep_to_be_written_apart_is_not_given_none() {
    let steep = ServoInfo { min_us: 500.0, max_us: 2500.0, min_deg: -1.0, max_deg: 1.0, ..servo() };
    let mut session = Session::new(&BoardInfo { motors: Vec::new(), servos: vec![steep], ..board() });
    session.press("EE>E");
    assert!(session.said().contains("at least 0.1 degrees left"));
    assert_eq!(session.wizard.end(), None);
}

#[test]
fn a_car_that_does_not_obey_stops_the_question_until_somebody_tries_again() {
    let mut session = Session::new(&board());
    session.press("E").pass(500);
    session.wizard.refuse("the emergency stop is latched");
    session.wizard.refuse("the emergency stop is latched");
    assert_eq!(session.said().matches("The car does not obey: the emergency stop is latched").count(), 1);
    assert_eq!((session.moves(), session.wizard.wake()), (None, None));
    assert_eq!(session.press("fs").pass(10_000).moves(), None);
    session.press("E").pass(999).moves_by("left", 0.4);
    session.pass(1).press("fE");
    session.wizard.refuse("gone");
    assert_eq!(session.press("E").moves(), None, "what rose does not rise again by itself");
    assert!(session.wizard.prompt().starts_with("Enter: let it rise"));
}

#[test]
fn whoever_quits_at_any_moment_leaves_nothing_that_moves() {
    let keys = ["", "E", "Eb", "EbE", "Ess", "EssE", "Ess>E>E"];
    for keys in keys {
        let mut session = Session::new(&board());
        session.press(keys).press("q");
        assert_eq!((session.wizard.end(), session.moves()), (Some(&End::Quit), None), "{keys}");
        session.press("EEE").pass(1000);
        assert_eq!((session.wizard.end(), session.moves()), (Some(&End::Quit), None), "{keys}");
    }
}

#[test]
fn a_file_changes_where_something_was_found_and_nowhere_else() {
    let file = BoardFile::parse(FILE).unwrap();
    let found = Found {
        motors: vec![
            MotorInfo { invert: true, min_duty: 0.23, ..motor("left") },
            MotorInfo { deadband: 0.02, min_duty: 0.2, ..motor("right") },
        ],
        servos: vec![ServoInfo { min_us: 610.0, max_deg: 79.5, center_deg: 0.0, ..servo() }],
    };
    let expected = FILE
        .replace("# blue\n", "# blue\ninvert  = true\nmin_duty = 0.23\n")
        .replace("invert = true, min_duty = 0.1 }", "invert = false, min_duty = 0.2 }")
        .replace("= 500 ", "= 610 ")
        .replace("max_deg = 90\n", "max_deg = 79.5\n");
    assert_eq!(file.with(&found).unwrap(), expected);
    assert_eq!(file.with(&Found::default()).unwrap(), FILE);
    let windows = FILE.replace('\n', "\r\n");
    let file = BoardFile::parse(&windows).unwrap();
    assert_eq!(file.with(&found).unwrap(), expected.replace('\n', "\r\n"));
    let stranger = Found { motors: vec![motor("third")], servos: Vec::new() };
    assert_eq!(file.with(&stranger).unwrap_err(), "has no [motors.third]");
}

#[test]
fn a_file_that_is_not_the_daemons_is_refused_with_the_difference() {
    let matches = |text: &str, board: &BoardInfo| BoardFile::parse(text).unwrap().matches(board);
    assert_eq!(matches(FILE, &board()), Ok(()));
    let with = |from: &str, to: &str| {
        assert!(FILE.contains(from), "{from}");
        matches(&FILE.replacen(from, to, 1), &board()).unwrap_err()
    };
    assert_eq!(with("\"my car\"", "\"other\""), "name is \"other\" here, and the daemon runs \"my car\"");
    assert_eq!(
        with("min_duty = 0.1 ", "min_duty = 0.12 "),
        "motors.right.min_duty is 0.12 here, and 0.1 in the daemon's board"
    );
    assert_eq!(
        with("min_duty = 0.1 ", "min_duty = 0.1, deadband = 0 "),
        "motors.right.deadband is 0 here, and 0.02 in the daemon's board"
    );
    assert_eq!(
        with("invert = true, ", ""),
        "motors.right.invert is false here, and true in the daemon's board"
    );
    assert_eq!(
        with("max_deg = 90\n", "max_deg = 90\ncenter_deg = 5\n"),
        "servos.pan.center_deg is 5 here, and 0 in the daemon's board"
    );
    assert_eq!(
        with("min_us = 500 ", "min_us = \"a\" "),
        "servos.pan.min_us is \"a\" here, and 500 in the daemon's board"
    );
    assert_eq!(with("[servos.pan]", "[servos.tilt]"), "has [servos.tilt], which the daemon's board has not");
    assert_eq!(with("right = ", "#right = "), "has no [motors.right], and the daemon's board has");
}

#[test]
fn what_is_no_file_of_ours_is_refused_in_words() {
    let refused = |text: &str| BoardFile::parse(text).unwrap_err();
    assert!(refused("name = ").starts_with("is no TOML: "), "{}", refused("name = "));
    assert_eq!(refused("a = 1\r\nb = 2\n"), "has line ends of two kinds: let your editor make them one");
}

#[test]
fn a_board_that_would_lead_the_wizard_astray_is_refused() {
    assert_eq!(sound(&board()), Ok(()));
    for wrong in [
        ServoInfo { min_us: 2500.0, ..servo() },
        ServoInfo { min_us: 0.0, ..servo() },
        ServoInfo { max_us: 1e9, ..servo() },
        ServoInfo { min_deg: 90.0, ..servo() },
        ServoInfo { max_deg: 1e9, ..servo() },
        ServoInfo { frequency_hz: 0.0, ..servo() },
        ServoInfo { frequency_hz: 1e9, ..servo() },
        ServoInfo { min_deg: f64::NAN, ..servo() },
        ServoInfo { reach_deg: [60.0, 1.0], ..servo() },
        ServoInfo { reach_deg: [1.0, f64::NAN], ..servo() },
    ] {
        assert!(sound(&BoardInfo { servos: vec![wrong.clone()], ..board() }).is_err(), "{wrong:?}");
    }
    assert!(
        sound(&BoardInfo { motors: vec![MotorInfo { min_duty: -1.0, ..motor("left") }], ..board() }).is_err()
    );
}
