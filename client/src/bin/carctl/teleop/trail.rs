//! Where the car was: points of its way for the view from above, never more than fit. Pure.

use protocol::{Pose, State};

/// Points that are kept; of a longer way every second one goes.
const MOST: usize = 512;

/// Metres between two points, to begin with.
const APART: f64 = 0.02;

/// A way.
#[derive(Clone, Debug)]
pub(super) struct Trail {
    points: Vec<(f64, f64)>,
    apart: f64,
}

impl Default for Trail {
    fn default() -> Self {
        Self { points: Vec::new(), apart: APART }
    }
}

impl Trail {
    /// The car is there now.
    pub(super) fn add(&mut self, pose: Pose) {
        // Squares, as `hypot` would want a glibc of 2.35.
        let far = |(x, y): (f64, f64)| (pose.x - x).powi(2) + (pose.y - y).powi(2) >= self.apart * self.apart;
        if !(pose.x.is_finite() && pose.y.is_finite()) || self.points.last().is_some_and(|last| !far(*last)) {
            return;
        }
        self.points.push((pose.x, pose.y));
        if self.points.len() > MOST {
            let mut odd = false;
            self.points.retain(|_| {
                odd = !odd;
                odd
            });
            self.apart *= 2.0;
        }
    }

    /// The same, of a state that knows where the car is.
    pub(super) fn extend(&mut self, state: &State) {
        if let Some(pose) = state.pose {
            self.add(pose);
        }
    }

    /// In the order in which the car was there: x forward of its start, y to the left.
    pub(super) fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64) -> Pose {
        Pose { x, y: 0.0, heading: 0.0 }
    }

    #[test]
    fn a_car_that_stands_leaves_one_point_and_a_long_way_no_more_than_fit() {
        let mut trail = Trail::default();
        for _ in 0..100 {
            trail.add(at(0.0));
        }
        assert_eq!(trail.points(), [(0.0, 0.0)]);
        for step in 0..200_000 {
            trail.add(at(f64::from(step) * 0.01));
        }
        assert!((MOST / 4..=MOST).contains(&trail.points().len()), "{}", trail.points().len());
        assert_eq!(trail.points()[0], (0.0, 0.0), "the start stays");
        assert!(trail.points().last().unwrap().0 > 1980.0);
        trail.add(at(f64::NAN));
        assert!(trail.points().iter().all(|(x, _)| x.is_finite()));
    }
}
