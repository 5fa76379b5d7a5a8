//! Where the camera is and where it looks, and which ray belongs to which place of the picture.
//!
//! What must never live here: what a ray meets, and the car.

use std::f64::consts::PI;

use crate::clock::Nanos;
use crate::digest::Digest;

/// Of a picture's rows and columns, and of directions in the world: metres, z up.
pub(crate) type Vector = [f64; 3];

/// The camera at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    /// The time of the world.
    pub(crate) at: Nanos,
    /// Where it is.
    pub(crate) eye: Vector,
    /// From x towards y, radians.
    pub(crate) heading_rad: f64,
    /// Upwards, radians.
    pub(crate) tilt_rad: f64,
    /// From the left edge of the picture to the right one, radians.
    pub(crate) fov_rad: f64,
}

impl View {
    /// Takes every bit of it into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.integer(self.at);
        let [x, y, z] = self.eye;
        [x, y, z, self.heading_rad, self.tilt_rad, self.fov_rad].iter().for_each(|&value| into.number(value));
    }
}

/// A pinhole before a picture of some size. Columns count from the left and rows from the top, both in pixels;
/// the middle of the first pixel is at 0.5. The camera never leans to a side, so all of a row sees the floor at
/// one depth, and the horizon is a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens {
    /// Where it is.
    pub(crate) eye: Vector,
    /// From the hole to the picture, pixels.
    pub(crate) focal: f64,
    middle: (f64, f64),
    ahead: Vector,
    right: Vector,
    up: Vector,
}

impl Lens {
    pub(crate) fn new(view: &View, width: u16, height: u16) -> Self {
        let (sin, cos) = (libm::sin(view.heading_rad), libm::cos(view.heading_rad));
        let (lift, level) = (libm::sin(view.tilt_rad), libm::cos(view.tilt_rad));
        let middle = (f64::from(width) / 2.0, f64::from(height) / 2.0);
        Self {
            eye: view.eye,
            // A picture of half a turn or more has no edges.
            focal: middle.0 / libm::tan(view.fov_rad.clamp(0.01, 0.95 * PI) / 2.0),
            middle,
            ahead: [cos * level, sin * level, lift],
            right: [sin, -cos, 0.0],
            up: [-cos * lift, -sin * lift, level],
        }
    }

    /// The ray through a place of the picture, one metre deep.
    pub(crate) fn ray(&self, column: f64, row: f64) -> Vector {
        let (right, up) = ((column - self.middle.0) / self.focal, (self.middle.1 - row) / self.focal);
        [0, 1, 2].map(|i| self.ahead[i] + right * self.right[i] + up * self.up[i])
    }

    /// A point as the camera has it: depth, to the right, up.
    pub(crate) fn seen(&self, point: Vector) -> Vector {
        let from = minus(point, self.eye);
        [dot(from, self.ahead), dot(from, self.right), dot(from, self.up)]
    }

    /// Column and row of what is seen, if it is ahead.
    pub(crate) fn place(&self, [depth, right, up]: Vector) -> (f64, f64) {
        (self.middle.0 + self.focal * right / depth, self.middle.1 - self.focal * up / depth)
    }

    /// The part of a ray along `axis`, of all places of the picture.
    pub(crate) fn along(&self, axis: Vector) -> Linear {
        let (right, up) = (dot(axis, self.right) / self.focal, dot(axis, self.up) / self.focal);
        let corner = dot(axis, self.ahead) - self.middle.0 * right + self.middle.1 * up;
        Linear { column: right, row: -up, corner }
    }
}

/// What grows evenly over the picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linear {
    /// By so much a column.
    pub(crate) column: f64,
    /// By so much a row.
    pub(crate) row: f64,
    /// At the upper left corner.
    pub(crate) corner: f64,
}

impl Linear {
    pub(crate) fn at(&self, column: f64, row: f64) -> f64 {
        self.column * column + self.at_row(row)
    }

    /// At the left edge.
    pub(crate) fn at_row(&self, row: f64) -> f64 {
        self.row * row + self.corner
    }

    pub(crate) fn over(self, by: f64) -> Self {
        Self { column: self.column / by, row: self.row / by, corner: self.corner / by }
    }
}

pub(crate) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn minus(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// `from`, and `by` so much `along`.
pub(crate) fn plus(from: Vector, along: Vector, by: f64) -> Vector {
    [from[0] + along[0] * by, from[1] + along[1] * by, from[2] + along[2] * by]
}
