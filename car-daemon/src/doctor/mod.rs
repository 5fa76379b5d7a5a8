//! `car-daemon doctor`: what this machine has beside what the board needs.
//!
//! What lives here: looking, comparing, and a table that a person can read. What must never live here: a
//! request of an output, a write to a bus, a stream of pictures, anything that could move a car.

mod examine;
mod eyes;
mod needs;
mod table;
#[cfg(test)]
mod tests;
mod you;

use std::collections::BTreeSet;

use hal::platform::Linux;
use hal::platform::linux::survey::{ADDRESSES, Survey};

use crate::Config;
use eyes::Eyes;
use you::You;

/// What came of it.
pub(crate) struct Diagnosis {
    /// For a person, in lines.
    pub(crate) text: String,
    /// Nothing that the car needs is missing.
    pub(crate) is_fit: bool,
}

/// Looks at this machine for the board of a configuration.
pub(crate) fn diagnose(config: &Config) -> Diagnosis {
    let (linux, you) = (Linux::rooted(&config.linux.dev, &config.linux.sys), You::here(config));
    report(config, &linux.survey(&asked(config, &you)), &Eyes::here(config), &you)
}

/// Whom to ask: every address of a bus that the board names; but where a daemon drives, nobody. What is read
/// from a chip may be what the daemon was about to read.
fn asked(config: &Config, you: &You) -> BTreeSet<(String, u8)> {
    let chips = config.board.chips.iter().filter(|_| config.platform.outlives && you.daemon.is_none());
    chips.flat_map(|chip| ADDRESSES.map(|address| (chip.bus.clone(), address))).collect()
}

/// The same, from facts alone.
fn report(config: &Config, survey: &Survey, eyes: &Eyes, you: &You) -> Diagnosis {
    let needs = needs::of(&config.board);
    let (mut rows, title) = if config.platform.outlives {
        let mut rows = examine::board(&config.board, &needs, survey, you);
        rows.extend(examine::person(config.linux.realtime, you));
        (rows, format!("board `{}` on this machine", config.board.name))
    } else {
        let title = format!(
            "platform `{}` needs nothing of this machine; with --platform linux the board `{}` needs",
            config.platform.name, config.board.name
        );
        (needs.iter().map(|need| examine::alone(&config.board, need)).collect(), title)
    };
    rows.extend(eyes.row(you));
    let problems = rows.iter().filter(|row| row.status == table::Status::Problem).count();
    let verdict = match (config.platform.outlives, problems) {
        (false, _) => "the simulated car can start".to_owned(),
        (true, 0) => "nothing is missing: the car can start".to_owned(),
        (true, 1) => "1 problem: the car cannot start as it is".to_owned(),
        (true, many) => format!("{many} problems: the car cannot start as it is"),
    };
    let text = format!("{title}\n\n{}\n{}\n{verdict}\n", table::rows(&rows), table::facts(survey, eyes, you));
    Diagnosis { text, is_fit: problems == 0 }
}
