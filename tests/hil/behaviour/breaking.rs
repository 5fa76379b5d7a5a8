//! A car of which a part is gone.

use std::time::{Duration, Instant};

use hal::board::{Chip, PinRef};
use serde_json::Value;

use super::chip_of_motors;
use super::stopping::refused;
use crate::check::{Check, Done};
use crate::pins::{Doing, Wanted};

/// What is promised: README, "When it stops".
const GONE: Duration = Duration::from_millis(100);

/// The chip of the motors, if this rig can cut it off.
fn loose_chip(check: &mut Check<'_>) -> Option<Chip> {
    let chip = chip_of_motors(check)?;
    let plugged = check.rig.reach().plug(&chip, true);
    check.can(&format!("cutting off {chip}"), plugged)?;
    Some(chip)
}

/// That the chip was cut off does not last longer than what looks at it.
pub(super) fn without(check: &mut Check<'_>, chip: &Chip, look: impl FnOnce(&mut Check<'_>) -> Done) -> Done {
    check.rig.reach().plug(chip, false)?;
    let looked = look(check);
    check.rig.reach().plug(chip, true)?;
    looked
}

pub(super) fn chip(check: &mut Check<'_>) -> Done {
    let Some(chip) = loose_chip(check) else { return Ok(()) };
    let power = check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    check.drives(&mut driver, power, "driving")?;
    let since = Instant::now();
    without(check, &chip, |check| {
        check.eventually("the daemon says that its hardware failed", |_| {
            Ok(daemon.state()?["mode"] == "fault")
        })?;
        check.measured(format!(
            "in fault {} ms after the chip was cut off, of {} ms",
            since.elapsed().as_millis(),
            GONE.as_millis()
        ));
        if since.elapsed() > GONE + check.rig.slack() {
            return Err(format!("in fault only after {:?}", since.elapsed()));
        }
        let said = driver.drive(power, 0.0).err().ok_or("in fault it took a drive")?;
        check.looked();
        let address = format!("{:#04x}", chip.address);
        if said.contains(chip.kind.name()) && said.contains(&address) {
            Ok(())
        } else {
            Err(format!("what it says does not name {} at {address}: {said}", chip.kind.name()))
        }
    })?;
    check.motors_do("the chip is there again", |_| Doing::Braked)?;
    refused(check, &mut driver, "before a reset")?;
    check.eventually("a reset is taken", |_| Ok(driver.call("reset", Value::Null).is_ok()))?;
    driver.let_go()?;
    check.drives(&mut driver, power, "driving again")?;
    drop(driver);
    daemon.end()
}

pub(super) fn coast(check: &mut Check<'_>) -> Done {
    let board = check.rig.board();
    // A line of the computer: one on the chip is gone with it.
    let asleep: Vec<(PinRef, Wanted)> = board
        .motors
        .iter()
        .filter_map(|motor| motor.driver.standby())
        .filter(|pin| matches!(pin, PinRef::Gpio { .. }))
        .map(|pin| (pin.clone(), Wanted::Low))
        .collect();
    if asleep.is_empty() {
        check.blind("a bridge that can sleep", "this board has none on a line of the computer");
        return Ok(());
    }
    let Some(chip) = loose_chip(check) else { return Ok(()) };
    let power = check.rig.power();
    let daemon = check.start()?;
    let mut driver = daemon.visit()?;
    check.drives(&mut driver, power, "driving")?;
    without(check, &chip, |check| check.see("asleep", &asleep))?;
    check.motors_do("the chip is there again", |_| Doing::Braked)?;
    drop(driver);
    daemon.end()
}

pub(super) fn halt(check: &mut Check<'_>) -> Done {
    let Some(chip) = loose_chip(check) else { return Ok(()) };
    without(check, &chip, |check| {
        let output = check.rig.setup().halt()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        check.looked();
        let named = said.contains(chip.kind.name()) && said.contains(&format!("{:#04x}", chip.address));
        if output.status.code() == Some(1) && named {
            Ok(())
        } else {
            Err(format!("halt ended with {} and said: {said}", output.status))
        }
    })?;
    let output = check.rig.setup().halt()?;
    check.motors_do("after a halt with the chip", |_| Doing::Braked)?;
    if output.status.success() { Ok(()) } else { Err("halt fails with the chip there".to_owned()) }
}
