//! The command line. What lives here: arguments and what is printed for them. What must never live
//! here: anything that a test could not call without a process.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hal::Board;
use hal::board::PRESETS;
use hal::file::{Faults, nearest};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use transport::Endpoint;

use crate::config::{Config, Overrides};
use crate::platform::{PLATFORMS, PlatformRow};
use crate::{RunError, log, welcome};

/// It did what was asked.
const FINE: u8 = 0;
/// It failed while running.
const FAILED: u8 = 1;
/// The arguments or the configuration are wrong.
const WRONG: u8 = 2;

/// Drives a small robot car: takes commands over WebSocket, TCP, UDP and Unix sockets, moves motors
/// and servos, and stops the car when anything goes wrong.
///
/// Without arguments it drives a simulated car on this machine, so there is nothing to set up:
/// start it, and follow the table that it prints.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// The configuration, a TOML file; every key has a default, `check` prints them
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The board: a preset's name, or a path to a board file
    #[arg(long, global = true, value_name = "NAME|FILE")]
    board: Option<String>,

    /// What the board stands on: `sim` needs no hardware, `linux` uses this machine's pins
    #[arg(long, global = true, value_name = "sim|linux", value_parser = platform)]
    platform: Option<&'static PlatformRow>,

    /// Where clients come to, instead of the configuration's list; can be given more than once
    #[arg(long, global = true, value_name = "URL")]
    listen: Vec<Endpoint>,
}

const EXAMPLES: &str = "\
Examples:
  car-daemon                                        a simulated car on this machine
  car-daemon --board freenove-4wd --platform linux  a real one
  car-daemon --listen ws://127.0.0.1:0              one endpoint, on any free port
  car-daemon check --config car.toml                is this file right?
  car-daemon boards demo > my-car.toml              a board file to begin with

Logs go to stderr; RUST_LOG=debug says more, RUST_LOG=warn less.
Exit codes: 0 fine, 1 failed while running, 2 wrong arguments or configuration.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the car; the default
    Run,
    /// Say every fault of a configuration, or print what is in force
    Check,
    /// List the boards that come with the daemon, or print one as TOML
    Boards {
        /// Print this one
        name: Option<String>,
    },
}

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    ExitCode::from(match &args.command {
        None | Some(Command::Run) => run(&args),
        Some(Command::Check) => check(&args),
        Some(Command::Boards { name }) => boards(name.as_deref()),
    })
}

fn run(args: &Args) -> u8 {
    let config = match load(args) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if let Err(error) = log::start() {
        return complain(&format!("cannot log: {error}"), FAILED);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("cannot start: {error}"), FAILED),
    };
    let result = runtime.block_on(run_until_signal(config, args.overrides(), args.config.clone()));
    // Not even a file that never ends keeps the program.
    runtime.shutdown_background();
    match result {
        Ok(()) => FINE,
        Err(error) => complain(&error.to_string(), FAILED),
    }
}

async fn run_until_signal(
    config: Config,
    overrides: Overrides,
    path: Option<PathBuf>,
) -> Result<(), RunError> {
    let shutdown = CancellationToken::new();
    let (reloads, reloaded) = mpsc::channel(1);
    let Signals { end, hangup } = Signals::new().map_err(RunError::Signals)?;
    for mut signal in end {
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            signal.recv().await;
            shutdown.cancel();
        });
    }
    tokio::spawn(read_again(hangup, reloads, overrides, path));
    crate::run(config, shutdown, reloaded, |config, daemon| {
        print(&welcome::table(config, daemon.endpoints(), daemon.certificate()));
    })
    .await
}

/// SIGTERM, SIGINT and SIGQUIT end the daemon, SIGHUP has it read its configuration again.
struct Signals {
    end: [Signal; 3],
    hangup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            end: [
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
                signal(SignalKind::quit())?,
            ],
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

/// Reads the configuration again whenever it is asked to.
async fn read_again(
    mut hangup: Signal,
    reloads: mpsc::Sender<Config>,
    overrides: Overrides,
    path: Option<PathBuf>,
) {
    while hangup.recv().await.is_some() {
        let (path, overrides) = (path.clone(), overrides.clone());
        // A file system may be slow, and nothing here may wait for it.
        let read = tokio::task::spawn_blocking(move || Config::load_again(path.as_deref(), &overrides));
        match read.await {
            // Fails only once the daemon has ended.
            Ok(Ok(config)) => drop(reloads.send(config).await),
            Ok(Err(faults)) => {
                for faults in &faults {
                    tracing::error!("nothing is changed, the configuration has faults:\n{faults}");
                }
            }
            Err(panic) => tracing::error!("nothing is changed: {panic}"),
        }
    }
}

fn check(args: &Args) -> u8 {
    match load(args) {
        Ok(config) => print(&config.to_string()),
        Err(code) => code,
    }
}

fn boards(name: Option<&str>) -> u8 {
    let Some(name) = name else {
        let width = PRESETS.iter().map(|p| p.name.len()).max().unwrap_or(0);
        let rows = PRESETS.iter().map(|preset| {
            let about = Board::preset(preset.name).map(|b| b.description).unwrap_or_default();
            format!("{:<width$}  {about}\n", preset.name)
        });
        return print(&rows.collect::<String>());
    };
    match PRESETS.iter().find(|preset| preset.name == name) {
        Some(preset) => print(preset.toml),
        None => complain(&unknown("board", name, PRESETS.iter().map(|p| p.name)), WRONG),
    }
}

/// The configuration in force; its faults are printed.
fn load(args: &Args) -> Result<Config, u8> {
    Config::load(args.config.as_deref(), &args.overrides()).map_err(|all| {
        let count: usize = all.iter().map(|faults| faults.faults.len()).sum();
        let lines: Vec<String> = all.iter().map(Faults::to_string).collect();
        let plural = if count == 1 { "" } else { "s" };
        complain(&format!("{}\n{count} fault{plural} in the configuration", lines.join("\n")), WRONG)
    })
}

impl Args {
    fn overrides(&self) -> Overrides {
        Overrides { board: self.board.clone(), platform: self.platform, listen: self.listen.clone() }
    }
}

fn platform(name: &str) -> Result<&'static PlatformRow, String> {
    let known = || PLATFORMS.iter().map(|row| row.name);
    PLATFORMS.iter().find(|row| row.name == name).ok_or_else(|| unknown("platform", name, known()))
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
