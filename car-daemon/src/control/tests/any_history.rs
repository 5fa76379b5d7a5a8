//! Whatever happens in whatever order, the car moves if, and only if, a valid command is alive: held
//! against a second, simpler account of the same rules.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::trial::{pulse, spin};
use super::*;

#[derive(Clone, Debug)]
enum Happening {
    Open { linked: bool, role: Role, priority: u8 },
    Close,
    Grant(Role),
    Drive { power: f64, ttl_ms: Option<f64>, seq: Option<u64>, age_ms: Option<u64> },
    Word(u8),
    Test { part: Part, ttl_ms: f64 },
    Stop,
    Estop,
    Reset,
    Acquire { force: bool },
    Release,
    Button(bool),
    Fail,
    Answer,
    Video { lost: bool },
    Pass(u64),
}

/// A motor's power, or a servo's pulse.
#[derive(Clone, Debug)]
enum Part {
    Motor(f64),
    Servo(f64),
}

fn happening() -> impl Strategy<Value = Happening> {
    use proptest::option::of;
    let role = prop_oneof![Just(Role::Observer), Just(Role::Driver), Just(Role::Driver), Just(Role::Admin)];
    let power = prop_oneof![Just(0.0), -1.0..=1.0];
    let part = prop_oneof![power.clone().prop_map(Part::Motor), (400.0..2600.0).prop_map(Part::Servo)];
    let drive = (power, of(1.0..2000.0), of(0_u64..9), of(0_u64..900));
    prop_oneof![
        3 => (any::<bool>(), role.clone(), 0_u8..4)
            .prop_map(|(linked, role, priority)| Happening::Open { linked, role, priority }),
        1 => Just(Happening::Close),
        1 => role.prop_map(Happening::Grant),
        8 => drive.prop_map(|(power, ttl_ms, seq, age_ms)| Happening::Drive { power, ttl_ms, seq, age_ms }),
        4 => (0_u8..4).prop_map(Happening::Word),
        3 => (part, 1.0..2000.0).prop_map(|(part, ttl_ms)| Happening::Test { part, ttl_ms }),
        1 => Just(Happening::Stop),
        1 => Just(Happening::Estop),
        2 => Just(Happening::Reset),
        3 => any::<bool>().prop_map(|force| Happening::Acquire { force }),
        1 => Just(Happening::Release),
        1 => any::<bool>().prop_map(Happening::Button),
        1 => Just(Happening::Fail),
        1 => Just(Happening::Answer),
        2 => any::<bool>().prop_map(|lost| Happening::Video { lost }),
        6 => (0_u64..700).prop_map(Happening::Pass),
    ]
}

/// The second account: no lease, no stick, only what was accepted and what ends it.
#[derive(Default)]
struct Account {
    now: Duration,
    /// Whether each open session is linked.
    open: BTreeMap<u64, bool>,
    /// Who sees nothing, and should.
    blind: BTreeSet<u64>,
    /// Who moves the car, and until when; `None` for as long as the link.
    alive: Option<(u64, Option<Duration>)>,
    /// It does so by a test, which needs more than to drive.
    tests: bool,
    latched: bool,
    pressed: bool,
    /// The hardware failed and nobody has reset that.
    failed: bool,
    answers: bool,
}

impl Account {
    /// `id` moves the car no more.
    fn end(&mut self, id: u64) {
        self.alive = self.alive.filter(|(driver, _)| *driver != id);
    }

    /// An accepted motion of `id`.
    fn moved(&mut self, id: u64, stands: bool, until: Option<Duration>) -> Result<(), TestCaseError> {
        prop_assert!(!self.latched && !self.failed && self.open.contains_key(&id));
        prop_assert!(stands || !self.blind.contains(&id), "it drove and saw nothing");
        let others = self.alive.is_some_and(|(driver, _)| driver != id);
        prop_assert!(stands || !others, "a motion took the wheel from somebody who drove");
        if !others {
            self.alive = (!stands).then_some((id, until));
            self.tests = false;
        }
        Ok(())
    }

    /// Lets both the gate and this account live through it.
    fn live(&mut self, gate: &mut Gate, id: u64, what: &Happening) -> Result<(), TestCaseError> {
        let now = self.now;
        match *what {
            Happening::Open { linked, role, priority } if !self.open.contains_key(&id) => {
                gate.session_opened(id, "x", linked, granted(role, priority), now);
                self.open.insert(id, linked);
            }
            Happening::Open { .. } => {}
            Happening::Close => {
                gate.session_closed(id, "x", now);
                self.open.remove(&id);
                self.blind.remove(&id);
                self.end(id);
            }
            Happening::Grant(role) => {
                gate.session_granted(id, granted(role, 1), now);
                if role < Role::Driver || (self.tests && role < Role::Admin) {
                    self.end(id);
                }
            }
            Happening::Drive { power, ttl_ms, seq, age_ms } => {
                let age = age_ms.map(|age| now.saturating_sub(ms(age)));
                let t = age.and_then(|t| Moment::new("t", t.as_secs_f64()).ok());
                let (throttle, ttl) = (Power::clamped(power), ttl_ms.and_then(|t| Ttl::from_ms(t).ok()));
                let command = Command::Drive { throttle, steer: Power::default(), strafe: None, ttl, seq, t };
                if gate.handle(id, &command, now).is_ok() {
                    let until = age.unwrap_or(now) + ttl.map_or(ms(500), Ttl::get);
                    prop_assert!(until + ms(1) > now, "late");
                    self.moved(id, power == 0.0, Some(until))?;
                }
            }
            Happening::Word(word) => {
                let word = [Move::Forward, Move::Backward, Move::Left, Move::Right][usize::from(word)];
                if gate.handle(id, &Command::Move(word), now).is_ok() {
                    let linked = self.open.get(&id) == Some(&true);
                    self.moved(id, false, (!linked).then_some(now + ms(1_000)))?;
                }
            }
            Happening::Test { ref part, ttl_ms } => {
                let ttl = Ttl::from_ms(ttl_ms).ok();
                let (trial, stands) = match *part {
                    Part::Motor(power) => (spin("left", power), power == 0.0),
                    Part::Servo(us) => (pulse("pan", us), false),
                };
                if gate.handle(id, &Command::Test { trial, ttl, seq: None, t: None }, now).is_ok() {
                    prop_assert_eq!(gate.role(id), Some(Role::Admin));
                    self.moved(id, stands, Some(now + ttl.map_or(ms(500), Ttl::get)))?;
                    self.tests |= self.alive.is_some_and(|(driver, _)| driver == id);
                }
            }
            Happening::Video { lost } => {
                gate.session_sees(id, lost.then_some("x"), now);
                if lost && self.open.contains_key(&id) {
                    self.blind.insert(id);
                    self.end(id);
                } else {
                    self.blind.remove(&id);
                }
            }
            Happening::Stop => {
                let done = gate.handle(id, &Command::Stop { seq: None }, now);
                prop_assert_eq!(done.is_ok(), self.open.contains_key(&id));
                self.alive = self.alive.filter(|_| done.is_err());
            }
            Happening::Estop => {
                let done = gate.handle(id, &Command::Estop { reason: None }, now);
                prop_assert_eq!(done.is_ok(), self.open.contains_key(&id));
                self.latched |= done.is_ok();
            }
            Happening::Reset => {
                let done = gate.handle(id, &Command::Reset, now);
                prop_assert!(done.is_err() || !self.pressed && (!self.failed || self.answers));
                self.latched &= done.is_err();
                self.failed &= done.is_err();
            }
            Happening::Acquire { force } => {
                if gate.handle(id, &Command::Acquire { force }, now).is_ok() {
                    let others = self.alive.filter(|(driver, _)| *driver != id);
                    prop_assert!(force || others.is_none(), "asking took the wheel");
                    self.alive = self.alive.filter(|(driver, _)| *driver == id);
                }
            }
            Happening::Release => {
                if gate.handle(id, &Command::Release, now).is_ok() {
                    self.end(id);
                }
            }
            Happening::Button(pressed) => {
                gate.button(pressed.then_some("gpio:GPIO26"), now);
                self.pressed = pressed;
                self.latched |= pressed;
            }
            Happening::Fail => {
                gate.hardware_failed("broken", now);
                (self.failed, self.answers) = (true, false);
            }
            Happening::Answer => {
                gate.hardware_answers();
                self.answers = true;
            }
            Happening::Pass(more) => self.now += ms(more),
        }
        if self.latched || self.failed {
            self.alive = None;
        }
        let now = self.now;
        self.alive = self.alive.filter(|(_, until)| until.is_none_or(|until| now < until));
        Ok(())
    }

    fn agrees(&self, gate: &mut Gate) -> Result<(), TestCaseError> {
        let outputs = gate.tick(self.now);
        prop_assert_eq!(!is_braked(&outputs), self.alive.is_some(), "{:?}", self.alive);
        if let Some((driver, until)) = self.alive {
            prop_assert_eq!(outputs.driver, Some(driver));
            prop_assert_eq!(gate.held_by(), until.map_or(Some(driver), |_| None));
            prop_assert!(gate.next_deadline() <= Some(self.now + ms(2_000)));
        }
        prop_assert_eq!(outputs.mode == Mode::Estop, self.latched);
        prop_assert_eq!(outputs.mode == Mode::Fault, self.failed && !self.latched);
        prop_assert!(outputs.driver.is_none_or(|driver| self.open.contains_key(&driver)), "a ghost drives");
        prop_assert!(outputs.throttle.abs() <= 1.0 && outputs.steer.abs() <= 1.0);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn the_car_moves_only_while_a_valid_command_of_the_lease_holder_is_alive(
        history in proptest::collection::vec((1_u64..5, happening()), 0..80)
    ) {
        let mut gate = gate();
        let mut account = Account { open: [(ANNA, true), (BEN, true), (RADIO, false)].into(), ..Account::default() };
        for (id, what) in &history {
            account.live(&mut gate, *id, what)?;
            account.agrees(&mut gate)?;
        }
        // Links end; then, at the latest, everything is over.
        for id in 1..5 {
            account.live(&mut gate, id, &Happening::Close)?;
        }
        account.agrees(&mut gate)?;
        prop_assert!(is_braked(&gate.outputs()));
        prop_assert_eq!(gate.outputs().driver, None);
    }
}
