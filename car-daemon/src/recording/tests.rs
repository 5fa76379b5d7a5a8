//! Every line as text and back, and disks that fail or stand still.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use proptest::prelude::*;
use protocol::{
    Angle, AngularSpeed, Command, Level, LinearSpeed, Moment, Move, Power, Pulse, Role, Token, Trial, Ttl,
};

use super::told::{Told, numbers};
use super::writer::{MOST, WAITING, begin};
use super::*;
use crate::control::{Control, Grant, Input};
use crate::log::paper::logged;

fn power() -> impl Strategy<Value = Power> {
    (-1.0..=1.0).prop_map(Power::clamped)
}

fn ttl() -> impl Strategy<Value = Option<Ttl>> {
    prop::option::of((1.0..2000.0).prop_map(|ms| Ttl::from_ms(ms).expect("in range")))
}

fn command() -> impl Strategy<Value = Command> {
    use prop::option::of;
    let angle = || (-180.0..=180.0).prop_map(Angle::clamped);
    let moment = of((0.0..1e9).prop_map(Moment::clamped));
    let name = || "[a-z]{1,8}";
    let trial = prop_oneof![
        (name(), power()).prop_map(|(name, power)| Trial::Motor { name, power }),
        (name(), 400.0..2600.0).prop_map(|(name, us)| Trial::Servo { name, pulse: Pulse::clamped(us) }),
    ];
    prop_oneof![
        (power(), power(), of(power()), ttl(), of(any::<u32>()), moment).prop_map(
            |(throttle, steer, strafe, ttl, seq, t)| {
                Command::Drive { throttle, steer, strafe, ttl, seq: seq.map(u64::from), t }
            }
        ),
        (-100.0..100.0, -100.0..100.0, ttl()).prop_map(|(linear, angular, ttl)| Command::Velocity {
            linear: LinearSpeed::clamped(linear),
            angular: AngularSpeed::clamped(angular),
            ttl,
            seq: None,
            t: None,
        }),
        (trial, ttl()).prop_map(|(trial, ttl)| Command::Test { trial, ttl, seq: Some(7), t: None }),
        prop::sample::select(vec![Move::Forward, Move::Backward, Move::Left, Move::Right])
            .prop_map(Command::Move),
        of(any::<u32>()).prop_map(|seq| Command::Stop { seq: seq.map(u64::from) }),
        of("[ -~ä😀]{0,64}").prop_map(|reason| Command::Estop { reason }),
        any::<bool>().prop_map(|force| Command::Acquire { force }),
        (angle(), of(angle())).prop_map(|(pan, tilt)| Command::Look { pan: Some(pan), tilt }),
        (angle(), angle()).prop_map(|(pan, tilt)| Command::Nudge { pan, tilt }),
        prop::sample::select(vec![(1, 0), (-1, 0), (0, 1), (0, -1)])
            .prop_map(|(pan, tilt)| Command::NudgeStep { pan, tilt }),
        (name(), 0.0..=1.0, ttl()).prop_map(|(name, level, ttl)| Command::Output {
            name,
            level: Level::clamped(level),
            ttl
        }),
        prop::sample::select(vec![Command::Reset, Command::Release, Command::Who, Command::Center]),
    ]
}

fn grant() -> impl Strategy<Value = Grant> {
    let role = prop::option::of(prop::sample::select(Role::ALL.to_vec()));
    (role, 0..=100_u8, prop::option::of(".{0,20}")).prop_map(|(role, priority, principal)| Grant {
        role,
        priority,
        principal,
    })
}

fn input() -> impl Strategy<Value = Input> {
    let session = any::<u64>();
    prop_oneof![
        (session, ".{0,40}", any::<bool>(), grant())
            .prop_map(|(session, peer, linked, grant)| Input::Opened { session, peer, linked, grant }),
        (session, ".{0,64}").prop_map(|(session, name)| Input::Named { session, name }),
        (session, grant()).prop_map(|(session, grant)| Input::Granted { session, grant }),
        (session, ".{0,64}").prop_map(|(session, why)| Input::Closed { session, why }),
        (session, command()).prop_map(|(session, command)| Input::Asked { session, command }),
        (session, prop::option::of(".{0,64}")).prop_map(|(session, lost)| Input::Video { session, lost }),
        (0.05..1.0, 1_u32..2000).prop_map(|(cruise, ms)| {
            let command_ttl = Duration::from_millis(ms.into());
            let control = Control { cruise, command_ttl, ..Control::default() };
            Input::Reloaded { control, reset: Role::Admin }
        }),
        ".{0,40}".prop_map(|why| Input::Closing { why }),
    ]
}

proptest! {
    #[test]
    fn whatever_the_gate_is_told_is_written_on_one_line_and_read_as_it_was(
        input in input(), at in any::<u64>(), looks in any::<u32>(),
    ) {
        let line = Line::Told(at, looks, Told::new(input.clone()).expect("the gate's"));
        let text = line.text();
        prop_assert_eq!(text.lines().count(), 1, "{}", &text);
        let Ok(Line::Told(when, after, told)) = Line::read(&text) else { panic!("{text}") };
        prop_assert_eq!((when, after), (at, looks));
        prop_assert_eq!(told.into_input(), Ok(input));
    }

    #[test]
    fn a_line_that_is_none_is_told(text in ".{0,80}") {
        prop_assert!(Line::read(&text).is_err_and(|what| !what.is_empty()));
    }
}

#[test]
fn a_token_is_never_written() {
    let token: Token = "very-secret-indeed".parse().expect("a token");
    for command in [Command::Auth { token: token.clone() }, Command::Hello { name: None, token: Some(token) }]
    {
        assert_eq!(Told::new(Input::Asked { session: 1, command }), None);
    }
}

#[test]
fn numbers_of_control_are_what_they_were() {
    let control = Control { rate_hz: 33.3, cruise: 0.1 + 0.2, ..Control::default() };
    assert_eq!(super::control(&numbers(&control)), Ok(control));
}

/// A disk with room for so many bytes, which says what was written, and waits for a word before it writes.
struct Disk {
    room: usize,
    may: Receiver<()>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Once nobody says it any more, it may always.
        let _: Result<(), _> = self.may.recv();
        if bytes.len() > self.room {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.room -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk that has stood still and goes on.
fn sound() -> Disk {
    Disk { room: usize::MAX, may: sync_channel(0).1 }
}

/// Longer than any machine needs.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_disk_that_is_full_ends_the_recording_and_nothing_else() {
    let (mut pen, _, recording) = begin(Disk { room: 100, ..sound() }, MOST, false);
    for turn in 0..100 {
        pen.write(&Line::Turn(turn));
    }
    recording.join(LONG);
    assert!(pen.has_ended());
    pen.write(&Line::Turn(100));
    pen.end(&Line::Turn(101));
}

#[test]
fn a_disk_that_stands_still_keeps_nobody_waiting_and_the_log_says_that_the_file_is_incomplete() {
    for patient in [false, true] {
        let (go, may) = sync_channel::<()>(0);
        let (mut pen, keeper, recording) = begin(Disk { room: usize::MAX, may }, MOST, patient);
        let why = "w".repeat(WAITING / 100);
        // A pile may be on its way to the disk, and another behind it.
        for session in 0..250 {
            pen.write(&Line::Told(0, 0, Told::Closed { session, why: why.clone() }));
        }
        assert!(pen.has_ended());
        let said = logged(|| {
            keeper.look();
            keeper.look();
        });
        assert_eq!(said.matches("ERROR").count(), 1, "{said}");
        assert!(said.contains("incomplete") && said.contains("does not keep up"), "{said}");
        let said = logged(|| recording.join(Duration::ZERO));
        assert!(said.contains("ERROR") && said.contains("incomplete") && said.contains("missing="), "{said}");
        drop(go);
    }
}

#[test]
fn a_recording_ends_with_an_error_where_it_is_as_long_as_it_may_be() {
    let (mut pen, keeper, recording) = begin(sound(), 100, false);
    for turn in 0..100 {
        pen.write(&Line::Turn(turn));
    }
    assert!(pen.has_ended());
    let said = logged(|| keeper.look());
    // The writer may have said so before.
    assert!(said.is_empty() || said.contains("as long as it may be"), "{said}");
    recording.join(LONG);
}
