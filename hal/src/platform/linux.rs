//! (interface sketch: to be completed) The kernel's GPIO, PWM and I²C.

/// The Linux platform.
#[derive(Debug)]
pub struct Linux {}
