//! A program that is started and ended with all that it starts itself.
//!
//! What must never live here: what it says.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Access, access};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::leash::Leash;
use crate::service::OURS;

/// One that closed its output is about to end by itself.
const BY_ITSELF: Duration = Duration::from_millis(100);

/// How long it may take to end once it was asked to.
const GRACE: Duration = Duration::from_millis(500);

/// Between two looks at whether it has.
const LOOK: Duration = Duration::from_millis(5);

/// Where a program is: a path as it is written, a bare name in the first folder of `path` that has it.
///
/// # Errors
/// In words, as when it is started.
pub(super) fn find(name: &str, path: Option<&OsStr>) -> Result<PathBuf, String> {
    let places: Vec<PathBuf> = match name.contains('/') {
        true => vec![name.into()],
        false => env::split_paths(path.unwrap_or_default()).map(|folder| folder.join(name)).collect(),
    };
    let mut why = io::Error::from(io::ErrorKind::NotFound);
    for place in places.into_iter().filter(|place| place.is_file()) {
        match access(&place, Access::EXEC_OK) {
            Ok(()) => return Ok(place),
            Err(refused) => why = refused.into(),
        }
    }
    Err(unstarted(name, &why))
}

/// A program in a process group of its own. Dropping it ends the group.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    /// Ends it with a daemon that is killed.
    leash: Option<Leash>,
    /// It was waited for: its number may be somebody else's by now.
    is_over: bool,
}

impl Program {
    /// Starts it, its name first.
    ///
    /// # Errors
    /// In words: it is not there, or may not be run.
    pub(super) fn start(words: &[String]) -> Result<(Self, ChildStdout, ChildStderr), String> {
        let (name, arguments) = words.split_first().ok_or("no program is named")?;
        let mut command = Command::new(name);
        for variable in OURS {
            command.env_remove(variable);
        }
        command.args(arguments).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| unstarted(name, &error))?;
        let mut this = Self { child, leash: None, is_over: false };
        let leash = this.group().map(Leash::on).transpose();
        this.leash = leash.unwrap_or_else(|error| {
            tracing::warn!("camera: {name} would outlive a daemon that is killed: no /bin/sh: {error}");
            None
        });
        let outputs = this.child.stdout.take().zip(this.child.stderr.take());
        let (stdout, stderr) = outputs.ok_or("it has no output")?;
        Ok((this, stdout, stderr))
    }

    /// Ends it, and waits until it has ended; how it did, if it did so by itself.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        self.end_within(BY_ITSELF)
    }

    /// Its process group, which has its number.
    fn group(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    fn end_within(&mut self, by_itself: Duration) -> Option<ExitStatus> {
        if std::mem::replace(&mut self.is_over, true) {
            return None;
        }
        let group = self.group()?;
        let itself = has_ended(group, by_itself);
        if !itself {
            // Whoever is gone needs no signal.
            let _gone = kill_process_group(group, Signal::TERM);
            has_ended(group, GRACE);
        }
        // What it started may live on. The number is the group's until it is waited for.
        let _gone = kill_process_group(group, Signal::KILL);
        self.leash = None;
        self.child.wait().ok().filter(|_| itself)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end_within(Duration::ZERO);
    }
}

/// Whether it ends within that time. It stays to be waited for.
fn has_ended(process: Pid, within: Duration) -> bool {
    let until = Instant::now() + within;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(process), options) {
            Ok(Some(_)) | Err(Errno::CHILD) => return true,
            _ if Instant::now() >= until => return false,
            _ => thread::sleep(LOOK),
        }
    }
}

/// Why the program of this name does not start, and what to do.
fn unstarted(name: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if name.starts_with("rpicam-") || name.starts_with("libcamera-") => {
            "there is no such program: install it (sudo apt install rpicam-apps)".to_owned()
        }
        io::ErrorKind::NotFound => "there is no such program: install it, or write its whole path".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be run by this user: look at its mode".to_owned(),
        _ => format!("does not start: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_program_is_found_as_a_shell_finds_it_and_what_is_missing_is_told_as_at_its_start() {
        let (first, second) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let path = env::join_paths([first.path(), second.path()]).expect("no colon");
        let find = |name: &str| find(name, Some(&path));
        let program = second.path().join("cam");
        fs::write(&program, "#!/bin/sh\n").expect("ours");
        fs::write(first.path().join("cam"), "no program").expect("ours");
        let set = |mode| fs::set_permissions(&program, Permissions::from_mode(mode)).expect("ours");
        set(0o755);
        assert_eq!(find("cam"), Ok(program.clone()));
        assert_eq!(find(program.to_str().expect("text")), Ok(program.clone()));
        set(0o644);
        assert!(find("cam").expect_err("no mode").starts_with("may not be run by this user"));
        assert!(find("other").expect_err("nowhere").starts_with("there is no such program: install it, or"));
        assert!(find("rpicam-vid").expect_err("nowhere").contains("apt install rpicam-apps"));
        assert!(find("/none/cam").is_err() && super::find("cam", None).is_err());
    }
}
