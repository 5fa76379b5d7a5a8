//! The guard's side: waits for the end of its daemon, and brings the board to rest where that did not.
//!
//! What must never live here: anything that waits for a reader of what is said, before the board is at
//! rest.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, getppid, setsid};
use tokio::signal::unix::{SignalKind, signal};
use transport::LockError;

use super::{READY, WELL, fingerprint};
use crate::Config;
use crate::halt::halt;
use crate::lock_board;
use crate::log::say_at_once;

/// Lines of GPIO are free only when the daemon is really gone, and a bus may be stuck for a while. Shorter
/// than `TimeoutStopSec` of the service, so that what does not come to rest can still be said.
const TRY_FOR: Duration = Duration::from_secs(8);
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Stands by until the daemon has ended. `load` reads the configuration that the daemon has, of which
/// `expected` is the fingerprint.
///
/// # Errors
/// Why it cannot stand, or what does not come to rest, in words; the latter after all else did.
pub(crate) fn stand(load: impl FnOnce() -> Result<Config, String>, expected: u64) -> Result<(), String> {
    close_inherited();
    let daemon = getppid().and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
    // What ends the daemon, from a terminal or a supervisor, is not to end its guard.
    setsid().map_err(|error| format!("cannot leave the daemon's session: {error}"))?;
    ignore_signals().map_err(|error| format!("cannot ignore signals: {error}"))?;
    let config = load()?;
    if fingerprint(&config) != expected {
        return Err("the board is another one than the daemon's: the files have changed since".to_owned());
    }
    let mut stdout = io::stdout();
    // Where nobody hears it, the pipe is broken, which is noticed below.
    drop(writeln!(stdout, "{READY}").and_then(|()| stdout.flush()));
    if said_well(&mut io::stdin().lock()) {
        return Ok(());
    }
    bring_to_rest(&config, daemon)
}

/// Whatever else came down from the daemon and its parents: a listener that is held open here would
/// keep its port.
fn close_inherited() {
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return };
    // All of them first: the list itself is one that is open.
    let all: Vec<RawFd> =
        open.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for descriptor in all.into_iter().filter(|descriptor| *descriptor > 2) {
        // Fails for the one of the list, which is closed already.
        let _closed = nix::unistd::close(descriptor);
    }
}

fn ignore_signals() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _entered = runtime.enter();
    // What a service manager does to a daemon it may do to all that the daemon has started, and it aborts
    // one that does not feed its watchdog.
    for end in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT, Signal::ABORT] {
        let kind = SignalKind::from_raw(end.as_raw());
        // Whoever asked for it once is asked no more: the process is not ended by it from here on.
        drop(signal(kind)?);
    }
    Ok(())
}

/// Waits for the end of the pipe; whether the word came before it.
fn said_well(pipe: &mut impl Read) -> bool {
    let mut said = Vec::new();
    loop {
        let mut some = [0; 64];
        match pipe.read(&mut some) {
            Ok(0) => return said == WELL,
            Ok(count) if said.len() <= WELL.len() => said.extend_from_slice(&some[..count]),
            // More than the word is not the word, however much follows.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

fn bring_to_rest(config: &Config, daemon: Option<u32>) -> Result<(), String> {
    let gone = daemon.map_or_else(|| "?".to_owned(), |pid| pid.to_string());
    let say = |what: &str| say_at_once(&format!("guard: the daemon (process {gone}) is gone; {what}"));
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut left_to = None;
    loop {
        let outcome = attempt(config, daemon);
        let late = begun.elapsed() > TRY_FOR;
        match outcome {
            Attempt::AtRest(done) => {
                say(&format!("{done}, after {} ms", begun.elapsed().as_millis()));
                return Ok(());
            }
            Attempt::Failed(failures) if late => return Err(failures.join("\n")),
            Attempt::Others(_) if late => return Ok(()),
            Attempt::Others(pid) if left_to != Some(pid) => {
                left_to = Some(pid);
                say(&format!("the board is left to process {pid}, which has it now"));
            }
            Attempt::Failed(_) | Attempt::Others(_) => {}
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What became of one attempt to bring the board to rest.
enum Attempt {
    AtRest(String),
    Failed(Vec<String>),
    /// This process has the board. If it is the next daemon, its car began at rest.
    Others(u32),
}

fn attempt(config: &Config, daemon: Option<u32>) -> Attempt {
    // Held while this writes: nobody else does then.
    let _lock = match lock_board(config, Duration::ZERO) {
        Err(LockError::Held { by: Some(pid), .. }) if daemon.is_some_and(|daemon| daemon != pid) => {
            return Attempt::Others(pid);
        }
        // A daemon that is stuck has it still.
        lock => lock,
    };
    match halt(config) {
        Ok(done) => Attempt::AtRest(done),
        Err(failures) => Attempt::Failed(failures),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_word_and_nothing_else_means_that_all_is_well() {
        for (said, well) in [
            (&b"well\n"[..], true),
            (b"", false),
            (b"well", false),
            (b"well\nwell\n", false),
            (b"unwell\n", false),
        ] {
            assert_eq!(said_well(&mut &*said), well, "{said:?}");
        }
        let mut endless = io::repeat(b'w').take(1 << 20);
        assert!(!said_well(&mut endless));
    }
}
