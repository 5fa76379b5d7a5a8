//! A way past most of a list: what follows each other in a file lies near each other on the floor, so the list is cut
//! into clumps, each with the rectangle around it, and only clumps that a question reaches are looked into.
//!
//! Measured in a release build on a virtual machine with two cores: 31 rays in a world of 300 faces take 2.8 µs instead
//! of 9.4, and 2.7 instead of 3.8 in the room of 48; the colour of the floor beside the line of `track`, 70 pieces, takes
//! 26 ns instead of 161.
//!
//! What must never live here: what is in the list.

use std::ops::Range;

use super::Point;

/// Things in a clump.
const CLUMP: usize = 8;

/// Rectangles are wider by this than what is in them, metres: more than rounding moves anything within some
/// thousand metres.
const DUST_M: f64 = 1e-8;

/// The rectangles of a list's clumps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clumps {
    rects: Vec<Rect>,
    count: usize,
}

/// Upright on the plan.
#[derive(Clone, Copy, Debug)]
struct Rect {
    middle: Point,
    /// From there to its sides.
    half_x: f64,
    half_y: f64,
}

impl Clumps {
    /// Of things that each lie within `margin_m` of the line between two points.
    pub(crate) fn new(things: impl Iterator<Item = (Point, Point, f64)>) -> Self {
        let things: Vec<_> = things.collect();
        Self { rects: things.chunks(CLUMP).map(Rect::around).collect(), count: things.len() }
    }

    /// What of the list may cover a point, in its order.
    pub(crate) fn at(&self, point: Point) -> impl Iterator<Item = usize> + '_ {
        let there = move |(_, rect): &(usize, &Rect)| {
            let (dx, dy) = rect.off(point);
            dx <= 0.0 && dy <= 0.0
        };
        self.rects.iter().enumerate().filter(there).flat_map(|(clump, _)| self.range(clump))
    }

    /// Looks for the nearest along a ray of unit direction, clump by clump in their order: `look` is shown each
    /// that the ray may meet nearer than it said it has found already.
    pub(crate) fn along(
        &self,
        from: Point,
        along: (f64, f64),
        reach_m: f64,
        mut look: impl FnMut(Range<usize>) -> f64,
    ) {
        let mut best_m = reach_m;
        for (clump, rect) in self.rects.iter().enumerate() {
            if rect.is_met_by(from, along, best_m) {
                best_m = best_m.min(look(self.range(clump)));
            }
        }
    }

    /// The same for the nearest to a point.
    pub(crate) fn around(&self, point: Point, mut look: impl FnMut(Range<usize>) -> f64) {
        let mut best_m = f64::INFINITY;
        for (clump, rect) in self.rects.iter().enumerate() {
            let (dx, dy) = rect.off(point);
            let (dx, dy) = (dx.max(0.0), dy.max(0.0));
            if dx * dx + dy * dy <= best_m * best_m {
                best_m = best_m.min(look(self.range(clump)));
            }
        }
    }

    fn range(&self, clump: usize) -> Range<usize> {
        clump * CLUMP..((clump + 1) * CLUMP).min(self.count)
    }
}

impl Rect {
    fn around(things: &[(Point, Point, f64)]) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for (from, to, margin_m) in things {
            for (axis, [one, other]) in [[from.x, to.x], [from.y, to.y]].into_iter().enumerate() {
                low[axis] = low[axis].min(one.min(other) - margin_m);
                high[axis] = high[axis].max(one.max(other) + margin_m);
            }
        }
        let [x, y] = [0, 1].map(|axis| low[axis].midpoint(high[axis]));
        let [half_x, half_y] = [0, 1].map(|axis| (high[axis] - low[axis]) / 2.0 + DUST_M);
        Self { middle: Point { x, y }, half_x, half_y }
    }

    /// How far a point is outside along each axis; below zero inside.
    fn off(&self, point: Point) -> (f64, f64) {
        ((point.x - self.middle.x).abs() - self.half_x, (point.y - self.middle.y).abs() - self.half_y)
    }

    fn is_met_by(&self, from: Point, along: (f64, f64), reach_m: f64) -> bool {
        let (dx, dy) = (self.middle.x - from.x, self.middle.y - from.y);
        let (x, y) = (along.0.abs(), along.1.abs());
        // Its shadow across the ray, and along it.
        let beside = (along.0 * dy - along.1 * dx).abs() - (self.half_x * y + self.half_y * x);
        let (ahead, half) = (along.0 * dx + along.1 * dy, self.half_x * x + self.half_y * y);
        beside <= 0.0 && ahead + half >= 0.0 && ahead - half <= reach_m
    }
}
