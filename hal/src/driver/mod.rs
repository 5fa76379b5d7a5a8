//! Drivers, one a file, each over the traits of embedded-hal.
//!
//! What must never live here: boards, platforms, one driver's knowledge of another.

pub mod hbridge;
pub mod pca9685;
pub mod robot_hat;
pub mod servo;
