//! A car that stands when it must.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::check::{Check, Done};
use crate::daemon::{Daemon, Visitor};
use crate::pins::Doing;

/// What is promised: README, "When it stops".
const STOP: Duration = Duration::from_millis(20);
const KILLED: Duration = Duration::from_millis(50);

/// A daemon whose car goes forward, and who drives it.
fn driving(check: &mut Check<'_>) -> Done<(Daemon, Visitor)> {
    let power = check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    check.drives(&mut driver, power, "driving")?;
    driver.drive(power, 0.0)?;
    Ok((daemon, driver))
}

pub(super) fn stop(check: &mut Check<'_>) -> Done {
    let (daemon, mut driver) = driving(check)?;
    let since = Instant::now();
    driver.call("stop", Value::Null)?;
    check.stops("stop", since, STOP)?;
    drop(driver);
    daemon.end()
}

pub(super) fn lifetime(check: &mut Check<'_>) -> Done {
    let power = check.rig.power();
    let (daemon, mut driver) = driving(check)?;
    let since = Instant::now();
    let ttl = Duration::from_millis(300);
    driver.call("drive", json!({ "throttle": power, "steer": 0.0, "ttl_ms": ttl.as_millis() as u64 }))?;
    check.stops("the last drive, which lives for 300 ms", since, ttl + STOP)?;
    drop(driver);
    daemon.end()
}

pub(super) fn hang_up(check: &mut Check<'_>) -> Done {
    let (daemon, driver) = driving(check)?;
    let since = Instant::now();
    drop(driver);
    check.stops("its driver has hung up", since, STOP)?;
    daemon.end()
}

pub(super) fn estop(check: &mut Check<'_>) -> Done {
    let power = check.rig.power();
    let (daemon, mut driver) = driving(check)?;
    let since = Instant::now();
    daemon.visit()?.call("estop", json!({ "reason": "a test" }))?;
    check.stops("estop", since, STOP)?;
    refused(check, &mut driver, "while the emergency stop is latched")?;
    driver.call("reset", Value::Null)?;
    let braked = check.wanted(|_| Doing::Braked);
    check.stays("after the reset nothing is resumed", &braked, Duration::from_millis(200))?;
    driver.let_go()?;
    check.drives(&mut driver, power, "driving again")?;
    drop(driver);
    daemon.end()
}

pub(super) fn button(check: &mut Check<'_>) -> Done {
    let pressed = check.rig.reach().press(false);
    if check.can("the e-stop button", pressed).is_none() {
        return Ok(());
    }
    let power = check.rig.power();
    let (daemon, mut driver) = driving(check)?;
    let since = Instant::now();
    check.rig.reach().press(true)?;
    check.stops("the button was pressed", since, STOP)?;
    check.rig.reach().press(false)?;
    check.eventually("the emergency stop is latched", |_| Ok(daemon.state()?["mode"] == "estop"))?;
    refused(check, &mut driver, "after the button")?;
    check.looked();
    driver.call("reset", Value::Null)?;
    driver.let_go()?;
    check.drives(&mut driver, power, "driving again")?;
    drop(driver);
    daemon.end()
}

/// Nobody can drive now, and nothing moves.
pub(super) fn refused(check: &mut Check<'_>, driver: &mut Visitor, when: &str) -> Done {
    if driver.drive(check.rig.power(), 0.0).is_ok() {
        return Err(format!("{when} it took a drive"));
    }
    check.looked();
    let braked = check.wanted(|_| Doing::Braked);
    check.stays(when, &braked, Duration::from_millis(100))
}

pub(super) fn terminate(check: &mut Check<'_>) -> Done {
    let (daemon, _driver) = driving(check)?;
    let since = Instant::now();
    daemon.signal(Signal::TERM)?;
    check.stops("SIGTERM", since, STOP)?;
    daemon.ends()
}

pub(super) fn kill(check: &mut Check<'_>) -> Done {
    let (mut daemon, _driver) = driving(check)?;
    let since = Instant::now();
    daemon.signal(Signal::KILL)?;
    let stopped = check.stops("kill -9", since, KILLED);
    let (_, log) = daemon.wait()?;
    stopped.map_err(|why| format!("{why}: {log}"))?;
    check.looked();
    if log.contains("guard: the daemon") && log.contains("is at rest, after") {
        return Ok(());
    }
    Err(format!("its guard did not say that the car is at rest: {log}"))
}

pub(super) fn halt(check: &mut Check<'_>) -> Done {
    let (mut daemon, _driver) = driving(check)?;
    daemon.signal(Signal::KILL)?;
    drop(daemon.wait()?);
    for _ in 0..2 {
        let since = Instant::now();
        let output = check.rig.setup().halt()?;
        check.looked();
        if !output.status.success() {
            return Err(format!(
                "halt ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        check.measured(format!("halt took {} ms", since.elapsed().as_millis()));
        check.motors_do("after halt", |_| Doing::Braked)?;
    }
    Ok(())
}
