//! Cars against walls: whatever they are told, and however fast they come, they stay on their side.

use std::time::Duration;

use hal::{Board, Car, Drive, Motion, Platform, Target};
use proptest::prelude::*;
use sim::world::{Block, Point, Start, Wall};
use sim::{Setup, Sim};

/// From the middle of the room to its walls, metres.
const HALF_M: f64 = 0.6;

/// A square room.
fn room() -> Setup {
    let mut setup = Setup::default();
    let corners = [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)];
    let points = corners.map(|(x, y)| Point { x: HALF_M * x, y: HALF_M * y }).to_vec();
    let colour = setup.world.sky;
    setup.world.walls = vec![Wall { points, closed: true, height_m: 0.4, colour }];
    setup
}

struct Run {
    board: Board,
    sim: Sim,
    car: Car,
}

impl Run {
    fn new(preset: &str) -> Self {
        let board = Board::preset(preset).expect("a preset");
        let sim = Sim::of(&board, &room());
        let car = Car::assemble(&board, &mut sim.clone()).expect("a car");
        let mut run = Self { board, sim, car };
        // Its ESC arms.
        run.drive([0.0; 3], 2_500);
        run
    }

    fn drive(&mut self, [throttle, steer, strafe]: [f64; 3], ms: u64) {
        for _ in 0..ms / 10 {
            let drive = Drive::Power { throttle, steer, strafe };
            self.car.apply(&Target { drive, ..Target::default() }, self.sim.now()).expect("it obeys");
            self.sim.step(Duration::from_millis(10));
        }
    }

    fn motion(&self) -> Motion {
        self.sim.motion().expect("a chassis")
    }

    /// How far its circle is from the nearest wall.
    fn room_m(&self) -> f64 {
        let Motion { x_m, y_m, heading_rad, .. } = self.motion();
        let ahead_m = match self.board.drivetrain {
            hal::board::DrivetrainSpec::Ackermann { wheelbase_m, .. } => wheelbase_m / 2.0,
            _ => 0.0,
        };
        let (x, y) = (x_m + ahead_m * heading_rad.cos(), y_m + ahead_m * heading_rad.sin());
        HALF_M - x.abs().max(y.abs()) - self.board.model.radius_m
    }
}

fn any_drive() -> impl Strategy<Value = Vec<([f64; 3], u64)>> {
    let power = || prop_oneof![-1.0..=1.0, Just(1.0), Just(-1.0)];
    prop::collection::vec(((power(), power(), power()).prop_map(Into::into), 10..800_u64), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn no_car_is_ever_in_a_wall_whatever_it_is_told(drives in any_drive()) {
        for preset in ["demo", "freenove-4wd-mecanum", "donkeycar"] {
            let mut run = Run::new(preset);
            for (drive, ms) in &drives {
                for _ in 0..ms / 10 {
                    run.drive(*drive, 10);
                    prop_assert!(run.room_m() > -1e-6, "{preset}: {:?}", run.motion());
                    prop_assert!(run.motion().x_m.is_finite() && run.motion().angular_rad_s.abs() < 100.0);
                }
            }
        }
    }
}

#[test]
fn a_car_that_drives_into_a_wall_stands_there_touches_it_and_draws_what_stalled_motors_do() {
    let mut run = Run::new("demo");
    let idle = run.sim.truth().battery.amps;
    run.drive([1.0, 0.0, 0.0], 3_000);
    let truth = run.sim.truth();
    assert!(truth.touches && run.motion().linear_mps.abs() < 1e-6, "{truth:?}");
    // 5.5 Ω each at less than 8 V.
    assert!(truth.battery.amps > idle + 2.5 && truth.battery.volts < 7.8, "{truth:?}");
    let wheel = run.sim.wheel_speed_rad_s("left").expect("a motor");
    assert!(wheel.abs() < 1e-3, "its tyres hold: {wheel}");
    run.drive([-1.0, 0.0, 0.0], 500);
    assert!(!run.sim.truth().touches && run.motion().linear_mps < -0.3);
}

#[test]
fn a_car_that_meets_a_wall_at_a_flat_angle_slides_along_it() {
    let mut run = Run::new("freenove-4wd");
    assert!(run.sim.teleport(-0.3, 0.4, 0.15));
    run.drive([1.0, 0.0, 0.0], 1_300);
    let Motion { x_m, .. } = run.motion();
    assert!(run.sim.truth().touches && x_m > -0.1, "{:?}", run.motion());
}

#[test]
fn a_car_that_is_put_into_a_wall_stands_beside_it_and_where_there_is_no_place_it_is_not_put() {
    let run = Run::new("demo");
    assert!(run.sim.teleport(HALF_M - 0.01, 0.0, 1.0));
    assert!(run.room_m().abs() < 1e-6, "{}", run.room_m());
    assert_eq!(run.motion().heading_rad, 1.0);
    let before = run.motion();
    for (x, y, heading) in [(f64::NAN, 0.0, 0.0), (0.0, f64::INFINITY, 0.0), (0.0, 0.0, 1e300)] {
        assert!(!run.sim.teleport(x, y, heading));
        assert_eq!(run.motion(), before);
    }
    run.sim.restart();
    assert_eq!(run.motion(), Motion::default());
}

/// A box that stands there, a metre long and half a metre wide.
fn block(x: f64, y: f64) -> Block {
    let colour = Setup::default().world.sky;
    Block { at: Point { x, y }, size_m: [1.0, 0.5], heading_rad: 0.0, height_m: 0.4, colour }
}

/// A demo car of 9.75 cm around the place between its wheels, far from the origin.
fn among(boxes: Vec<Block>, walls: Vec<Wall>) -> Sim {
    let mut setup = Setup::default();
    setup.world.start = Start { x_m: -3.0, ..Start::default() };
    (setup.world.boxes, setup.world.walls) = (boxes, walls);
    Sim::of(&Board::preset("demo").expect("a preset"), &setup)
}

fn put(sim: &Sim, x: f64, y: f64) -> Option<(f64, f64)> {
    let put = sim.teleport(x, y, 0.0);
    let Motion { x_m, y_m, .. } = sim.motion().expect("a chassis");
    assert!(put || x_m == -3.0, "it stays where it was: {x_m}");
    put.then_some((x_m, y_m))
}

#[test]
fn a_car_that_is_put_into_a_box_stands_beside_it_at_its_nearest_side() {
    for (wanted, stands) in [
        ((0.45, 0.0), (0.5975, 0.0)),
        ((-0.3, 0.04), (-0.5975, 0.04)),
        ((0.0, 0.01), (0.0, 0.3475)),
        ((0.3, -0.2), (0.3, -0.3475)),
        ((0.56, 0.0), (0.5975, 0.0)),
    ] {
        let (x, y) = put(&among(vec![block(0.0, 0.0)], vec![]), wanted.0, wanted.1).expect("room");
        assert!((x - stands.0).abs() < 1e-6 && (y - stands.1).abs() < 1e-6, "{wanted:?}: {x} {y}");
    }
    // Where a run begins in a box, too.
    let mut setup = Setup::default();
    setup.world.boxes = vec![block(0.0, 0.1)];
    let sim = Sim::of(&Board::preset("demo").expect("a preset"), &setup);
    assert!((sim.motion().expect("a chassis").y_m + 0.2475).abs() < 1e-6);
}

#[test]
fn a_car_leaves_a_box_neither_through_a_wall_nor_into_another_box_and_stays_where_every_way_is_barred() {
    let wall = |points: &[(f64, f64)], closed| {
        let points = points.iter().map(|&(x, y)| Point { x, y }).collect();
        Wall { points, closed, height_m: 0.4, colour: Setup::default().world.sky }
    };
    // The box stands at the wall, or as near as the car is wide.
    for gap_m in [0.0, 0.05, 0.15] {
        let at = wall(&[(-5.0, 0.25 + gap_m), (5.0, 0.25 + gap_m)], false);
        let (x, y) = put(&among(vec![block(0.0, 0.0)], vec![at]), 0.0, 0.1).expect("room before it");
        assert!(x.abs() < 1e-6 && (y + 0.3475).abs() < 1e-6, "{gap_m}: {x} {y}");
    }
    let (_, y) = put(&among(vec![block(0.0, 0.0), block(0.0, 0.55)], vec![]), 0.0, 0.1).expect("room");
    assert!((y + 0.3475).abs() < 1e-6, "{y}");
    let tight = wall(&[(-0.6, -0.3), (0.6, -0.3), (0.6, 0.3), (-0.6, 0.3)], true);
    assert_eq!(put(&among(vec![block(0.0, 0.0)], vec![tight]), 0.0, 0.1), None);
}
