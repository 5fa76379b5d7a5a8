//! Three ways to load a server over one connection, and what each measures.
//!
//! *Closed*: one message follows the answer to the last: the round trip. *Open*: each message has its time, and its
//! latency counts from there, whether it could be sent then or not: so a server that stood still has made all wait
//! that came meanwhile (no coordinated omission). *Pipelined*: always so many are under way: what it can take.

use std::num::NonZeroU64;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::thread::set_current_timer_slack;

use crate::Failure;
use crate::rows::{Row, Scheme};
use crate::wire::{Place, Wire, connect, unless_interrupted};

/// An answer that takes longer never comes.
const PATIENCE: Duration = Duration::from_secs(2);

/// The same over UDP, which may lose it.
const LOST: Duration = Duration::from_millis(100);

/// Messages a second of an open loop: as many as the fastest controllers of robots say.
pub(crate) const OPEN_HZ: u32 = 1_000;

/// Nanoseconds, up to 10 s, to three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 10_000_000_000, 3).expect("these bounds are right")
}

/// What a block gave.
pub(crate) struct Block {
    /// Nanoseconds.
    pub(crate) latencies: Histogram<u64>,
    pub(crate) answers: u64,
    pub(crate) elapsed: Duration,
    /// Datagrams that nobody answered.
    pub(crate) lost: u64,
}

impl Block {
    fn new() -> Self {
        Self { latencies: histogram(), answers: 0, elapsed: Duration::ZERO, lost: 0 }
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.answers as f64 / self.elapsed.as_secs_f64()
    }
}

/// A connection on which one command is said again and again, and answered in the same way each time.
pub(crate) struct Line {
    wire: Box<dyn Wire>,
    /// Messages that may be under way at once.
    window: u64,
    may_lose: bool,
    /// The answer.
    expected: Vec<u8>,
    /// What came instead.
    unexpected: Option<Vec<u8>>,
}

impl Line {
    /// Meets a server and hears what it answers to `command`, of which `is_good` must be true.
    pub(crate) fn meet(
        row: Row,
        to: &Place,
        certificate: &Path,
        command: &[u8],
        is_good: impl Fn(&[u8]) -> bool,
    ) -> Result<Self, Failure> {
        let wire = connect(row, to, certificate)?;
        let may_lose = row.scheme == Scheme::Udp;
        // A UDP session of the daemon has room for 64 that wait, a kernel's buffer for more.
        let window = if may_lose { 32 } else { 64 };
        let mut line = Self { wire, window, may_lose, expected: Vec::new(), unexpected: None };
        line.send(command)?;
        let mut first = None;
        while first.is_none() && line.wait(Instant::now() + PATIENCE)? {
            line.wire.hear(&mut |answer| first = Some(answer.to_vec()))?;
        }
        line.expected = first.ok_or_else(|| format!("{} does not answer", row.name()))?;
        if !is_good(&line.expected) {
            let said = String::from_utf8_lossy(&line.expected).into_owned();
            return Err(format!("{} answers: {said}", row.name()).into());
        }
        Ok(line)
    }

    pub(crate) fn closed(&mut self, command: &[u8], time: Duration) -> Result<Block, Failure> {
        let (mut block, begun) = (Block::new(), Instant::now());
        while begun.elapsed() < time {
            match self.round_trip(command)? {
                Some(trip) => {
                    block.latencies.record(nanos(trip))?;
                    block.answers += 1;
                }
                None => block.lost += 1,
            }
        }
        block.elapsed = begun.elapsed();
        Ok(block)
    }

    /// From before a command is sent until its answer is here; `None` if it was lost.
    pub(crate) fn round_trip(&mut self, command: &[u8]) -> Result<Option<Duration>, Failure> {
        let begun = Instant::now();
        self.send(command)?;
        let mut count = 0;
        while count == 0 {
            if !self.wait(begun + self.patience())? {
                return self.give_up(1).map(|()| None);
            }
            count = self.hear()?;
        }
        Ok(Some(begun.elapsed()))
    }

    pub(crate) fn open(&mut self, command: &[u8], time: Duration) -> Result<Block, Failure> {
        // Until the end of this block it wakes in time, and not up to 50 µs later (PR_SET_TIMERSLACK(2const)).
        set_current_timer_slack(NonZeroU64::new(1))?;
        let block = self.on_time(command, time);
        set_current_timer_slack(None)?;
        block
    }

    fn on_time(&mut self, command: &[u8], time: Duration) -> Result<Block, Failure> {
        let gap = Duration::from_secs(1) / OPEN_HZ;
        let all = u32::try_from(time.as_micros() / gap.as_micros())?;
        let (mut block, begun) = (Block::new(), Instant::now());
        let (mut sent, mut heard) = (0, 0);
        while heard < all {
            let now = Instant::now();
            let due = begun + gap * sent;
            if sent < all && now >= due {
                self.send(command)?;
                sent += 1;
                continue;
            }
            let until = if sent < all { due } else { now + self.patience() };
            if self.wait(until)? {
                let count = self.hear()?;
                let now = Instant::now();
                for _ in 0..count {
                    block.latencies.record(nanos(now.saturating_duration_since(begun + gap * heard)))?;
                    heard += 1;
                }
            } else if sent == all {
                block.lost = u64::from(all - heard);
                self.give_up(block.lost)?;
                break;
            }
        }
        block.answers = u64::from(heard);
        block.elapsed = begun.elapsed();
        Ok(block)
    }

    pub(crate) fn pipelined(
        &mut self,
        command: &[u8],
        time: Duration,
        is_packed: bool,
    ) -> Result<Block, Failure> {
        let (mut block, begun) = (Block::new(), Instant::now());
        let mut flying = 0;
        loop {
            let over = begun.elapsed() >= time;
            while flying < self.window && !over {
                self.wire.say(command)?;
                if !is_packed {
                    self.wire.flush()?;
                }
                flying += 1;
            }
            if flying == 0 {
                break;
            }
            self.wire.flush()?;
            if self.wait(Instant::now() + self.patience())? {
                let count = self.hear()?;
                block.answers += count;
                flying = flying.saturating_sub(count);
            } else {
                self.give_up(flying)?;
                block.lost += flying;
                flying = 0;
            }
        }
        block.elapsed = begun.elapsed();
        Ok(block)
    }

    fn send(&mut self, command: &[u8]) -> Result<(), Failure> {
        self.wire.say(command)?;
        while !self.wire.flush()? {
            self.wait(Instant::now() + PATIENCE)?;
        }
        Ok(())
    }

    /// Waits until something is here or, where more waits to be sent than the kernel took, there is room for it;
    /// says whether.
    fn wait(&mut self, until: Instant) -> Result<bool, Failure> {
        loop {
            let flags = if self.wire.flush()? { PollFlags::IN } else { PollFlags::IN | PollFlags::OUT };
            let left = Timespec::try_from(until.saturating_duration_since(Instant::now()))?;
            let mut fds = [PollFd::from_borrowed_fd(self.wire.fd(), flags)];
            if unless_interrupted(poll(&mut fds, Some(&left)))? > 0 {
                if fds[0].revents() != PollFlags::OUT {
                    return Ok(true);
                }
            } else if Instant::now() >= until {
                return Ok(false);
            }
        }
    }

    /// How many answers have come.
    fn hear(&mut self) -> Result<u64, Failure> {
        let (mut count, expected, unexpected) = (0, &self.expected, &mut self.unexpected);
        self.wire.hear(&mut |answer| {
            count += 1;
            if answer != expected {
                unexpected.get_or_insert_with(|| answer.to_vec());
            }
        })?;
        match self.unexpected.take() {
            Some(answer) => Err(format!("answered: {}", String::from_utf8_lossy(&answer)).into()),
            None => Ok(count),
        }
    }

    fn patience(&self) -> Duration {
        if self.may_lose { LOST } else { PATIENCE }
    }

    /// No answer came in time. One that comes late after all is not to be taken for the next one's.
    fn give_up(&mut self, count: u64) -> Result<(), Failure> {
        if !self.may_lose {
            return Err(format!("{count} answers never came").into());
        }
        while self.wait(Instant::now() + PATIENCE)? {
            self.hear()?;
        }
        Ok(())
    }
}

pub(crate) fn nanos(time: Duration) -> u64 {
    // A histogram of these begins at 1 and ends at 10 s.
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).clamp(1, 10_000_000_000)
}
