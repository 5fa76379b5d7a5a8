//! The state of the car as everybody sees it. What a board has no sensor for is `null`, never a
//! made-up number.

use serde::{Deserialize, Serialize};

/// What the car is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Mode {
    /// Standing, ready.
    #[default]
    Idle,
    /// Moving, or told to.
    Driving,
    /// The emergency stop is latched; standing.
    Estop,
    /// The hardware failed, and was not reset; standing.
    Fault,
}

/// A latched emergency stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latched {
    /// Who did it: a session, or the button by its pin.
    pub by: String,
    /// Why, as they said.
    pub reason: Option<String>,
}

/// Power at the wheels, -1 to 1, as last written to the hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wheels {
    /// Left side.
    pub left: f64,
    /// Right side.
    pub right: f64,
}

/// Angles of the camera in degrees, as last written to the servos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gimbal {
    /// Left positive.
    pub pan: f64,
    /// Up positive.
    pub tilt: f64,
}

/// Speed of the car.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Metres a second, forward positive.
    pub linear: f64,
    /// Radians a second, left positive.
    pub angular: f64,
}

/// Where the car is, from where it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// Metres forward of the start.
    pub x: f64,
    /// Metres to the left of the start.
    pub y: f64,
    /// Radians, left positive, -π to π.
    pub heading: f64,
}

/// By what speed and pose are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Odometry {
    /// Every side's wheels are counted.
    Encoders,
    /// What the motors are told counts: a wheel with power is taken to turn as it does in the steady state.
    Commanded,
}

/// The battery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Battery {
    /// Volts.
    pub volts: f64,
    /// 0 to 100.
    pub percent: f64,
    /// Amperes that are drawn from it, where that is measured; negative while it is charged.
    #[serde(default)]
    pub amps: Option<f64>,
}

/// What the car feels, along and about its axes: x forward, y left, z up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Imu {
    /// Metres a second squared; on level ground 9.81 upwards.
    pub acceleration: [f64; 3],
    /// Radians a second; turning left is positive about z.
    pub rotation: [f64; 3],
}

/// One sample of everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Monotonic seconds since the daemon started.
    pub t: f64,
    /// Grows by one with each sample.
    pub seq: u64,
    /// What the car is doing.
    pub mode: Mode,
    /// Throttle in force after limits and slew, -1 to 1.
    pub throttle: f64,
    /// Steer in force after limits and slew, -1 to 1, left positive.
    pub steer: f64,
    /// Strafe in force after limits and slew, -1 to 1, left positive; 0 on a car that cannot.
    #[serde(default)]
    pub strafe: f64,
    /// Power at the wheels.
    pub wheels: Wheels,
    /// Angles of the camera; `null` without one.
    pub gimbal: Option<Gimbal>,
    /// Speed, by the odometry.
    pub speed: Option<Speed>,
    /// Pose, by the odometry.
    pub pose: Option<Pose>,
    /// By what speed and pose are known.
    #[serde(default)]
    pub odometry: Option<Odometry>,
    /// Battery, where there is a sensor.
    pub battery: Option<Battery>,
    /// Metres to what is ahead, where there is a sensor; `null` too where nothing is within its reach.
    pub range_m: Option<f64>,
    /// How dark the floor is, from left to right, 0 light to 1 dark, where there are sensors.
    #[serde(default)]
    pub line: Option<Vec<f64>>,
    /// What the car feels, where there is a sensor.
    #[serde(default)]
    pub imu: Option<Imu>,
    /// The session that holds the lease.
    pub driver: Option<u64>,
    /// The emergency stop, while it is latched.
    pub estop: Option<Latched>,
    /// Why the car last stopped, in words; `null` before it first moved.
    pub stop_reason: Option<String>,
}
