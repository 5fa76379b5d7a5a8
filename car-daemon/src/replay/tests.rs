//! A gate and a control loop that many talk to at once, recorded, and had again; and recordings that somebody
//! changed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use hal::{Interlock, Platform};
use proptest::prelude::*;
use protocol::{Angle, Command, Level, Move, Power, Role, Trial, Ttl};
use sim::{Script, Sim};

use super::*;
use crate::config::Config;
use crate::control::{Control, Gate, Grant, Input, Rules, SessionId};
use crate::hardware::{Bell, Mode, Plant};
use crate::latch::Below;
use crate::recording::{Header, Keeper, Reel, Tape, draft, header};
use crate::shared::Shared;

/// What breaks meanwhile: the way through the gate is another then.
const SCRIPT: &str = r#"
events = [
    { at_s = 1.2, fault = "chip-silent", on = "pca9685@0x40", for_s = 0.7 },
    { at_s = 3.1, fault = "bus-noise", on = "i2c-1", count = 40 },
    { at_s = 4, fault = "motor-stalled", on = "left", for_s = 1 },
    { at_s = 5.5, fault = "chip-reset", on = "pca9685@0x40" },
    { at_s = 6.01, teleport = [0.3, 0.2, 77] },
    { at_s = 7, fault = "brown-out", for_s = 0.1 },
]
"#;

const TURN: Duration = Duration::from_millis(10);

/// A gate, a control loop, and a recording of both.
struct Run {
    shared: Arc<Shared>,
    plant: Plant,
    /// Of the run, nanoseconds.
    now: Arc<AtomicU64>,
    recording: crate::recording::Recording,
    file: tempfile::NamedTempFile,
}

impl Run {
    fn begin(seed: u64, script: &str) -> Self {
        let mut config = Config::standard();
        config.board = hal::Board::preset("classroom").unwrap();
        let parsed = Script::parse("script", script, &config.board).unwrap();
        let setup = sim::Setup { seed, noise: 1.0, script: parsed, ..config.setup() };
        let header = Header { seed, noise: 1.0, script: script.to_owned(), ..header(&config, None).unwrap() };
        let file = tempfile::NamedTempFile::new().unwrap();
        let (pen, draft) = draft(file.path().to_owned(), header, true);
        let keeper: Option<Keeper> = Some(draft.keeper());
        let recording = draft.start().unwrap();
        let interlock = Interlock::default();
        let below = Below::new(interlock.clone(), None);
        let gate = Gate::new(
            Rules::new(config.control.clone(), &config.board).for_simulator(&config.board, config.sim.speed),
        );
        let shared = Shared::new(gate, Bell::new(Mode::Thread), below, Tape::new(Reel::Pen(pen)));
        let shared = Arc::new(shared.recorded(keeper));
        let platform: Box<dyn Platform> = Box::new(Sim::of(&config.board, &setup));
        let plant = Plant::assemble(&config.board, platform, interlock, Arc::clone(&shared), TURN).unwrap();
        Self { shared, plant, now: Arc::default(), recording, file }
    }

    fn turn(&mut self) {
        let now = self.now.fetch_add(TURN.as_nanos() as u64, Ordering::Relaxed);
        self.plant.turn(Duration::from_nanos(now));
    }

    /// Says something now.
    fn say(&self, input: Input) {
        drop(self.shared.tell(&input, Duration::from_nanos(self.now.load(Ordering::Relaxed))));
    }

    fn ask(&self, command: Command) {
        self.say(Input::Asked { session: 1, command });
    }

    /// The whole recording.
    fn end(mut self) -> String {
        self.plant.end(Duration::from_nanos(self.now.load(Ordering::Relaxed))).unwrap();
        self.recording.join(Duration::from_secs(60));
        std::fs::read_to_string(self.file.path()).unwrap()
    }
}

fn grant(role: Role, priority: u8) -> Grant {
    Grant { role: Some(role), priority, principal: Some("tablet \"ä\"".into()) }
}

fn opened(session: SessionId, role: Role) -> Input {
    Input::Opened { session, peer: format!("127.0.0.1:{session}"), linked: true, grant: grant(role, 50) }
}

fn drive(throttle: f64, steer: f64) -> Command {
    let [throttle, steer] = [throttle, steer].map(Power::clamped);
    Command::Drive { throttle, steer, strafe: None, ttl: None, seq: None, t: None }
}

/// Ten seconds in which somebody drives, as in every such recording.
fn quiet(seed: u64) -> String {
    let mut run = Run::begin(seed, "");
    run.say(opened(1, Role::Driver));
    for turn in 0..1_000_u32 {
        if turn % 20 == 0 {
            run.ask(drive(0.5, f64::from(turn % 7) / 10.0));
        }
        run.turn();
    }
    run.end()
}

/// Anything that somebody may say.
fn anything(chance: u64, session: SessionId) -> Input {
    let power = (chance >> 8) as f64 / (1_u64 << 56) as f64 * 2.0 - 1.0;
    let command = match chance % 16 {
        0..5 => drive(power, -power),
        5 => Command::Move(Move::Left),
        6 => Command::Stop { seq: Some(chance >> 40) },
        7 => Command::Estop { reason: Some("why \u{1f600}".into()) },
        8 | 9 => Command::Reset,
        10 => Command::Acquire { force: chance & 256 != 0 },
        11 => Command::Release,
        12 => Command::Look { pan: Some(Angle::clamped(power * 80.0)), tilt: None },
        13 => Command::NudgeStep { pan: 1, tilt: 0 },
        14 => Command::Output { name: "horn".into(), level: Level::clamped(power), ttl: None },
        _ => Command::Test {
            trial: Trial::Motor { name: "left".into(), power: Power::clamped(power) },
            ttl: Ttl::from_ms(700.0).ok(),
            seq: None,
            t: None,
        },
    };
    match chance >> 32 & 63 {
        0 => Input::Closed { session, why: "gone".into() },
        1 | 2 => opened(session, if chance & 512 == 0 { Role::Driver } else { Role::Admin }),
        3 => Input::Named { session, name: "Anna".into() },
        4 => Input::Granted { session, grant: grant(Role::Admin, 7) },
        5 => Input::Reloaded {
            control: Control { cruise: 0.1 + power.abs() / 2.0, ..Control::default() },
            reset: Role::Driver,
        },
        _ => Input::Asked { session, command },
    }
}

#[test]
fn whatever_many_say_at_once_while_the_car_fails_and_recovers_comes_to_the_same_again() {
    let mut run = Run::begin(3, SCRIPT);
    let (over, said) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
    let clients: Vec<_> = (1..=4)
        .map(|session| {
            let (shared, now) = (Arc::clone(&run.shared), Arc::clone(&run.now));
            let (over, said) = (Arc::clone(&over), Arc::clone(&said));
            thread::spawn(move || {
                // Who comes when is the system's to decide, anew in each run.
                let mut chance = even_bits(session);
                drop(shared.tell(&opened(session, Role::Admin), Duration::ZERO));
                while !over.load(Ordering::Relaxed) {
                    let at = Duration::from_nanos(now.load(Ordering::Relaxed));
                    drop(shared.tell(&anything(chance(), session), at));
                    said.fetch_add(1, Ordering::Relaxed);
                    thread::yield_now();
                }
            })
        })
        .collect();
    let mut turns = 0;
    // On a machine that is busy the clients come to less.
    while turns < 1_000 || said.load(Ordering::Relaxed) < 1_000 {
        run.turn();
        turns += 1;
    }
    over.store(true, Ordering::Relaxed);
    clients.into_iter().for_each(|client| client.join().unwrap());
    let text = run.end();
    let replayed = replay(text.as_bytes()).unwrap();
    assert!(replayed.parted.is_none(), "{replayed}");
    // What was refused is not in it.
    assert!(replayed.inputs >= 500 && replayed.digests > 10 && replayed.cut.is_none(), "{replayed:?}");
}

/// A stream of even bits: SplitMix64.
fn even_bits(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

/// Where a recording parts from its own run, after a change to its text.
fn parted(text: &str) -> Parted {
    replay(text.as_bytes()).unwrap().parted.expect("another run")
}

fn second(at: Duration) -> u64 {
    at.as_secs()
}

#[test]
fn a_duty_that_somebody_changed_is_found_in_its_second_and_in_what_follows_from_it() {
    let text = quiet(5);
    let changed = text
        .lines()
        .map(|line| match line.starts_with(r#"{"told":[2600000000,"#) {
            true => line.replace("\"throttle\":0.5", "\"throttle\":0.51") + "\n",
            false => line.to_owned() + "\n",
        })
        .collect::<String>();
    assert_ne!(changed, text);
    let parted = parted(&changed);
    assert_eq!(second(parted.at), 3);
    for part in ["pins", "motors", "body", "car"] {
        assert!(parted.parts.iter().any(|name| name == part), "{part} of {:?}", parted.parts);
    }
    assert!(!parted.parts.iter().any(|part| part == "time"), "{:?}", parted.parts);
    let told = parted.to_string();
    assert!(told.starts_with("the runs part before 3.000 s (line"), "{told}");
    assert!(told.contains("2.600 s") && told.contains(r#""throttle":0.51"#), "{told}");
}

#[test]
fn a_command_that_somebody_took_out_is_found_in_its_second() {
    let text = quiet(5);
    let gone = |line: &&str| !line.starts_with(r#"{"told":[4400000000,"#);
    let changed: String = text.lines().filter(gone).map(|line| format!("{line}\n")).collect();
    assert_ne!(changed, text);
    assert_eq!(second(parted(&changed).at), 5);
}

#[test]
fn another_seed_is_found_at_once_in_what_the_sensors_say() {
    let text = quiet(5);
    let changed = text.replacen("\"seed\":5", "\"seed\":6", 1);
    assert_ne!(changed, text);
    let parted = parted(&changed);
    assert!(second(parted.at) <= 1, "{parted}");
    assert!(!parted.parts.iter().any(|part| part == "pins" || part == "time"), "{parted}");
}

#[test]
fn a_recording_that_was_cut_off_anywhere_comes_to_the_same_up_to_there() {
    let text = quiet(5);
    for cut in [text.len() / 3, text.len() / 2, text.len() - 2] {
        let replayed = replay(&text.as_bytes()[..cut]).unwrap();
        assert!(replayed.parted.is_none() && replayed.cut.is_some(), "{cut}: {replayed}");
        let said = replayed.to_string();
        assert!(said.contains("cut off after line") && said.contains(", compared up to "), "{said}");
    }
    let whole = replay(text.as_bytes()).unwrap();
    assert!(
        whole.cut.is_none() && whole.to_string().starts_with("same: 10.000 s, 51 inputs, hash "),
        "{whole}"
    );
}

#[test]
fn where_no_fingerprint_is_left_nothing_was_compared_and_nothing_is_called_the_same() {
    let text = quiet(5).replacen("\"seed\":5", "\"seed\":6", 1);
    let blind = |line: &&str| !line.starts_with("{\"digest") && !line.starts_with("{\"end");
    let changed: String = text.lines().filter(blind).map(|line| format!("{line}\n")).collect();
    for text in [&changed, text.split_inclusive('\n').next().unwrap()] {
        let replayed = replay(text.as_bytes()).unwrap();
        assert_eq!(replayed.compared, None);
        assert!(replayed.to_string().starts_with("nothing to compare"), "{replayed}");
    }
}

#[test]
fn time_that_goes_backwards_and_texts_without_end_are_damage() {
    let text = quiet(5);
    let long = "p".repeat(2000);
    for (text, said) in [
        (text.replacen("{\"turn\":5000000000}", "{\"turn\":4000000000}", 1), "before that of the turn above"),
        (text.replacen("tablet", &long, 1), "more than 1024 bytes"),
        (text.replacen("\"turn\":50000000}", "\"\\u001b[2J\":1}", 1), "\\u{1b}"),
    ] {
        let damage = replay(text.as_bytes()).unwrap_err().to_string();
        assert!(damage.contains(said) && !damage.contains('\u{1b}'), "{said}: {damage:?}");
    }
}

#[test]
fn what_a_session_without_a_role_asks_in_vain_is_not_written_down_and_the_run_is_the_same_again() {
    let mut run = Run::begin(5, "");
    let grant = Grant { role: None, ..grant(Role::Driver, 0) };
    run.say(Input::Opened { session: 1, peer: "nobody".into(), linked: true, grant });
    for _ in 0..150 {
        run.ask(drive(0.5, 0.0));
        run.ask(Command::Who);
        run.turn();
    }
    let text = run.end();
    assert!(!text.contains("asked"), "{text}");
    let replayed = replay(text.as_bytes()).unwrap();
    assert!(replayed.parted.is_none() && replayed.compared.is_some(), "{replayed}");
}

#[test]
fn two_runs_of_one_program_are_the_same_from_whichever_process_it_came() {
    let text = quiet(5);
    let other = text.replacen("127.0.0.1:1", "uid 0, pid 20890", 1);
    assert_ne!(text, other);
    assert_eq!(compare(text.as_bytes(), other.as_bytes()).unwrap().1, None);
}

#[test]
fn a_recording_by_another_version_says_so() {
    let text =
        quiet(5).replacen(concat!("\"version\":\"", env!("CARGO_PKG_VERSION")), "\"version\":\"0.0.7", 1);
    let replayed = replay(text.as_bytes()).unwrap();
    assert!(replayed.to_string().starts_with("recorded by version 0.0.7, and this is"), "{replayed}");
}

#[test]
fn what_is_no_recording_is_told_by_its_line() {
    let text = quiet(5);
    let mut lines: Vec<&str> = text.lines().collect();
    let line = lines.iter().position(|line| line.contains("throttle")).unwrap();
    let wrong = lines[line].replace("\"throttle\":0.5", "\"throttle\":1.5");
    lines[line] = &wrong;
    let damage = replay(lines.join("\n").as_bytes()).unwrap_err();
    assert_eq!(damage.line, line as u64 + 1);
    assert!(damage.what.contains("throttle") && damage.what.contains("-1 to 1"), "{damage}");
    for (text, said) in [
        ("", "not the first line of a recording"),
        ("hello\n", "expected value"),
        ("{\"turn\":5}\n", "not the first line of a recording"),
        ("{\"recording\":{\"format\":1}}\n", "missing field"),
        (&text.replacen("\"format\":1", "\"format\":2", 1), "format 2"),
        (&text.replacen("\"cruise\":0.6", "\"cruise\":7", 1), "`cruise` is 7: it must be 0.05 to 1"),
        (&text.replacen("tb6612", "tb6613", 1), "tb6613"),
        (&text.replacen("{\"turn\":0}\n", "", 1), "where it is not looked at"),
    ] {
        let damage = replay(text.as_bytes()).unwrap_err();
        assert!(damage.to_string().contains(said), "{said}: {damage}");
    }
}

#[test]
fn two_recordings_are_the_same_or_differ_where_somebody_said_something_else() {
    let (text, other) = (quiet(5), quiet(6));
    assert_eq!(compare(text.as_bytes(), quiet(5).as_bytes()).unwrap().1, None);
    let (_, difference) = compare(text.as_bytes(), other.as_bytes()).unwrap();
    assert_eq!(difference, Some(Difference::Begin(vec!["seed"])));
    let changed = text.replacen("\"steer\":0.6", "\"steer\":0.61", 1);
    let (_, difference) = compare(text.as_bytes(), changed.as_bytes()).unwrap();
    let told = difference.expect("another").to_string();
    assert!(told.contains("\"steer\":0.6,") && told.contains("\"steer\":0.61,"), "{told}");
    let (_, difference) = compare(text.as_bytes(), &text.as_bytes()[..text.len() / 2]).unwrap();
    assert!(difference.expect("shorter").to_string().contains("second  it has ended"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_recording_that_is_damaged_anywhere_is_told_so_or_had_again_and_never_more(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        static SHORT: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let mut run = Run::begin(1, "");
            run.say(opened(1, Role::Driver));
            for _ in 0..30 {
                run.ask(drive(0.4, 0.1));
                run.turn();
            }
            run.end().into_bytes()
        });
        let mut bytes = SHORT.clone();
        // Behind the line of the files, in which a change is a fault of theirs, and behind its end.
        let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for (at, byte) in changes {
            let place = first + at.index(bytes.len() - first);
            bytes[place] = byte;
        }
        bytes.truncate(bytes.len() - cut.index(200));
        if let Err(damage) = replay(&bytes[..]) {
            prop_assert!(damage.line > 1 && !damage.what.is_empty());
        }
    }
}
