//! The log, on standard error. Whoever reads it may stop reading: lines are then lost and counted,
//! and nothing that drives waits for them.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::{panic, thread};

use rustix::event::{PollFd, PollFlags, Timespec};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait to be written.
const LINES: usize = 1024;

/// Begins to log. `RUST_LOG` says how much.
///
/// # Errors
/// Where there can be no thread that writes.
pub(crate) fn start() -> io::Result<()> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let (lossy, lines) = Lossy::new();
    let lost = Arc::clone(&lossy.lost);
    thread::Builder::new().name("log".into()).spawn(move || write_all(&lines, &lost, &mut io::stderr()))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(lossy)
        // What the library would say of its own errors, it says in a way that panics.
        .log_internal_errors(false)
        .init();
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

fn write_all(lines: &Receiver<Vec<u8>>, lost: &AtomicU64, out: &mut impl Write) {
    for line in lines {
        // Where standard error is closed there is nobody to tell.
        drop(out.write_all(&line));
        match lost.swap(0, Ordering::Relaxed) {
            0 => {}
            count => drop(writeln!(out, "({count} lines are missing here: nobody read fast enough)")),
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
        write_all(&lines, &lost, &mut out);
        let out = String::from_utf8(out).expect("text");
        assert_eq!(out.lines().filter(|line| *line == "a line").count(), LINES);
        assert!(out.contains("(7 lines are missing here"), "{out}");
    }
}
