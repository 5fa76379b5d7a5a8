//! Drivers, one a file, each over the traits of embedded-hal.
//!
//! What must never live here: boards, platforms, one driver's knowledge of another.

pub mod ads1115;
pub mod ads7830;
pub mod analog;
pub mod esc;
pub mod hbridge;
pub mod ina219;
pub mod mpu6050;
pub mod pca9685;
pub mod pcf8591;
pub mod robot_hat;
pub mod scmd;
pub mod servo;
pub mod staged;
