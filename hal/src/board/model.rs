//! What a simulator must know of a car besides its wiring: its body, its motors, its battery and where its
//! sensors look from. A real car ignores all of it.

use super::{DriverSpec, DrivetrainSpec, MotorSpec};

/// How fast a TT gear motor of 1:48 turns its wheel without load, rad/s: 200 turns a minute at 6 V, as its
/// sellers say.
const TT_RAD_S: f64 = 20.9;
/// Volts that a motor behind an ESC sees at full power of two lithium cells that were just charged (estimated).
const ESC_V: f64 = 8.0;

/// The car as a body. Lengths are metres from the point that the pose is of, which is between the wheels of a
/// differential or mecanum drive and in the middle of the rear axle of an Ackermann one; ahead and up are positive.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// Of the whole car, kilograms.
    pub mass_kg: f64,
    /// Of the circle around its middle that bumps into things, metres.
    pub radius_m: f64,
    /// Of the weight, what stands on the wheels that motors turn, 0.1 to 1.
    pub driven_weight: f64,
    /// What one of them, with all that turns with it, resists a change of its speed, kilogram square metres.
    pub wheel_kg_m2: f64,
    /// Between the terminals of a motor, ohms.
    pub motor_ohms: f64,
    /// Of a motor, millihenries.
    pub motor_mh: f64,
    /// What a motor turns a wheel with for each ampere, after its gears, newton metres.
    pub motor_nm_per_a: f64,
    /// What a motor and its gears hold against it while it turns, at the wheel, newton metres.
    pub friction_nm: f64,
    /// The same before it turns.
    pub stiction_nm: f64,
    /// What they hold against it besides for each radian a second, newton metre seconds.
    pub drag_nm_s: f64,
    /// By how much of their speed motors differ from each other at most, 0 to 0.3.
    pub motor_spread: f64,
    /// Of the whole battery, ampere-hours.
    pub battery_ah: f64,
    /// Inside the battery and its leads, ohms.
    pub battery_ohms: f64,
    /// With less at its terminals than this the computer and its chips are reset, volts.
    pub brown_out_v: f64,
    /// Where the camera is: ahead, and above the floor.
    pub camera_m: [f64; 2],
    /// How much of the world the camera sees from left to right, degrees.
    pub camera_fov_deg: f64,
    /// Where the range finder is, ahead.
    pub range_ahead_m: f64,
    /// Where the line sensors are, ahead.
    pub line_ahead_m: f64,
    /// From one line sensor to the next, metres.
    pub line_spacing_m: f64,
}

impl ModelSpec {
    /// Of a car of 1 kg with two lithium cells, as wide and long as its drivetrain says, on motors that are geared
    /// for its top speed; `empty_v` is that of its battery.
    ///
    /// Its circle goes round the corners of its wheels, their width aside. How long a differential car is nobody
    /// says: its circle is half a wheel wider than its track on each side (estimated).
    ///
    /// The motors are those of the yellow TT gear motor, 1:48 (5 Ω; 0.057 N·m/A and 20.9 rad/s at the wheel; it
    /// needs a fifth of 8 V before it turns), or behind an ESC such as are in cars of 1:16. The camera is that of the
    /// second Raspberry Pi camera module, which sees 62.2°. Mass, friction, battery and places are estimated. The
    /// brown-out is a tenth below an empty battery: 5.8 V of two cells, where an LM2596, which needs 1.16 V for
    /// itself (TI SNVS124, saturation voltage), leaves a Raspberry Pi the 4.63 V at which it warns.
    #[must_use]
    pub fn of(drivetrain: &DrivetrainSpec, motors: &[MotorSpec], empty_v: f64) -> Self {
        let (half_m, wheel_m) = (drivetrain.track_m() / 2.0, drivetrain.wheel_diameter_m() / 2.0);
        let radius_m = match drivetrain.wheelbase_m() {
            // A root is the same on every machine, which std's `hypot` is not.
            Some(wheelbase_m) => {
                let long_m = wheelbase_m / 2.0 + wheel_m;
                (half_m * half_m + long_m * long_m).sqrt()
            }
            None => half_m + wheel_m,
        };
        let middle_m = drivetrain.middle_ahead_m();
        let top_rad_s = drivetrain.top_speed_mps() / wheel_m;
        let geared = TT_RAD_S / top_rad_s;
        let sides = motors.iter().any(|motor| motor.side != super::Side::Both);
        let steered = matches!(drivetrain, DrivetrainSpec::Ackermann { .. });
        let car = Self {
            mass_kg: 1.0,
            radius_m,
            driven_weight: if steered && sides { 0.5 } else { 1.0 },
            wheel_kg_m2: 2e-5,
            motor_ohms: 5.0,
            motor_mh: 1.0,
            motor_nm_per_a: 0.057 * geared,
            friction_nm: 0.008 * geared,
            stiction_nm: 0.018 * geared,
            drag_nm_s: 1e-4 * geared * geared,
            motor_spread: 0.0,
            battery_ah: 2.0,
            battery_ohms: 0.2,
            brown_out_v: 0.9 * empty_v,
            camera_m: [middle_m + radius_m * 0.8, 0.12],
            camera_fov_deg: 62.2,
            range_ahead_m: middle_m + radius_m,
            line_ahead_m: middle_m + radius_m,
            line_spacing_m: 0.015,
        };
        if motors.iter().any(|motor| matches!(motor.driver, DriverSpec::Esc(_))) {
            // Strong motors without much of a gear, which lose a third of what they get, and roll on soft tyres.
            return Self {
                motor_ohms: 0.15,
                motor_mh: 0.1,
                motor_nm_per_a: 0.7 * ESC_V / top_rad_s,
                friction_nm: 0.04,
                stiction_nm: 0.06,
                drag_nm_s: 0.0,
                battery_ohms: 0.03,
                ..car
            };
        }
        car
    }
}

#[cfg(test)]
mod tests {
    use crate::board::{Board, PRESETS};

    #[test]
    fn every_preset_has_its_wheels_and_what_looks_ahead_on_its_circle_or_in_it() {
        for board in PRESETS.iter().map(|preset| Board::preset(preset.name).expect("a preset")) {
            let (name, model, drive) = (&board.name, &board.model, &board.drivetrain);
            let long_m = (drive.wheelbase_m().unwrap_or(0.0) + drive.wheel_diameter_m()) / 2.0;
            let corner_m = long_m.hypot(drive.track_m() / 2.0);
            assert!(corner_m < model.radius_m + 1e-9, "{name}: {corner_m} {}", model.radius_m);
            let front_m = drive.middle_ahead_m() + model.radius_m;
            assert_eq!((model.range_ahead_m, model.line_ahead_m), (front_m, front_m), "{name}");
            assert!((drive.middle_ahead_m()..front_m).contains(&model.camera_m[0]), "{name}");
        }
    }

    #[test]
    fn the_circle_of_a_car_of_3_to_4_is_5() {
        let base = Board::preset("picar-x").expect("a preset");
        let drivetrain = crate::board::DrivetrainSpec::Ackermann {
            wheelbase_m: 0.06,
            track_m: 0.06,
            wheel_diameter_m: 0.02,
            top_speed_mps: 0.5,
        };
        let model = super::ModelSpec::of(&drivetrain, &base.motors, 6.4);
        assert!((model.radius_m - 0.05).abs() < 1e-12, "{}", model.radius_m);
        assert!((model.range_ahead_m - 0.08).abs() < 1e-12, "{}", model.range_ahead_m);
    }
}
