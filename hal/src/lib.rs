//! Drivers over embedded-hal, drivetrains, board files and the Linux platform.
//!
//! What lives here: one file for each driver, the board file and its presets, [`Car`] (the
//! assembled whole), and [`Platform`], which hands out embedded-hal objects for the names in a
//! board file. What must never live here: tokio, messages, who may drive, wall-clock time.

#[cfg(test)]
mod bench;
pub mod board;
mod car;
pub mod driver;
mod drivetrain;
mod error;
pub mod file;
mod interlock;
pub mod odometry;
pub mod platform;
pub mod sensor;

pub use board::Board;
pub use car::{Car, Drive, Target};
pub use drivetrain::{Beyond, Demand, Drivetrain, WheelPower};
pub use error::{AssembleError, HardwareError, IoError, IoKind};
pub use interlock::Interlock;
pub use platform::{Motion, Platform};
