//! The command line. What lives here: arguments and what is printed for them. What must never live
//! here: anything that a test could not call without a process.

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::time::Duration;

use clap::{Parser, Subcommand};
use hal::Board;
use hal::board::PRESETS;
use hal::file::{Faults, nearest};
use rustix::process::Signal as Sig;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use transport::{Endpoint, Inherited};

use crate::config::{Config, Overrides};
use crate::doctor::diagnose;
use crate::guard::{self, Line, Post};
use crate::halt::halt;
use crate::platform::{PLATFORMS, PlatformRow};
use crate::{Parts, Reload, RunError, StartError, lock_board, log, welcome};

/// It did what was asked.
const FINE: u8 = 0;
/// It failed while running.
const FAILED: u8 = 1;
/// The arguments or the configuration are wrong.
const WRONG: u8 = 2;

/// For a board that is being halted just now.
const PATIENCE: Duration = Duration::from_secs(1);

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
    #[arg(long, global = true, value_name = "sim|linux")]
    platform: Option<String>,

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
  car-daemon halt --config car.toml                 no daemon runs: is the car at rest?
  car-daemon doctor --board jetbot --platform linux has this machine what that board needs?
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
    /// Bring every output of the board to rest without a running daemon
    Halt,
    /// Say what this machine has beside what the board needs, and what to do where something is missing
    ///
    /// Looks at GPIO lines, I²C buses and the chips that answer there, PWM devices, groups, permissions and
    /// real-time rights. Nothing moves: no output is opened and nothing written to a chip, so it may be asked
    /// while a daemon drives. On `sim` it says what the board would need. Exit code 0: the car can start; 1:
    /// something is missing; 2: the configuration is wrong.
    Doctor,
    /// What the daemon starts to outlive it
    #[command(name = guard::COMMAND, hide = true)]
    Guard {
        /// Of the board that the daemon drives
        #[arg(long)]
        fingerprint: u64,
    },
}

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
        Some(Command::Check) => check(&args, &overrides),
        Some(Command::Boards { name }) => boards(name.as_deref()),
        Some(Command::Halt) => bring_to_rest(&args, &overrides),
        Some(Command::Doctor) => look_after(&args, &overrides),
        Some(Command::Guard { fingerprint }) => stand_guard(&args, &overrides, *fingerprint),
    })
}

fn run(args: &Args, overrides: Overrides) -> u8 {
    let config = match load(args, &overrides) {
        Ok(config) => config,
        Err(code) => return code,
    };
    // Before there is a second thread.
    let inherited = Inherited::from_env();
    let _log = match log::start(config.limits.log_lines_per_s) {
        Ok(log) => log,
        Err(error) => return complain(&format!("cannot log: {error}"), FAILED),
    };
    // Before any output is touched; and before the guard, which would halt the car of another daemon.
    let lock = match lock_board(&config, PATIENCE) {
        Ok(lock) => lock,
        Err(held) => return complain(&StartError::from(held).to_string(), FAILED),
    };
    let shutdown = CancellationToken::new();
    let post = match post_guard(args, &config, &shutdown) {
        Ok(post) => post,
        Err(why) => {
            let what = format!("without a guard that outlives it the daemon does not start: {why}");
            return complain(&what, FAILED);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("cannot start: {error}"), FAILED),
    };
    let line = post.as_ref().map(Post::line);
    let parts = match Parts::inheriting(&config, &inherited) {
        Ok(parts) => Parts { lock, ..parts },
        Err(error) => return complain(&error.to_string(), FAILED),
    };
    let reading = Reading { overrides, path: args.config.clone(), inherited };
    let running = run_until_signal(config, parts, reading, shutdown, line.clone());
    // Unwinding drops the daemon, which stops the car.
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(running).map_err(Box::new)));
    // Not even a file that never ends keeps the program.
    runtime.shutdown_background();
    match result {
        Ok(Ok(())) if line.is_none_or(|line| line.is_held()) => {
            if let Some(post) = post {
                post.dismiss();
            }
            FINE
        }
        Ok(Ok(())) => complain("without a guard the daemon does not drive; the car was stopped", FAILED),
        Ok(Err(error)) => {
            // What could not be opened a guard cannot open either, and the rest is at rest.
            if let (RunError::Start(StartError::Board(_)), Some(post)) = (&*error, post) {
                post.dismiss();
            }
            complain(&error.to_string(), FAILED)
        }
        Err(_panic) => complain("the daemon panicked, as the log says; the car was stopped", FAILED),
    }
}

/// A guard, where outputs outlive the process.
fn post_guard(args: &Args, config: &Config, shutdown: &CancellationToken) -> Result<Option<Post>, String> {
    if !config.platform.outlives {
        return Ok(None);
    }
    let shutdown = shutdown.clone();
    Post::start(args.for_guard(config), move |why| {
        tracing::error!(why, "no guard stands by any more");
        shutdown.cancel();
    })
    .map(Some)
}

/// The control loop is stuck, so the outputs are what they were: the guard is told, and nobody is waited
/// for.
fn end_at_once(why: &str, guard: Option<&Line>) {
    if let Some(guard) = guard {
        guard.alarm();
    }
    log::say_at_once(&format!("{why}; the daemon ends at once"));
    #[expect(clippy::disallowed_methods, reason = "what would stop the car on a drop is stuck")]
    process::exit(i32::from(FAILED));
}

fn bring_to_rest(args: &Args, overrides: &Overrides) -> u8 {
    let config = match load(args, overrides) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let _lock = match lock_board(&config, PATIENCE) {
        Ok(lock) => lock,
        Err(held) => return complain(&format!("{held}; `carctl estop` stops its car"), FAILED),
    };
    match halt(&config) {
        Ok(done) => print(&format!("{done}\n")),
        Err(failures) => complain(&format!("not everything is at rest\n{}", failures.join("\n")), FAILED),
    }
}

fn stand_guard(args: &Args, overrides: &Overrides, fingerprint: u64) -> u8 {
    let load = || {
        Config::load_again(args.config.as_deref(), overrides)
            .map_err(|faults| faults.iter().map(Faults::to_string).collect::<Vec<_>>().join("\n"))
    };
    match guard::stand(load, fingerprint) {
        Ok(()) => FINE,
        Err(why) => complain(&format!("guard: {why}"), FAILED),
    }
}

/// What a running daemon was told at its start, beside its configuration.
struct Reading {
    overrides: Overrides,
    path: Option<PathBuf>,
    inherited: Inherited,
}

async fn run_until_signal(
    config: Config,
    parts: Parts,
    Reading { overrides, path, inherited }: Reading,
    shutdown: CancellationToken,
    guard: Option<Line>,
) -> Result<(), RunError> {
    let (reloads, reloaded) = mpsc::channel(1);
    let Signals { end, hangup, mut freeze } = Signals::new().map_err(RunError::Signals)?;
    for mut signal in end {
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            signal.recv().await;
            shutdown.cancel();
        });
    }
    tokio::spawn(async move {
        while freeze.recv().await.is_some() {
            tracing::warn!("not frozen, as the car would drive on: Ctrl-C ends the daemon");
        }
    });
    tokio::spawn(read_again(hangup, reloads, overrides, path));
    crate::run(config, parts, shutdown, reloaded, |config, daemon| {
        for unused in inherited.close_rest() {
            tracing::warn!("a socket that was passed to this process is closed: {unused}");
        }
        daemon.when_stalled(move |why| end_at_once(why, guard.as_ref()));
        print(&welcome::table(config, daemon.endpoints(), daemon.certificate()));
    })
    .await
}

/// SIGTERM, SIGINT and SIGQUIT end the daemon, SIGHUP has it read its configuration again. SIGTSTP
/// (Ctrl-Z) does nothing: a process that is frozen would leave the car in its motion.
struct Signals {
    end: [Signal; 3],
    hangup: Signal,
    freeze: Signal,
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
            freeze: signal(SignalKind::from_raw(Sig::TSTP.as_raw()))?,
        })
    }
}

/// Reads the configuration again whenever it is asked to.
async fn read_again(
    mut hangup: Signal,
    reloads: mpsc::Sender<Reload>,
    overrides: Overrides,
    path: Option<PathBuf>,
) {
    while hangup.recv().await.is_some() {
        let (path, overrides) = (path.clone(), overrides.clone());
        // A file system may be slow, and nothing here may wait for it.
        let read = tokio::task::spawn_blocking(move || Config::load_again(path.as_deref(), &overrides));
        match read.await {
            // Fails only once the daemon has ended.
            Ok(read) => drop(reloads.send(read).await),
            Err(panic) => tracing::error!("nothing is changed: {panic}"),
        }
    }
}

fn check(args: &Args, overrides: &Overrides) -> u8 {
    match load(args, overrides) {
        Ok(config) => print(&config.to_string()),
        Err(code) => code,
    }
}

fn look_after(args: &Args, overrides: &Overrides) -> u8 {
    let config = match load(args, overrides) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let diagnosis = diagnose(&config);
    match (print(&diagnosis.text), diagnosis.is_fit) {
        (FINE, false) => FAILED,
        (printed, _) => printed,
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
fn load(args: &Args, overrides: &Overrides) -> Result<Config, u8> {
    Config::load(args.config.as_deref(), overrides).map_err(|all| {
        let count: usize = all.iter().map(|faults| faults.faults.len()).sum();
        let lines: Vec<String> = all.iter().map(Faults::to_string).collect();
        let plural = if count == 1 { "" } else { "s" };
        complain(&format!("{}\n{count} fault{plural} in the configuration", lines.join("\n")), WRONG)
    })
}

impl Args {
    fn overrides(&self, platforms: &'static [PlatformRow]) -> Result<Overrides, String> {
        let find = |name: &String| {
            let known = platforms.iter().map(|row| row.name);
            let row = platforms.iter().find(|row| row.name == name);
            row.ok_or_else(|| format!("--platform: {}", unknown("platform", name, known)))
        };
        let platform = self.platform.as_ref().map(find).transpose()?;
        // Who brings a board to rest must not fail for who may drive it.
        let board_only = matches!(self.command, Some(Command::Halt | Command::Guard { .. }));
        let (board, listen) = (self.board.clone(), self.listen.clone());
        Ok(Overrides { board, platform, platforms, listen, board_only })
    }

    /// What leads another process to the same board.
    fn for_guard(&self, config: &Config) -> Vec<OsString> {
        let mut args: Vec<OsString> =
            vec!["--fingerprint".into(), guard::fingerprint(config).to_string().into()];
        for (key, value) in [
            ("--config", self.config.as_ref().map(OsString::from)),
            ("--board", self.board.as_ref().map(OsString::from)),
            ("--platform", Some(config.platform.name.into())),
        ] {
            args.extend(value.map(|value| [key.into(), value]).into_iter().flatten());
        }
        args
    }
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
