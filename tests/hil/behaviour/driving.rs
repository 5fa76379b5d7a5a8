//! A car that goes where it is told.

use hal::board::{ChipKind, DrivetrainSpec, End, MotorSpec, ServoRole, ServoSpec, Side};
use serde_json::json;

use super::chip_of_motors;
use crate::check::{Check, Done};
use crate::daemon::{Daemon, drive, strafe as sideways, test};
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
    check.drives(&mut driver, power, "driving")?;
    for motor in check.motors() {
        driver.drive(power, 0.0)?;
        wheel_turns(check, &motor.name, way)?;
    }
    drop(driver);
    daemon.end()
}

pub(super) fn alone_forward(check: &mut Check<'_>) -> Done {
    alone(check, 1.0)
}

pub(super) fn alone_backward(check: &mut Check<'_>) -> Done {
    alone(check, -1.0)
}

/// Past the calibration, by what `carctl calibrate` is made of.
fn alone(check: &mut Check<'_>, way: f64) -> Done {
    let power = way * check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    for MotorSpec { name, .. } in check.motors() {
        let order = test(&name, power);
        check.motors_obey(&mut driver, &order, &format!("{name} alone"), |motor| {
            if motor.name == name { Doing::Alone(power) } else { Doing::Braked }
        })?;
        driver.tell(&order)?;
        wheel_turns(check, &name, way)?;
    }
    drop(driver);
    daemon.end()
}

/// As fast as would be seen by eye: a turn in six seconds.
const VISIBLE_RAD_S: f64 = 1.0;

fn wheel_turns(check: &mut Check<'_>, motor: &str, way: f64) -> Done {
    let what = format!("wheel of {motor}");
    let speed = check.rig.reach().wheel_rad_s(motor);
    if check.can(&what, speed).is_none() {
        return Ok(());
    }
    check.looked();
    check.eventually(&format!("{what} turns as told"), |check| {
        Ok(check.rig.reach().wheel_rad_s(motor)? * way > VISIBLE_RAD_S)
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
    check.motors_obey(&mut driver, &drive(0.0, steer), "turning", |motor| match motor.side {
        Side::Left => Doing::Turning(-steer),
        Side::Right => Doing::Turning(steer),
        Side::Both => Doing::Braked,
    })?;
    drop(driver);
    daemon.end()
}

pub(super) fn strafe(check: &mut Check<'_>) -> Done {
    if !matches!(check.rig.board().drivetrain, DrivetrainSpec::Mecanum { .. }) {
        check.blind("going sideways", "this car has no mecanum wheels");
        return Ok(());
    }
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    for power in [check.rig.power(), -check.rig.power()] {
        // To the left, those turn backward whose rollers would push it to the right.
        check.motors_obey(&mut driver, &sideways(power), "going sideways", |motor| {
            match (motor.side, motor.end) {
                (Side::Left, Some(End::Front)) | (Side::Right, Some(End::Rear)) => Doing::Turning(-power),
                _ => Doing::Turning(power),
            }
        })?;
    }
    drop(driver);
    daemon.end()
}

pub(super) fn steering(check: &mut Check<'_>) -> Done {
    let steers = |servo: &ServoSpec| servo.role == ServoRole::Steering;
    let Some(servo) = check.rig.board().servos.iter().find(|servo| steers(servo)).cloned() else {
        check.blind("steering", "this car has no servo for it");
        return Ok(());
    };
    let (left, right) = (servo.max_deg - servo.center_deg, servo.center_deg - servo.min_deg);
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    for (steer, turned) in [(1.0, left), (-0.5, -right / 2.0), (0.0, 0.0)] {
        let degrees = servo.center_deg + turned;
        let mut wanted = pins::of_servo(&servo, degrees);
        wanted.extend(check.wanted(|_| Doing::Braked));
        check.obeys(&mut driver, &drive(0.0, steer), &format!("steered to {degrees} degrees"), &wanted)?;
    }
    drop(driver);
    daemon.end()
}

pub(super) fn half(check: &mut Check<'_>) -> Done {
    let full = check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    for power in [full, full / 2.0, full] {
        check.drives(&mut driver, power, &format!("driving with {power}"))?;
    }
    drop(driver);
    daemon.end()
}

pub(super) fn servos(check: &mut Check<'_>) -> Done {
    use ServoRole::{Pan, Steering, Tilt};
    if check.rig.board().servos.iter().all(|servo| servo.role == Steering) {
        check.blind("servos of a camera", "this board has none");
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

/// Whose promise it is.
const MOTORS: usize = 2;

/// The promise of two motors on a PCA9685, at the bus's 400 kHz.
const BUS_US: f64 = 500.0;

pub(super) fn economy(check: &mut Check<'_>) -> Done {
    let Some(chip) = chip_of_motors(check) else { return Ok(()) };
    if !matches!(chip.kind, ChipKind::Pca9685 { .. }) || check.motors().len() != MOTORS {
        check.blind("the bus", "it is promised for two motors of a PCA9685");
        return Ok(());
    }
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
    check.drives(&mut driver, power, "driving")?;
    let before = check.rig.traffic(&chip)?;
    check.drives(&mut driver, power / 2.0, "driving slower")?;
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
