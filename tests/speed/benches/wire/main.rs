//! How fast the daemon is, beside an echo of the same bytes: `cargo bench -p speed`, some eight minutes;
//! `cargo bench -p speed -- --quick`, one.
//!
//! Three processes: this one is the client. The daemon is the one that `cargo build --release` makes, with its simulated
//! car. The bare echo ([`echo`]) is this program again. Both serve in turn, block by block, so that whatever else the
//! machine does comes to both, and what is promised of them is a ratio. What only the inside of a daemon can tell comes
//! from a fourth ([`counted`]).
//!
//! What must never live here: a figure of the table that comes from a daemon which is not the released one, but for those
//! that say so.

mod beside;
mod counted;
mod echo;
mod growth;
mod idle;
mod load;
mod measure;
mod plot;
mod process;
mod rows;
mod table;
mod wire;
mod zenoh;

use std::alloc::System;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::process::{Server, certificate, release};
use crate::rows::{Effort, Row, Scheme};
use crate::table::Tally;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Counts for the daemon that tells of it; to all others it is the system's.
#[global_allocator]
pub(crate) static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The variable that makes this program another part than the client, and its other value besides
/// [`counted::PLATFORM`].
pub(crate) const PART: &str = "SPEED_PART";
pub(crate) const ECHO: &str = "echo";

const EXAMPLES: &str = "Examples:
  cargo bench -p speed                                      all, some eight minutes
  cargo bench -p speed -- --quick                           all, one minute
  cargo bench -p speed -- --only \"unix json\" --only idle    one row, and an idle daemon
  cargo bench -p speed -- --growth                          the charts";

/// How fast the daemon is, beside an echo of the same bytes. docs/performance.md says what each column is.
#[derive(Parser)]
#[command(bin_name = "cargo bench -p speed --", after_help = EXAMPLES)]
struct Arguments {
    /// A tenth of the time, and more noise.
    #[arg(long)]
    quick: bool,
    /// Only rows with all of these words in their names: `tcp`, `udp`, `unix`, `ws`, `tls`, `wss`, and `text`, `json`, `cbor`;
    /// `beside` is what people use instead, `idle` an idle daemon. May be said more than once.
    #[arg(long)]
    only: Vec<String>,
    /// Only how figures grow with connections and rates; draws the charts of `docs/performance` anew.
    #[arg(long)]
    growth: bool,
    /// The daemon, in place of the one that cargo builds now: its whole path.
    #[arg(long)]
    daemon: Option<PathBuf>,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| is_of(only, name))
    }
}

/// What may be wanted besides rows.
const NAMES: [&str; 2] = ["beside", "idle"];

/// Whether all words of `only` are in a name.
fn is_of(only: &str, name: &str) -> bool {
    only.split_whitespace().all(|word| name.split(' ').any(|part| part == word))
}

fn main() -> Result<ExitCode, Failure> {
    match std::env::var(PART).as_deref() {
        Ok(ECHO) => echo::main().map(|()| ExitCode::SUCCESS),
        Ok(_) => Ok(counted::main()),
        Err(_) => Ok(run(&Arguments::parse()).unwrap_or_else(|error| complain(&*error))),
    }
}

#[allow(clippy::print_stderr, reason = "this is where errors belong")]
fn complain(error: &dyn Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}

#[allow(clippy::print_stdout, reason = "the table is what this program is for")]
fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let names: Vec<String> = Row::all().map(|row| row.name()).chain(NAMES.map(str::to_owned)).collect();
    let is_strange = |only: &&String| !names.iter().any(|name| is_of(only, name));
    if let Some(only) = arguments.only.iter().find(is_strange) {
        return Err(format!("--only {only:?}: no such row; there are {}", names.join(", ")).into());
    }
    let program = release(arguments.daemon.as_deref())?;
    if !program.is_file() {
        return Err(format!("--daemon {}: there is no such program", program.display()).into());
    }
    make_room()?;
    let folder = tempfile::tempdir()?;
    let effort = if arguments.quick { Effort::QUICK } else { Effort::WHOLE };
    let mut tally = Tally::default();
    println!("{}\nload average before: {}\n", machine(), load_average()?);
    if arguments.growth {
        let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance");
        growth::measure(&program, folder.path(), &effort, &charts, &|line| println!("{line}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Row> = Row::all().filter(|row| arguments.wants(&row.name())).collect();
    let wants_others = arguments.wants("beside");
    if !rows.is_empty() || wants_others {
        let daemon = Server::daemon(&program, &folder.path().join("daemon"))?;
        let certificate = certificate(&folder.path().join("daemon"));
        let bare = Server::echo(&folder.path().join("bare"), &certificate)?;
        if !rows.is_empty() {
            println!("{}", table::head());
        }
        let (memory, begun, mut answers, mut first) = (daemon.memory()?, Instant::now(), 0, None);
        let of = |row: &Row| {
            let is_good = |answer: &[u8]| row.accepts(answer);
            measure::beside_bare(*row, &daemon, &bare, &certificate, &effort, &is_good)
        };
        for row in &rows {
            let mut figures = of(row)?;
            measure::within(&mut figures, &folder.path().join("counting"), &effort)?;
            println!("{}", table::line(&figures, &mut tally));
            answers += figures.daemon.answers;
            first.get_or_insert(figures.p50);
        }
        if let (Some(row), Some(first)) = (rows.first(), first) {
            let again = of(row)?.p50 / first;
            let minutes = begun.elapsed().as_secs_f64() / 60.0;
            let [before, after] = [memory, daemon.memory()?].map(|bytes| bytes as f64 / f64::from(1 << 20));
            println!(
                "\nafter {:.1} million commands in {minutes:.1} min: memory {after:.1} MiB (before: {before:.1}), {} again: \
                 {again:.2} times the first ratio",
                answers as f64 / 1e6,
                row.name()
            );
        }
        println!();
        for row in rows.into_iter().filter(|row| row.scheme == Scheme::Tcp) {
            let (rate, ratio) = measure::packed(row, [&daemon, &bare], &certificate, &effort)?;
            let name = row.name();
            println!(
                "{name}, many commands packed into each write: {:.0} k/s, {ratio:.2} × bare",
                rate / 1e3
            );
        }
        if wants_others {
            println!();
            beside::measure(&bare, &certificate, &effort, &|line| println!("{line}"))?;
            zenoh::measure(&bare, &certificate, folder.path(), &effort, &|line| println!("{line}"))?;
        }
        println!();
    }
    if arguments.wants("idle") {
        idle::measure(&program, &folder.path().join("idle"), &effort, &mut tally, &|line| {
            println!("{line}")
        })?;
    }
    println!("\nload average after: {}", load_average()?);
    if busy()? {
        println!("Others used this machine meanwhile: times are theirs as well, and some `over` is no news.");
    }
    println!("bars: {} ok, {} over", tally.kept, tally.broken);
    // A machine may be slow, but what takes more memory than it should does so everywhere.
    Ok(if tally.steady == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Room for a thousand connections, here and in the processes that are started from here.
fn make_room() -> Result<(), Failure> {
    let most = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })?)
}

/// What it runs on.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {}, Linux {}", name.map_or("?", |(_, name)| name), kernel.trim())
}

/// Whether it did more in the last minute than two processes that take turns.
fn busy() -> Result<bool, Failure> {
    Ok(load_average()?.split(' ').next().ok_or("no load")?.parse::<f64>()? > 2.0)
}

/// Of the last one, five and fifteen minutes.
fn load_average() -> Result<String, Failure> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}
