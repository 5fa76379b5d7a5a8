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
#[cfg(test)]
pub(crate) mod paper;

/// Lines that may wait to be written.
const LINES: usize = 1024;

/// How often it is said what a crowd was not allowed to.
const REPORT: Duration = Duration::from_secs(1);

/// How long the end of the program waits for whoever reads the log.
const LAST: Duration = Duration::from_secs(1);

/// What the thread that writes is given.
enum Entry {
    Line(Vec<u8>),
    /// To be answered once everything before it is written.
    Asked(SyncSender<()>),
}

/// Drop it last: what was said until then is written, if somebody reads it soon.
#[derive(Debug)]
pub(crate) struct Log(SyncSender<Entry>);

impl Drop for Log {
    fn drop(&mut self) {
        let (written, all) = sync_channel(1);
        // Where the queue is full, nobody reads.
        if self.0.try_send(Entry::Asked(written)).is_ok() {
            let _over = all.recv_timeout(LAST);
        }
    }
}

/// Begins to log. `RUST_LOG` says how much; of one kind, not more than `per_s` lines a second.
///
/// # Errors
/// Where there can be no thread that writes.
pub(crate) fn start(per_s: usize) -> io::Result<Log> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let (lossy, lines) = Lossy::new();
    let (lost, log) = (Arc::clone(&lossy.lost), Log(lossy.lines.clone()));
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
    Ok(log)
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
    lines: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

impl Lossy {
    fn new() -> (Self, Receiver<Entry>) {
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
        if self.lines.try_send(Entry::Line(line.to_vec())).is_err() {
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
    lines: &Receiver<Entry>,
    lost: &AtomicU64,
    crowd: &Mutex<Crowd<Identifier>>,
    out: &mut impl Write,
) {
    let mut told = Instant::now();
    loop {
        let entry = lines.recv_timeout(REPORT.saturating_sub(told.elapsed()));
        let over = matches!(entry, Err(RecvTimeoutError::Disconnected));
        match entry {
            Ok(Entry::Line(line)) => drop(out.write_all(&line)),
            // Who asked may have gone without waiting.
            Ok(Entry::Asked(written)) => {
                let _gone = written.try_send(());
            }
            Err(_) => {}
        }
        match lost.swap(0, Ordering::Relaxed) {
            0 => {}
            count => drop(writeln!(out, "({count} lines are missing here: nobody read fast enough)")),
        }
        if told.elapsed() >= REPORT || over {
            told = Instant::now();
            let left_out = crowd.lock().unwrap_or_else(PoisonError::into_inner).take_left_out();
            for (words, count) in left_out {
                drop(writeln!(out, "({count} more like this: {words})"));
            }
        }
        if over {
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
    #[test]
    fn what_was_said_is_written_before_the_end_and_who_does_not_read_is_not_waited_for() {
        let (mut lossy, lines) = Lossy::new();
        lossy.write_all(b"the last line\n").expect("never fails");
        let log = Log(lossy.lines.clone());
        let (written, lost) = (Mutex::new(Vec::new()), Arc::clone(&lossy.lost));
        thread::scope(|scope| {
            let (written, crowd) = (&written, Mutex::new(Crowd::new(1)));
            scope.spawn(move || write_all(&lines, &lost, &crowd, &mut Shared(written)));
            drop(log);
            assert_eq!(*written.lock().expect("no panic"), b"the last line\n");
            drop(lossy);
        });

        let (lossy, _nobody_reads) = Lossy::new();
        drop(Log(lossy.lines.clone()));
    }

    /// Can be looked at while it is written to.
    struct Shared<'s>(&'s Mutex<Vec<u8>>);

    impl Write for Shared<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
