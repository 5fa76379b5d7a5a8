//! Drivers, one a file, each over the traits of embedded-hal.
//!
//! What must never live here: boards, platforms, other drivers.

pub mod pca9685;
