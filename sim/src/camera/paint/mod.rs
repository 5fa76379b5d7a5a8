//! How things look: light, distance, and what is drawn on floor, walls and boxes.
//!
//! What must never live here: what is seen where.
//!
//! Single precision, and nothing but sums, products, quotients and comparisons in a fixed order: every machine gives
//! the same bits, and a compiler may do several dots at once.

mod face;
mod floor;
mod pattern;

use super::grain::ROUND_M;
use super::surfaces::Surfaces;
use super::view::{Lens, Linear, dot};
use crate::world::Colour;

pub(crate) use face::Seen;
use pattern::least;

/// So many dots are painted at once.
pub(crate) const DOTS: usize = 64;

/// From here half of what is seen is haze, metres.
const HAZE_M: f64 = 9.0;
/// Deeper than this nothing is told apart, metres.
const DEEPEST_M: f64 = 1000.0;
/// Red, green and blue, 0 to 255.
type Paint = [f32; 3];

/// Neighbours in a row of the picture: [`DOTS`] of them at most are painted at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Where in the picture their middles are.
    pub(crate) row: f64,
    /// The first.
    pub(crate) from: usize,
    pub(crate) dots: usize,
}

impl Run {
    /// Where the middle of the first is.
    fn column(self) -> f64 {
        self.from as f64 + 0.5
    }
}

/// What is known of the dots of a run.
#[derive(Debug)]
struct Dots {
    /// Of the second colour, 0 to 1.
    share: [f32; DOTS],
    /// How bright.
    tint: [f32; DOTS],
    /// The square of how far away, over that of where half is haze.
    far: [f32; DOTS],
    /// Where on the face or floor, metres.
    x: [f32; DOTS],
    y: [f32; DOTS],
}

/// A row of the picture, each colour for itself, 0 to 255.
#[derive(Debug, Default)]
pub(crate) struct Canvas(pub(crate) [Vec<f32>; 3]);

/// Who knows how things look from here.
#[derive(Debug)]
pub(crate) struct Painter<'s> {
    surfaces: &'s Surfaces,
    lens: Lens,
    x: Linear,
    y: Linear,
    z: Linear,
    haze: Paint,
    /// Where on the floor the eye is, from the nearest place before it at which its tiles begin anew.
    eye: (f64, f64),
    /// Where the grain of the floor is there.
    grain: (f32, f32),
    dots: Dots,
}

impl<'s> Painter<'s> {
    pub(crate) fn new(surfaces: &'s Surfaces, lens: Lens) -> Self {
        let zero = [0.0; DOTS];
        let tile_m = surfaces.floor.tile_m;
        let round = if tile_m > 0.0 { 2.0 * tile_m } else { ROUND_M };
        let [x, y, _] = lens.eye.map(|eye| (eye / round).floor() * round);
        let beyond_m = |at: f64| (at - (at / ROUND_M).floor() * ROUND_M) as f32;
        Self {
            surfaces,
            lens,
            x: lens.along([1.0, 0.0, 0.0]),
            y: lens.along([0.0, 1.0, 0.0]),
            z: lens.along([0.0, 0.0, 1.0]),
            haze: horizon(surfaces.sky),
            eye: (lens.eye[0] - x, lens.eye[1] - y),
            grain: (beyond_m(x), beyond_m(y)),
            dots: Dots { share: zero, tint: zero, far: zero, x: zero, y: zero },
        }
    }

    /// Whether a row sees the floor, where nothing stands before it.
    pub(crate) fn sees_floor(&self, row: f64) -> bool {
        self.z.at_row(row) < 0.0
    }

    /// Paints sky.
    pub(crate) fn sky(&mut self, run: Run, canvas: &mut Canvas) {
        let dots = run.dots.min(DOTS);
        let up = self.z.at_row(run.row).max(0.0) as f32;
        self.measure(run, 1.0);
        for i in 0..dots {
            // The square of the sine of how high it is.
            let high = up * up / self.dots.far[i];
            self.dots.share[i] = 1.0 / (1.0 + 12.0 * high);
            self.dots.tint[i] = 1.0;
            self.dots.far[i] = 0.0;
        }
        self.fill(run, paint(self.surfaces.sky), self.haze, canvas);
    }

    /// Sets how far away the floor or face is whose depth squared, over that of the haze, is given.
    fn measure(&mut self, run: Run, depth_squared: f64) {
        let dots = run.dots.min(DOTS);
        let ray = self.lens.ray(run.column(), run.row);
        // A ray is the longer the further its place is from the middle: its part to the right is this.
        let step = (1.0 / self.lens.focal) as f32;
        let aside = dot(ray, [self.x.column, self.y.column, 0.0]) * self.lens.focal;
        let rest = (dot(ray, ray) - aside * aside) as f32;
        let (aside, depth_squared) = (aside as f32, depth_squared as f32);
        for i in 0..dots {
            let aside = aside + step * i as f32;
            self.dots.far[i] = (rest + aside * aside) * depth_squared;
        }
    }

    /// Paints the dots as they are known, in two colours.
    fn fill(&mut self, run: Run, first: Paint, second: Paint, canvas: &mut Canvas) {
        let (from, dots) = (run.from, run.dots.min(DOTS));
        let Dots { share, tint, far, .. } = &mut self.dots;
        far[..dots].iter_mut().for_each(|far| *far = 1.0 / (1.0 + *far));
        for (part, row) in canvas.0.iter_mut().enumerate() {
            let (first, more, haze) = (first[part], second[part] - first[part], self.haze[part]);
            for (i, out) in row[from..from + dots].iter_mut().enumerate() {
                *out = least(haze + ((first + more * share[i]) * tint[i] - haze) * far[i], 255.0);
            }
        }
    }
}

fn paint(colour: Colour) -> Paint {
    colour.0.map(f32::from)
}

fn darker(colour: Colour, by: f32) -> Paint {
    paint(colour).map(|part| part * by)
}

/// What the sky is like where it meets the floor.
fn horizon(sky: Colour) -> Paint {
    paint(sky).map(|part| part + (246.0 - part) * 0.55)
}
