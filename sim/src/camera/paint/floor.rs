//! The floor, and what was laid on it: tiles and their joints, in the light and not.
//!
//! What must never live here: where a tape or a shadow is.

use super::pattern::{alternate, least, off_grid, stripe};
use super::{Canvas, DEEPEST_M, DOTS, Dots, HAZE_M, Painter, Run, paint};
use crate::camera::grain::GRAIN;
use crate::camera::view::Linear;
use crate::world::Colour;

/// What is left of the light in a shadow.
const SHADOW: f32 = 0.74;
/// Between two tiles, half.
const GROUT_M: f32 = 0.002;

/// How far apart on the floor neighbours of a run are along one axis, in a row and from row to row, metres.
struct Apart {
    column: f32,
    row: f32,
    /// By so much `row` grows from dot to dot.
    grows: f32,
}

impl Apart {
    fn footprint(&self, dot: usize) -> f32 {
        self.column + (self.row + self.grows * dot as f32).abs()
    }
}

impl Painter<'_> {
    /// Paints bare floor, or a tape of a colour on it, in the light or not.
    pub(crate) fn floor(&mut self, tape: Option<Colour>, shaded: bool, run: Run, canvas: &mut Canvas) {
        let dots = run.dots.min(DOTS);
        let down = (-self.z.at_row(run.row)).max(self.lens.eye[2] / DEEPEST_M);
        let depth = self.lens.eye[2] / down;
        self.measure(run, depth * depth / (HAZE_M * HAZE_M));
        let tilt = self.z.row / down;
        let apart = |axis: &Linear| Apart {
            column: ((depth * axis.column) as f32).abs(),
            row: (depth * (axis.row + axis.at(run.column(), run.row) * tilt)) as f32,
            grows: (depth * axis.column * tilt) as f32,
        };
        let apart = [apart(&self.x), apart(&self.y)];
        let middle = dots / 2;
        let grain_m = apart[0].footprint(middle).max(apart[1].footprint(middle));
        self.go(run, depth);
        self.dots.tint[..dots].fill(if shaded { SHADOW } else { 1.0 });
        let strength = if tape.is_some() { 0.05 } else { 0.11 };
        let places = (&self.dots.x[..dots], &self.dots.y[..dots]);
        GRAIN.roughen(&mut self.dots.tint[..dots], places, self.grain, grain_m * 0.6, strength);
        if let Some(tape) = tape {
            return self.fill(run, paint(tape), paint(tape), canvas);
        }
        let floor = &self.surfaces.floor;
        if floor.tile_m > 0.0 {
            self.dots.tiles(floor.tile_m as f32, dots, &apart);
        } else {
            self.dots.share[..dots].fill(0.0);
        }
        self.fill(run, paint(floor.colour), paint(floor.second), canvas);
    }

    /// Sets where on the floor each dot is, counted from near the eye, which keeps the numbers small.
    fn go(&mut self, run: Run, depth: f64) {
        let dots = run.dots.min(DOTS);
        let start = |axis: &Linear, eye: f64| {
            ((eye + depth * axis.at(run.column(), run.row)) as f32, (depth * axis.column) as f32)
        };
        let (x, y) = (start(&self.x, self.eye.0), start(&self.y, self.eye.1));
        for i in 0..dots {
            self.dots.x[i] = x.0 + x.1 * i as f32;
            self.dots.y[i] = y.0 + y.1 * i as f32;
        }
    }
}

impl Dots {
    /// Tiles in two colours, and what is between them.
    fn tiles(&mut self, tile: f32, dots: usize, [wide_x, wide_y]: &[Apart; 2]) {
        let per_tile = 1.0 / tile;
        let Self { share, tint, x, y, .. } = self;
        for i in 0..dots {
            let (fx, fy) = (wide_x.footprint(i), wide_y.footprint(i));
            let (per_x, per_y) = (1.0 / fx, 1.0 / fy);
            let odd = alternate(x[i], fx, per_x, per_tile) * alternate(y[i], fy, per_y, per_tile);
            share[i] = 0.5 - 0.5 * odd;
            let grout = stripe(off_grid(x[i], tile, per_tile), GROUT_M, per_x)
                + stripe(off_grid(y[i], tile, per_tile), GROUT_M, per_y);
            tint[i] *= 1.0 - 0.18 * least(grout, 1.0);
        }
    }
}
