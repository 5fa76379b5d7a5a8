//! Walls and boxes: their light, boards, joints and edges.
//!
//! What must never live here: what hides what.

use super::pattern::{alternate, beyond, least, most, off_grid, stripe};
use super::{Canvas, DEEPEST_M, DOTS, Dots, HAZE_M, Painter, Run, darker, paint};
use crate::camera::grain::GRAIN;
use crate::camera::surfaces::{Face, Kind, LIGHT};
use crate::camera::view::{Lens, Linear, dot, minus};

/// Of a wall: the board along its foot, and the edge on top.
const SKIRTING_M: f32 = 0.025;
const RIM_M: f32 = 0.008;
/// Of a wall: from one joint to the next, and half of how wide a joint is.
const PANEL_M: f32 = 0.5;
const JOINT_M: f32 = 0.003;
/// Of a box: how wide its edges are.
const EDGE_M: f32 = 0.006;
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
    pub(crate) fn colour(&self) -> crate::world::Colour {
        self.face.colour
    }
}

impl Painter<'_> {
    /// Paints a face.
    pub(crate) fn face(&mut self, seen: &Seen<'_>, run: Run, canvas: &mut Canvas) {
        let dots = run.dots.min(DOTS);
        self.measure(run, 1.0 / (HAZE_M * HAZE_M));
        let per = self.lie(seen, run);
        let grain_m = 1.0 / least(per[0][dots / 2] * 1.6, per[1][dots / 2] * 1.6);
        let colour = seen.face.colour;
        let (second, strength) = match seen.face.kind {
            Kind::Wall => {
                self.dots.wall(seen.face, dots, &per);
                (darker(colour, 0.62), 0.11)
            }
            Kind::Side | Kind::Lid => {
                self.dots.side(seen.face, dots, &per);
                (darker(colour, 0.7), 0.13)
            }
        };
        let Dots { tint, x, y, .. } = &mut self.dots;
        GRAIN.roughen(&mut tint[..dots], (&x[..dots], &y[..dots]), (0.0, 0.0), grain_m, strength);
        self.fill(run, paint(colour), second, canvas);
    }

    /// Sets where on a face each dot is, and how bright; says how many dots to either neighbour are a metre, along
    /// and across.
    fn lie(&mut self, seen: &Seen<'_>, run: Run) -> [[f32; DOTS]; 2] {
        let dots = run.dots.min(DOTS);
        let start = |of: &Linear| [of.at(run.column(), run.row), of.column, of.row].map(|part| part as f32);
        let (near, along, across) = (start(&seen.nearness), start(&seen.along), start(&seen.across));
        let [eye_along, eye_across] = seen.from.map(|from| from as f32);
        let [length, width] = seen.face.size_m.map(|size| size as f32);
        let Dots { tint, far, x, y, .. } = &mut self.dots;
        let [mut per_x, mut per_y] = [[0.0_f32; DOTS]; 2];
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
        [per_x, per_y]
    }
}

impl Dots {
    /// Boards, joints and the upper edge of a wall.
    fn wall(&mut self, face: &Face, dots: usize, [per_x, per_y]: &[[f32; DOTS]; 2]) {
        let width = face.size_m[1] as f32;
        let Self { share, tint, x, y, .. } = self;
        for i in 0..dots {
            let foot = beyond(SKIRTING_M - y[i], per_y[i]);
            let rim = beyond(y[i] - (width - RIM_M), per_y[i]);
            share[i] = most(foot, rim * 0.7);
            let joint = stripe(off_grid(x[i], PANEL_M, 1.0 / PANEL_M), JOINT_M, per_x[i]) * (1.0 - foot);
            let line = stripe(y[i] - SKIRTING_M, JOINT_M, per_y[i]);
            let panel = alternate(x[i], 1.0 / per_x[i], per_x[i], 1.0 / PANEL_M);
            tint[i] *= (1.0 - 0.22 * most(joint, line)) * (1.0 + 0.025 * panel);
        }
    }

    /// The edges of a side or lid of a box.
    fn side(&mut self, face: &Face, dots: usize, [per_x, per_y]: &[[f32; DOTS]; 2]) {
        let [length, width] = face.size_m.map(|size| size as f32);
        let Self { share, x, y, .. } = self;
        for i in 0..dots {
            let ends = beyond(EDGE_M - least(x[i], length - x[i]), per_x[i]);
            let rims = beyond(EDGE_M - least(y[i], width - y[i]), per_y[i]);
            share[i] = most(ends, rims);
        }
    }
}
