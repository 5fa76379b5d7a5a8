//! The camera's two axes: targets within the limits of their servos.

use hal::board::ServoSpec;
use protocol::Gimbal;

/// One axis and its limits, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    min: f64,
    max: f64,
    center: f64,
}

impl Axis {
    pub(crate) fn new(servo: &ServoSpec) -> Self {
        Self { min: servo.min_deg, max: servo.max_deg, center: servo.center_deg }
    }

    pub(crate) fn range(self) -> (f64, f64) {
        (self.min, self.max)
    }

    fn clamp(self, degrees: f64) -> f64 {
        degrees.clamp(self.min, self.max)
    }
}

/// Where the camera shall look.
#[derive(Clone, Debug)]
pub(crate) struct Aim {
    pan: Option<Axis>,
    tilt: Option<Axis>,
    target: Gimbal,
}

impl Aim {
    pub(crate) fn new(pan: Option<Axis>, tilt: Option<Axis>) -> Self {
        let mut aim = Self { pan, tilt, target: Gimbal::default() };
        aim.center();
        aim
    }

    /// Whether there is anything to turn.
    pub(crate) fn exists(&self) -> bool {
        self.pan.is_some() || self.tilt.is_some()
    }

    /// The angles after limits; 0 for an axis that the board does not have.
    pub(crate) fn target(&self) -> Gimbal {
        self.target
    }

    pub(crate) fn center(&mut self) {
        let center = |axis: Option<Axis>| axis.map_or(0.0, |a| a.center);
        self.target = Gimbal { pan: center(self.pan), tilt: center(self.tilt) };
    }

    pub(crate) fn look(&mut self, pan: Option<f64>, tilt: Option<f64>) {
        let turn = |axis: Option<Axis>, to: Option<f64>, now: f64| match (axis, to) {
            (Some(axis), Some(to)) => axis.clamp(to),
            _ => now,
        };
        self.target = Gimbal {
            pan: turn(self.pan, pan, self.target.pan),
            tilt: turn(self.tilt, tilt, self.target.tilt),
        };
    }

    pub(crate) fn nudge(&mut self, pan: f64, tilt: f64) {
        self.look(Some(self.target.pan + pan), Some(self.target.tilt + tilt));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAN: Axis = Axis { min: -80.0, max: 70.0, center: 5.0 };

    #[test]
    fn an_angle_beyond_the_servo_stops_at_its_limit() {
        let mut aim = Aim::new(Some(PAN), None);
        aim.look(Some(180.0), Some(10.0));
        assert_eq!(aim.target(), Gimbal { pan: 70.0, tilt: 0.0 });
        aim.nudge(-500.0, 0.0);
        assert_eq!(aim.target().pan, -80.0);
    }

    #[test]
    fn an_axis_that_is_not_named_stays() {
        let mut aim = Aim::new(Some(PAN), Some(PAN));
        aim.look(Some(20.0), None);
        aim.look(None, Some(-20.0));
        assert_eq!(aim.target(), Gimbal { pan: 20.0, tilt: -20.0 });
        aim.center();
        assert_eq!(aim.target(), Gimbal { pan: 5.0, tilt: 5.0 });
    }
}
