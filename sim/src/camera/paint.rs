//! How things look: light, distance, and what is drawn on floor, walls and boxes.
//!
//! What must never live here: what is seen where.
//!
//! Single precision, and nothing but sums, products, quotients and comparisons in a fixed order: every machine gives
//! the same bits, and a compiler may do several dots at once.

use super::grain::GRAIN;
use super::surfaces::{Face, Kind, Surfaces};
use super::view::{Lens, Linear, dot, minus};
use crate::world::Colour;

/// So many dots are painted at once.
pub(crate) const DOTS: usize = 64;

/// From here half of what is seen is haze, metres.
const HAZE_M: f64 = 9.0;
/// Deeper than this nothing is told apart, metres.
const DEEPEST_M: f64 = 1000.0;
/// Where the light comes from, seen from above: no multiple of an eighth of a turn, so that each wall of a room has
/// a brightness of its own.
const LIGHT: [f64; 2] = [0.83, 0.56];

/// Of a wall: the board along its foot, and the edge on top.
const SKIRTING_M: f32 = 0.025;
const RIM_M: f32 = 0.008;
/// Of a wall: from one joint to the next, and half of how wide a joint is.
const PANEL_M: f32 = 0.5;
const JOINT_M: f32 = 0.003;
/// Of a box: how wide its edges are.
const EDGE_M: f32 = 0.006;
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
        let lit = dot(normal, [LIGHT[0], LIGHT[1], 0.0]) as f32 * (height.signum() as f32);
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
        Self {
            surfaces,
            lens,
            x: lens.along([1.0, 0.0, 0.0]),
            y: lens.along([0.0, 1.0, 0.0]),
            z: lens.along([0.0, 0.0, 1.0]),
            haze: horizon(surfaces.sky),
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

    /// Paints bare floor, or something laid on it.
    pub(crate) fn floor(
        &mut self,
        row: f64,
        from: usize,
        tape: Option<Colour>,
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
        let around = f64::from(super::grain::CELL_M) * 256.0;
        let period = if self.surfaces.floor.tile_m > 0.0 { self.surfaces.floor.tile_m * 2.0 } else { around };
        let middle = dots / 2;
        let grain_m = footprint(wide_x, middle).max(footprint(wide_y, middle));
        self.go(row, from, dots, depth, around);
        self.dots.tint[..dots].fill(1.0);
        let strength = if tape.is_some() { 0.05 } else { 0.11 };
        GRAIN.roughen(
            &mut self.dots.tint[..dots],
            (&self.dots.x[..dots], &self.dots.y[..dots]),
            grain_m * 0.6,
            strength,
        );
        if let Some(tape) = tape {
            return self.fill(from, dots, paint(tape), paint(tape), canvas);
        }
        let floor = &self.surfaces.floor;
        let (first, second) = (paint(floor.colour), paint(floor.second));
        if floor.tile_m > 0.0 {
            self.go(row, from, dots, depth, period);
            let tile = floor.tile_m as f32;
            let Dots { share, tint, x, y, .. } = &mut self.dots;
            for i in 0..dots {
                let (fx, fy) = (footprint(wide_x, i), footprint(wide_y, i));
                let odd = alternate(x[i] / (2.0 * tile), fx / (2.0 * tile))
                    * alternate(y[i] / (2.0 * tile), fy / (2.0 * tile));
                share[i] = 0.5 - 0.5 * odd;
                let grout =
                    stripe(off_grid(x[i], tile), GROUT_M, fx) + stripe(off_grid(y[i], tile), GROUT_M, fy);
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
        let start = |of: &Linear| (of.at(column, row) as f32, of.column as f32);
        let (near, along, across) = (start(&seen.nearness), start(&seen.along), start(&seen.across));
        let [eye_along, eye_across] = seen.from.map(|from| from as f32);
        let [length, width] = seen.face.size_m.map(|size| size as f32);
        let dot_m = 1.0 / self.lens.focal as f32;
        let Dots { share, tint, far, x, y } = &mut self.dots;
        let mut wide = [0.0_f32; DOTS];
        let mut high = [0.0_f32; DOTS];
        for i in 0..dots {
            let by = i as f32;
            // A dot on the edge of a face may just miss its plane.
            let depth = 1.0 / most(near.0 + near.1 * by, 1.0 / DEEPEST_M as f32);
            let on = depth * (along.0 + along.1 * by);
            x[i] = least(most(eye_along + on, 0.0), length);
            y[i] = least(most(eye_across + depth * (across.0 + across.1 * by), 0.0), width);
            wide[i] = (depth * (along.1 - on * near.1)).abs() + 1e-6;
            high[i] = depth * dot_m;
            far[i] *= depth * depth;
            tint[i] = seen.light;
        }
        let grain_m = high[dots / 2].max(wide[dots / 2] * 0.6);
        let (base, second, strength) = match seen.face.kind {
            Kind::Wall => {
                for i in 0..dots {
                    let foot = beyond(SKIRTING_M - y[i], high[i]);
                    let rim = beyond(y[i] - (width - RIM_M), high[i]);
                    share[i] = most(foot, rim * 0.7);
                    let joint = stripe(off_grid(x[i], PANEL_M), JOINT_M, wide[i]) * (1.0 - foot);
                    let line = stripe(y[i] - SKIRTING_M, JOINT_M, high[i]);
                    let panel = alternate(x[i] / (2.0 * PANEL_M), wide[i] / (2.0 * PANEL_M));
                    tint[i] *= (1.0 - 0.22 * most(joint, line)) * (1.0 + 0.025 * panel);
                }
                (paint(seen.face.colour), darker(seen.face.colour, 0.62), 0.11)
            }
            Kind::Side | Kind::Lid => {
                for i in 0..dots {
                    let ends = beyond(EDGE_M - least(x[i], length - x[i]), wide[i]);
                    let rims = beyond(EDGE_M - least(y[i], width - y[i]), high[i]);
                    share[i] = most(ends, rims);
                }
                (paint(seen.face.colour), darker(seen.face.colour, 0.7), 0.13)
            }
        };
        GRAIN.roughen(&mut tint[..dots], (&x[..dots], &y[..dots]), grain_m, strength);
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

    /// Sets where on the floor each dot is, but for whole multiples of `round`, which keeps the numbers small.
    fn go(&mut self, row: f64, from: usize, dots: usize, depth: f64, round: f64) {
        let dots = dots.min(DOTS);
        let start = |axis: &Linear, eye: f64| {
            let at = eye + depth * axis.at(from as f64 + 0.5, row);
            ((at - (at / round).floor() * round) as f32, (depth * axis.column) as f32)
        };
        let (x, y) = (start(&self.x, self.lens.eye[0]), start(&self.y, self.lens.eye[1]));
        for i in 0..dots {
            self.dots.x[i] = x.0 + x.1 * i as f32;
            self.dots.y[i] = y.0 + y.1 * i as f32;
        }
    }

    fn fill(&self, from: usize, dots: usize, first: Paint, second: Paint, canvas: &mut Canvas) {
        let dots = dots.min(DOTS);
        let Dots { share, tint, far, .. } = &self.dots;
        for (part, row) in canvas.0.iter_mut().enumerate() {
            let (first, more, haze) = (first[part], second[part] - first[part], self.haze[part]);
            for (i, out) in row[from..from + dots].iter_mut().enumerate() {
                let clear = 1.0 / (1.0 + far[i]);
                *out = least(haze + ((first + more * share[i]) * tint[i] - haze) * clear, 255.0);
            }
        }
    }
}

/// What of a dot at `at`, `wide` wide, is beyond 0.
#[inline]
fn beyond(at: f32, wide: f32) -> f32 {
    least(most(at / wide + 0.5, 0.0), 1.0)
}

/// What of a dot that is `off` the middle of a stripe lies on the stripe.
#[inline]
fn stripe(off: f32, half: f32, wide: f32) -> f32 {
    least(beyond(half - off.abs(), wide), 2.0 * half / wide)
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

/// From the nearest multiple of `grid`.
#[inline]
fn off_grid(at: f32, grid: f32) -> f32 {
    at - round(at / grid) * grid
}

/// The mean, over a dot, of what is 1 in the first half of each whole and -1 in the second.
#[inline]
fn alternate(at: f32, wide: f32) -> f32 {
    let sum = |at: f32| (at - round(at)).abs();
    let wide = most(wide, 1e-3);
    (sum(at + wide / 2.0) - sum(at - wide / 2.0)) / wide
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
            assert!(alternate(at, 7.0).abs() < 0.08);
            assert!((stripe(off_grid(at, 1.0), 0.002, 4.0) - 0.001).abs() < 1e-6);
        }
        for (at, which) in [(3.25, 1.0), (3.75, -1.0), (-3.75, 1.0), (-3.25, -1.0)] {
            assert!((alternate(at, 0.01) - which).abs() < 1e-3, "{at}");
        }
        assert!(alternate(3.5, 0.01).abs() < 1e-3, "the dot is half here and half there");
    }
}
