//! What a car is told to do.
//!
//! What must never live here: how it is done.

/// What the wheels shall do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Drive {
    /// Stand, motors shorted; the front wheels stay as they are steered.
    #[default]
    Brake,
    /// Turn. What would need more than full power is scaled down as [`Drivetrain::mix`](crate::Drivetrain::mix)
    /// says; a motor that gets no power brakes.
    Power {
        /// -1 to 1, forward positive.
        throttle: f64,
        /// -1 to 1, left positive.
        steer: f64,
        /// -1 to 1, left positive; of no effect on a car that [cannot](crate::Drivetrain::strafes).
        strafe: f64,
    },
    /// One motor turns by itself and the others brake, to find out which it is and what it takes: its duty
    /// is the power, without trim, deadband and minimum duty. Leads that are swapped in the board file are
    /// swapped here too.
    One {
        /// In the order of the board file.
        motor: usize,
        /// -1 to 1, forward positive.
        power: f64,
    },
}

/// What the whole car shall do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Target {
    /// The wheels.
    pub drive: Drive,
    /// Degrees, left positive; limited to the servo's range, ignored on a board without a pan servo.
    pub pan_deg: f64,
    /// Degrees, up positive; limited to the servo's range, ignored on a board without a tilt servo.
    pub tilt_deg: f64,
    /// A servo, in the order of the board file, and the pulse that it gets whatever else is said of it, to
    /// find its centre and its limits: microseconds, limited to [`PULSES_US`](crate::driver::servo::PULSES_US)
    /// and to its period.
    pub servo_pulse: Option<(usize, f64)>,
}
