//! Every board that comes with the daemon, none left out: it drives forward, back, left and right, and
//! its servos turn to where they are told, through its real drivers.

use std::time::Duration;

use hal::board::{DrivetrainSpec, PRESETS, ServoRole, ServoSpec};
use hal::{Board, Car, Drive, Motion, Platform, Target};
use sim::Sim;

/// How often the daemon tells a car what to do.
const TURN: Duration = Duration::from_millis(10);

/// A preset on a world of its own, told what to do as the daemon tells it.
struct Run {
    board: Board,
    sim: Sim,
    car: Car,
}

impl Run {
    /// At rest, with all that waits for its supply or its neutral pulse ready.
    fn new(name: &str) -> Self {
        let board = Board::preset(name).expect("a preset");
        let sim = Sim::new(&board);
        let car = Car::assemble(&board, &mut sim.clone()).unwrap_or_else(|error| panic!("{error}"));
        let mut run = Self { board, sim, car };
        run.follow(&Target::default(), Duration::from_secs(3));
        run
    }

    /// Does `target` for a while.
    fn follow(&mut self, target: &Target, time: Duration) {
        let end = self.sim.now() + time;
        while self.sim.now() < end {
            let now = self.sim.now();
            self.car.apply(target, now).unwrap_or_else(|error| panic!("{}: {error}", self.board.name));
            self.sim.step(TURN);
        }
    }

    /// Drives for two seconds from where it stands, and says how it came to move and how far it came, as
    /// seen from where it stood.
    fn drive(&mut self, drive: Drive) -> Motion {
        self.follow(&Target { drive, ..Target::default() }, Duration::from_secs(2));
        self.sim.motion().expect("a chassis")
    }

    /// How fast it can go.
    fn top_mps(&self) -> f64 {
        self.board.drivetrain.top_speed_mps()
    }

    /// Whether it turns by its front wheels, and so not on the spot.
    fn is_steered(&self) -> bool {
        matches!(self.board.drivetrain, DrivetrainSpec::Ackermann { .. })
    }

    fn servo(&self, role: ServoRole) -> Option<&ServoSpec> {
        self.board.servos.iter().find(|servo| servo.role == role)
    }

    /// Where a servo really is, degrees.
    fn servo_deg(&self, role: ServoRole) -> Option<f64> {
        self.sim.servo_deg(&self.servo(role)?.name)
    }
}

fn every(check: impl Fn(&str)) {
    for preset in PRESETS {
        check(preset.name);
    }
}

fn power(throttle: f64, steer: f64) -> Drive {
    Drive::Power { throttle, steer, strafe: 0.0 }
}

fn near(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 0.01 * expected.abs() + 1e-6
}

#[test]
fn every_preset_goes_straight_ahead_and_straight_back_at_its_top_speed() {
    every(|name| {
        for throttle in [1.0, -1.0] {
            let mut run = Run::new(name);
            let motion = run.drive(power(throttle, 0.0));
            assert!(near(motion.linear_mps, throttle * run.top_mps()), "{name} {throttle}: {motion:?}");
            assert!(motion.x_m * throttle > run.top_mps(), "{name} {throttle}: {motion:?}");
            assert!(motion.y_m.abs() < 1e-3 && motion.heading_rad.abs() < 1e-3, "{name}: {motion:?}");
        }
    });
}

#[test]
fn every_preset_turns_left_where_it_is_steered_left_and_right_where_right() {
    every(|name| {
        for steer in [1.0, -1.0] {
            let mut run = Run::new(name);
            let throttle = if run.is_steered() { 0.3 } else { 0.0 };
            let motion = run.drive(power(throttle, steer));
            assert!(motion.angular_rad_s * steer > 0.5, "{name} {steer}: {motion:?}");
            if !run.is_steered() {
                assert!(motion.linear_mps.abs() < 1e-3, "{name} {steer}: {motion:?}");
            }
        }
    });
}

#[test]
fn every_preset_stands_again_after_it_brakes() {
    every(|name| {
        let mut run = Run::new(name);
        run.drive(power(1.0, 0.0));
        let motion = run.drive(Drive::Brake);
        assert!(motion.linear_mps.abs() < 1e-3 && motion.angular_rad_s.abs() < 1e-3, "{name}: {motion:?}");
    });
}

#[test]
fn every_preset_turns_its_camera_to_where_it_is_told() {
    every(|name| {
        let mut run = Run::new(name);
        for (pan_deg, tilt_deg) in [(30.0, 20.0), (-45.5, -5.0), (70.0, 60.0), (0.0, 0.0)] {
            run.follow(&Target { pan_deg, tilt_deg, ..Target::default() }, Duration::from_secs(1));
            for (role, told) in [(ServoRole::Pan, pan_deg), (ServoRole::Tilt, tilt_deg)] {
                let Some(angle) = run.servo_deg(role) else { continue };
                // Twelve bits at 50 Hz are 4.88 µs, about half a degree.
                assert!((angle - told).abs() < 0.5, "{name} {role:?}: {angle} for {told}");
            }
        }
    });
}

#[test]
fn every_preset_that_steers_by_a_servo_turns_it_to_its_ends() {
    every(|name| {
        for steer in [1.0, -1.0, 0.0] {
            let mut run = Run::new(name);
            run.drive(power(0.2, steer));
            let Some(angle) = run.servo_deg(ServoRole::Steering) else { continue };
            let servo = run.servo(ServoRole::Steering).expect("it has an angle");
            let end = if steer < 0.0 { -servo.min_deg } else { servo.max_deg };
            assert!((angle - steer * end).abs() < 0.5, "{name}: {angle} for {steer}");
        }
    });
}
