//! What stands on the floor, as straight pieces: what a ray meets, and how near the nearest is.
//!
//! What must never live here: what a hit means.

use super::{Colour, Point, World, pieces};

/// Everything that a car cannot pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct Obstacles {
    segments: Vec<Segment>,
}

/// A straight upright face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) from: Point,
    pub(crate) to: Point,
    pub(crate) height_m: f64,
    pub(crate) colour: Colour,
}

/// Where a ray meets a face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit<'o> {
    pub(crate) distance_m: f64,
    pub(crate) face: &'o Segment,
    /// From the beginning of the face, metres.
    pub(crate) along_m: f64,
    /// Of the angle between the ray and the face's normal, 0 to 1.
    pub(crate) cosine: f64,
}

impl Obstacles {
    pub(crate) fn new(world: &World) -> Self {
        let walls = world.walls.iter().flat_map(|wall| {
            let face = |(from, to)| Segment { from, to, height_m: wall.height_m, colour: wall.colour };
            pieces(&wall.points, wall.closed).map(face)
        });
        let boxes = world.boxes.iter().flat_map(|block| {
            let corners = block.corners();
            let (height_m, colour) = (block.height_m, block.colour);
            (0..4).map(move |i| Segment { from: corners[i], to: corners[(i + 1) % 4], height_m, colour })
        });
        Self { segments: walls.chain(boxes).collect() }
    }

    /// All faces, in the order of the file.
    pub(crate) fn faces(&self) -> &[Segment] {
        &self.segments
    }

    /// The first face that a ray meets, if it does within `reach_m`.
    pub(crate) fn ray(&self, from: Point, heading_rad: f64, reach_m: f64) -> Option<Hit<'_>> {
        let along = (libm::cos(heading_rad), libm::sin(heading_rad));
        let hits = self.segments.iter().filter_map(|face| face.met_by(from, along));
        hits.filter(|hit| hit.distance_m <= reach_m).min_by(|a, b| a.distance_m.total_cmp(&b.distance_m))
    }

    /// The point of a face that is nearest, and how far that is; `None` in a world without any.
    pub(crate) fn nearest(&self, to: Point) -> Option<(Point, f64)> {
        let near = self.segments.iter().map(|face| face.nearest(to));
        let far = |point: Point| libm::hypot(point.x - to.x, point.y - to.y);
        near.map(|point| (point, far(point))).min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl Segment {
    fn met_by(&self, from: Point, along: (f64, f64)) -> Option<Hit<'_>> {
        let (ex, ey) = (self.to.x - self.from.x, self.to.y - self.from.y);
        let (wx, wy) = (self.from.x - from.x, self.from.y - from.y);
        let cross = along.0 * ey - along.1 * ex;
        if cross == 0.0 {
            return None;
        }
        let distance_m = (wx * ey - wy * ex) / cross;
        let share = (wx * along.1 - wy * along.0) / cross;
        if distance_m < 0.0 || !(0.0..=1.0).contains(&share) {
            return None;
        }
        let length_m = libm::hypot(ex, ey);
        Some(Hit { distance_m, face: self, along_m: share * length_m, cosine: (cross / length_m).abs() })
    }

    /// Its point that is nearest.
    pub(crate) fn nearest(&self, to: Point) -> Point {
        let (ex, ey) = (self.to.x - self.from.x, self.to.y - self.from.y);
        let square = ex * ex + ey * ey;
        let along = (to.x - self.from.x) * ex + (to.y - self.from.y) * ey;
        let share = if square > 0.0 { (along / square).clamp(0.0, 1.0) } else { 0.0 };
        self.from.plus((ex, ey), share)
    }

    /// At right angles to it, of length 1; any direction for a face without length.
    pub(crate) fn normal(&self) -> (f64, f64) {
        let (ex, ey) = (self.to.x - self.from.x, self.to.y - self.from.y);
        let length = libm::hypot(ex, ey);
        if length > 0.0 { (-ey / length, ex / length) } else { (1.0, 0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Block;

    fn square() -> Obstacles {
        let block = Block {
            at: Point { x: 2.0, y: 0.0 },
            size_m: [1.0, 2.0],
            heading_rad: 0.0,
            height_m: 0.3,
            colour: Colour([9, 9, 9]),
        };
        Obstacles::new(&World { boxes: vec![block], ..World::open() })
    }

    #[test]
    fn a_ray_meets_the_nearer_face_and_only_what_is_ahead_and_in_reach() {
        let square = square();
        let hit = square.ray(Point::default(), 0.0, 4.0).unwrap();
        assert!((hit.distance_m - 1.5).abs() < 1e-12 && (hit.cosine - 1.0).abs() < 1e-12);
        assert_eq!(square.ray(Point::default(), 0.0, 1.4), None);
        assert_eq!(square.ray(Point::default(), std::f64::consts::PI, 4.0), None);
    }

    #[test]
    fn the_nearest_point_is_on_a_face_or_a_corner() {
        let square = square();
        let (point, far) = square.nearest(Point { x: 1.0, y: 0.5 }).unwrap();
        assert!((far - 0.5).abs() < 1e-12 && (point.y - 0.5).abs() < 1e-12);
        let (_, far) = square.nearest(Point { x: 1.2, y: 1.4 }).unwrap();
        assert!((far - 0.5).abs() < 1e-12, "3-4-5 from the corner: {far}");
        assert_eq!(Obstacles::default().nearest(Point::default()), None);
    }
}
