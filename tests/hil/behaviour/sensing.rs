//! A car that says what its sensors see. Where nobody can change what they see, they must at least see something.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::breaking::without;
use crate::check::{Check, Done};
use crate::daemon::Daemon;
use crate::rig::Around;

/// What a converter of 8 bits cannot tell apart behind a divider, volts; its reference is as good.
const VOLTS_OFF: f64 = 0.1;

/// The same of a floor, between light and dark.
const DARKNESS_OFF: f64 = 0.05;

/// In m/s² and rad/s: a sensor that is set to ±2 g and 250 °/s tells a thousandth of these apart, noise is more.
const MOTION_OFF: f64 = 0.1;

/// HC-SR04: 3 mm, and what the air's temperature makes of the speed of sound.
const RANGE_OFF_M: f64 = 0.05;

/// Standard gravity, m/s².
const GRAVITY: f64 = 9.806_65;

fn near(value: &Value, wanted: f64, off: f64) -> bool {
    value.as_f64().is_some_and(|value| (value - wanted).abs() <= off)
}

/// Waits until a sensor says something, and enters what it was.
fn says(check: &mut Check<'_>, daemon: &Daemon, sensor: &str) -> Done {
    check.eventually(&format!("`{sensor}` in the state"), |_| Ok(!daemon.state()?[sensor].is_null()))?;
    check.looked();
    check.measured(daemon.state()?[sensor].to_string());
    Ok(())
}

/// Whether the board has it; if not, that is entered.
fn has(check: &mut Check<'_>, sensor: &str, there: bool) -> bool {
    if !there {
        check.blind(sensor, "this board has none");
    }
    there
}

pub(super) fn battery(check: &mut Check<'_>) -> Done {
    let Some(battery) = check.rig.board().battery.clone() else {
        has(check, "a battery sensor", false);
        return Ok(());
    };
    let daemon = check.start()?;
    says(check, &daemon, "battery")?;
    let middle = battery.empty_v.midpoint(battery.full_v);
    for volts in [battery.full_v, middle, battery.full_v] {
        let changed = check.rig.reach().surround(Around::Battery { volts, amps: 0.5 });
        if check.can("another battery", changed).is_none() {
            break;
        }
        check.eventually(&format!("the battery has {volts} V"), |_| {
            Ok(near(&daemon.state()?["battery"]["volts"], volts, VOLTS_OFF))
        })?;
    }
    daemon.end()
}

pub(super) fn line(check: &mut Check<'_>) -> Done {
    let count = check.rig.board().line.as_ref().map_or(0, |line| line.inputs.len());
    if !has(check, "line sensors", count > 0) {
        return Ok(());
    }
    let daemon = check.start()?;
    says(check, &daemon, "line")?;
    for dark in 0..count {
        for index in 0..count {
            let darkness = if index == dark { 1.0 } else { 0.0 };
            let changed = check.rig.reach().surround(Around::Floor { index, darkness });
            if check.can("another floor", changed).is_none() {
                return daemon.end();
            }
        }
        check.eventually(&format!("only sensor {dark} sees a dark floor"), |_| {
            let seen = daemon.state()?["line"].take();
            let fits = |index: usize| near(&seen[index], if index == dark { 1.0 } else { 0.0 }, DARKNESS_OFF);
            Ok((0..count).all(fits))
        })?;
    }
    daemon.end()
}

pub(super) fn imu(check: &mut Check<'_>) -> Done {
    let there = check.rig.board().imu.is_some();
    if !has(check, "an inertial sensor", there) {
        return Ok(());
    }
    let daemon = check.start()?;
    says(check, &daemon, "imu")?;
    for (acceleration, rotation) in
        [([2.0, -3.0, GRAVITY], [0.5, -1.0, 2.0]), ([0.0, 0.0, GRAVITY], [0.0; 3])]
    {
        let changed = check.rig.reach().surround(Around::Motion { acceleration, rotation });
        if check.can("moving the car", changed).is_none() {
            break;
        }
        check.eventually("the car feels it", |_| {
            let imu = daemon.state()?["imu"].take();
            let fits = |key: &str, wanted: [f64; 3]| {
                (0..3).all(|axis| near(&imu[key][axis], wanted[axis], MOTION_OFF))
            };
            Ok(fits("acceleration", acceleration) && fits("rotation", rotation))
        })?;
    }
    daemon.end()
}

pub(super) fn range(check: &mut Check<'_>) -> Done {
    let there = check.rig.board().range.is_some();
    if !has(check, "a sensor of distance", there) {
        return Ok(());
    }
    let ahead = |check: &mut Check<'_>, distance_m: f64| {
        let changed = check.rig.reach().surround(Around::Obstacle { distance_m });
        check.can("another distance", changed).is_some()
    };
    ahead(check, 1.0);
    let daemon = check.start()?;
    says(check, &daemon, "range_m")?;
    for distance_m in [0.5, 1.0] {
        if !ahead(check, distance_m) {
            break;
        }
        check.eventually(&format!("something is {distance_m} m ahead"), |_| {
            Ok(near(&daemon.state()?["range_m"], distance_m, RANGE_OFF_M))
        })?;
    }
    daemon.end()
}

/// How long the wheels may take for the turns of [`encoders`], with power for some few a second at most.
const TURNING: Duration = Duration::from_secs(15);

/// Each of them: with one that is missing the car would turn about that wheel, and get no farther than its track is
/// wide. Bridges that do not do the same for the same power make it a bend.
pub(super) fn encoders(check: &mut Check<'_>) -> Done {
    let there = check.motors().iter().any(|motor| motor.encoder.is_some());
    if !has(check, "encoders", there) {
        return Ok(());
    }
    let power = check.rig.power();
    let turn_m = std::f64::consts::PI * check.rig.board().drivetrain.wheel_diameter_m();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    let (begun, mut state) = (Instant::now(), daemon.state()?);
    let far_m = |state: &Value| {
        let part = |name: &str| state["pose"][name].as_f64().unwrap_or(0.0);
        part("x").hypot(part("y"))
    };
    while far_m(&state) < 2.0 * turn_m {
        if begun.elapsed() > TURNING {
            return Err(format!("two turns of the wheels are {:.2} m, and it says {state}", 2.0 * turn_m));
        }
        driver.drive(power, 0.0)?;
        thread::sleep(Duration::from_millis(100));
        state = daemon.state()?;
    }
    check.looked();
    check.measured(format!("pose {}, by {}", state["pose"], state["odometry"]));
    drop(driver);
    daemon.end()?;
    if state["odometry"] == "encoders" {
        Ok(())
    } else {
        Err(format!("it reckons, without encoders: {state}"))
    }
}

pub(super) fn lost(check: &mut Check<'_>) -> Done {
    let board = check.rig.board();
    let Some(imu) = board.imu.as_ref().map(|imu| board.chips[imu.chip].clone()) else {
        check.blind("a chip that is only a sensor", "this board has no inertial sensor");
        return Ok(());
    };
    let plugged = check.rig.reach().plug(&imu, true);
    if check.can(&format!("cutting off {imu}"), plugged).is_none() {
        return Ok(());
    }
    let power = check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    check.eventually("it feels something", |_| Ok(!daemon.state()?["imu"].is_null()))?;
    without(check, &imu, |check| {
        check.eventually("it feels nothing", |_| Ok(daemon.state()?["imu"].is_null()))?;
        check.drives(&mut driver, power, "driving without it")
    })?;
    check.looked();
    check.eventually("it feels something again", |_| Ok(!daemon.state()?["imu"].is_null()))?;
    drop(driver);
    daemon.end()
}
