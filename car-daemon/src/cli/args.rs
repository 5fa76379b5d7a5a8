//! The arguments, and what they say over the configuration. What must never live here: what is done for
//! them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use transport::Endpoint;

use super::picture::Shot;
use super::unknown;
use crate::clock::Speed;
use crate::config::{Config, Overrides, SimOverrides};
use crate::guard;
use crate::platform::PlatformRow;

/// Drives a small robot car: takes commands over WebSocket, TCP, UDP and Unix sockets, moves motors
/// and servos, and stops the car when anything goes wrong.
///
/// Without arguments it drives a simulated car on this machine, so there is nothing to set up:
/// start it, and follow the table that it prints.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    /// The configuration, a TOML file; every key has a default, `check` prints them
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// The board: a preset's name, or a path to a board file
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub(super) board: Option<String>,

    /// The world around a simulated car: a preset's name, or a path to a world file
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub(super) world: Option<String>,

    /// What the board stands on: `sim` needs no hardware, `linux` uses this machine's pins
    #[arg(long, global = true, value_name = "sim|linux")]
    pub(super) platform: Option<String>,

    #[command(flatten)]
    pub(super) sim: SimArgs,

    /// Where clients come to, instead of the configuration's list; can be given more than once
    #[arg(long, global = true, value_name = "URL")]
    pub(super) listen: Vec<Endpoint>,

    /// Where browsers come to, instead of the configuration's address; `off`: nowhere
    #[arg(long, global = true, value_name = "ADDR|off")]
    pub(super) http: Option<String>,
}

/// What the simulated car is told over the file's `[sim]`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct SimArgs {
    /// How fast the simulated car's time runs: times as fast as the wall's; as fast as its driver; or by
    /// `sim.step` alone
    #[arg(long = "sim-speed", global = true, value_name = "1..100|max|step")]
    speed: Option<Speed>,

    /// Of all chance in the simulation: the same seed gives the same run
    #[arg(long = "sim-seed", global = true, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,

    /// Write down the run of a simulated car, for `replay` to have it again; an older recording is overwritten
    #[arg(long, global = true, value_name = "FILE")]
    record: Option<PathBuf>,

    /// What goes wrong in the simulation, and when: a script, see docs/fault-script.md
    #[arg(long = "sim-script", global = true, value_name = "FILE")]
    script: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  car-daemon                                        a simulated car on this machine
  car-daemon --board freenove-4wd --platform linux  a real one
  car-daemon --listen ws://127.0.0.1:0              one endpoint, on any free port
  car-daemon --sim-speed 10                         ten times as fast as real time
  car-daemon check --config car.toml                is this file right?
  car-daemon halt --config car.toml                 no daemon runs: is the car at rest?
  car-daemon doctor --board jetbot --platform linux has this machine what that board needs?
  car-daemon boards demo > my-car.toml              a board file to begin with
  car-daemon --world track                          a simulated car on a line
  car-daemon worlds track --picture track.jpg       what its camera sees of it
  car-daemon --record run.jsonl                     all that happens is written down
  car-daemon replay run.jsonl                       the same run again, as fast as it goes

Logs go to stderr; RUST_LOG=debug says more, RUST_LOG=warn less.
Exit codes: 0 fine, 1 failed while running, 2 wrong arguments or configuration.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the car; the default
    Run,
    /// Say every fault of a configuration, or print what is in force
    Check {
        /// Said to whoever gives a file without saying which kind it is
        #[arg(hide = true)]
        file: Option<PathBuf>,
    },
    /// List the boards that come with the daemon, or print one as TOML
    Boards {
        /// Print this one
        name: Option<String>,
    },
    /// List the worlds that come with the daemon, print one as TOML, or draw what a car sees of one at first
    Worlds {
        /// Print this one; with --picture it can be a path to a world file, too
        name: Option<String>,
        #[command(flatten)]
        shot: Shot,
    },
    /// Have a recorded run again, or compare two recordings
    ///
    /// The same gate and control loop drive the same simulated car by the same commands in the same order, as
    /// fast as they can. Exit code 0: every part of it was at every second what it was when it was recorded; 1:
    /// the two runs part, and where; 2: the recording is damaged, and where. With two files: whether both were
    /// told the same, and came to the same.
    Replay {
        /// What `--record` wrote
        file: PathBuf,
        /// Compared with the first; nothing is run
        other: Option<PathBuf>,
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

impl Args {
    pub(super) fn overrides(&self, platforms: &'static [PlatformRow]) -> Result<Overrides, String> {
        let find = |name: &String| {
            let known = platforms.iter().map(|row| row.name);
            let row = platforms.iter().find(|row| row.name == name);
            row.ok_or_else(|| format!("--platform: {}", unknown("platform", name, known)))
        };
        let platform = self.platform.as_ref().map(find).transpose()?;
        // Who brings a board to rest must not fail for who may drive it.
        let board_only = matches!(self.command, Some(Command::Halt | Command::Guard { .. }));
        let (board, world) = (self.board.clone(), self.world.clone());
        let (listen, http) = (self.listen.clone(), self.http.clone());
        let SimArgs { speed, seed, script, record } = self.sim.clone();
        let sim = SimOverrides { seed, speed, script, record };
        Ok(Overrides { board, world, platform, sim, platforms, listen, http, board_only })
    }

    /// What leads another process to the same board.
    pub(super) fn for_guard(&self, config: &Config) -> Vec<OsString> {
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
