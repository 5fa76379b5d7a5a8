//! The command line. What lives here: arguments and what is printed for them. What must never live
//! here: anything that a test could not call without a process.

mod args;
mod picture;
mod rest;
mod run;
mod show;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use hal::file::{Faults, nearest};

use self::args::{Args, Command};
use self::picture::{Shot, take};
use self::rest::{bring_to_rest, stand_guard};
use self::run::run;
use self::show::{boards, check, look_after, worlds};
use crate::config::{Config, Overrides};
use crate::platform::{PLATFORMS, PlatformRow};

/// It did what was asked.
const FINE: u8 = 0;
/// It failed while running.
const FAILED: u8 = 1;
/// The arguments or the configuration are wrong.
const WRONG: u8 = 2;

/// For a board that is being halted just now.
const PATIENCE: Duration = Duration::from_secs(1);

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    main_with(PLATFORMS)
}

/// The whole program, with other platforms than those of this build.
#[must_use]
pub fn main_with(platforms: &'static [PlatformRow]) -> ExitCode {
    let args = Args::parse();
    let overrides = match args.overrides(platforms) {
        Ok(overrides) => overrides,
        Err(unknown) => return ExitCode::from(complain(&unknown, WRONG)),
    };
    ExitCode::from(match &args.command {
        None | Some(Command::Run) => run(&args, overrides),
        Some(Command::Check { file: Some(file) }) => {
            let file = file.display();
            let what = format!(
                "check `{file}` as what? a board file: --board {file}; a world file: --world {file}; \
                 a configuration: --config {file}"
            );
            complain(&what, WRONG)
        }
        Some(Command::Check { file: None }) => check(&args, &overrides),
        Some(Command::Boards { name }) => boards(name.as_deref()),
        Some(Command::Worlds { name: Some(name), shot: Shot { picture: Some(file), size } }) => {
            take(args.board.as_deref(), name, *size, file)
        }
        Some(Command::Worlds { name, .. }) => worlds(name.as_deref()),
        Some(Command::Halt) => bring_to_rest(&args, &overrides),
        Some(Command::Doctor) => look_after(&args, &overrides),
        Some(Command::Guard { fingerprint }) => stand_guard(&args, &overrides, *fingerprint),
    })
}

/// The configuration in force; its faults are printed.
fn load(args: &Args, overrides: &Overrides) -> Result<Config, u8> {
    Config::load(args.config.as_deref(), overrides).map_err(|all| {
        let count: usize = all.iter().map(|faults| faults.faults.len()).sum();
        let lines: Vec<String> = all.iter().map(Faults::to_string).collect();
        let plural = if count == 1 { "" } else { "s" };
        complain(&format!("{}\n{count} fault{plural} in the configuration", lines.join("\n")), WRONG)
    })
}

fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("no {what} is named `{name}`; did you mean `{near}`?"),
        None => format!("no {what} is named `{name}`; there are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// To stdout. A reader that has gone away is nothing to complain about.
fn print(text: &str) -> u8 {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("cannot write: {error}"), FAILED)
        }
        _ => FINE,
    }
}

/// To stderr, where nobody may listen.
fn complain(text: &str, code: u8) -> u8 {
    drop(writeln!(io::stderr().lock(), "car-daemon: {text}"));
    code
}
