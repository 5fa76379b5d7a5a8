//! What stands around a car: a floor, what is drawn on it, walls and boxes; from a file, or empty.
//!
//! What lives here: the description, its TOML form, and the questions that geometry answers of it. What must
//! never live here: the car, and time.
//!
//! Lengths are metres, x and y as in REP-103 seen from above: x to the right of the plan, y up it, angles from x
//! towards y.

mod colour;
#[allow(dead_code, reason = "sensors and camera ask")]
mod floor;
#[allow(dead_code, reason = "sensors and camera ask")]
mod obstacles;
mod presets;

pub use colour::Colour;
pub(crate) use floor::Ground;
#[allow(unused_imports, reason = "sensors and camera ask")]
pub(crate) use obstacles::{Hit, Obstacles, Segment};
pub use presets::{WORLDS, WorldPreset};

/// A world.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// What people call it.
    pub name: String,
    /// One line on what it is.
    pub description: String,
    /// Where the car stands at first.
    pub start: Start,
    /// What it stands on.
    pub floor: Floor,
    /// What is above everything.
    pub sky: Colour,
    /// In the order of the file.
    pub walls: Vec<Wall>,
    /// In the order of the file.
    pub boxes: Vec<Block>,
    /// What is drawn on the floor, in the order of the file; a later one lies over an earlier one.
    pub lines: Vec<Tape>,
}

/// A point of the floor, metres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "said above")]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// Where the car stands at first, and where it looks, radians.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "said above")]
pub struct Start {
    pub x_m: f64,
    pub y_m: f64,
    pub heading_rad: f64,
}

/// The ground.
#[derive(Clone, Debug, PartialEq)]
pub struct Floor {
    /// Of every other tile; of all of it without a pattern.
    pub colour: Colour,
    /// Of the tiles between.
    pub second: Colour,
    /// The edge of a tile, metres; 0 for a floor without a pattern.
    pub tile_m: f64,
    /// The most that a wheel pushes, as a share of what weighs on it: 0.8 of rubber on a dry floor.
    pub grip: f64,
}

/// A wall of no thickness along its points.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as in the world file")]
pub struct Wall {
    pub points: Vec<Point>,
    /// The last point leads back to the first.
    pub closed: bool,
    pub height_m: f64,
    pub colour: Colour,
}

/// A box on the floor.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as in the world file")]
pub struct Block {
    /// Its centre.
    pub at: Point,
    /// Along its own x and y, metres.
    pub size_m: [f64; 2],
    /// Radians.
    pub heading_rad: f64,
    pub height_m: f64,
    pub colour: Colour,
}

/// A line on the floor; its corners are round already.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as in the world file")]
pub struct Tape {
    pub points: Vec<Point>,
    /// The last point leads back to the first.
    pub closed: bool,
    pub width_m: f64,
    pub colour: Colour,
}

impl World {
    /// A light floor without end, and nothing on it; the car stands at the origin and looks along x.
    #[must_use]
    pub fn open() -> Self {
        Self {
            name: "open".into(),
            description: "a light floor without end".into(),
            start: Start::default(),
            floor: Floor {
                colour: Colour([214, 208, 196]),
                second: Colour([196, 189, 176]),
                tile_m: 0.5,
                grip: 0.8,
            },
            sky: Colour([178, 203, 226]),
            walls: Vec::new(),
            boxes: Vec::new(),
            lines: Vec::new(),
        }
    }
}

#[allow(dead_code, reason = "sensors and camera ask")]
impl Point {
    pub(crate) fn plus(self, along: (f64, f64), by: f64) -> Self {
        Self { x: self.x + along.0 * by, y: self.y + along.1 * by }
    }
}

/// The pieces of a line through points.
pub(crate) fn pieces(points: &[Point], closed: bool) -> impl Iterator<Item = (Point, Point)> + '_ {
    let back = points.last().zip(points.first()).filter(|_| closed && points.len() > 2);
    points.windows(2).map(|pair| (pair[0], pair[1])).chain(back.map(|(last, first)| (*last, *first)))
}
