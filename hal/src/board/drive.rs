//! How the wheels move the car.

/// How the wheels move the car. Lengths are metres; `top_speed_mps` is metres a second straight ahead
/// at full power.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are explained above and by `kind` in the board file")]
pub enum DrivetrainSpec {
    /// Steered by the difference of its two sides.
    Differential { track_m: f64, wheel_diameter_m: f64, top_speed_mps: f64 },
    /// Steered by its front wheels, as a road car.
    Ackermann { wheelbase_m: f64, track_m: f64, wheel_diameter_m: f64, top_speed_mps: f64 },
    /// Four wheels with rollers at 45 degrees, which also go sideways.
    Mecanum { wheelbase_m: f64, track_m: f64, wheel_diameter_m: f64, top_speed_mps: f64 },
}

impl DrivetrainSpec {
    /// As a board file calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Differential { .. } => "differential",
            Self::Ackermann { .. } => "ackermann",
            Self::Mecanum { .. } => "mecanum",
        }
    }

    /// Between the left and the right wheels, metres.
    #[must_use]
    pub fn track_m(&self) -> f64 {
        let (Self::Differential { track_m, .. }
        | Self::Ackermann { track_m, .. }
        | Self::Mecanum { track_m, .. }) = *self;
        track_m
    }

    /// Between the front and the rear wheels, metres; `None` where the kind does not need to know.
    #[must_use]
    pub fn wheelbase_m(&self) -> Option<f64> {
        match *self {
            Self::Differential { .. } => None,
            Self::Ackermann { wheelbase_m, .. } | Self::Mecanum { wheelbase_m, .. } => Some(wheelbase_m),
        }
    }

    /// Of a wheel, metres.
    #[must_use]
    pub fn wheel_diameter_m(&self) -> f64 {
        let (Self::Differential { wheel_diameter_m, .. }
        | Self::Ackermann { wheel_diameter_m, .. }
        | Self::Mecanum { wheel_diameter_m, .. }) = *self;
        wheel_diameter_m
    }

    /// Metres a second, straight ahead at full power.
    #[must_use]
    pub fn top_speed_mps(&self) -> f64 {
        let (Self::Differential { top_speed_mps, .. }
        | Self::Ackermann { top_speed_mps, .. }
        | Self::Mecanum { top_speed_mps, .. }) = *self;
        top_speed_mps
    }

    /// From the point that the pose is of ahead to the middle of the car, metres.
    #[must_use]
    pub fn middle_ahead_m(&self) -> f64 {
        match *self {
            Self::Differential { .. } | Self::Mecanum { .. } => 0.0,
            Self::Ackermann { wheelbase_m, .. } => wheelbase_m / 2.0,
        }
    }
}
