//! The guard's side: waits for the end of its daemon, and brings the board to rest where that did not.
//!
//! What must never live here: anything that waits for a reader of what is said, before the board is at
//! rest.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{getppid, setsid};
use tokio::signal::unix::{SignalKind, signal};

use super::{READY, WELL, fingerprint};
use crate::Config;
use crate::halt::halt;
use crate::log::say_at_once;

/// Lines of GPIO are free only when the daemon is really gone, and a bus may be stuck for a while.
const TRY_FOR: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Stands by until the daemon has ended. `load` reads the configuration that the daemon has, of which
/// `expected` is the fingerprint.
///
/// # Errors
/// Why it cannot stand, or what does not come to rest, in words; the latter after all else did.
pub(crate) fn stand(load: impl FnOnce() -> Result<Config, String>, expected: u64) -> Result<(), String> {
    close_inherited();
    let daemon = getppid().map_or_else(|| "?".to_owned(), |pid| pid.as_raw_nonzero().to_string());
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
    bring_to_rest(&config, &daemon)
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
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()] {
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

fn bring_to_rest(config: &Config, daemon: &str) -> Result<(), String> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let failures = match halt(config) {
            Ok(done) => {
                let ms = begun.elapsed().as_millis();
                say_at_once(&format!("guard: the daemon (process {daemon}) is gone; {done}, after {ms} ms"));
                return Ok(());
            }
            Err(failures) => failures,
        };
        if begun.elapsed() > TRY_FOR {
            return Err(failures.join("\n"));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
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
