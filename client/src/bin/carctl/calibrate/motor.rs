//! One motor: which way it turns, and the least duty that turns it.
//!
//! What must never live here: other motors.

use std::time::Duration;

use protocol::{MotorInfo, Power, Trial};

use super::keys::Key;
use super::wizard::{Line, Progress};

/// How strongly it is turned to be looked at; the next where nothing was seen.
const POWERS: [f64; 3] = [0.4, 0.7, 1.0];

/// For how long.
const TURN: Duration = Duration::from_secs(1);

/// How fast its power rises while the least duty is looked for: a person is late by one or two of these.
const RISE: Duration = Duration::from_millis(200);
const RISE_BY: u32 = 1;

/// Where that begins and ends, in percent. A board file takes a `min_duty` of at most 0.9.
const FIRST: u32 = 3;
const LAST: u32 = 90;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// It turns, at one of [`POWERS`].
    Turning { strength: usize, until: Duration },
    /// It stands, and the person says what was to be seen.
    Asking { strength: usize },
    /// It stands, and is about to be raised.
    Ready,
    /// Its power rises.
    Rising { percent: u32, next: Duration },
    /// It stands, and the person says whether that was it.
    Sure { percent: u32 },
}

/// One motor.
#[derive(Clone, Debug)]
pub(super) struct MotorStep {
    was: MotorInfo,
    found: MotorInfo,
    state: State,
    skipped: bool,
}

impl MotorStep {
    /// As it is calibrated now.
    pub(super) fn new(motor: &MotorInfo) -> Self {
        let state = State::Asking { strength: 0 };
        Self { was: motor.clone(), found: motor.clone(), state, skipped: false }
    }

    /// It is its turn.
    pub(super) fn begin(&mut self, now: Duration, say: &mut Vec<Line>) {
        let place = [self.was.end.as_deref(), Some(self.was.side.as_str())];
        let place: Vec<&str> = place.into_iter().flatten().collect();
        say.push(Line::Title(format!("Motor `{}` ({})", self.was.name, place.join(" "))));
        self.turn(0, now, say);
    }

    /// The person pressed a key.
    pub(super) fn key(&mut self, key: Key, now: Duration, say: &mut Vec<Line>) -> Progress {
        if key == Key::Char('s') {
            return self.skip(say);
        }
        match (self.state, key) {
            (State::Asking { .. }, Key::Char('f')) => self.turns(false, say),
            (State::Asking { .. }, Key::Char('b')) if !self.was.reverses => {
                say.push(text(
                    "Then swap two of the motor's wires: its ESC cannot turn it backward, so that with invert = true it",
                ));
                say.push(text("would never turn. Begin again when they are swapped. It stays as it is."));
                self.skipped = true;
                return Progress::Next;
            }
            (State::Asking { .. }, Key::Char('b')) => self.turns(true, say),
            (State::Asking { strength }, Key::Char('n')) => self.nothing(strength, now, say),
            (State::Asking { strength }, Key::Char('r')) => self.turn(strength, now, say),
            (State::Asking { .. }, Key::Char('o')) => {
                say.push(text(
                    "Then its wires are those of another motor in the file. Exchange the plugs of the two,",
                ));
                say.push(text(
                    "or their pins in the file, restart the daemon and begin again. It stays as it is.",
                ));
                self.skipped = true;
                return Progress::Next;
            }
            (State::Ready | State::Sure { .. }, Key::Char('r')) | (State::Ready, Key::Enter) => {
                self.state = State::Rising { percent: FIRST, next: now + RISE };
            }
            (State::Rising { percent, .. }, Key::Enter | Key::Char(' ')) => {
                say.push(Line::Text(format!("It began to turn at {percent} % of full power.")));
                self.state = State::Sure { percent };
            }
            (State::Sure { percent }, Key::Enter) => {
                self.found.min_duty = f64::from(percent) / 100.0;
                return Progress::Next;
            }
            _ => {}
        }
        Progress::Stay
    }

    /// The time went on.
    pub(super) fn passed(&mut self, now: Duration, say: &mut Vec<Line>) {
        match self.state {
            State::Turning { strength, until } if now >= until => self.state = State::Asking { strength },
            State::Rising { percent, next } if now >= next => {
                if percent + RISE_BY > LAST {
                    say.push(Line::Text(format!("{LAST} %, and it was not seen to turn: once more?")));
                    self.state = State::Ready;
                } else {
                    self.state = State::Rising { percent: percent + RISE_BY, next: now + RISE };
                }
            }
            _ => {}
        }
    }

    /// When the time is to go on.
    pub(super) fn wake(&self) -> Option<Duration> {
        match self.state {
            State::Turning { until, .. } => Some(until),
            State::Rising { next, .. } => Some(next),
            State::Asking { .. } | State::Ready | State::Sure { .. } => None,
        }
    }

    /// The car did not obey, and does now, perhaps: what moved begins anew.
    pub(super) fn again(&mut self, now: Duration) {
        match self.state {
            State::Turning { strength, .. } => {
                self.state = State::Turning { strength, until: now + TURN };
            }
            State::Rising { .. } => self.state = State::Ready,
            State::Asking { .. } | State::Ready | State::Sure { .. } => {}
        }
    }

    /// What is to move now.
    pub(super) fn trial(&self) -> Option<Trial> {
        let power = match self.state {
            State::Turning { strength, .. } => POWERS[strength],
            // Forward by what was found, which the daemon does not know yet.
            State::Rising { percent, .. } if self.found.invert != self.was.invert => {
                -f64::from(percent) / 100.0
            }
            State::Rising { percent, .. } => f64::from(percent) / 100.0,
            State::Asking { .. } | State::Ready | State::Sure { .. } => return None,
        };
        Some(Trial::Motor { name: self.was.name.clone(), power: Power::clamped(power) })
    }

    /// What the person can do now.
    pub(super) fn prompt(&self) -> String {
        match self.state {
            State::Turning { strength, .. } => {
                format!("It turns at {:.0} %, look …", POWERS[strength] * 100.0)
            }
            State::Asking { .. } => {
                "f forward  b backward  n nothing  o other wheel  r again  s skip  q quit".to_owned()
            }
            State::Ready => "Enter: let it rise   s skip   q quit".to_owned(),
            State::Rising { percent, .. } => format!("{percent:3} %   Enter: it turns now   s skip   q quit"),
            State::Sure { percent } => {
                let duty = f64::from(percent) / 100.0;
                format!("Enter: keep min_duty = {duty}   r again   s skip   q quit")
            }
        }
    }

    /// What was found of it, if it is anything new.
    pub(super) fn found(&self) -> Option<MotorInfo> {
        (!self.skipped && self.found != self.was).then(|| self.found.clone())
    }

    fn turn(&mut self, strength: usize, now: Duration, say: &mut Vec<Line>) {
        say.push(text(
            "It turns forward for a second, if the file is right. Which wheel turns, and which way?",
        ));
        self.state = State::Turning { strength, until: now + TURN };
    }

    fn turns(&mut self, backward: bool, say: &mut Vec<Line>) {
        self.found.invert = self.was.invert != backward;
        say.push(Line::Text(match backward {
            true => format!(
                "Then its leads are the other way round than the file says: invert = {}.",
                self.found.invert
            ),
            false => format!("Then its direction is right: invert = {}.", self.found.invert),
        }));
        say.push(text("Now its power rises slowly from nothing. Press Enter when the wheel begins to turn."));
        self.state = State::Ready;
    }

    fn nothing(&mut self, strength: usize, now: Duration, say: &mut Vec<Line>) {
        if strength + 1 < POWERS.len() {
            say.push(text("Stronger, then."));
            self.turn(strength + 1, now, say);
        } else {
            say.push(text(
                "Not even at full power: look at its plug, its pins in the file, the battery and its switch.",
            ));
        }
    }

    /// What was found so far stays found: a direction is worth having without the least duty.
    fn skip(&mut self, say: &mut Vec<Line>) -> Progress {
        let what = if self.found == self.was { "It stays as it is." } else { "Its min_duty stays as it is." };
        say.push(text(what));
        Progress::Next
    }
}

fn text(text: &str) -> Line {
    Line::Text(text.to_owned())
}
