//! A servo of a car, with what it was told and what it is known to have heard.
//!
//! What must never live here: when it is told.

use std::time::Duration;

use crate::board::{PinRef, ServoSpec};
use crate::driver::servo::{self, Servo};
use crate::platform::DynPwm;
use crate::platform::adapt::Boxed;
use crate::{HardwareError, IoError, IoKind};

/// However long nobody asked, a servo with a speed is not sent further than in this time.
const LONGEST_STEP: Duration = Duration::from_millis(50);

/// Where a servo is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Aim {
    /// Degrees.
    Angle(f64),
    /// A raw pulse, microseconds.
    Pulse(f64),
}

pub(super) struct Turret {
    /// `servo pan`
    pub(super) part: String,
    pub(super) spec: ServoSpec,
    servo: Servo<Boxed<DynPwm>>,
    /// Which chip its wire is on.
    pub(super) chip: Option<usize>,
    /// Where it was last told to turn.
    told: Aim,
    /// When it was last asked to turn anywhere.
    asked_at: Option<Duration>,
    /// It was told something since it was opened.
    moved: bool,
    /// It is known to have been told.
    heard: bool,
    /// Where it last heard to turn.
    heard_at: Aim,
}

impl Turret {
    pub(super) fn new(
        part: &str,
        spec: &ServoSpec,
        servo: Servo<Boxed<DynPwm>>,
        chip: Option<usize>,
    ) -> Self {
        let centre = Aim::Angle(spec.center_deg);
        Self {
            part: part.to_owned(),
            spec: spec.clone(),
            servo,
            chip,
            told: centre,
            asked_at: None,
            moved: false,
            heard: false,
            heard_at: centre,
        }
    }

    /// Turns towards `wanted`, at `now` no further than its speed allows; without a time at once.
    pub(super) fn turn_to(&mut self, wanted: Aim, now: Option<Duration>) -> Result<(), HardwareError> {
        let next = self.on_the_way(self.limited(wanted), now);
        if self.heard && self.told == next {
            return Ok(());
        }
        self.heard = false;
        let told = match next {
            Aim::Angle(angle_deg) => self.servo.turn_to(angle_deg).map(Aim::Angle),
            Aim::Pulse(pulse_us) => self.servo.pulse(pulse_us).map(Aim::Pulse),
        };
        self.told = told.map_err(|error| HardwareError {
            part: self.part.clone(),
            source: refused_by_servo(&self.part, error),
        })?;
        (self.heard, self.moved) = (true, true);
        Ok(())
    }

    /// Turns to where it was last told, as if it had not heard.
    pub(super) fn doubt(&mut self) {
        self.heard = false;
    }

    /// The channel of its chip that may hold what was not sent. On a wire of its own nothing waits.
    pub(super) fn unsent(&self) -> Option<(usize, u8)> {
        match self.spec.pwm {
            PinRef::Chip { chip, channel } if self.moved && !self.heard => Some((chip, channel)),
            _ => None,
        }
    }

    /// What was staged is on the wire.
    pub(super) fn confirm(&mut self) {
        if self.heard {
            self.heard_at = self.told;
        }
    }

    /// Where it was last told to turn.
    pub(super) fn told(&self) -> Aim {
        self.told
    }

    /// Where it is sent if it is not to turn: where it was, but that a raw pulse ends in its centre.
    pub(super) fn stay(&self) -> Aim {
        match self.told {
            Aim::Angle(_) => self.told,
            Aim::Pulse(_) => Aim::Angle(self.spec.center_deg),
        }
    }

    /// Where it last heard to turn, degrees within its travel.
    pub(super) fn heard_deg(&self) -> f64 {
        match self.heard_at {
            Aim::Angle(angle_deg) => angle_deg,
            Aim::Pulse(pulse_us) => self.servo.angle_at(pulse_us),
        }
    }

    /// Limited here already, so that a target further beyond the limit is no change.
    fn limited(&self, wanted: Aim) -> Aim {
        match wanted {
            // The servo refused ends that are not in order.
            Aim::Angle(angle_deg) => Aim::Angle(angle_deg.clamp(self.spec.min_deg, self.spec.max_deg)),
            Aim::Pulse(pulse_us) => Aim::Pulse(self.servo.limited_us(pulse_us)),
        }
    }

    /// How far it gets at `now`. Where it stands before its first pulse nobody knows, and of a raw pulse
    /// not how far it is from an angle.
    fn on_the_way(&mut self, wanted: Aim, now: Option<Duration>) -> Aim {
        let last = self.asked_at;
        self.asked_at = now.or(last);
        let (Some(speed_deg_s), Some(now), true) = (self.spec.speed_deg_s, now, self.moved) else {
            return wanted;
        };
        let (Aim::Angle(from), Aim::Angle(to)) = (self.told, wanted) else { return wanted };
        if to.is_nan() {
            return wanted;
        }
        let elapsed = last.map_or(Duration::ZERO, |last| now.saturating_sub(last)).min(LONGEST_STEP);
        let reach = speed_deg_s * elapsed.as_secs_f64();
        Aim::Angle(if (to - from).abs() <= reach { to } else { from + reach.copysign(to - from) })
    }
}

pub(super) fn refused_by_servo(name: &str, error: servo::Error<IoError>) -> IoError {
    match error {
        servo::Error::Pwm(error) => error,
        refused => IoError { place: name.to_owned(), reason: refused.to_string(), kind: IoKind::Other },
    }
}
