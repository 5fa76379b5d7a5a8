//! What stands around a car: a floor, what is drawn on it, walls and boxes; from a file, or empty.
//!
//! What lives here: the description, its TOML form, and the questions that geometry answers of it. What must
//! never live here: the car, and time.
//!
//! Lengths are metres, x and y as in REP-103 seen from above: x to the right of the plan, y up it, angles from x
//! towards y.

mod clumps;
mod colour;
#[cfg(test)]
mod document;
mod floor;
#[cfg(test)]
mod geometry_tests;
mod obstacles;
mod presets;
mod read;
#[cfg(test)]
mod tests;

pub use colour::Colour;
pub(crate) use floor::Ground;
pub(crate) use obstacles::{Obstacles, Segment};
pub use presets::WORLDS;

use hal::Board;
use hal::file::{self, Faults, LoadError, Source};

/// What is above everything where a file does not say.
const SKY: Colour = Colour([0xb2, 0xcb, 0xe2]);

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
    /// The world file.
    pub source: Source,
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
    ///
    /// # Panics
    /// Never: the preset is part of this build, and a test reads it.
    #[must_use]
    pub fn open() -> Self {
        Self::preset("open").expect("the open floor is part of this build")
    }

    /// From the text of a world file; `file` names it in faults.
    ///
    /// # Errors
    /// Every fault of the file at once.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        read::world(file, text)
    }

    /// A preset by name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let preset = WORLDS.iter().find(|preset| preset.name == name)?;
        // A test parses every preset, so none is lost here.
        Self::parse(preset.name, preset.toml).ok()
    }

    /// A preset by name, or a world file by path, which has a `/` in it or ends with `.toml`.
    ///
    /// # Errors
    /// No such preset; or the file cannot be read; or every fault in it.
    pub fn load(name_or_path: &str) -> Result<Self, LoadError> {
        let text = file::named("world", name_or_path, WORLDS)?;
        Ok(Self::parse(name_or_path, &text)?)
    }

    /// Whether this names a world file, and no preset.
    #[must_use]
    pub fn is_path(name_or_path: &str) -> bool {
        file::is_path(name_or_path)
    }

    /// What there is in it, for people: `2 walls, 7 boxes, 1 line, tiles of 0.5 m`.
    #[must_use]
    pub fn parts(&self) -> String {
        let counted = [
            (self.walls.len(), "wall", "walls"),
            (self.boxes.len(), "box", "boxes"),
            (self.lines.len(), "line", "lines"),
        ];
        let counted = counted.into_iter().filter_map(|(count, one, many)| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {many}")),
        });
        let floor = match self.floor.tile_m {
            edge if edge > 0.0 => format!("tiles of {edge} m"),
            _ => "a plain floor".to_owned(),
        };
        counted.chain([floor]).collect::<Vec<_>>().join(", ")
    }

    /// How far a point is from the nearest wall or box, metres; 0 inside a box, and `None` in a world without any.
    #[must_use]
    pub fn clearance_m(&self, from: Point) -> Option<f64> {
        if self.boxes.iter().any(|block| block.covers(from)) {
            return Some(0.0);
        }
        Obstacles::new(self).nearest(from).map(|(_, far_m)| far_m)
    }

    /// Whether this board's car has room where it starts.
    ///
    /// # Errors
    /// It would touch: how near what is, and what would be right, for the person who chose both.
    pub fn admits(&self, board: &Board) -> Result<(), String> {
        let (start, radius_m) = (&self.start, board.model.radius_m);
        let along = (libm::cos(start.heading_rad), libm::sin(start.heading_rad));
        let middle = Point { x: start.x_m, y: start.y_m }.plus(along, board.drivetrain.middle_ahead_m());
        match self.clearance_m(middle) {
            Some(far_m) if far_m <= radius_m => Err(format!(
                "the car of board {} does not fit at the start of world {}: {far_m:.3} m to the nearest wall or \
                 box, and its radius is {radius_m:.3} m",
                board.name, self.name
            )),
            _ => Ok(()),
        }
    }

    /// How many straight pieces walls, boxes and lines have.
    pub(crate) fn pieces(&self) -> usize {
        let walls = self.walls.iter().map(|wall| pieces(&wall.points, wall.closed).count());
        let lines = self.lines.iter().map(|line| pieces(&line.points, line.closed).count());
        walls.chain(lines).sum::<usize>() + 4 * self.boxes.len()
    }
}

impl Default for Floor {
    /// Light and plain.
    fn default() -> Self {
        let colour = Colour([0xd6, 0xd0, 0xc4]);
        Self { colour, second: colour, tile_m: 0.0, grip: 0.8 }
    }
}

impl Wall {
    /// Where a file does not say: that of plaster.
    pub(crate) const COLOUR: Colour = Colour([0xc8, 0xc4, 0xbc]);
}

impl Block {
    /// Where a file does not say: that of wood.
    pub(crate) const COLOUR: Colour = Colour([0x8a, 0x66, 0x42]);

    /// In the order of its outline, leftwards.
    pub(crate) fn corners(&self) -> [Point; 4] {
        let (along, across) = self.axes();
        let [half_x, half_y] = self.size_m.map(|size| size / 2.0);
        let corner = |x: f64, y: f64| self.at.plus(along, x * half_x).plus(across, y * half_y);
        [corner(1.0, 1.0), corner(-1.0, 1.0), corner(-1.0, -1.0), corner(1.0, -1.0)]
    }

    pub(crate) fn covers(&self, point: Point) -> bool {
        let (dx, dy) = (point.x - self.at.x, point.y - self.at.y);
        let (along, across) = self.axes();
        let [half_x, half_y] = self.size_m.map(|size| size / 2.0);
        (dx * along.0 + dy * along.1).abs() <= half_x && (dx * across.0 + dy * across.1).abs() <= half_y
    }

    /// Where a point in it goes that leaves it straight through a side, and by so much: the nearest side first.
    pub(crate) fn ways_out(&self, from: Point, beyond_m: f64) -> [Point; 4] {
        let (along, across) = self.axes();
        let way = |out: (f64, f64), size_m: f64| {
            let gone_m = (from.x - self.at.x) * out.0 + (from.y - self.at.y) * out.1;
            (size_m / 2.0 - gone_m + beyond_m, out)
        };
        let back = |(x, y): (f64, f64)| (-x, -y);
        let [length_m, width_m] = self.size_m;
        let mut ways = [
            way(along, length_m),
            way(back(along), length_m),
            way(across, width_m),
            way(back(across), width_m),
        ];
        ways.sort_by(|(one_m, _), (other_m, _)| one_m.total_cmp(other_m));
        ways.map(|(by_m, out)| from.plus(out, by_m))
    }

    /// Its own x and y, each of length 1.
    pub(crate) fn axes(&self) -> ((f64, f64), (f64, f64)) {
        let (sin, cos) = (libm::sin(self.heading_rad), libm::cos(self.heading_rad));
        ((cos, sin), (-sin, cos))
    }
}

impl Tape {
    /// Where a file does not say: that of insulating tape.
    pub(crate) const COLOUR: Colour = Colour([0x10, 0x10, 0x10]);
}

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
