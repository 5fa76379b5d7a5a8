//! (interface sketch: to be completed) The assembled car: every motor and servo of a board, opened on a platform.

use crate::{AssembleError, Board, Drivetrain, HardwareError, Platform, WheelPower};

/// What the wheels shall do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Drive {
    /// Stand, motors shorted.
    #[default]
    Brake,
    /// Throttle and steer, -1 to 1, left positive.
    Power { throttle: f64, steer: f64 },
}

/// What the whole car shall do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Target {
    /// The wheels.
    pub drive: Drive,
    /// Degrees, left positive; ignored on a board without a pan servo.
    pub pan_deg: f64,
    /// Degrees, up positive; ignored on a board without a tilt servo.
    pub tilt_deg: f64,
}

/// A car.
pub struct Car {}

impl Car {
    /// Opens everything that the board names, brakes, and centres the servos. On an error everything opened so far is safe.
    pub fn assemble(_board: &Board, _platform: &mut dyn Platform) -> Result<Self, AssembleError> {
        todo!()
    }
    /// Does `target`: writes only what changed. A motor that reverses has zero duty on the bus before its inputs flip.
    /// The motors are written first when they brake, in every case before the servos.
    /// After an error the unknown outputs are written again in full at the next call.
    pub fn apply(&mut self, _target: &Target) -> Result<(), HardwareError> {
        todo!()
    }
    /// Brakes, whatever was written before; tries every motor even where one fails, returns the first error. Servos hold.
    pub fn halt(&mut self) -> Result<(), HardwareError> {
        todo!()
    }
    /// The power that was last written to each side.
    pub fn wheels(&self) -> WheelPower {
        todo!()
    }
    /// (min, max, center) of the pan servo in degrees; None without one.
    pub fn pan_range(&self) -> Option<(f64, f64, f64)> {
        todo!()
    }
    /// The same of the tilt servo.
    pub fn tilt_range(&self) -> Option<(f64, f64, f64)> {
        todo!()
    }
    /// Geometry.
    pub fn drivetrain(&self) -> &Drivetrain {
        todo!()
    }
}
