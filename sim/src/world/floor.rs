//! What the floor looks like at a point.
//!
//! What must never live here: who looks.

use super::clumps::Clumps;
use super::{Colour, Floor, Point, World, pieces};

/// The floor and what is drawn on it.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    floor: Floor,
    /// Over all others first.
    strokes: Vec<Stroke>,
    clumps: Clumps,
}

/// A straight piece of a line.
#[derive(Clone, Copy, Debug)]
struct Stroke {
    from: Point,
    along: (f64, f64),
    length_m: f64,
    half_width_m: f64,
    colour: Colour,
}

impl Ground {
    pub(crate) fn new(world: &World) -> Self {
        let strokes = world.lines.iter().rev().flat_map(|line| {
            pieces(&line.points, line.closed).map(|(from, to)| {
                let (dx, dy) = (to.x - from.x, to.y - from.y);
                let length_m = libm::hypot(dx, dy);
                let along = if length_m > 0.0 { (dx / length_m, dy / length_m) } else { (1.0, 0.0) };
                Stroke { from, along, length_m, half_width_m: line.width_m / 2.0, colour: line.colour }
            })
        });
        let strokes: Vec<Stroke> = strokes.collect();
        let end = |stroke: &Stroke| stroke.from.plus(stroke.along, stroke.length_m);
        let clumps = Clumps::new(strokes.iter().map(|s| (s.from, end(s), s.half_width_m)));
        Self { floor: world.floor.clone(), strokes, clumps }
    }

    /// What is seen there from above.
    pub(crate) fn colour(&self, at: Point) -> Colour {
        let drawn = self.clumps.at(at).map(|index| &self.strokes[index]).find(|stroke| stroke.covers(at));
        drawn.map_or_else(|| self.floor.colour(at), |stroke| stroke.colour)
    }
}

impl Stroke {
    fn covers(&self, at: Point) -> bool {
        let (dx, dy) = (at.x - self.from.x, at.y - self.from.y);
        let along = (dx * self.along.0 + dy * self.along.1).clamp(0.0, self.length_m);
        let (x, y) = (dx - along * self.along.0, dy - along * self.along.1);
        x * x + y * y <= self.half_width_m * self.half_width_m
    }
}

impl Floor {
    fn colour(&self, at: Point) -> Colour {
        if self.tile_m <= 0.0 {
            return self.colour;
        }
        let odd = (at.x / self.tile_m).floor() as i64 ^ (at.y / self.tile_m).floor() as i64;
        if odd & 1 == 0 { self.colour } else { self.second }
    }
}
