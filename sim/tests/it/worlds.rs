//! Every kind of drivetrain through every world that comes with the daemon: along a route, by where the car is, through
//! its real drivers.

use std::time::Duration;

use hal::board::{DrivetrainSpec, ServoRole};
use hal::{Board, Car, Drive, Motion, Platform, Target};
use sim::world::{Point, WORLDS};
use sim::{Setup, Sim, World};

/// From one look at where the car is to the next.
const TURN: Duration = Duration::from_millis(20);

/// So far ahead on its route a car aims, metres.
const AHEAD_M: f64 = 0.2;

/// So far beside its route a car may be, metres: it cuts corners.
const BESIDE_M: f64 = 0.15;

/// The longest route takes some 40 s.
const PATIENCE: Duration = Duration::from_secs(150);

/// Where to go in a world, from its start to its end.
fn route(world: &World) -> Vec<Point> {
    let along = |points: &[(f64, f64)]| points.iter().map(|&(x, y)| Point { x, y }).collect();
    match world.name.as_str() {
        "open" => along(&[(0.0, 0.0), (1.5, 0.0), (1.5, 1.5), (-0.5, 1.5), (-0.5, 0.5)]),
        // By the table and through the door.
        "room" => {
            along(&[(0.0, 0.0), (0.2, 0.2), (0.2, 1.1), (0.45, 1.7), (0.45, 2.0), (0.8, 2.25), (1.1, 2.25)])
        }
        "corridor" => along(&[(0.0, 0.0), (2.9, 0.0), (2.9, 2.0), (-0.1, 2.0)]),
        "maze" => {
            let cells = [(0, 0), (1, 0), (1, 1), (4, 1), (4, 2), (2, 2), (2, 3), (4, 3)];
            cells.map(|(i, j)| Point { x: 0.6 * f64::from(i), y: 0.6 * f64::from(j) }).to_vec()
        }
        // Once round the line.
        "track" => {
            let mut line = world.lines[0].points.clone();
            let next = line.iter().position(|point| point.x > 0.0).expect("it goes on ahead");
            line.rotate_left(next);
            let home = Point { x: -0.05, y: 0.0 };
            [vec![Point::default()], line, vec![home]].concat()
        }
        other => panic!("no route through {other}"),
    }
}

/// A route, and how far along it the car is.
struct Way {
    route: Vec<Point>,
    gone_m: f64,
}

impl Way {
    /// The place so far along it; its end where it is shorter.
    fn at(&self, mut far_m: f64) -> Point {
        for pair in self.route.windows(2) {
            let length = apart(pair[0], pair[1]);
            if far_m <= length {
                let share = far_m / length;
                let between = |from: f64, to: f64| from + (to - from) * share;
                return Point { x: between(pair[0].x, pair[1].x), y: between(pair[0].y, pair[1].y) };
            }
            far_m -= length;
        }
        self.route[self.route.len() - 1]
    }

    /// Goes on to the place nearest to the car, and says how far beside the car is.
    fn follow(&mut self, car: Point) -> f64 {
        let near = (0..30).map(|step| self.gone_m + f64::from(step) * 0.01);
        let nearest = near.min_by(|a, b| apart(self.at(*a), car).total_cmp(&apart(self.at(*b), car)));
        self.gone_m = nearest.expect("thirty");
        apart(self.at(self.gone_m), car)
    }
}

fn apart(one: Point, other: Point) -> f64 {
    (one.x - other.x).hypot(one.y - other.y)
}

/// What brings a car nearer to a place that is so far to the left of ahead, radians.
fn towards(board: &Board, angle: f64, far_m: f64) -> Drive {
    let power = |throttle, steer, strafe| Drive::Power { throttle, steer, strafe };
    match board.drivetrain {
        DrivetrainSpec::Mecanum { .. } => power(0.6 * angle.cos(), 0.0, 0.6 * angle.sin()),
        DrivetrainSpec::Ackermann { wheelbase_m, .. } => {
            let servo =
                board.servos.iter().find(|servo| servo.role == ServoRole::Steering).expect("it steers");
            // On the circle through both places.
            let wheels = (2.0 * wheelbase_m * angle.sin()).atan2(far_m).to_degrees();
            power(0.6, (wheels / servo.max_deg).clamp(-1.0, 1.0), 0.0)
        }
        // What is far off to the side is turned to first.
        _ => power(0.5 * angle.cos().max(0.0), (0.8 * angle).clamp(-0.5, 0.5), 0.0),
    }
}

/// Drives a preset board through a world.
fn drive(board: &str, world: &str) {
    let board = Board::preset(board).expect("a board");
    let world = World::preset(world).expect("a world");
    let name = format!("{} in {}", board.name, world.name);
    let mut way = Way { route: route(&world), gone_m: 0.0 };
    let sim = Sim::of(&board, &Setup { world: world.clone(), ..Setup::default() });
    let mut car = Car::assemble(&board, &mut sim.clone()).expect("a whole car");
    let end = way.route[way.route.len() - 1];
    loop {
        let Motion { x_m, y_m, heading_rad, .. } = sim.motion().expect("a chassis");
        let at = Point { x: x_m, y: y_m };
        let ahead_m = board.drivetrain.middle_ahead_m();
        let middle = Point { x: x_m + ahead_m * heading_rad.cos(), y: y_m + ahead_m * heading_rad.sin() };
        if let Some(room) = world.clearance_m(middle) {
            assert!(room > board.model.radius_m, "{name}: touches something at {middle:?}");
        }
        let beside = way.follow(at);
        assert!(beside < BESIDE_M, "{name}: {beside} m beside its way at {at:?}");
        let aim = way.at(way.gone_m + AHEAD_M);
        if aim == end && apart(at, end) < 0.1 {
            return;
        }
        assert!(sim.now() < PATIENCE, "{name}: no further than {at:?}");
        let angle = (aim.y - y_m).atan2(aim.x - x_m) - heading_rad;
        let angle = angle.sin().atan2(angle.cos());
        let drive = towards(&board, angle, apart(aim, at));
        car.apply(&Target { drive, ..Target::default() }, sim.now()).expect("nothing fails");
        sim.step(TURN);
    }
}

fn drive_through_all(board: &str) {
    WORLDS.iter().for_each(|world| drive(board, world.name));
}

#[test]
fn a_differential_car_drives_through_every_world_and_touches_nothing() {
    drive_through_all("demo");
}

#[test]
fn a_car_with_front_wheels_that_steer_drives_through_every_world_and_touches_nothing() {
    drive_through_all("picar-x");
}

#[test]
fn a_car_on_mecanum_wheels_drives_through_every_world_and_touches_nothing() {
    drive_through_all("freenove-4wd-mecanum");
}
