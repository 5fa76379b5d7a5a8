//! What a simulator must know of a car besides its wiring: its body, its motors, its battery and where its
//! sensors look from. A real car ignores all of it.

use super::DrivetrainSpec;

/// The car as a body. Lengths are metres from the point that the pose is of, which is between the wheels of a
/// differential or mecanum drive and in the middle of the rear axle of an Ackermann one; ahead and up are positive.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// Of the whole car, kilograms.
    pub mass_kg: f64,
    /// Of the circle that it fits in, metres.
    pub radius_m: f64,
    /// Between the terminals of a motor, ohms.
    pub motor_ohms: f64,
    /// What a motor turns a wheel with for each ampere, after its gears, newton metres.
    pub motor_nm_per_a: f64,
    /// What a motor and its gears hold against it, at the wheel, newton metres.
    pub friction_nm: f64,
    /// By how much of their speed motors differ from each other at most, 0 to 0.3.
    pub motor_spread: f64,
    /// Of the whole battery, ampere-hours.
    pub battery_ah: f64,
    /// Inside the battery and its leads, ohms.
    pub battery_ohms: f64,
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
    /// Of a car of 1 kg on TT motors with two lithium cells, as wide and long as its drivetrain says.
    ///
    /// The motors are those of the yellow TT gear motor, 1:48 (5 Ω; 0.057 N·m/A at the wheel); the camera is that
    /// of the second Raspberry Pi camera module, which sees 62.2°. Mass, battery and places are estimated.
    #[must_use]
    pub fn of(drivetrain: &DrivetrainSpec) -> Self {
        let half = drivetrain.track_m().max(drivetrain.wheelbase_m().unwrap_or(0.0)) / 2.0;
        let radius_m = half + drivetrain.wheel_diameter_m() / 2.0;
        Self {
            mass_kg: 1.0,
            radius_m,
            motor_ohms: 5.0,
            motor_nm_per_a: 0.057,
            friction_nm: 0.005,
            motor_spread: 0.0,
            battery_ah: 2.0,
            battery_ohms: 0.2,
            camera_m: [radius_m * 0.8, 0.12],
            camera_fov_deg: 62.2,
            range_ahead_m: radius_m,
            line_ahead_m: radius_m,
            line_spacing_m: 0.015,
        }
    }
}
