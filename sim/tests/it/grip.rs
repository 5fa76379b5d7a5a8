//! Cars on slippery floors: no floor gives more than it has, whichever way a car is pushed.

use std::time::Duration;

use hal::{Board, Car, Drive, Motion, Platform, Target};
use proptest::prelude::*;
use sim::{Setup, Sim};

const GRAVITY: f64 = 9.806_65;

struct Run {
    board: Board,
    sim: Sim,
    car: Car,
}

impl Run {
    fn new(preset: &str, grip: f64) -> Self {
        let mut setup = Setup::default();
        setup.world.floor.grip = grip;
        let board = Board::preset(preset).expect("a preset");
        let sim = Sim::of(&board, &setup);
        let car = Car::assemble(&board, &mut sim.clone()).expect("a car");
        let mut run = Self { board, sim, car };
        // Its ESC arms.
        (0..250).for_each(|_| run.drive(0.0, 0.0));
        run
    }

    /// For 10 ms.
    fn drive(&mut self, throttle: f64, steer: f64) {
        let drive = Drive::Power { throttle, steer, strafe: 0.0 };
        self.car.apply(&Target { drive, ..Target::default() }, self.sim.now()).expect("it obeys");
        self.sim.step(Duration::from_millis(10));
    }

    /// How its middle moves in the world, m/s.
    fn velocity(&self) -> (f64, f64) {
        let Motion { heading_rad, linear_mps, lateral_mps, angular_rad_s, .. } =
            self.sim.motion().expect("a chassis");
        let aside_mps = lateral_mps + self.board.drivetrain.middle_ahead_m() * angular_rad_s;
        let (sin, cos) = heading_rad.sin_cos();
        (linear_mps * cos - aside_mps * sin, linear_mps * sin + aside_mps * cos)
    }

    fn speed(&self) -> f64 {
        let (x, y) = self.velocity();
        x.hypot(y)
    }
}

fn any_drive() -> impl Strategy<Value = Vec<((f64, f64), u32)>> {
    let power = || prop_oneof![-1.0..=1.0, Just(1.0), Just(-1.0), Just(0.0)];
    prop::collection::vec(((power(), power()), 5..80_u32), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn no_floor_speeds_a_car_up_by_more_than_its_grip_along_and_across_together(
        drives in any_drive(), grip in 0.1..0.4_f64,
    ) {
        // One motor for all wheels pushes those at the front where the car goes, and not where they are turned.
        for (preset, most) in [("l298n", 1.01), ("freenove-4wd", 1.01), ("picar-x", 1.01), ("donkeycar", 1.12)] {
            let mut run = Run::new(preset, grip);
            for ((throttle, steer), turns) in &drives {
                for _ in 0..*turns {
                    let from = run.velocity();
                    run.drive(*throttle, *steer);
                    let to = run.velocity();
                    let felt = (to.0 - from.0).hypot(to.1 - from.1) / 0.01;
                    prop_assert!(felt <= most * grip * GRAVITY, "{preset}: {felt} m/s² of {}", grip * GRAVITY);
                }
            }
        }
    }
}

#[test]
fn a_car_holds_its_bend_while_its_wheels_roll_and_slides_out_of_it_when_they_spin() {
    let mut run = Run::new("donkeycar", 0.3);
    let motion = |run: &Run| run.sim.motion().expect("a chassis");
    // 0.9 m/s² of 2.9.
    (0..300).for_each(|_| run.drive(0.12, 0.5));
    assert!(motion(&run).linear_mps > 0.5 && motion(&run).lateral_mps == 0.0, "{:?}", motion(&run));
    (0..25).for_each(|_| run.drive(1.0, 0.5));
    assert!(motion(&run).lateral_mps < -0.1, "{:?}", motion(&run));
    // Without a motor they roll again, and it comes to rest.
    (0..1_500).for_each(|_| run.drive(0.0, 0.0));
    assert!(run.speed() < 1e-3, "{}", run.speed());
}
