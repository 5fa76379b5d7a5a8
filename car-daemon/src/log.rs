//! The log, on standard error. Whoever reads it may stop reading: lines are then lost and counted,
//! and nothing that drives waits for them. A crowd that would say one thing again and again is counted.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{panic, thread};

use rustix::event::{PollFd, PollFlags, Timespec};
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use self::crowd::Crowd;

mod crowd;

/// Lines that may wait to be written.
const LINES: usize = 1024;

/// How often it is said what a crowd was not allowed to.
const REPORT: Duration = Duration::from_secs(1);

/// Begins to log. `RUST_LOG` says how much; of one kind, not more than `per_s` lines a second.
///
/// # Errors
/// Where there can be no thread that writes.
pub(crate) fn start(per_s: usize) -> io::Result<()> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let (lossy, lines) = Lossy::new();
    let lost = Arc::clone(&lossy.lost);
    let quiet = Quiet { start: Instant::now(), crowd: Arc::new(Mutex::new(Crowd::new(per_s))) };
    let crowd = Arc::clone(&quiet.crowd);
    thread::Builder::new()
        .name("log".into())
        .spawn(move || write_all(&lines, &lost, &crowd, &mut io::stderr()))?;
    let written = fmt::layer()
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(lossy)
        // What the library would say of its own errors, it says in a way that panics.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(written).with(filter).with(quiet).init();
    // A panic must not wait for a reader before the car is stopped.
    panic::set_hook(Box::new(|info| tracing::error!("{info}")));
    Ok(())
}

/// Says a last word on standard error, if somebody takes it at once: past the log, whose thread may not
/// get its turn any more.
pub(crate) fn say_at_once(text: &str) {
    let mut stderr = io::stderr().lock();
    let ready = rustix::event::poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], Some(&Timespec::default()));
    if ready == Ok(1) {
        drop(writeln!(stderr, "car-daemon: {text}"));
    }
}

/// Lets through what is no crowd.
struct Quiet {
    start: Instant,
    crowd: Arc<Mutex<Crowd<Identifier>>>,
}

impl<S: Subscriber> Layer<S> for Quiet {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let mut crowd = self.crowd.lock().unwrap_or_else(PoisonError::into_inner);
        crowd.admits(event.metadata().callsite(), self.start.elapsed(), || {
            let mut words = Words(String::new());
            event.record(&mut words);
            words.0
        })
    }
}

/// The words of a line without its values.
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Takes lines for the thread that writes them.
#[derive(Clone)]
struct Lossy {
    lines: SyncSender<Vec<u8>>,
    lost: Arc<AtomicU64>,
}

impl Lossy {
    fn new() -> (Self, Receiver<Vec<u8>>) {
        let (lines, receiver) = sync_channel(LINES);
        (Self { lines, lost: Arc::default() }, receiver)
    }
}

impl<'w> MakeWriter<'w> for Lossy {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Write for Lossy {
    /// Called with a whole line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.lines.try_send(line.to_vec()).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes until nobody is left who says something. Where standard error is closed there is nobody to
/// tell.
fn write_all(
    lines: &Receiver<Vec<u8>>,
    lost: &AtomicU64,
    crowd: &Mutex<Crowd<Identifier>>,
    out: &mut impl Write,
) {
    let mut told = Instant::now();
    loop {
        let line = lines.recv_timeout(REPORT.saturating_sub(told.elapsed()));
        if let Ok(line) = &line {
            drop(out.write_all(line));
        }
        match lost.swap(0, Ordering::Relaxed) {
            0 => {}
            count => drop(writeln!(out, "({count} lines are missing here: nobody read fast enough)")),
        }
        if told.elapsed() >= REPORT || line == Err(RecvTimeoutError::Disconnected) {
            told = Instant::now();
            let left_out = crowd.lock().unwrap_or_else(PoisonError::into_inner).take_left_out();
            for (words, count) in left_out {
                drop(writeln!(out, "({count} more like this: {words})"));
            }
        }
        if line == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_nobody_reads_delays_nobody_and_says_later_what_is_missing() {
        let (mut lossy, lines) = Lossy::new();
        for _ in 0..LINES + 7 {
            lossy.write_all(b"a line\n").expect("never fails");
        }
        let lost = Arc::clone(&lossy.lost);
        drop(lossy);
        let mut out = Vec::new();
        write_all(&lines, &lost, &Mutex::new(Crowd::new(1)), &mut out);
        let out = String::from_utf8(out).expect("text");
        assert_eq!(out.lines().filter(|line| *line == "a line").count(), LINES);
        assert!(out.contains("(7 lines are missing here"), "{out}");
    }
}
