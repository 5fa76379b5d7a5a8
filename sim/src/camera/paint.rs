//! How things look: light, distance, and what is drawn on floor, walls and boxes.
//!
//! What must never live here: what is seen where.
//!
//! Single precision, and nothing but sums, products, quotients and comparisons in a fixed order: every machine gives
//! the same bits, and a compiler may do several dots at once.

use super::grain::{GRAIN, ROUND_M};
use super::surfaces::{Face, Kind, LIGHT, Surfaces};
use super::view::{Lens, Linear, dot, minus};
use crate::world::Colour;

/// So many dots are painted at once.
pub(crate) const DOTS: usize = 64;

/// From here half of what is seen is haze, metres.
const HAZE_M: f64 = 9.0;
/// Deeper than this nothing is told apart, metres.
const DEEPEST_M: f64 = 1000.0;
/// Of a wall: the board along its foot, and the edge on top.
const SKIRTING_M: f32 = 0.025;
const RIM_M: f32 = 0.008;
/// Of a wall: from one joint to the next, and half of how wide a joint is.
const PANEL_M: f32 = 0.5;
const JOINT_M: f32 = 0.003;
/// Of a box: how wide its edges are.
const EDGE_M: f32 = 0.006;
/// What is left of the light in a shadow.
const SHADOW: f32 = 0.74;
/// Between two tiles, half.
const GROUT_M: f32 = 0.002;

/// Red, green and blue, 0 to 255.
type Paint = [f32; 3];

/// A face before this camera.
#[derive(Debug)]
pub(crate) struct Seen<'s> {
    face: &'s Face,
    /// One over its depth.
    pub(crate) nearness: Linear,
    /// Of a ray one metre deep.
    along: Linear,
    across: Linear,
    /// Of the eye.
    from: [f64; 2],
    light: f32,
}

/// Some dots of a row.
#[derive(Debug)]
pub(crate) struct Dots {
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

impl<'s> Seen<'s> {
    /// `None` of a face that shows its back or its edge.
    pub(crate) fn new(face: &'s Face, lens: &Lens) -> Option<Self> {
        let height = face.height_of(lens.eye);
        let shows = if face.kind == Kind::Wall { height.abs() } else { height };
        // Closer to its plane than this a face is no wider than a hair.
        if shows < 1e-6 {
            return None;
        }
        let from = minus(lens.eye, face.origin);
        let normal = face.normal();
        let lit = dot(normal, LIGHT) as f32 * (height.signum() as f32);
        Some(Self {
            face,
            nearness: lens.along(normal).over(-height),
            along: lens.along(face.along),
            across: lens.along(face.across),
            from: [dot(from, face.along), dot(from, face.across)],
            light: if face.kind == Kind::Lid { 1.1 } else { 0.88 + 0.18 * lit },
        })
    }
}

impl Seen<'_> {
    #[cfg(test)]
    pub(crate) fn colour(&self) -> Colour {
        self.face.colour
    }
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

    /// Paints sky from one column on.
    pub(crate) fn sky(&mut self, row: f64, from: usize, canvas: &mut Canvas, dots: usize) {
        let dots = dots.min(DOTS);
        let up = self.z.at_row(row).max(0.0) as f32;
        self.measure(row, from, dots, 1.0);
        for i in 0..dots {
            // The square of the sine of how high it is.
            let high = up * up / self.dots.far[i];
            self.dots.share[i] = 1.0 / (1.0 + 12.0 * high);
            self.dots.tint[i] = 1.0;
            self.dots.far[i] = 0.0;
        }
        self.fill(from, dots, paint(self.surfaces.sky), self.haze, canvas);
    }

    /// Paints bare floor, or something laid on it, in the light or not.
    pub(crate) fn floor(
        &mut self,
        row: f64,
        from: usize,
        (tape, shaded): (Option<Colour>, bool),
        canvas: &mut Canvas,
        dots: usize,
    ) {
        let dots = dots.min(DOTS);
        let down = (-self.z.at_row(row)).max(self.lens.eye[2] / DEEPEST_M);
        let depth = self.lens.eye[2] / down;
        self.measure(row, from, dots, depth * depth / (HAZE_M * HAZE_M));
        // How far apart on the floor neighbours are, in a row and from row to row.
        let tilt = self.z.row / down;
        let apart = |axis: &Linear| {
            let column = (depth * axis.column) as f32;
            let first = (depth * (axis.row + axis.at(from as f64 + 0.5, row) * tilt)) as f32;
            (column.abs(), first, (depth * axis.column * tilt) as f32)
        };
        let (wide_x, wide_y) = (apart(&self.x), apart(&self.y));
        let footprint = |wide: (f32, f32, f32), i: usize| wide.0 + (wide.1 + wide.2 * i as f32).abs();
        let middle = dots / 2;
        let grain_m = footprint(wide_x, middle).max(footprint(wide_y, middle));
        self.go(row, from, dots, depth);
        self.dots.tint[..dots].fill(if shaded { SHADOW } else { 1.0 });
        let strength = if tape.is_some() { 0.05 } else { 0.11 };
        let places = (&self.dots.x[..dots], &self.dots.y[..dots]);
        GRAIN.roughen(&mut self.dots.tint[..dots], places, self.grain, grain_m * 0.6, strength);
        if let Some(tape) = tape {
            return self.fill(from, dots, paint(tape), paint(tape), canvas);
        }
        let floor = &self.surfaces.floor;
        let (first, second) = (paint(floor.colour), paint(floor.second));
        if floor.tile_m > 0.0 {
            let tile = floor.tile_m as f32;
            let per_tile = 1.0 / tile;
            let Dots { share, tint, x, y, .. } = &mut self.dots;
            for i in 0..dots {
                let (fx, fy) = (footprint(wide_x, i), footprint(wide_y, i));
                let (per_x, per_y) = (1.0 / fx, 1.0 / fy);
                let odd = alternate(x[i], fx, per_x, per_tile) * alternate(y[i], fy, per_y, per_tile);
                share[i] = 0.5 - 0.5 * odd;
                let grout = stripe(off_grid(x[i], tile, per_tile), GROUT_M, per_x)
                    + stripe(off_grid(y[i], tile, per_tile), GROUT_M, per_y);
                tint[i] *= 1.0 - 0.18 * least(grout, 1.0);
            }
        } else {
            self.dots.share[..dots].fill(0.0);
        }
        self.fill(from, dots, first, second, canvas);
    }

    /// Paints a face.
    pub(crate) fn face(&mut self, seen: &Seen<'_>, row: f64, from: usize, canvas: &mut Canvas, dots: usize) {
        let dots = dots.min(DOTS);
        self.measure(row, from, dots, 1.0 / (HAZE_M * HAZE_M));
        let column = from as f64 + 0.5;
        let start = |of: &Linear| [of.at(column, row), of.column, of.row].map(|part| part as f32);
        let (near, along, across) = (start(&seen.nearness), start(&seen.along), start(&seen.across));
        let [eye_along, eye_across] = seen.from.map(|from| from as f32);
        let [length, width] = seen.face.size_m.map(|size| size as f32);
        let Dots { share, tint, far, x, y } = &mut self.dots;
        // Dots in a metre.
        let (mut per_x, mut per_y) = ([0.0_f32; DOTS], [0.0_f32; DOTS]);
        for i in 0..dots {
            let by = i as f32;
            // A dot on the edge of a face may just miss its plane.
            let nearness = most(near[0] + near[1] * by, 1.0 / DEEPEST_M as f32);
            let depth = 1.0 / nearness;
            // Of each coordinate, how far from the eye, and how many dots to either neighbour are a metre.
            let place = |axis: [f32; 3]| {
                let on = depth * (axis[0] + axis[1] * by);
                let apart = most((axis[1] - on * near[1]).abs(), (axis[2] - on * near[2]).abs());
                (on, nearness / most(apart, 1e-9))
            };
            let (on_x, per) = place(along);
            (x[i], per_x[i]) = (least(most(eye_along + on_x, 0.0), length), per);
            let (on_y, per) = place(across);
            (y[i], per_y[i]) = (least(most(eye_across + on_y, 0.0), width), per);
            far[i] *= depth * depth;
            tint[i] = seen.light;
        }
        let grain_m = 1.0 / least(per_x[dots / 2] * 1.6, per_y[dots / 2] * 1.6);
        let (base, second, strength) = match seen.face.kind {
            Kind::Wall => {
                for i in 0..dots {
                    let foot = beyond(SKIRTING_M - y[i], per_y[i]);
                    let rim = beyond(y[i] - (width - RIM_M), per_y[i]);
                    share[i] = most(foot, rim * 0.7);
                    let joint =
                        stripe(off_grid(x[i], PANEL_M, 1.0 / PANEL_M), JOINT_M, per_x[i]) * (1.0 - foot);
                    let line = stripe(y[i] - SKIRTING_M, JOINT_M, per_y[i]);
                    let panel = alternate(x[i], 1.0 / per_x[i], per_x[i], 1.0 / PANEL_M);
                    tint[i] *= (1.0 - 0.22 * most(joint, line)) * (1.0 + 0.025 * panel);
                }
                (paint(seen.face.colour), darker(seen.face.colour, 0.62), 0.11)
            }
            Kind::Side | Kind::Lid => {
                for i in 0..dots {
                    let ends = beyond(EDGE_M - least(x[i], length - x[i]), per_x[i]);
                    let rims = beyond(EDGE_M - least(y[i], width - y[i]), per_y[i]);
                    share[i] = most(ends, rims);
                }
                (paint(seen.face.colour), darker(seen.face.colour, 0.7), 0.13)
            }
        };
        GRAIN.roughen(&mut tint[..dots], (&x[..dots], &y[..dots]), (0.0, 0.0), grain_m, strength);
        self.fill(from, dots, base, second, canvas);
    }

    /// Sets how far away the floor or face is whose depth squared, over that of the haze, is given.
    fn measure(&mut self, row: f64, from: usize, dots: usize, depth_squared: f64) {
        let dots = dots.min(DOTS);
        let ray = self.lens.ray(from as f64 + 0.5, row);
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

    /// Sets where on the floor each dot is, counted from near the eye, which keeps the numbers small.
    fn go(&mut self, row: f64, from: usize, dots: usize, depth: f64) {
        let dots = dots.min(DOTS);
        let start = |axis: &Linear, eye: f64| {
            ((eye + depth * axis.at(from as f64 + 0.5, row)) as f32, (depth * axis.column) as f32)
        };
        let (x, y) = (start(&self.x, self.eye.0), start(&self.y, self.eye.1));
        for i in 0..dots {
            self.dots.x[i] = x.0 + x.1 * i as f32;
            self.dots.y[i] = y.0 + y.1 * i as f32;
        }
    }

    fn fill(&mut self, from: usize, dots: usize, first: Paint, second: Paint, canvas: &mut Canvas) {
        let dots = dots.min(DOTS);
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

/// What of a dot at `at` is beyond 0; so many dots are a metre.
#[inline]
fn beyond(at: f32, per_m: f32) -> f32 {
    least(most(at * per_m + 0.5, 0.0), 1.0)
}

/// What of a dot that is `off` the middle of a stripe lies on the stripe.
#[inline]
fn stripe(off: f32, half: f32, per_m: f32) -> f32 {
    least(beyond(half - off.abs(), per_m), 2.0 * half * per_m)
}

/// What f32::min does in more steps, as it has to think of what is no number.
#[inline]
fn least(one: f32, other: f32) -> f32 {
    if one < other { one } else { other }
}

#[inline]
fn most(one: f32, other: f32) -> f32 {
    if one > other { one } else { other }
}

/// From the nearest multiple of a grid, of which so many are a metre.
#[inline]
fn off_grid(at: f32, grid: f32, per_m: f32) -> f32 {
    at - round(at * per_m) * grid
}

/// The mean, over a dot that is `wide`, of what is 1 and -1 by turns; so many dots, and so many turns, are a metre.
#[inline]
fn alternate(at: f32, wide: f32, per_m: f32, turns_per_m: f32) -> f32 {
    let sum = |at: f32| (at - round(at)).abs();
    let (from, to) = ((at - wide * 0.5) * turns_per_m * 0.5, (at + wide * 0.5) * turns_per_m * 0.5);
    (sum(to) - sum(from)) * (2.0 * per_m / turns_per_m)
}

/// To the nearest whole number, of what is below 4 million; quicker than by the library where a processor has no
/// instruction for it.
#[inline]
fn round(value: f32) -> f32 {
    const BIG: f32 = 12_582_912.0;
    (value + BIG) - BIG
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_too_small_for_a_dot_is_its_mean() {
        for at in [0.1, 0.3, 17.77] {
            assert!(alternate(at, 7.0, 1.0 / 7.0, 2.0).abs() < 0.08);
            assert!((stripe(off_grid(at, 1.0, 1.0), 0.002, 0.25) - 0.001).abs() < 1e-6);
        }
        for (at, which) in [(3.25, 1.0), (3.75, -1.0), (-3.75, 1.0), (-3.25, -1.0)] {
            assert!((alternate(at, 0.01, 100.0, 2.0) - which).abs() < 1e-3, "{at}");
        }
        assert!(alternate(3.5, 0.01, 100.0, 2.0).abs() < 1e-3, "the dot is half here and half there");
    }
}
