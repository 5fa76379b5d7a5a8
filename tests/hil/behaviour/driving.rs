//! A car that goes where it is told.

use hal::board::{DrivetrainSpec, MotorSpec, Side};
use serde_json::json;

use super::chip_of_motors;
use crate::check::{Check, Done};
use crate::daemon::Daemon;
use crate::pins::{self, Doing};

pub(super) fn starts_braked(check: &mut Check<'_>) -> Done {
    let daemon = check.start()?;
    check.motors_do("after the start", |_| Doing::Braked)?;
    for servo in check.rig.board().servos.clone() {
        check.see(&format!("{} in the middle", servo.name), &pins::of_servo(&servo, servo.center_deg))?;
    }
    daemon.end()
}

pub(super) fn forward(check: &mut Check<'_>) -> Done {
    straight(check, 1.0)
}

pub(super) fn backward(check: &mut Check<'_>) -> Done {
    straight(check, -1.0)
}

/// Both at the pins and, where somebody sees them, at the wheels.
fn straight(check: &mut Check<'_>, way: f64) -> Done {
    let power = way * check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    driver.drive(power, 0.0)?;
    check.motors_do("driving", |_| Doing::Turning(power))?;
    for motor in check.motors() {
        driver.drive(power, 0.0)?;
        wheel_turns(check, &motor.name, way)?;
    }
    drop(driver);
    daemon.end()
}

/// As fast as would be seen by eye: a turn in six seconds.
const VISIBLE_RAD_S: f64 = 1.0;

fn wheel_turns(check: &mut Check<'_>, motor: &str, way: f64) -> Done {
    let what = format!("wheel of {motor}");
    let speed = check.rig.wheel_rad_s(motor);
    if check.can(&what, speed).is_none() {
        return Ok(());
    }
    check.looked();
    check.eventually(&format!("{what} turns as told"), |check| {
        Ok(check.rig.wheel_rad_s(motor)? * way > VISIBLE_RAD_S)
    })
}

pub(super) fn left(check: &mut Check<'_>) -> Done {
    turn(check, 1.0)
}

pub(super) fn right(check: &mut Check<'_>) -> Done {
    turn(check, -1.0)
}

fn turn(check: &mut Check<'_>, way: f64) -> Done {
    if matches!(check.rig.board().drivetrain, DrivetrainSpec::Ackermann { .. }) {
        check.blind("turning on the spot", "a car that is steered by its front wheels cannot");
        return Ok(());
    }
    let steer = way * check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    driver.drive(0.0, steer)?;
    check.motors_do("turning", |motor: &MotorSpec| match motor.side {
        Side::Left => Doing::Turning(-steer),
        Side::Right => Doing::Turning(steer),
        Side::Both => Doing::Braked,
    })?;
    drop(driver);
    daemon.end()
}

pub(super) fn half(check: &mut Check<'_>) -> Done {
    let full = check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    for power in [full, full / 2.0, full] {
        driver.drive(power, 0.0)?;
        check.motors_do(&format!("driving with {power}"), |_| Doing::Turning(power))?;
    }
    drop(driver);
    daemon.end()
}

pub(super) fn servos(check: &mut Check<'_>) -> Done {
    use hal::board::ServoRole::{Pan, Steering, Tilt};
    if check.rig.board().servos.is_empty() {
        check.blind("servos", "this board has none");
        return Ok(());
    }
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    for servo in check.rig.board().servos.clone() {
        let axis = match servo.role {
            Pan => "pan",
            Tilt => "tilt",
            Steering => continue,
        };
        for degrees in [servo.min_deg, servo.max_deg, servo.center_deg] {
            driver.call("look", json!({ axis: degrees }))?;
            let what = format!("{} at {degrees} degrees", servo.name);
            check.see(&what, &pins::of_servo(&servo, degrees))?;
        }
    }
    drop(driver);
    daemon.end()
}

/// The promise of two motors on a PCA9685, at the bus's 400 kHz.
const BUS_US: f64 = 500.0;

pub(super) fn economy(check: &mut Check<'_>) -> Done {
    let Some(chip) = chip_of_motors(check) else { return Ok(()) };
    let traffic = check.rig.traffic(&chip);
    if check.can("the bus", traffic).is_none() {
        return Ok(());
    }
    let power = check.rig.power();
    let mut setup = check.rig.setup();
    // At once, and not in the steps that a change takes otherwise.
    setup.control.push("slew_ms = 0".to_owned());
    let daemon = Daemon::start(&setup)?;
    let mut driver = daemon.visit()?;
    driver.drive(power, 0.0)?;
    check.motors_do("driving", |_| Doing::Turning(power))?;
    let before = check.rig.traffic(&chip)?;
    driver.drive(power / 2.0, 0.0)?;
    check.motors_do("driving slower", |_| Doing::Turning(power / 2.0))?;
    let change = check.rig.traffic(&chip)? - before;
    check.looked();
    check.measured(format!(
        "{} bytes in {} writes and {} reads, {:.0} of {BUS_US} µs of a bus at 400 kHz",
        change.bytes,
        change.writes,
        change.reads,
        change.bus_us(400e3)
    ));
    drop(driver);
    daemon.end()?;
    if change.bus_us(400e3) < BUS_US { Ok(()) } else { Err(format!("{BUS_US} µs are promised: {change:?}")) }
}
