//! What keys, the car's answers and the passing of time come to: what is said to the car, and what the person is
//! told. Pure: the time is an argument.
//!
//! What must never live here: a terminal, a connection, and how anything looks.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use client::CallError;
use protocol::{Code, Event, State};

use super::hold::{Hold, LetGo, Way};
use super::keys::{Key, Phase, Said};
use super::words;

/// How often a drive is said: of three in a time to live, one may be lost and another late.
const EVERY: Duration = Duration::from_millis(100);

/// How long one drive is good, in the wall's milliseconds.
const TTL_MS: f64 = 300.0;

/// A key that does one thing does it once, however long it is held: it must be quiet for so long before.
const ONCE: Duration = Duration::from_millis(150);

/// Degrees that one press turns the camera.
const NUDGE_DEG: f64 = 5.0;

/// Of the speed limit, one press.
const STEP: f64 = 0.05;

/// The least speed limit.
pub(super) const LEAST: f64 = 0.1;

/// How hard is steered while driving, of the speed limit: a curve and no turn on the spot.
const CURVE: f64 = 0.5;

/// What stood still for so long while this program ran is not to be trusted: it was frozen.
const FROZEN: Duration = Duration::from_secs(1);

/// Lines of what happened.
const LOG: usize = 8;

/// How long a word to the person is shown.
const SHOWN: Duration = Duration::from_secs(6);

/// One thing to say to the car.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Order {
    Drive {
        throttle: f64,
        steer: f64,
        ttl_ms: f64,
    },
    Stop,
    Estop,
    Reset,
    /// Degrees, left and up positive.
    Nudge {
        pan: f64,
        tilt: f64,
    },
    Center,
    Acquire {
        force: bool,
    },
    Release,
}

/// A word to the person.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Notice {
    pub(super) words: String,
    /// Something did not go as wanted.
    pub(super) bad: bool,
    until: Duration,
}

/// A line of what happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Happened {
    words: String,
    /// How often, one time after the other.
    times: u32,
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            1 => f.write_str(&self.words),
            times => write!(f, "{} ({times} times)", self.words),
        }
    }
}

/// What is known of the car and of the person's fingers.
#[derive(Debug)]
pub(super) struct Pilot {
    pub(super) hold: Hold,
    /// 0.1 to 1 of the car's power.
    pub(super) limit: f64,
    /// Front wheels steer: whoever steers wants all of it, however slow it is to be.
    pub(super) steers: bool,
    /// Seconds of the car in one of the wall's; 1 unless simulated.
    pub(super) pace: f64,
    pub(super) notice: Option<Notice>,
    pub(super) log: VecDeque<Happened>,
    orders: VecDeque<Order>,
    /// What the car was last told while a finger was on a key, and when.
    drives: Option<(f64, f64, Duration)>,
    /// The key that does one thing, and when it was last heard of.
    once: Option<(Key, Duration)>,
    ticked: Option<Duration>,
    ends: bool,
}

impl Pilot {
    pub(super) fn new(limit: f64) -> Self {
        Self {
            hold: Hold::default(),
            limit: limit.clamp(LEAST, 1.0),
            steers: false,
            pace: 1.0,
            notice: None,
            log: VecDeque::new(),
            orders: VecDeque::new(),
            drives: None,
            once: None,
            ticked: None,
            ends: false,
        }
    }

    /// The next thing to say to the car.
    pub(super) fn next_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// The person wants to leave.
    pub(super) fn ends(&self) -> bool {
        self.ends
    }

    /// The car was told to move, and not yet to stop.
    pub(super) fn moves(&self) -> bool {
        self.drives.is_some()
    }

    /// The terminal said something.
    pub(super) fn hear(&mut self, said: Said, now: Duration) {
        self.overslept(now);
        match said {
            Said::Key(key, phase) => self.key(key, phase, now),
            Said::Focus(true) => {}
            Said::Focus(false) => self.let_go(LetGo::ByOther, now),
            Said::Protocol { releases } => self.hold.protocol(releases),
            Said::Here => self.hold.answered(),
        }
        self.drive(now);
    }

    /// Time passed. Back comes whether what waits in the terminal may be old.
    pub(super) fn tick(&mut self, now: Duration) -> bool {
        let last = self.ticked.replace(now).unwrap_or(now);
        let mut frozen = self.overslept(now);
        if now.saturating_sub(last) > FROZEN {
            self.let_go(LetGo::ByOther, now);
            frozen = true;
        }
        if self.hold.is_silent(now) && self.moves() {
            self.let_go(LetGo::ByOther, now);
            self.say(true, "the terminal does not answer: the car was stopped", now);
        }
        if self.notice.as_ref().is_some_and(|notice| now >= notice.until) {
            self.notice = None;
        }
        self.drive(now);
        frozen
    }

    /// There is no connection any more; what was on its way may have been done, and nothing is said again.
    pub(super) fn lost(&mut self, now: Duration) {
        self.hold.let_go(LetGo::ByOther, now);
        // Its end has stopped the car, and a stop could not be said.
        self.drives = None;
        self.orders.clear();
    }

    /// What the car answered to an order.
    pub(super) fn answered(&mut self, order: Order, outcome: Result<(), CallError>, now: Duration) {
        match (order, outcome) {
            (Order::Acquire { .. }, Ok(())) => self.say(false, "the wheel is yours", now),
            (Order::Release, Ok(())) => self.say(false, "you gave the wheel away", now),
            (Order::Reset, Ok(())) => self.say(false, "reset: the car may drive again", now),
            (_, Ok(())) => {}
            (Order::Drive { .. }, Err(error)) => self.refused(&error, now),
            (order, Err(error)) => {
                let asked = matches!(order, Order::Acquire { .. });
                self.say(true, &words::refusal(&error, asked), now);
            }
        }
    }

    /// Something happened to the car, of which the session `own` is at the wheel or not.
    pub(super) fn event(&mut self, event: &Event, own: Option<u64>, drives: bool, now: Duration) {
        if let Some(words) = words::event(event, own) {
            self.note(words);
        }
        if let (Event::Asked { who, .. }, true) = (event, drives) {
            self.say(false, &format!("{who} asks for the wheel: g gives it"), now);
        }
    }

    /// Takes down what happened; the same again makes no further line.
    fn note(&mut self, words: String) {
        match self.log.back_mut().filter(|last| last.words == words) {
            Some(last) => last.times = last.times.saturating_add(1),
            None => self.log.push_back(Happened { words, times: 1 }),
        }
        if self.log.len() > LOG {
            self.log.pop_front();
        }
    }

    /// What the car is, as it says itself.
    pub(super) fn state(&mut self, state: &State, now: Duration) {
        let latched = state.estop.is_some();
        if latched && self.moves() {
            self.hold.let_go(LetGo::ByOther, now);
            self.drives = None;
        }
    }

    /// The program is to stay: it was asked to stand still, which would leave nobody at the wheel.
    pub(super) fn suspend(&mut self, now: Duration) {
        self.stop(now);
        self.say(true, "the car was stopped; Ctrl-Z would leave nobody at the wheel: q quits", now);
    }

    /// Tells the person something.
    pub(super) fn say(&mut self, bad: bool, words: &str, now: Duration) {
        self.notice = Some(Notice { words: words.to_owned(), bad, until: now + SHOWN });
    }

    fn key(&mut self, key: Key, phase: Phase, now: Duration) {
        if let Some(way) = way(key) {
            return self.hold.key(way, phase, now);
        }
        if phase == Phase::Release {
            return;
        }
        // An emergency stop is never one too many.
        if matches!(key, Key::Escape | Key::Char('e')) {
            self.stop(now);
            return self.orders.push_front(Order::Estop);
        }
        match key {
            Key::Char('i') => return self.orders.push_back(Order::Nudge { pan: 0.0, tilt: NUDGE_DEG }),
            Key::Char('k') => return self.orders.push_back(Order::Nudge { pan: 0.0, tilt: -NUDGE_DEG }),
            Key::Char('j') => return self.orders.push_back(Order::Nudge { pan: NUDGE_DEG, tilt: 0.0 }),
            Key::Char('l') => return self.orders.push_back(Order::Nudge { pan: -NUDGE_DEG, tilt: 0.0 }),
            Key::Char('+' | '=') => return self.limit = (self.limit + STEP).min(1.0),
            Key::Char('-' | '_') => return self.limit = (self.limit - STEP).max(LEAST),
            _ => {}
        }
        let again = self.once.replace((key, now));
        if again.is_some_and(|(last, heard)| last == key && now.saturating_sub(heard) <= ONCE) {
            return;
        }
        match key {
            Key::Char(' ') => self.stop(now),
            Key::Char('r') => self.orders.push_back(Order::Reset),
            Key::Char('c') => self.orders.push_back(Order::Center),
            Key::Char('t') => self.orders.push_back(Order::Acquire { force: false }),
            Key::Char('f') => self.orders.push_back(Order::Acquire { force: true }),
            Key::Char('g') => {
                self.stop(now);
                self.orders.push_back(Order::Release);
            }
            Key::Char('q') | Key::End => {
                self.let_go(LetGo::ByKey, now);
                self.ends = true;
            }
            Key::Suspend => self.suspend(now),
            _ => {}
        }
    }

    /// Stop, whatever moves the car.
    fn stop(&mut self, now: Duration) {
        self.hold.let_go(LetGo::ByKey, now);
        self.drives = None;
        self.orders.push_back(Order::Stop);
    }

    /// The last drive has ended by itself before it was said again, as this program was frozen. The car stands: what
    /// was held before, and what its keyboard said meanwhile, must not drive it on.
    fn overslept(&mut self, now: Duration) -> bool {
        let ended = |(_, _, said): (f64, f64, Duration)| {
            now.saturating_sub(said) > Duration::from_millis(TTL_MS as u64)
        };
        let overslept = self.drives.is_some_and(ended);
        if overslept {
            self.let_go(LetGo::ByOther, now);
        }
        overslept
    }

    /// No finger counts until it presses anew; what this program moved stops.
    fn let_go(&mut self, who: LetGo, now: Duration) {
        self.hold.let_go(who, now);
        self.drive(now);
    }

    /// The car did not do it.
    fn refused(&mut self, error: &CallError, now: Duration) {
        match error {
            // Overtaken by a later one, or lost: the next is under way.
            CallError::Refused(fault) if fault.code == Code::STALE => {}
            CallError::TimedOut(_) => {}
            _ => {
                self.hold.let_go(LetGo::ByOther, now);
                // What did not begin needs no stop, which would stop the car of somebody else.
                self.drives = None;
                self.say(true, &words::refusal(error, false), now);
            }
        }
    }

    /// Says what the fingers want, as often as it is due; a stop when they want nothing any more.
    fn drive(&mut self, now: Duration) {
        let Some((throttle, steer)) = self.hold.wanted(now).map(|wanted| self.scaled(wanted)) else {
            if self.drives.take().is_some() {
                self.orders.push_back(Order::Stop);
            }
            return;
        };
        let due = self.drives.is_none_or(|(was, steered, said)| {
            (was, steered) != (throttle, steer) || now.saturating_sub(said) >= EVERY
        });
        if due {
            self.drives = Some((throttle, steer, now));
            // A time to live is of the car's time, and at most 2 s.
            let ttl_ms = (TTL_MS * self.pace.max(1.0)).min(2000.0);
            self.orders.push_back(Order::Drive { throttle, steer, ttl_ms });
        }
    }

    fn scaled(&self, (throttle, steer): (f64, f64)) -> (f64, f64) {
        let share = match (self.steers, throttle != 0.0) {
            (true, _) => 1.0,
            (false, true) => self.limit * CURVE,
            (false, false) => self.limit,
        };
        (throttle * self.limit, steer * share)
    }
}

fn way(key: Key) -> Option<Way> {
    match key {
        Key::Up | Key::Char('w') => Some(Way::Forward),
        Key::Down | Key::Char('s') => Some(Way::Back),
        Key::Left | Key::Char('a') => Some(Way::Left),
        Key::Right | Key::Char('d') => Some(Way::Right),
        _ => None,
    }
}
