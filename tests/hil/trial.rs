//! The suite on trial: what it says of presets, each with something else that drives motors, as processes of its own.
//!
//! What must never live here: a behaviour.

use std::process::Command;
use std::thread;

use libtest_mimic::{Failed, Trial};

/// A Robot HAT, an ESC that brakes first, bridges of three kinds on lines and on a chip, mecanum wheels, and whatever
/// sensors these boards have.
/// Two at a time, as an ESC is mostly waited for.
const LANES: [&[&str]; 2] =
    [&["donkeycar"], &["picar-x", "freenove-4wd-mecanum", "l298n", "waveshare-motor-hat"]];

/// What fails where a motor's leads are the wrong way round.
const TELLS: &str = "each motor alone turns forward, and the others brake";

pub(crate) fn all() -> Vec<Trial> {
    let wrong = LANES.concat().into_iter();
    let wrong =
        wrong.map(|preset| Trial::test(format!("{preset}: swapped leads fail"), move || fails(preset)));
    std::iter::once(Trial::test("all of it passes on presets", pass)).chain(wrong).collect()
}

fn pass() -> Result<(), Failed> {
    let said = thread::scope(|scope| {
        let lanes = LANES.map(|lane| scope.spawn(move || lane.iter().try_for_each(|preset| passes(preset))));
        lanes.map(|lane| lane.join().unwrap_or_else(|_| Err("the trial panicked".into())))
    });
    said.into_iter().collect()
}

fn passes(preset: &str) -> Result<(), Failed> {
    let (passed, said) = suite(&format!("sim:{preset}"), &[])?;
    if passed { Ok(()) } else { Err(said.into()) }
}

fn fails(preset: &str) -> Result<(), Failed> {
    let (passed, said) = suite(&format!("miswired:{preset}"), &["--exact", TELLS])?;
    // For that reason and no other.
    if !passed && said.contains(" alone: ") && said.contains(" is Seen ") { Ok(()) } else { Err(said.into()) }
}

/// Whether nothing failed on a rig, and what was said.
fn suite(rig: &str, arguments: &[&str]) -> Result<(bool, String), Failed> {
    let mut suite = Command::new(std::env::current_exe()?);
    let output = suite.args(arguments).env("CAR_HIL", rig).env_remove("CAR_HIL_REPORT").output()?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}
