//! Hardware in the loop: one list of behaviours of a car, on three rungs.
//!
//! - Without more, on the **simulated** car, with the daemon as a process of its own; `CAR_HIL=sim:PRESET` is that of
//!   a preset. It also tries itself on presets, rightly wired and wrongly, so that it judges whatever drives a motor.
//! - `CAR_HIL=mcp2221`: through the kernel of this machine, by its own I²C and GPIO drivers, to an emulated
//!   USB adapter behind which is the simulated car. Needs root; `.ci/kernel` does it in a virtual machine. Its
//!   lines tell of no edges (nor do, on Linux 6.1, those of the CP2112 beside it: the kernel refuses to watch
//!   them), so encoders and sonars are looked at on the other rungs alone.
//! - `CAR_HIL=my-car.toml`: on a **board of one's own**. Its wheels turn: put it on a block. What an output
//!   does is seen by the `[[loopback]]` wires of the board file.
//!
//! What a rig cannot see is said in the report and is no success. The report is for people who were not
//! there; where it lies is printed, or `CAR_HIL_REPORT` says it.

mod behaviour;
mod check;
mod daemon;
mod pins;
mod report;
mod rig;
mod trial;

use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use behaviour::{ALL, Behaviour};
use check::Check;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use report::{Outcome, Report};
use rig::{Rig, Rung};

/// What the behaviours share: the rig, which is opened by the first of them that runs, and the report.
#[derive(Default)]
struct Stage {
    rig: Option<Result<Box<dyn Rig>, String>>,
    report: Report,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // There is one car.
    arguments.test_threads = Some(1);
    let rung = Rung::chosen(std::env::var_os("CAR_HIL"));
    let stage = Arc::new(Mutex::new(Stage::default()));
    let trials = ALL.iter().map(|behaviour| {
        let (stage, rung) = (Arc::clone(&stage), rung.clone());
        Trial::ignorable_test(behaviour.name, move || {
            play(behaviour, &rung, &mut stage.lock().unwrap_or_else(PoisonError::into_inner))
        })
    });
    let mut trials: Vec<Trial> = trials.collect();
    if matches!(rung, Rung::Simulated(None)) {
        trials.extend(trial::all());
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    let stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Ok(rig)) = &stage.rig {
        publish(&rung, &stage.report.write(&**rig));
    }
    conclusion.exit_code()
}

/// Looks at one behaviour and enters it in the report.
fn play(behaviour: &Behaviour, rung: &Rung, stage: &mut Stage) -> Result<Completion, Failed> {
    let rig = stage.rig.get_or_insert_with(|| rung.open()).as_mut().map_err(|why| Failed::from(&*why))?;
    let begun = Instant::now();
    let mut check = Check::new(&mut **rig);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| (behaviour.run)(&mut check)));
    let outcome = outcome.unwrap_or_else(|_| Err("the test itself panicked".to_owned()));
    let entry = check.entry(behaviour.name, outcome, begun.elapsed());
    let done = match &entry.outcome {
        Outcome::Passed => Ok(Completion::Completed),
        Outcome::Failed(why) => Err(Failed::from(why)),
        Outcome::NotLookedAt => Ok(Completion::ignored_with(entry.blind.join("; "))),
    };
    stage.report.entries.push(entry);
    done
}

/// Where people find it.
#[allow(clippy::print_stdout, reason = "the report")]
fn publish(rung: &Rung, report: &str) {
    let place = std::env::var_os("CAR_HIL_REPORT").map_or_else(
        || PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hil-{}.md", rung.name())),
        PathBuf::from,
    );
    if !matches!(rung, Rung::Simulated(None)) {
        println!("{report}");
    }
    let written =
        place.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&place, report));
    match written {
        Ok(()) => println!("the report is {}", place.display()),
        Err(error) => println!("the report could not be written to {}: {error}", place.display()),
    }
}
