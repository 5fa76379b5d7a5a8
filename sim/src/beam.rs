//! What an HC-SR04 hears from ahead: the nearest thing in its cone that sends sound back to where it came from.
//!
//! To sound of 40 kHz, 9 mm long, almost any wall is a mirror: it comes back where a face looks at the sensor,
//! and is lost where it does not. The figures are those of measurements: G. Dyrkacz, HC-SR04 beam tests, 2020
//! (github.com/GaryDyr/HC-SR04-beam-tests), with those that it quotes, and the data sheet's angle of 15°. Simpler than
//! in the world: the cone is flat, so heights make no difference; a face is smooth and hard whatever it is made of;
//! echoes over two faces are not heard, so an inner corner is heard as its two walls are.
//!
//! What must never live here: time, noise and pins.

use crate::world::{Obstacles, Point};

/// Of the data sheet, metres.
pub(crate) const NEAREST_M: f64 = 0.02;
pub(crate) const FURTHEST_M: f64 = 4.0;
/// Half of the cone, degrees: 15 of the data sheet near by (measured: 10 to 20 up to 1.3 m), half of it far away
/// (measured: 4 to 5 at 2.4 m).
const HALF_CONE_DEG: Fades = Fades { near: 15.0, far: 7.5 };
/// Between what looks at a face and its normal, degrees: measured, 45 within a metre; and at three, a thing must stand
/// squarely.
const INCIDENCE_DEG: Fades = Fades { near: 45.0, far: 15.0 };

/// An angle that is `near` up to 1 m and `far` from 3 m on; between, in proportion (estimated).
struct Fades {
    near: f64,
    far: f64,
}

impl Fades {
    fn at(&self, distance_m: f64) -> f64 {
        let share = ((distance_m - 1.0) / 2.0).clamp(0.0, 1.0);
        self.near + share * (self.far - self.near)
    }
}

/// Metres to what is heard first by a sensor there that looks that way; `None` where nothing answers.
pub(crate) fn nearest(obstacles: &Obstacles, from: Point, heading_rad: f64) -> Option<f64> {
    // A ray for each degree: 7 cm apart at the far end, where no smaller thing is heard.
    let widest = HALF_CONE_DEG.near as i32;
    let echoes = (-widest..=widest).filter_map(|off_deg| {
        let off_deg = f64::from(off_deg);
        let hit = obstacles.ray(from, heading_rad + off_deg.to_radians(), FURTHEST_M)?;
        let inside = off_deg.abs() <= HALF_CONE_DEG.at(hit.distance_m);
        let faces = libm::acos(hit.cosine.min(1.0)).to_degrees() <= INCIDENCE_DEG.at(hit.distance_m);
        (inside && faces).then_some(hit.distance_m)
    });
    echoes.min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::World;
    use crate::world::{Block, Colour, Wall};

    fn walls(pieces: &[[(f64, f64); 2]]) -> Obstacles {
        let wall = |ends: &[(f64, f64); 2]| Wall {
            points: ends.iter().map(|&(x, y)| Point { x, y }).collect(),
            closed: false,
            height_m: 0.4,
            colour: Colour([9, 9, 9]),
        };
        Obstacles::new(&World { walls: pieces.iter().map(wall).collect(), ..World::open() })
    }

    fn heard(obstacles: &Obstacles, heading_deg: f64) -> Option<f64> {
        nearest(obstacles, Point::default(), heading_deg.to_radians())
    }

    #[test]
    fn a_wall_is_as_far_as_its_foot_while_that_is_in_the_cone_and_further_beyond() {
        let wall = walls(&[[(0.8, -9.0), (0.8, 9.0)]]);
        for heading_deg in [0.0, 3.3, 10.0, -15.0] {
            let distance_m = heard(&wall, heading_deg).unwrap();
            assert!((distance_m - 0.8).abs() < 1e-4, "{distance_m} at {heading_deg}");
        }
        // The edge of the cone is 15° nearer to the foot than the sensor looks.
        let distance_m = heard(&wall, 40.0).unwrap();
        assert!((distance_m - 0.8 / 25_f64.to_radians().cos()).abs() < 1e-3, "{distance_m}");
    }

    #[test]
    fn at_grazing_incidence_the_echo_is_lost_the_sooner_the_further_the_wall_is() {
        let lost_from = |distance_m: f64| {
            let wall = walls(&[[(distance_m, -99.0), (distance_m, 99.0)]]);
            (0..90).find(|deg| heard(&wall, f64::from(*deg)).is_none()).unwrap()
        };
        let [near, middle, far] = [0.5, 2.0, 3.5].map(lost_from);
        assert!((58..=61).contains(&near), "{near}: 45° and the cone's 15");
        assert!((35..=42).contains(&middle), "{middle}");
        assert!((20..=23).contains(&far), "{far}: 15° and the cone's 7.5");
    }

    #[test]
    fn a_post_beside_the_axis_is_heard_within_the_cone_and_not_outside_of_it() {
        let post = |distance_m: f64, off_deg: f64| {
            let (sin, cos) = off_deg.to_radians().sin_cos();
            let block = Block {
                at: Point { x: distance_m * cos, y: distance_m * sin },
                size_m: [0.06, 0.06],
                heading_rad: off_deg.to_radians(),
                height_m: 0.3,
                colour: Colour([9, 9, 9]),
            };
            heard(&Obstacles::new(&World { boxes: vec![block], ..World::open() }), 0.0)
        };
        for off_deg in [0.0, 8.0, -14.0] {
            let distance_m = post(0.8, off_deg).expect("heard");
            assert!((distance_m - 0.77).abs() < 0.005, "{distance_m} at {off_deg}");
        }
        assert_eq!((post(0.8, 20.0), post(0.8, -20.0)), (None, None));
        assert!(post(3.0, 5.0).is_some() && post(3.0, 11.0).is_none(), "the cone is narrower far away");
    }

    #[test]
    fn a_wall_that_stands_askew_hides_what_is_behind_it_and_is_not_heard_itself() {
        let mut pieces = vec![[(1.0, -9.0), (1.0, 9.0)]];
        assert!(heard(&walls(&pieces), 0.0).is_some());
        pieces.push([(0.2, -1.0), (0.9, 1.5)]);
        assert!(heard(&walls(&pieces), 0.0).is_some_and(|distance_m| distance_m < 0.6), "at 16° it answers");
        // 25° off the axis, which it crosses at 0.3 m.
        pieces[1] = [(-0.2, -0.233), (0.95, 0.303)];
        assert_eq!(heard(&walls(&pieces), 0.0), None);
    }

    #[test]
    fn beyond_four_metres_nothing_is_heard() {
        assert!(heard(&walls(&[[(3.99, -9.0), (3.99, 9.0)]]), 0.0).is_some());
        assert_eq!(heard(&walls(&[[(4.01, -9.0), (4.01, 9.0)]]), 0.0), None);
    }
}
