//! Where the car is by its own wheels: what each motor was told, or what its encoder counted, brought to
//! the odometry.
//!
//! What must never live here: the geometry, which is the odometry's.

use std::time::Duration;

use super::motor::Motor;
use super::turning::{Turn, Turning};
use crate::board::{Board, DrivetrainSpec, Side};
use crate::odometry::{Odometry, Source, Wheels};
use crate::sensor::{Encoder, News};
use crate::{HardwareError, IoError, IoKind, Motion};

/// So many edges that cannot be are no accident, if they come within [`WINDOW`]: a twentieth of those of a disc
/// with 20 slots at full speed. One that is lost now and then is.
const TOO_MANY_LOST: u64 = 100;
const WINDOW: Duration = Duration::from_secs(10);

/// Edges of one encoder that were lost in the last while.
#[derive(Clone, Copy, Debug, Default)]
struct Lost {
    since: Duration,
    before: u64,
}

impl Lost {
    /// Whether they are too many, where so many were lost ever.
    fn are_too_many(&mut self, ever: u64, now: Duration) -> bool {
        if now.saturating_sub(self.since) >= WINDOW {
            *self = Self { since: now, before: ever };
        }
        ever - self.before >= TOO_MANY_LOST
    }
}

pub(super) struct Reckoning {
    odometry: Odometry,
    /// Of each motor, in their order.
    encoders: Vec<Option<Encoder>>,
    lost: Vec<Lost>,
    /// Those that people know of.
    told: Vec<bool>,
    turning: Vec<Turning>,
    top_speed_mps: f64,
    wheel_radius_m: f64,
    source: Source,
}

impl Reckoning {
    /// At rest where it stands. Without an encoder on every side (on mecanum wheels, on each) none counts.
    pub(super) fn new(board: &Board, encoders: Vec<Option<Encoder>>) -> Self {
        Self {
            odometry: Odometry::new(&board.drivetrain),
            lost: vec![Lost::default(); encoders.len()],
            told: vec![false; encoders.len()],
            turning: board.motors.iter().map(Turning::new).collect(),
            source: if all_sides(board) { Source::Encoders } else { Source::Commanded },
            encoders,
            top_speed_mps: board.drivetrain.top_speed_mps(),
            wheel_radius_m: board.drivetrain.wheel_diameter_m() / 2.0,
        }
    }

    /// The way begins here.
    pub(super) fn restart(&mut self) {
        self.odometry.restart();
    }

    pub(super) fn source(&self) -> Source {
        self.source
    }

    pub(super) fn motion(&self) -> Motion {
        self.odometry.motion()
    }

    /// At `now` the motors have what they are known to have, and the front wheels stand at `steered_rad`. What
    /// there is to tell people of encoders.
    pub(super) fn look(&mut self, motors: &[Motor], steered_rad: f64, now: Duration) -> Vec<News> {
        let mut news = self.listen(motors, now);
        let mut turned = Vec::new();
        for ((motor, encoder), turning) in motors.iter().zip(&mut self.encoders).zip(&mut self.turning) {
            if let Some(encoder) = encoder {
                let turned_rad = encoder.take_turned_rad();
                turned.push((motor.side, motor.end, turned_rad * self.wheel_radius_m));
                let meant_rad_s = motor.turns(motor.given) * self.top_speed_mps / self.wheel_radius_m;
                // One that cannot be read has been told so.
                let turn = turning.look(motor.given, meant_rad_s, turned_rad, now);
                news.extend(turn.filter(|_| encoder.is_heard()).map(|turn| told(motor, turn)));
                // After what was counted: it turned to where it was driven before.
                encoder.powered(motor.given);
            }
        }
        match self.source {
            Source::Encoders => self.odometry.measured(Wheels::of(turned), steered_rad, now),
            Source::Commanded => {
                let speeds = motors
                    .iter()
                    .map(|motor| (motor.side, motor.end, motor.turns(motor.given) * self.top_speed_mps));
                self.odometry.commanded(Wheels::of(speeds), steered_rad, now);
            }
        }
        news
    }

    /// An encoder whose lines can no longer be read is followed by what is commanded.
    fn listen(&mut self, motors: &[Motor], now: Duration) -> Vec<News> {
        let mut news = Vec::new();
        let told = self.lost.iter_mut().zip(&mut self.told);
        for ((motor, encoder), (lost, told)) in motors.iter().zip(&self.encoders).zip(told) {
            let Some(encoder) = encoder else { continue };
            let reason = if !encoder.is_heard() {
                self.source = Source::Commanded;
                "its lines can no longer be read; what the motors were told counts instead"
            } else if lost.are_too_many(encoder.illegal(), now) {
                "edges are lost: are its lines A and B those of one disc, and clean?"
            } else {
                continue;
            };
            if !std::mem::replace(told, true) {
                let (place, reason) = ("encoder".to_owned(), reason.to_owned());
                let source = IoError { place, reason, kind: IoKind::Other };
                news.push(News::Fails(HardwareError { part: motor.part.clone(), source }));
            }
        }
        news
    }
}

/// What people are told of a wheel.
fn told(motor: &Motor, turn: Turn) -> News {
    let reason = "its wheel has power and does not turn: is it held, a lead of the motor broken, or the encoder \
                  unplugged?";
    match turn {
        Turn::Stands => {
            let (place, kind) = ("encoder".to_owned(), IoKind::Other);
            News::Fails(motor.error(IoError { place, reason: reason.to_owned(), kind }))
        }
        Turn::Again => News::Answers(motor.part.clone()),
    }
}

fn all_sides(board: &Board) -> bool {
    let counted = |side| {
        let motors = board.motors.iter().filter(move |motor| motor.side == side || motor.side == Side::Both);
        motors.map(|motor| motor.encoder.is_some())
    };
    match board.drivetrain {
        DrivetrainSpec::Mecanum { .. } => board.motors.iter().all(|motor| motor.encoder.is_some()),
        _ => counted(Side::Left).any(|has| has) && counted(Side::Right).any(|has| has),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When too many are lost, of one every `period`; seconds.
    fn told(period: Duration) -> Option<f64> {
        let mut lost = Lost::default();
        let at = (1..1_000).find(|ever| lost.are_too_many(*ever, period * u32::try_from(*ever).unwrap()));
        at.map(|ever| period.as_secs_f64() * ever as f64)
    }

    #[test]
    fn edges_that_are_lost_now_and_then_are_no_fault_and_many_in_a_row_are() {
        assert_eq!(told(Duration::from_secs(3_600)), None);
        assert_eq!(told(Duration::from_millis(200)), None);
        assert_eq!(told(Duration::from_millis(10)), Some(1.0));
    }
}
