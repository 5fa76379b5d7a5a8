//! One servo: where straight ahead is, and how far it may turn.
//!
//! The slope, microseconds a degree, is the file's and stays: it is the servo's own, and nobody sees
//! degrees. Straight ahead becomes 0 degrees, where it stands when nobody says otherwise; the two limits
//! become the pulses at which the person stopped, and the degrees that the slope makes of them.
//! What must never live here: how a pulse is sent.

use protocol::{Pulse, ServoInfo, Trial};

use super::keys::Key;
use super::wizard::{Line, Progress};

/// A nudge, and a large one. 10 microseconds are about a degree.
const NUDGE_US: f64 = 10.0;
const LEAP_US: f64 = 50.0;

/// Angles are written to this, degrees: less is none.
const LEAST_DEG: f64 = 0.1;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// To straight ahead.
    Ahead,
    /// As far as it may go left, or up.
    Positive { ahead: f64 },
    /// As far as it may go right, or down.
    Negative { ahead: f64, positive: f64 },
    /// The person says whether that is it.
    Sure { ahead: f64 },
}

/// One servo.
#[derive(Clone, Debug)]
pub(super) struct ServoStep {
    was: ServoInfo,
    found: ServoInfo,
    state: State,
    /// What it is given now.
    pulse_us: f64,
    skipped: bool,
}

impl ServoStep {
    /// As it is calibrated now.
    pub(super) fn new(servo: &ServoInfo) -> Self {
        let pulse_us = ahead_of(servo);
        Self { was: servo.clone(), found: servo.clone(), state: State::Ahead, pulse_us, skipped: false }
    }

    /// It is its turn.
    pub(super) fn begin(&mut self, say: &mut Vec<Line>) {
        let ServoInfo { name, role, .. } = &self.was;
        say.push(Line::Title(format!("Servo `{name}` ({role})")));
        self.look_ahead(say);
    }

    /// The person pressed a key.
    pub(super) fn key(&mut self, key: Key, say: &mut Vec<Line>) -> Progress {
        match key {
            Key::Left | Key::Char('-') => self.nudge(-NUDGE_US, say),
            Key::Right | Key::Char('+' | '=') => self.nudge(NUDGE_US, say),
            Key::Down | Key::Char('[') => self.nudge(-LEAP_US, say),
            Key::Up | Key::Char(']') => self.nudge(LEAP_US, say),
            Key::Char('r') => self.look_ahead(say),
            Key::Char('s') => {
                say.push(Line::Text("It stays as it is.".to_owned()));
                self.skipped = true;
                return Progress::Next;
            }
            Key::Enter => return self.take(say),
            Key::Char(_) => {}
        }
        Progress::Stay
    }

    /// What is to move now.
    pub(super) fn trial(&self) -> Trial {
        Trial::Servo { name: self.was.name.clone(), pulse: Pulse::clamped(self.pulse_us) }
    }

    /// What the person can do now.
    pub(super) fn prompt(&self) -> String {
        let us = self.pulse_us;
        match self.state {
            State::Sure { .. } => "Enter: keep these limits   r again   s skip   q quit".to_owned(),
            _ => format!(
                "{us:4.0} µs  ← → by {NUDGE_US}  ↓ ↑ by {LEAP_US}  Enter: here  r again  s skip  q quit"
            ),
        }
    }

    /// What was found of it, if it is anything new.
    pub(super) fn found(&self) -> Option<ServoInfo> {
        (!self.skipped && self.found != self.was).then(|| self.found.clone())
    }

    /// `left` and `right`, or `up` and `down`.
    fn ways(&self) -> [&'static str; 2] {
        if self.was.role == "tilt" { ["up", "down"] } else { ["left", "right"] }
    }

    fn look_ahead(&mut self, say: &mut Vec<Line>) {
        self.found = self.was.clone();
        self.pulse_us = ahead_of(&self.was);
        let what = if self.was.role == "steering" { "the front wheels point" } else { "the camera looks" };
        say.push(Line::Text(format!("Nudge it by the arrow keys, or + and -, until {what} straight ahead.")));
        self.state = State::Ahead;
    }

    fn nudge(&mut self, by_us: f64, say: &mut Vec<Line>) {
        let (mut shortest, mut longest) = (Pulse::MIN.us(), longest(&self.was));
        let [_, most] = self.was.reach_deg;
        let wanted = self.pulse_us + by_us;
        match self.state {
            State::Ahead => {}
            State::Positive { ahead } | State::Negative { ahead, .. } => {
                let reach = (most * slope(&self.was)).floor();
                let (low, high) = (ahead - reach, ahead + reach);
                let there = self.pulse_us <= low || self.pulse_us >= high;
                if !(low..=high).contains(&wanted) && !there {
                    say.push(Line::Text(format!(
                        "That is as far as a board file lets it turn: {most} degrees."
                    )));
                }
                longest = longest.min(high);
                shortest = shortest.max(low);
            }
            State::Sure { .. } => return,
        }
        self.pulse_us = wanted.max(shortest).min(longest);
    }

    /// Whether it stands nearer to straight ahead than a limit may be.
    fn is_narrow(&self, ahead: f64) -> bool {
        degrees(&self.was, self.pulse_us, ahead) < self.least_deg()
    }

    fn narrow(&self, way: &str) -> Line {
        let least = self.least_deg();
        Line::Text(format!("A board file wants at least {least} degrees {way}: nudge it further."))
    }

    fn least_deg(&self) -> f64 {
        self.was.reach_deg[0].max(LEAST_DEG)
    }

    /// Where it stands is what was asked for.
    fn take(&mut self, say: &mut Vec<Line>) -> Progress {
        let [positive_way, negative_way] = self.ways();
        let further =
            |way: &str| format!("Now as far {way} as it may go: stop before anything jams or hums.");
        match self.state {
            State::Ahead => {
                self.state = State::Positive { ahead: self.pulse_us };
                say.push(Line::Text(further(positive_way)));
            }
            State::Positive { ahead } if self.pulse_us == ahead => {
                say.push(Line::Text(format!("That is straight ahead: nudge it {positive_way} first.")));
            }
            State::Positive { ahead } if self.is_narrow(ahead) => {
                say.push(self.narrow(positive_way));
            }
            State::Positive { ahead } => {
                self.state = State::Negative { ahead, positive: self.pulse_us };
                self.pulse_us = ahead;
                say.push(Line::Text(further(negative_way)));
            }
            State::Negative { ahead, positive } if (self.pulse_us - ahead) * (positive - ahead) >= 0.0 => {
                say.push(Line::Text(format!(
                    "{positive_way} was on that side of straight ahead: nudge it {negative_way}."
                )));
            }
            State::Negative { ahead, .. } if self.is_narrow(ahead) => {
                say.push(self.narrow(negative_way));
            }
            State::Negative { ahead, positive } => {
                self.found = limited(&self.was, ahead, positive, self.pulse_us);
                let ServoInfo { min_us, max_us, min_deg, max_deg, .. } = self.found;
                say.push(Line::Text(format!(
                    "{min_us} to {max_us} µs, which are {min_deg} to {max_deg} degrees at {:.2} µs a degree, as the file has it.",
                    slope(&self.was)
                )));
                self.state = State::Sure { ahead };
                self.pulse_us = ahead;
            }
            State::Sure { .. } => return Progress::Next,
        }
        Progress::Stay
    }
}

/// Degrees between two pulses, as they are written.
fn degrees(servo: &ServoInfo, one: f64, other: f64) -> f64 {
    ((one - other).abs() / slope(servo) * 10.0).round() / 10.0
}

/// A pulse must be over before the next one begins; microseconds.
fn longest(servo: &ServoInfo) -> f64 {
    let period = 1e6 / servo.frequency_hz;
    Pulse::MAX.us().min(period.ceil() - 1.0)
}

/// Microseconds a degree.
fn slope(servo: &ServoInfo) -> f64 {
    (servo.max_us - servo.min_us) / (servo.max_deg - servo.min_deg)
}

/// The pulse of 0 degrees, or of the limit that is nearest to it; whole microseconds.
fn ahead_of(servo: &ServoInfo) -> f64 {
    let angle = 0.0_f64.max(servo.min_deg).min(servo.max_deg);
    let above = (angle - servo.min_deg) * slope(servo);
    let pulse = if servo.invert { servo.max_us - above } else { servo.min_us + above };
    pulse.round().max(Pulse::MIN.us()).min(longest(servo))
}

/// The servo between two pulses, one on either side of straight ahead.
fn limited(servo: &ServoInfo, ahead: f64, positive: f64, negative: f64) -> ServoInfo {
    let degrees = |pulse: f64| degrees(servo, pulse, ahead);
    ServoInfo {
        min_us: positive.min(negative),
        max_us: positive.max(negative),
        min_deg: -degrees(negative),
        max_deg: degrees(positive),
        invert: positive < ahead,
        center_deg: 0.0,
        ..servo.clone()
    }
}
