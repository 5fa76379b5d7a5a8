//! The circle around a car, and what it stands against.
//!
//! Nearly always nothing is near. So the faces within reach are looked for anew only when the car may have used up
//! the way to the nearest of them, or has left the place where it looked.
//!
//! What must never live here: what a push does to the car.

use crate::world::{Obstacles, Point, Segment};

/// How far ahead of the circle faces are remembered, metres.
const REACH_M: f64 = 0.1;
/// So near a wall is touched, metres.
const TOUCH_M: f64 = 1e-6;
/// More faces than this never push at once.
pub(crate) const MOST: usize = 6;
/// So often a circle is moved out of one face into another before it counts as stuck.
const TRIES: usize = 64;

/// The circle.
#[derive(Debug)]
pub(crate) struct Bumper {
    radius_m: f64,
    near: Vec<Segment>,
    looked_from: Option<Point>,
    /// From there, the way to the nearest face; infinite without any.
    clear_m: f64,
    reach_m: f64,
}

/// A face in the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Contact {
    /// From the face to the centre, a unit vector.
    pub(crate) normal: (f64, f64),
    /// Between face and circle, metres; below zero inside.
    pub(crate) gap_m: f64,
}

/// Those that are near, nearest first where there are too many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Contacts {
    all: [Contact; MOST],
    count: usize,
}

impl Contacts {
    /// In the order of the world.
    pub(crate) fn all(&self) -> &[Contact] {
        &self.all[..self.count]
    }

    /// Whether one of them is touched.
    pub(crate) fn touch(&self) -> bool {
        self.all().iter().any(|contact| contact.gap_m < TOUCH_M)
    }

    fn add(&mut self, contact: Contact) {
        if self.count < MOST {
            self.all[self.count] = contact;
            self.count += 1;
        } else if let Some(farthest) = self.all.iter_mut().max_by(|a, b| a.gap_m.total_cmp(&b.gap_m))
            && contact.gap_m < farthest.gap_m
        {
            *farthest = contact;
        }
    }
}

impl Bumper {
    pub(crate) fn new(radius_m: f64) -> Self {
        Self { radius_m, near: Vec::new(), looked_from: None, clear_m: 0.0, reach_m: 0.0 }
    }

    /// The faces nearer than `within_m` of the circle around `centre`.
    pub(crate) fn contacts(&mut self, centre: Point, within_m: f64, obstacles: &Obstacles) -> Contacts {
        let mut contacts = Contacts::default();
        if obstacles.faces().is_empty() {
            return contacts;
        }
        let way = self.looked_from.map_or(f64::INFINITY, |from| square(centre, from));
        if way < square_of(self.clear_m - within_m) {
            return contacts;
        }
        if way >= square_of(self.reach_m - within_m) {
            self.look(centre, within_m, obstacles);
        }
        for face in &self.near {
            let contact = self.contact(face, centre);
            if contact.gap_m < within_m {
                contacts.add(contact);
            }
        }
        contacts
    }

    fn look(&mut self, from: Point, within_m: f64, obstacles: &Obstacles) {
        self.reach_m = REACH_M.max(4.0 * within_m);
        self.looked_from = Some(from);
        self.near.clear();
        self.clear_m = f64::INFINITY;
        for face in obstacles.faces() {
            let gap_m = self.contact(face, from).gap_m;
            self.clear_m = self.clear_m.min(gap_m);
            if gap_m < self.reach_m {
                self.near.push(*face);
            }
        }
    }

    fn contact(&self, face: &Segment, centre: Point) -> Contact {
        let near = face.nearest(centre);
        let (dx, dy) = (centre.x - near.x, centre.y - near.y);
        let far = libm::sqrt(dx * dx + dy * dy);
        let normal = if far > 1e-12 { (dx / far, dy / far) } else { face.normal() };
        Contact { normal, gap_m: far - self.radius_m }
    }

    /// Where the circle fits that is wanted around `centre`, however that came about: as [`Bumper::free`], and out of
    /// the box that the centre is in, by its nearest side where there is room on this side of all walls. `None` where
    /// there is none.
    pub(crate) fn room(&mut self, centre: Point, obstacles: &Obstacles) -> Option<Point> {
        let radius_m = self.radius_m;
        let mut room = |from: Point| {
            let at = self.free(from, obstacles)?;
            (obstacles.around(at).is_none() && !obstacles.walled(centre, at)).then_some(at)
        };
        match obstacles.around(centre) {
            Some(block) => block.ways_out(centre, radius_m).into_iter().find_map(room),
            None => room(centre),
        }
    }

    /// Where the circle fits whose `centre` came there by a step, which is too small to get it into a box: there, or
    /// moved out of the faces that it is in; `None` where that leads from one into another.
    pub(crate) fn free(&mut self, centre: Point, obstacles: &Obstacles) -> Option<Point> {
        let mut at = centre;
        for _ in 0..TRIES {
            let contacts = self.contacts(at, TOUCH_M, obstacles);
            let deepest = contacts.all().iter().min_by(|a, b| a.gap_m.total_cmp(&b.gap_m));
            match deepest {
                // What rounding leaves is none.
                Some(contact) if contact.gap_m < -1e-9 => at = at.plus(contact.normal, -contact.gap_m),
                _ => return Some(at),
            }
        }
        None
    }
}

fn square(a: Point, b: Point) -> f64 {
    (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)
}

/// Of a way; nothing is nearer than one below zero.
fn square_of(way: f64) -> f64 {
    way.max(0.0) * way.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Colour, Wall, World};

    /// Two walls that meet in a corner at the origin, and fill the sides x < 0 and y < 0.
    fn corner() -> Obstacles {
        let points = [(0.0, 5.0), (0.0, 0.0), (5.0, 0.0)].map(|(x, y)| Point { x, y }).to_vec();
        let wall = Wall { points, closed: false, height_m: 0.4, colour: Colour([9, 9, 9]) };
        Obstacles::new(&World { walls: vec![wall], ..World::open() })
    }

    #[test]
    fn what_is_remembered_never_hides_a_wall() {
        let (world, mut bumper) = (corner(), Bumper::new(0.1));
        // Round and round, in steps of every length, into the walls and far from them.
        for step in 0..20_000 {
            let turn = f64::from(step) * 0.002;
            let far = 1.0 + 0.99 * libm::sin(turn * 3.7);
            let at = Point { x: far * (1.0 + libm::cos(turn)), y: far * (1.0 + libm::sin(turn * 1.3)) };
            let (kept, fresh) =
                (bumper.contacts(at, 0.01, &world), Bumper::new(0.1).contacts(at, 0.01, &world));
            let gaps = |contacts: &Contacts| contacts.all().iter().map(|c| c.gap_m).collect::<Vec<_>>();
            assert_eq!(gaps(&kept), gaps(&fresh), "{at:?}");
        }
    }

    #[test]
    fn a_circle_that_is_in_a_wall_is_moved_out_the_shortest_way() {
        let (world, mut bumper) = (corner(), Bumper::new(0.1));
        for (x, y, to) in [(1.0, 0.02, (1.0, 0.1)), (0.03, 0.05, (0.1, 0.1)), (1.0, 1.0, (1.0, 1.0))] {
            let at = bumper.free(Point { x, y }, &world).expect("room");
            assert!((at.x - to.0).abs() < 1e-6 && (at.y - to.1).abs() < 1e-6, "{at:?} for {x} {y}");
        }
    }

    #[test]
    fn a_circle_that_fits_nowhere_is_refused() {
        let line = |y| {
            let points = vec![Point { x: -9.0, y }, Point { x: 9.0, y }];
            Wall { points, closed: false, height_m: 0.4, colour: Colour([9, 9, 9]) }
        };
        let world = Obstacles::new(&World { walls: vec![line(0.0), line(0.15)], ..World::open() });
        assert_eq!(Bumper::new(0.1).free(Point { x: 0.0, y: 0.07 }, &world), None);
    }
}
