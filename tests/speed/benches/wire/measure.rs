//! One row: the daemon and the bare echo in turn, then the daemon that counts.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;

use crate::Failure;
use crate::counted::{self, ALLOCATIONS, WRITES, Written};
use crate::load::{Block, Line, histogram};
use crate::process::{Server, certificate};
use crate::rows::{Effort, Row};

/// What a row shows.
pub(crate) struct Figures {
    pub(crate) row: Row,
    pub(crate) daemon: Side,
    pub(crate) bare: Side,
    /// Of the daemon to the bare echo, each the median of all rounds: what disturbed one round counts as one.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) rate: f64,
    /// From a command to its write, in nanoseconds.
    pub(crate) pins: Histogram<u64>,
    /// Of a command, in the whole daemon.
    pub(crate) allocations: f64,
}

/// What one of the two did in all rounds.
pub(crate) struct Side {
    /// Round trips, and latencies from when it was time, in nanoseconds.
    pub(crate) closed: Histogram<u64>,
    pub(crate) open: Histogram<u64>,
    /// Messages a second, the median of the rounds.
    pub(crate) rate: f64,
    /// Processor time for a message of a closed loop.
    pub(crate) processor: Duration,
    /// Datagrams.
    pub(crate) lost: u64,
    /// Commands in all.
    pub(crate) answers: u64,
}

/// A server and a line to it.
struct Party<'a> {
    server: &'a Server,
    line: Line,
    closed: Vec<Block>,
    open: Vec<Block>,
    pipelined: Vec<Block>,
    processor: Duration,
}

impl<'a> Party<'a> {
    fn new(server: &'a Server, line: Line) -> Self {
        let (closed, open, pipelined) = Default::default();
        Self { server, line, closed, open, pipelined, processor: Duration::ZERO }
    }

    /// One turn.
    fn go(&mut self, command: &[u8], effort: &Effort) -> Result<(), Failure> {
        // Whoever had no turn meanwhile may have been asleep.
        self.line.closed(command, effort.closed / 20)?;
        let before = self.server.processor()?;
        self.closed.push(self.line.closed(command, effort.closed)?);
        self.processor += self.server.processor()?.saturating_sub(before);
        self.open.push(self.line.open(command, effort.open)?);
        if !effort.pipelined.is_zero() {
            self.pipelined.push(self.line.pipelined(command, effort.pipelined, false)?);
        }
        Ok(())
    }

    fn side(self) -> Result<Side, Failure> {
        let (mut closed, mut open, mut messages) = (histogram(), histogram(), 0);
        for block in &self.closed {
            closed.add(&block.latencies)?;
            messages += block.answers;
        }
        for block in &self.open {
            open.add(&block.latencies)?;
        }
        let all = || [&self.closed, &self.open, &self.pipelined].into_iter().flatten();
        Ok(Side {
            closed,
            open,
            rate: median(self.pipelined.iter().map(Block::rate).collect()),
            processor: self.processor.div_f64(messages.max(1) as f64),
            lost: all().map(|block| block.lost).sum(),
            answers: all().map(|block| block.answers).sum(),
        })
    }
}

/// A server and the bare echo, on the wire; the server's answer must be a good one.
pub(crate) fn beside_bare(
    row: Row,
    daemon: &Server,
    bare: &Server,
    certificate: &Path,
    effort: &Effort,
    is_good: &dyn Fn(&[u8]) -> bool,
) -> Result<Figures, Failure> {
    let [command, _] = row.commands();
    let to_daemon = Line::meet(row, daemon.place(row)?, certificate, &command, is_good)?;
    let to_bare = Line::meet(row, bare.place(row)?, certificate, &command, |answer| answer == command)?;
    let mut parties = [Party::new(daemon, to_daemon), Party::new(bare, to_bare)];
    for round in 0..effort.rounds {
        // Who was first is second the next time.
        if round % 2 == 0 {
            parties.iter_mut().try_for_each(|party| party.go(&command, effort))?;
        } else {
            parties.iter_mut().rev().try_for_each(|party| party.go(&command, effort))?;
        }
    }
    let [daemon, bare] = parties;
    let ratio = |of: &dyn Fn(&Party<'_>, usize) -> f64| {
        let rounds = 0..daemon.closed.len();
        median(rounds.map(|round| of(&daemon, round) / of(&bare, round)).collect())
    };
    let trip = |quantile: f64| {
        ratio(&|party, round| party.closed[round].latencies.value_at_quantile(quantile) as f64)
    };
    let (p50, p99, p999) = (trip(0.5), trip(0.99), trip(0.999));
    let rate = ratio(&|party, round| party.pipelined.get(round).map_or(f64::NAN, Block::rate));
    let (daemon, bare) = (daemon.side()?, bare.side()?);
    Ok(Figures { row, daemon, bare, p50, p99, p999, rate, pins: histogram(), allocations: f64::NAN })
}

/// How long commands are apart whose way to the pin is measured; and by how much that differs, so that they do not
/// march with the control loop's own turns, which are 10 ms apart.
const APART: Duration = Duration::from_millis(2);
const SPREAD: Duration = Duration::from_micros(37);

/// Within this a command is written on any machine that is worth measuring, and nobody loses the lease.
const CALM: Duration = Duration::from_millis(50);

/// Packed messages a second of the daemon, and their ratio to the bare echo's.
pub(crate) fn packed(
    row: Row,
    servers: [&Server; 2],
    certificate: &Path,
    effort: &Effort,
) -> Result<(f64, f64), Failure> {
    let [command, _] = row.commands();
    let is_answer = |answer: &[u8]| row.accepts(answer) || answer == command;
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for round in 0..effort.rounds as usize {
        let mut both = [0.0; 2];
        // Who was first is second the next time.
        for index in [round % 2, 1 - round % 2] {
            let mut line = Line::meet(row, servers[index].place(row)?, certificate, &command, is_answer)?;
            both[index] = line.pipelined(&command, effort.pipelined, true)?.rate();
        }
        rates.push(both[0]);
        ratios.push(both[0] / both[1]);
    }
    Ok((median(rates), median(ratios)))
}

/// Fills in what only the daemon that counts can tell.
pub(crate) fn within(figures: &mut Figures, folder: &Path, effort: &Effort) -> Result<(), Failure> {
    let row = figures.row;
    let mut counting = Server::counting(folder)?;
    let commands = row.commands();
    let place = counting.place(row)?.clone();
    let is_good = |answer: &[u8]| row.accepts(answer);
    let mut line = Line::meet(row, &place, &certificate(folder), &commands[0], is_good)?;
    figures.allocations = allocations(&mut line, &commands[0], &mut counting, effort)?;
    figures.pins = pins(&mut line, &commands, &mut counting, effort)?;
    Ok(())
}

/// Allocations of a command: of all that the daemon does meanwhile, without what it does anyway.
fn allocations(
    line: &mut Line,
    command: &[u8],
    counting: &mut Server,
    effort: &Effort,
) -> Result<f64, Failure> {
    let mut count = || counting.ask(ALLOCATIONS)?.parse::<f64>().map_err(Failure::from);
    line.closed(command, effort.closed / 20)?;
    let (before, begun) = (count()?, Instant::now());
    for _ in 0..effort.counted {
        line.round_trip(command)?;
    }
    let (after, busy) = (count()?, begun.elapsed());
    sleep(busy);
    let anyway = count()? - after;
    Ok((after - before - anyway).max(0.0) / f64::from(effort.counted))
}

/// From before a command is sent, which over loopback is when its last byte comes in, until what it says was
/// written to the bus. One that was overtaken by the next counts until somebody says the same again.
fn pins(
    line: &mut Line,
    commands: &[Bytes; 2],
    counting: &mut Server,
    effort: &Effort,
) -> Result<Histogram<u64>, Failure> {
    let mut writes = || {
        let answer = counting.ask(WRITES)?;
        Written::all(&answer).ok_or_else(|| Failure::from(format!("no writes: {answer}")))
    };
    // What each of them writes, the first because it differs from the second.
    line.round_trip(&commands[1])?;
    let mut whats = Vec::new();
    for command in commands {
        sleep(CALM);
        writes()?;
        line.round_trip(command)?;
        sleep(CALM);
        whats.push(writes()?.first().ok_or("a command was not written")?.what);
    }
    let mut said = Vec::new();
    for number in 0..effort.pins {
        let index = number as usize % 2;
        said.push((counted::now(), whats[index]));
        line.round_trip(&commands[index])?;
        sleep(APART + SPREAD * (number % 50));
    }
    sleep(CALM);
    let (writes, mut latencies) = (writes()?, histogram());
    // The last two may have been overtaken for good, with nobody after them who says the same; no other.
    let judged = said.len().saturating_sub(2);
    for (said_at, what) in said.into_iter().take(judged) {
        let written = writes.iter().find(|write| write.at >= said_at && write.what == what);
        let written = written.ok_or("a command was never written")?;
        latencies.record((written.at - said_at).max(1))?;
    }
    Ok(latencies)
}

/// The middle one; NaN of none.
pub(crate) fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    match (all.get(all.len() / 2), all.get(all.len().wrapping_sub(1) / 2)) {
        (Some(upper), Some(lower)) => f64::midpoint(*upper, *lower),
        _ => f64::NAN,
    }
}
