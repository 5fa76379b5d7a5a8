//! Every board that comes with the daemon, none left out: through its real drivers it drives forward,
//! back, left and right, its servos turn to where they are told, its sensors say what is there, and its
//! buzzers and lamps are off until they are told.

use std::time::Duration;

use hal::board::{BatterySource, DrivetrainSpec, Level, OutputSpec, PRESETS, ServoRole, ServoSpec};
use hal::{Board, Car, Drive, Motion, Platform, Target};
use sim::{Setup, Sim};

use crate::rig;

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
        Self::on(name, &Setup::default())
    }

    fn on(name: &str, setup: &Setup) -> Self {
        let board = Board::preset(name).expect("a preset");
        let sim = Sim::of(&board, setup);
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

    /// Lets a while pass in which the car looks at its sensors as often as it wants to.
    fn sense(&mut self, time: Duration) {
        let end = self.sim.now() + time;
        while self.sim.now() < end {
            let now = self.sim.now();
            while self.car.sense(now) <= now {}
            self.sim.step(Duration::from_millis(1));
        }
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
            // The slowest, of which two small motors carry all the weight, has a time constant of half a second.
            run.drive(power(throttle, 0.0));
            let motion = run.drive(power(throttle, 0.0));
            assert!(near(motion.linear_mps, throttle * run.top_mps()), "{name} {throttle}: {motion:?}");
            assert!(motion.x_m * throttle > 2.5 * run.top_mps(), "{name} {throttle}: {motion:?}");
            // A steering servo's pulse has steps, of which half is a tenth of a degree, of a wheelbase of a
            // decimetre a fiftieth of a radian a metre.
            let (aside, turned) =
                if run.is_steered() { (0.2, 0.02 * motion.x_m.abs()) } else { (1e-3, 1e-3) };
            assert!(motion.y_m.abs() < aside * motion.x_m.abs(), "{name}: {motion:?}");
            assert!(motion.heading_rad.abs() < turned, "{name}: {motion:?}");
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
        // A Robot HAT has no brake, nor has an ESC's neutral: their motors run out.
        for _ in 0..3 {
            run.drive(Drive::Brake);
        }
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

#[test]
fn every_preset_measures_its_battery_and_those_that_have_none_say_nothing() {
    every(|name| {
        let mut run = Run::new(name);
        let Some(battery) = run.board.battery.clone() else {
            run.sense(Duration::from_secs(1));
            assert_eq!(run.car.readings().battery, None, "{name}");
            return;
        };
        for percent in [90.0, 25.0] {
            let volts = battery.empty_v + percent / 100.0 * (battery.full_v - battery.empty_v);
            assert!(run.sim.set_battery(volts, 1.5));
            run.sense(Duration::from_secs(1));
            let read = run.car.readings().battery.expect("a battery");
            // Eight bits of 5.2 V behind a divider by two are 41 mV.
            assert!((read.volts - volts).abs() < 0.045, "{name}: {read:?} of {volts} V");
            let meters_amps = matches!(battery.source, BatterySource::Ina219 { .. });
            assert_eq!(read.amps.is_some(), meters_amps, "{name}: {read:?}");
            assert!(read.amps.is_none_or(|amps| (amps - 1.5).abs() < 0.01), "{name}: {read:?}");
        }
    });
}

#[test]
fn every_preset_sees_a_line_under_each_of_its_sensors_in_their_order() {
    every(|name| {
        let mut run = Run::new(name);
        let sensors = run.board.line.as_ref().map_or(0, |line| line.inputs.len());
        for dark in 0..sensors {
            for sensor in 0..sensors {
                assert!(run.sim.set_line(sensor, if sensor == dark { 1.0 } else { 0.0 }));
            }
            run.sense(Duration::from_millis(500));
            let line = run.car.readings().line().expect("a line");
            assert_eq!(line.len(), sensors, "{name}");
            for (sensor, darkness) in line.iter().enumerate() {
                let is_dark = sensor == dark;
                assert!((darkness - f64::from(u8::from(is_dark))).abs() < 0.02, "{name} {dark}: {line:?}");
            }
        }
        if sensors == 0 {
            run.sense(Duration::from_millis(500));
            assert_eq!(run.car.readings().line(), None, "{name}");
        }
    });
}

#[test]
fn every_preset_with_mecanum_wheels_goes_sideways_and_no_other_does() {
    every(|name| {
        for strafe in [1.0, -1.0] {
            let mut run = Run::new(name);
            let motion = run.drive(Drive::Power { throttle: 0.0, steer: 0.0, strafe });
            if matches!(run.board.drivetrain, DrivetrainSpec::Mecanum { .. }) {
                assert!(motion.y_m * strafe > 0.5 * run.top_mps(), "{name} {strafe}: {motion:?}");
                assert!(motion.x_m.abs() < 1e-3 && motion.heading_rad.abs() < 1e-3, "{name}: {motion:?}");
            } else {
                assert_eq!((motion.x_m, motion.y_m, motion.heading_rad), (0.0, 0.0, 0.0), "{name}");
            }
        }
    });
}

/// On blocks, as people do it: on the floor one wheel takes the others along.
#[test]
fn every_motor_of_every_preset_turns_alone_both_ways() {
    every(|name| {
        let motors = Board::preset(name).expect("a preset").motors;
        for (motor, spec) in motors.iter().enumerate() {
            for power in [0.8, -0.8] {
                let mut run = Run::on(name, &rig::blocks());
                run.drive(Drive::One { motor, power });
                let speed = |name: &str| run.sim.wheel_speed_rad_s(name).expect("a motor");
                assert!(speed(&spec.name) * power > 1.0, "{name} {}: {}", spec.name, speed(&spec.name));
                for other in motors.iter().filter(|other| other.name != spec.name) {
                    assert_eq!(speed(&other.name), 0.0, "{name} {}", other.name);
                }
            }
        }
    });
}

#[test]
fn every_preset_with_a_sonar_measures_what_is_ahead_and_no_more_than_that() {
    every(|name| {
        let mut run = Run::new(name);
        let has_one = run.board.range.is_some();
        for distance_m in [0.25, 1.75] {
            assert_eq!(run.sim.set_range(Some(distance_m)), has_one, "{name}");
            run.sense(Duration::from_secs(1));
            let read = run.car.readings().range_m;
            assert_eq!(read.is_some(), has_one, "{name}");
            assert!(read.is_none_or(|read_m| (read_m - distance_m).abs() < 0.02), "{name}: {read:?}");
        }
        run.sim.set_range(None);
        run.sense(Duration::from_secs(1));
        assert_eq!(run.car.readings().range_m, None, "{name}");
    });
}

#[test]
fn every_buzzer_and_lamp_of_every_preset_is_off_until_it_is_told_and_then_on() {
    every(|name| {
        let mut run = Run::new(name);
        let outputs = run.board.outputs.clone();
        let is_on = |run: &Run, index: usize| {
            let output: &OutputSpec = &outputs[index];
            let duty = run.sim.signal(&output.pin).expect("a pin").duty;
            if output.active == Level::High { duty } else { 1.0 - duty }
        };
        for told in 0..outputs.len() {
            let levels: Vec<f64> =
                (0..outputs.len()).map(|index| f64::from(u8::from(index == told))).collect();
            assert!((0..outputs.len()).all(|index| is_on(&run, index) == 0.0), "{name}");
            run.car.show(&levels).unwrap_or_else(|error| panic!("{name}: {error}"));
            for (index, level) in levels.iter().enumerate() {
                assert_eq!(is_on(&run, index), *level, "{name} {}", outputs[index].name);
            }
            run.car.show(&vec![0.0; outputs.len()]).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    });
}
