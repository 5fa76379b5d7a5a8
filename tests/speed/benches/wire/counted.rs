//! The daemon once more, with two things more: it counts its allocations, and notes when a duty is written to the
//! simulated bus. It answers on stdin: `allocations` so far, and the `writes` since that was last asked.
//!
//! Times of the table come from the daemon as it is released, never from this one; but for the way to the pin, which
//! nobody else can tell.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use car_daemon::{PLATFORMS, PlatformRow, cli};
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use hal::board::{Level, Pull};
use hal::platform::{Bus, Delay, EdgeSink, Input, Output, Pwm, Watch};
use hal::{IoError, Motion, Platform};
use rustix::time::{ClockId, clock_gettime};
use sim::Sim;

use crate::ALLOCATOR;

/// The name of the platform.
pub(crate) const PLATFORM: &str = "noted";

/// What it answers to.
pub(crate) const ALLOCATIONS: &str = "allocations";
pub(crate) const WRITES: &str = "writes";

/// What each answer begins with: the daemon itself prints on stdout, too.
pub(crate) const ANSWER: &str = "= ";

/// A write to a chip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    /// As of [`now`].
    pub(crate) at: u64,
    /// Tells what was written from other writes.
    pub(crate) what: u64,
}

impl Written {
    /// From an answer.
    pub(crate) fn all(answer: &str) -> Option<Vec<Self>> {
        let one = |word: &str| {
            let (at, what) = word.split_once(':')?;
            Some(Self { at: at.parse().ok()?, what: what.parse().ok()? })
        };
        answer.split_whitespace().map(one).collect()
    }
}

/// Writes, for which there is room from the start, so that to note one allocates nothing.
static NOTED: Mutex<Vec<Written>> = Mutex::new(Vec::new());
const ROOM: usize = 1 << 16;

fn noted() -> MutexGuard<'static, Vec<Written>> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nanoseconds of `CLOCK_MONOTONIC`, which is one for all processes (clock_gettime(2)).
pub(crate) fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let nanos = |part: i64| u64::try_from(part).unwrap_or_default();
    nanos(now.tv_sec) * 1_000_000_000 + nanos(now.tv_nsec)
}

pub(crate) fn main() -> ExitCode {
    noted().reserve(ROOM);
    thread::spawn(answer);
    let ours = PlatformRow {
        name: PLATFORM,
        open: |config| Box::new(Noting(Sim::of(&config.board, &config.setup()))),
        outlives: false,
    };
    let platforms: Vec<PlatformRow> = PLATFORMS.iter().copied().chain([ours]).collect();
    cli::main_with(platforms.leak())
}

fn answer() {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let answer = if line == ALLOCATIONS {
            let stats = ALLOCATOR.stats();
            (stats.allocations + stats.reallocations).to_string()
        } else {
            let all: Vec<String> =
                noted().drain(..).map(|Written { at, what }| format!("{at}:{what}")).collect();
            all.join(" ")
        };
        if writeln!(io::stdout().lock(), "{ANSWER}{answer}").is_err() {
            return;
        }
    }
}

/// The simulator, of which writes to chips are noted.
struct Noting(Sim);

impl Platform for Noting {
    fn name(&self) -> &'static str {
        PLATFORM
    }

    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        self.0.output_at(line, first)
    }

    fn input(&mut self, line: &str, pull: Pull) -> Result<Input, IoError> {
        self.0.input(line, pull)
    }

    fn watch(
        &mut self,
        lines: &[&str],
        pull: Pull,
        debounce: Option<Duration>,
        sink: EdgeSink,
    ) -> Result<Watch, IoError> {
        self.0.watch(lines, pull, debounce, sink)
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        self.0.pwm(device, channel, frequency_hz)
    }

    fn i2c(&mut self, bus: &str, address: u8) -> Result<Bus, IoError> {
        Ok(Box::new(Chip(self.0.i2c(bus, address)?)))
    }

    fn delay(&mut self) -> Delay {
        self.0.delay()
    }

    fn advance(&mut self, now: Duration) {
        self.0.advance(now);
    }

    fn motion(&self) -> Option<Motion> {
        self.0.motion()
    }
}

/// A chip of it.
struct Chip(Bus);

impl ErrorType for Chip {
    type Error = IoError;
}

impl I2c for Chip {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        self.0.transaction(address, operations)?;
        let mut noted = noted();
        // Who reads first writes which register.
        if let [Operation::Write(bytes)] = operations
            && noted.len() < ROOM
        {
            let what =
                bytes.iter().fold(0, |sum: u64, byte| sum.wrapping_mul(257).wrapping_add(u64::from(*byte)));
            noted.push(Written { at: now(), what });
        }
        Ok(())
    }
}
