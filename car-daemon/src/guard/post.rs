//! The daemon's side: starts the guard, starts another where it dies, and sends it home in the end.
//!
//! What must never live here: bringing anything to rest.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec};

use super::budget::Budget;
use super::{COMMAND, READY, WELL};
use crate::service::OURS;

/// This program, also where its file has been replaced since it was started.
const SELF: &str = "/proc/self/exe";
/// A guard that does not stand within this time does not stand at all.
const READY_WITHIN: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

type WhenLost = Box<dyn FnOnce(&str) + Send>;

/// A guard that stands by, and whatever replaces it. It is alarmed when the process ends without
/// [`dismiss`](Self::dismiss).
#[derive(Debug)]
pub(crate) struct Post {
    line: Line,
    keeper: JoinHandle<()>,
}

/// The pipe to the guard, of whichever thread must use it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    pipe: Option<ChildStdin>,
    /// Why no other guard is to follow.
    over: Option<Over>,
}

#[derive(Clone, Copy, Debug)]
enum Over {
    Well,
    Alarmed,
}

impl Post {
    /// Starts a guard with these arguments, and waits until it stands. `lost` is called where a guard
    /// has died and no other stands.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn start(
        args: Vec<OsString>,
        lost: impl FnOnce(&str) + Send + 'static,
    ) -> Result<Self, String> {
        let started = Instant::now();
        let mut budget = Budget::default();
        budget.take(started.elapsed());
        let (child, pipe) = launch(&args)?;
        let line = Line::default();
        line.lock().pipe = Some(pipe);
        let (ours, lost): (_, WhenLost) = (line.clone(), Box::new(lost));
        let keep = move || keep(child, &args, &ours, &mut budget, started, lost);
        let keeper = thread::Builder::new().name("guard".into()).spawn(keep);
        Ok(Self { line, keeper: keeper.map_err(|error| format!("no thread can watch it: {error}"))? })
    }

    /// For whoever must alarm the guard at once.
    pub(crate) fn line(&self) -> Line {
        self.line.clone()
    }

    /// The car is at rest: the guard may go home, and is waited for.
    pub(crate) fn dismiss(self) {
        self.line.end(Over::Well);
        // It ended in a panic, or as it should; either is the end.
        drop(self.keeper.join());
    }
}

impl Line {
    /// The guard acts now, whatever else becomes of this process. Never waits.
    pub(crate) fn alarm(&self) {
        self.end(Over::Alarmed);
    }

    fn end(&self, over: Over) {
        let mut state = self.lock();
        if state.over.is_none() {
            state.over = Some(over);
            if let Some(pipe) = state.pipe.take() {
                hang_up(pipe, over);
            }
        }
    }

    /// Holds the pipe to a new guard, unless there is to be none.
    fn hold(&self, pipe: ChildStdin) {
        let mut state = self.lock();
        match state.over {
            None => state.pipe = Some(pipe),
            Some(over) => hang_up(pipe, over),
        }
    }

    /// Whether a guard hangs on it.
    pub(crate) fn is_held(&self) -> bool {
        self.lock().pipe.is_some()
    }

    /// The guard that hung on it is dead; whether that was to be.
    fn let_go(&self) -> bool {
        let mut state = self.lock();
        state.pipe = None;
        state.over.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hang_up(mut pipe: ChildStdin, over: Over) {
    match over {
        // Where it cannot be said, there is no guard, or it halts what is at rest.
        Over::Well => drop(pipe.write_all(WELL)),
        // Closed without the word.
        Over::Alarmed => drop(pipe),
    }
}

/// Waits for the end of a guard, and replaces it while the daemon runs.
fn keep(
    mut child: Child,
    args: &[OsString],
    line: &Line,
    budget: &mut Budget,
    started: Instant,
    lost: WhenLost,
) {
    loop {
        let end = match child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        if line.let_go() {
            return;
        }
        tracing::error!(%end, "the guard died");
        child = loop {
            if !budget.take(started.elapsed()) {
                return lost("guards die again and again");
            }
            match launch(args) {
                Ok((next, pipe)) => {
                    line.hold(pipe);
                    break next;
                }
                Err(why) => tracing::error!(why, "another guard does not stand"),
            }
        };
        tracing::info!("another guard stands by");
    }
}

fn launch(args: &[OsString]) -> Result<(Child, ChildStdin), String> {
    let mut command = Command::new(SELF);
    command.arg0("car-daemon").arg(COMMAND).args(args);
    for name in OURS {
        command.env_remove(name);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(|error| format!("{SELF}: {error}"))?;
    match stands(&mut child) {
        Ok(pipe) => Ok((child, pipe)),
        Err(error) => {
            // It is of no use, and may have ended by itself.
            drop(child.kill());
            let status = child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
            Err(format!("{error} ({status})"))
        }
    }
}

/// Waits until the guard says that it stands; its pipe.
fn stands(child: &mut Child) -> io::Result<ChildStdin> {
    let missing = || io::Error::other("it has no pipe");
    let stdout = child.stdout.take().ok_or_else(missing)?;
    if rustix::event::poll(&mut [PollFd::new(&stdout, PollFlags::IN)], Some(&READY_WITHIN))? == 0 {
        return Err(io::Error::other("it does not say that it stands"));
    }
    let mut said = String::new();
    // One line of a program of ours: no longer than a pipe takes at once.
    BufReader::new(stdout).read_line(&mut said)?;
    if said.trim_end() != READY {
        return Err(io::Error::other("it ended before it stood"));
    }
    child.stdin.take().ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_over_stays_as_it_ended() {
        let line = Line::default();
        line.alarm();
        line.end(Over::Well);
        assert!(matches!(line.lock().over, Some(Over::Alarmed)));
        assert!(!line.is_held());
    }
}
