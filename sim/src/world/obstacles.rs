//! What stands on the floor, as straight pieces: what a ray meets, and how near the nearest is.
//!
//! What must never live here: what a hit means.

use super::clumps::Clumps;
use super::{Block, Colour, Point, World, pieces};

/// So near to where a ray begins a face is met at once, metres: rounding leaves less.
const DUST_M: f64 = 1e-9;

/// Everything that a car cannot pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct Obstacles {
    segments: Vec<Segment>,
    clumps: Clumps,
    /// The first of the faces are of walls, so many.
    walls: usize,
    blocks: Vec<Block>,
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
        let walls: Vec<Segment> = walls.collect();
        let (count, blocks) = (walls.len(), world.boxes.clone());
        Self { walls: count, blocks, ..Self::of(walls.into_iter().chain(boxes).collect()) }
    }

    pub(super) fn of(segments: Vec<Segment>) -> Self {
        let clumps = Clumps::new(segments.iter().map(|face| (face.from, face.to, 0.0)));
        Self { segments, clumps, ..Self::default() }
    }

    /// All faces, in the order of the file.
    pub(crate) fn faces(&self) -> &[Segment] {
        &self.segments
    }

    /// The first face that a ray meets, if it does within `reach_m`: of faces that it meets at once, the first of
    /// the file. What it runs along it meets at its nearer end.
    pub(crate) fn ray(&self, from: Point, heading_rad: f64, reach_m: f64) -> Option<Hit<'_>> {
        self.cast(from, (libm::cos(heading_rad), libm::sin(heading_rad)), reach_m)
    }

    /// The same in a direction of length 1.
    pub(super) fn cast(&self, from: Point, along: (f64, f64), reach_m: f64) -> Option<Hit<'_>> {
        let mut first: Option<(f64, f64, &Segment)> = None;
        self.clumps.along(from, along, reach_m, |range| {
            for face in &self.segments[range] {
                if let Some((distance_m, share)) = face.met_by(from, along)
                    && distance_m <= reach_m
                    && first.is_none_or(|(nearest_m, ..)| distance_m < nearest_m)
                {
                    first = Some((distance_m, share, face));
                }
            }
            first.map_or(reach_m, |(nearest_m, ..)| nearest_m)
        });
        first.map(|(distance_m, share, face)| face.hit(along, distance_m, share))
    }

    /// The box that a point is in, the first of the file.
    pub(crate) fn around(&self, point: Point) -> Option<&Block> {
        self.blocks.iter().find(|block| block.covers(point))
    }

    /// Whether a wall is on the straight way between two places; one that begins at a wall has it behind.
    pub(crate) fn walled(&self, from: Point, to: Point) -> bool {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let far_m = libm::sqrt(dx * dx + dy * dy);
        let along = (dx / far_m, dy / far_m);
        let meets = |face: &Segment| face.met_by(from, along);
        far_m > DUST_M
            && self.segments[..self.walls]
                .iter()
                .filter_map(meets)
                .any(|(at_m, _)| at_m > DUST_M && at_m <= far_m)
    }

    /// The point of a face that is nearest, and how far that is; `None` in a world without any.
    pub(crate) fn nearest(&self, to: Point) -> Option<(Point, f64)> {
        let mut nearest: Option<(Point, f64)> = None;
        self.clumps.around(to, |range| {
            for face in &self.segments[range] {
                let point = face.nearest(to);
                let (dx, dy) = (point.x - to.x, point.y - to.y);
                let far_m = libm::sqrt(dx * dx + dy * dy);
                if nearest.is_none_or(|(_, nearest_m)| far_m < nearest_m) {
                    nearest = Some((point, far_m));
                }
            }
            nearest.map_or(f64::INFINITY, |(_, nearest_m)| nearest_m)
        });
        nearest
    }
}

impl Segment {
    /// How far along a ray it is met, and at which share of itself. Which side of the ray an end is on is decided by
    /// that end alone, so no ray slips between two faces that share one.
    fn met_by(&self, from: Point, along: (f64, f64)) -> Option<(f64, f64)> {
        let seen = |end: Point| {
            let (dx, dy) = (end.x - from.x, end.y - from.y);
            (along.0 * dx + along.1 * dy, along.0 * dy - along.1 * dx)
        };
        let ((ahead, left), (ahead_to, left_to)) = (seen(self.from), seen(self.to));
        if (left > 0.0 && left_to > 0.0) || (left < 0.0 && left_to < 0.0) {
            return None;
        }
        let share = if left == left_to {
            // The ray runs along it.
            let here =
                if (ahead < 0.0) == (ahead_to < 0.0) { None } else { Some(-ahead / (ahead_to - ahead)) };
            here.unwrap_or(if ahead <= ahead_to { 0.0 } else { 1.0 })
        } else {
            left / (left - left_to)
        };
        let distance_m = ahead + share * (ahead_to - ahead);
        (distance_m >= -DUST_M).then_some((distance_m.max(0.0), share))
    }

    fn hit(&self, along: (f64, f64), distance_m: f64, share: f64) -> Hit<'_> {
        let (ex, ey) = (self.to.x - self.from.x, self.to.y - self.from.y);
        let length_m = libm::hypot(ex, ey);
        let across = (along.0 * ey - along.1 * ex).abs();
        let cosine = if length_m > 0.0 { (across / length_m).min(1.0) } else { 1.0 };
        Hit { distance_m, face: self, along_m: share * length_m, cosine }
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
