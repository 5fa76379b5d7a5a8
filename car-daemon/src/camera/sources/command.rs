//! A program that writes pictures to its standard output, one after the other, such as `rpicam-vid`.
//!
//! A picture counts as taken when its last byte is here. The program ends with the source, and all that it started in
//! its group too; also where the daemon is killed.
//!
//! What must never live here: when it is started again.

use std::env;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::{ChildStderr, ChildStdout};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::flow::Flow;
use super::{FrameSource, NoPicture, Opener, Shot};
use crate::config::CameraConfig;
use last_line::LastLine;
use program::Program;

mod last_line;
mod leash;
mod program;
#[cfg(test)]
mod tests;

/// How long the last words of a program that has ended are waited for: a grandchild that got away may hold its
/// error output open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How much is read at once: what a pipe holds (`man 7 pipe`).
const PIECE: usize = 64 << 10;

pub(super) const REMEDY: &str = "look at its camera, and try the program in a terminal";

pub(super) fn opener(config: &CameraConfig, words: Vec<String>) -> Opener {
    let config = config.clone();
    Box::new(move || Ok(Box::new(Running::start(&config, &words)?)))
}

/// Where the program of these words is; it is not started.
pub(super) fn prospect(words: &[String]) -> Result<String, NoPicture> {
    let name = words.first().map_or("", String::as_str);
    let found = program::find(name, env::var_os("PATH").as_deref()).map_err(NoPicture)?;
    Ok(format!("the program {}", found.display()))
}

struct Running {
    program: Program,
    stdout: ChildStdout,
    /// Until it is closed.
    stderr: Option<ChildStderr>,
    said: LastLine,
    flow: Flow,
    piece: Vec<u8>,
    /// Why it is of no more use, while its last picture was not taken yet.
    over: Option<NoPicture>,
}

impl Running {
    fn start(config: &CameraConfig, words: &[String]) -> Result<Self, NoPicture> {
        let (program, stdout, stderr) = Program::start(words).map_err(NoPicture)?;
        let (flow, said) = (Flow::new(config, Instant::now()), LastLine::default());
        Ok(Self { program, stdout, stderr: Some(stderr), said, flow, piece: vec![0; PIECE], over: None })
    }

    /// Waits until the program says something, `wait` at the longest, and takes it.
    fn listen(&mut self, wait: Duration) -> Result<(), NoPicture> {
        let (pictures, words) = match self.ready(wait) {
            Ok(ready) => ready,
            Err(Errno::INTR) => return Ok(()),
            Err(error) => return Err(NoPicture(error.to_string())),
        };
        if words {
            self.hear();
        }
        if pictures {
            match self.stdout.read(&mut self.piece) {
                Ok(0) => return Err(self.ended()),
                Ok(count) => self.flow.push(&self.piece[..count], Instant::now()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(NoPicture(error.to_string())),
            }
        }
        Ok(())
    }

    /// Whether there is something in its output, and in its error output.
    fn ready(&self, wait: Duration) -> Result<(bool, bool), Errno> {
        let mut fds = vec![PollFd::from_borrowed_fd(self.stdout.as_fd(), PollFlags::IN)];
        fds.extend(
            self.stderr.as_ref().map(|stderr| PollFd::from_borrowed_fd(stderr.as_fd(), PollFlags::IN)),
        );
        poll(&mut fds, Some(&timespec(wait)))?;
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        Ok((ready.next().unwrap_or(false), ready.next().unwrap_or(false)))
    }

    /// Takes what there is in its error output.
    fn hear(&mut self) {
        let read = self.stderr.as_mut().map(|stderr| stderr.read(&mut self.piece));
        match read {
            Some(Ok(count)) if count > 0 => self.said.push(&self.piece[..count]),
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => self.stderr = None,
        }
    }

    /// It has closed its output: why, as far as it says.
    fn ended(&mut self) -> NoPicture {
        let status = self.program.end();
        let until = Instant::now() + LAST_WORDS;
        while let Some(stderr) = &self.stderr
            && Instant::now() < until
        {
            let left = timespec(until.saturating_duration_since(Instant::now()));
            let heard = poll(&mut [PollFd::from_borrowed_fd(stderr.as_fd(), PollFlags::IN)], Some(&left));
            if heard.is_ok_and(|ready| ready > 0) {
                self.hear();
            }
        }
        let how = status.map_or_else(|| "has ended".to_owned(), |status| format!("has ended ({status})"));
        let said = self.said.text().map(|line| format!(": {line}")).unwrap_or_default();
        NoPicture(how + &said)
    }
}

impl FrameSource for Running {
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture> {
        if let Some(why) = self.over.take() {
            return Err(why);
        }
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            self.listen(left)?;
            // Of what lies in the pipe the newest counts.
            while self.over.is_none()
                && matches!(self.ready(Duration::ZERO), Ok((true, _)))
                && Instant::now() < until
            {
                self.over = self.listen(Duration::ZERO).err();
            }
            if let Some(shot) = self.flow.take() {
                return Ok(Some(shot));
            }
            if let Some(why) = self.over.take() {
                return Err(why);
            }
            if left.is_zero() {
                self.flow.check("it must write MJPEG to its standard output", Instant::now())?;
                return Ok(None);
            }
        }
    }
}

fn timespec(wait: Duration) -> Timespec {
    Timespec { tv_sec: wait.as_secs() as _, tv_nsec: wait.subsec_nanos().into() }
}
