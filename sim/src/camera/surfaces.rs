//! A world as flat faces: what a camera can see of it.
//!
//! What must never live here: the camera.

use std::f64::consts::PI;

use super::view::{Vector, dot, minus, plus};
use crate::world::{Block, Colour, Floor, Point, Tape, Wall, World, pieces};

/// How far the round end of a tape may be from a circle, metres.
const ROUND_M: f64 = 0.0005;

/// Where the light comes from, seen from above: no multiple of an eighth of a turn, so that each wall of a room has
/// a brightness of its own.
pub(crate) const LIGHT: Vector = [0.83, 0.56, 0.0];

/// How long a shadow is, of what is how high; a higher one casts none that is longer, as indoors light comes from
/// all sides.
const SHADOW: f64 = 0.5;
const SHADOW_OF_M: f64 = 0.45;

/// All that there is to see. Faces stand on the floor or above it, so they hide it and never the other way round.
#[derive(Debug)]
pub(crate) struct Surfaces {
    pub(crate) sky: Colour,
    pub(crate) floor: Floor,
    /// On the floor, in the order in which they were laid.
    pub(crate) tapes: Vec<Strip>,
    /// On the floor, convex.
    pub(crate) shadows: Vec<[Vector; 4]>,
    pub(crate) faces: Vec<Face>,
}

/// What was laid on the floor.
#[derive(Debug)]
pub(crate) struct Strip {
    pub(crate) colour: Colour,
    /// Convex, as the corners around them.
    pub(crate) pieces: Vec<Vec<Vector>>,
}

/// A rectangle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Face {
    pub(crate) kind: Kind,
    pub(crate) colour: Colour,
    pub(crate) origin: Vector,
    /// Of length 1, along its lower edge.
    pub(crate) along: Vector,
    /// Of length 1, at a right angle to it.
    pub(crate) across: Vector,
    /// Along and across, metres.
    pub(crate) size_m: [f64; 2],
}

/// What a face is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Seen from both sides.
    Wall,
    /// The side of a box.
    Side,
    /// The lid of a box.
    Lid,
}

impl Surfaces {
    pub(crate) fn new(world: &World) -> Self {
        let walls = world.walls.iter().flat_map(of_wall);
        let boxes = world.boxes.iter().flat_map(of_box);
        let faces: Vec<Face> = walls.chain(boxes).collect();
        Self {
            sky: world.sky,
            floor: world.floor.clone(),
            tapes: world.lines.iter().map(of_tape).collect(),
            shadows: faces.iter().filter_map(Face::shadow).collect(),
            faces,
        }
    }
}

impl Face {
    /// Away from a box; of a wall, to the right of who goes along it.
    pub(crate) fn normal(&self) -> Vector {
        let ([ax, ay, az], [bx, by, bz]) = (self.along, self.across);
        [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]
    }

    /// How far a point is from its plane, towards its normal.
    pub(crate) fn height_of(&self, point: Vector) -> f64 {
        dot(self.normal(), minus(point, self.origin))
    }

    /// What of the floor has less light because of it; the shadows of its sides are that of a box.
    fn shadow(&self) -> Option<[Vector; 4]> {
        let [length_m, height_m] = self.size_m;
        let end = plus(self.origin, self.along, length_m);
        let cast = |from: Vector| plus(from, LIGHT, -height_m.min(SHADOW_OF_M) * SHADOW);
        (self.kind != Kind::Lid).then(|| [self.origin, end, cast(end), cast(self.origin)])
    }

    /// Around it.
    pub(crate) fn corners(&self) -> [Vector; 4] {
        let [length, width] = self.size_m;
        let end = plus(self.origin, self.along, length);
        [self.origin, end, plus(end, self.across, width), plus(self.origin, self.across, width)]
    }
}

fn of_wall(wall: &Wall) -> impl Iterator<Item = Face> {
    pieces(&wall.points, wall.closed)
        .filter_map(|(from, to)| upright(Kind::Wall, from, to, wall.height_m, wall.colour))
}

fn of_box(block: &Block) -> impl Iterator<Item = Face> {
    let (along, across) = block.axes();
    // From the one that both axes leave.
    let [opposite, left, first, right] = block.corners();
    let corners = [first, right, opposite, left];
    let (height_m, colour) = (block.height_m, block.colour);
    let lid = Face {
        kind: Kind::Lid,
        colour,
        origin: [corners[0].x, corners[0].y, height_m],
        along: [along.0, along.1, 0.0],
        across: [across.0, across.1, 0.0],
        size_m: block.size_m,
    };
    let side = move |i: usize| upright(Kind::Side, corners[i], corners[(i + 1) % 4], height_m, colour);
    (0..4).filter_map(side).chain([lid])
}

/// `None` without a length.
fn upright(kind: Kind, from: Point, to: Point, height_m: f64, colour: Colour) -> Option<Face> {
    let (x, y) = (to.x - from.x, to.y - from.y);
    let length_m = libm::hypot(x, y);
    (length_m > 0.0).then(|| Face {
        kind,
        colour,
        origin: [from.x, from.y, 0.0],
        along: [x / length_m, y / length_m, 0.0],
        across: [0.0, 0.0, 1.0],
        size_m: [length_m, height_m],
    })
}

fn of_tape(tape: &Tape) -> Strip {
    let half_m = tape.width_m / 2.0;
    // The middle of a chord over the angle a is r·a²/8 from its circle.
    let corners = (PI / libm::sqrt(8.0 * ROUND_M / half_m)).ceil().clamp(2.0, 64.0) as usize;
    let pieces = pieces(&tape.points, tape.closed).map(|(from, to)| {
        let heading = libm::atan2(to.y - from.y, to.x - from.x);
        let cap = |at: Point, first: f64| {
            (0..=corners).map(move |i| {
                let angle = first + PI * i as f64 / corners as f64;
                [at.x + half_m * libm::cos(angle), at.y + half_m * libm::sin(angle), 0.0]
            })
        };
        cap(to, heading - PI / 2.0).chain(cap(from, heading + PI / 2.0)).collect()
    });
    Strip { colour: tape.colour, pieces: pieces.collect() }
}
