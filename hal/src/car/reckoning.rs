//! Where the car is by its own wheels: what each motor was told, or what its encoder counted, brought to
//! the odometry.
//!
//! What must never live here: the geometry, which is the odometry's.

use std::time::Duration;

use super::motor::Motor;
use crate::board::{Board, DrivetrainSpec, Side};
use crate::odometry::{Odometry, Source, Wheels};
use crate::sensor::{Encoder, News};
use crate::{HardwareError, IoError, IoKind, Motion};

/// So many edges that cannot be are no accident.
const TOO_MANY_LOST: u64 = 100;

pub(super) struct Reckoning {
    odometry: Odometry,
    /// Of each motor, in their order.
    encoders: Vec<Option<Encoder>>,
    /// Those that people know of.
    told: Vec<bool>,
    top_speed_mps: f64,
    wheel_radius_m: f64,
    source: Source,
}

impl Reckoning {
    /// At rest where it stands. Without an encoder on every side (on mecanum wheels, on each) none counts.
    pub(super) fn new(board: &Board, encoders: Vec<Option<Encoder>>) -> Self {
        Self {
            odometry: Odometry::new(&board.drivetrain),
            told: vec![false; encoders.len()],
            source: if all_sides(board) { Source::Encoders } else { Source::Commanded },
            encoders,
            top_speed_mps: board.drivetrain.top_speed_mps(),
            wheel_radius_m: board.drivetrain.wheel_diameter_m() / 2.0,
        }
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
        let news = self.listen(motors);
        let mut turned = Vec::new();
        for (motor, encoder) in motors.iter().zip(&mut self.encoders) {
            if let Some(encoder) = encoder {
                turned.push((motor.side, motor.end, encoder.take_turned_rad() * self.wheel_radius_m));
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
    fn listen(&mut self, motors: &[Motor]) -> Vec<News> {
        let mut news = Vec::new();
        for ((motor, encoder), told) in motors.iter().zip(&self.encoders).zip(&mut self.told) {
            let Some(encoder) = encoder else { continue };
            let reason = if !encoder.is_heard() {
                self.source = Source::Commanded;
                "its lines can no longer be read; what the motors were told counts instead"
            } else if encoder.illegal() >= TOO_MANY_LOST {
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
