//! What ends a program where the daemon is killed: a shell that waits for the end of a pipe, which is the daemon's.
//!
//! What must never live here: the end of a program while the daemon lives.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::Pid;

/// Nobody writes into the pipe, so that it ends when its writer does, however that dies. What the terminal or a service
/// manager ends is first of all the daemon.
const SCRIPT: &str = "trap '' HUP INT QUIT TERM; read -r nothing; kill -KILL \"-$1\"";

/// Ends a process group once this process is gone. Dropping it leaves the group in peace.
#[derive(Debug)]
pub(super) struct Leash(Child);

impl Leash {
    /// Of the group of this number.
    ///
    /// # Errors
    /// There is no shell, or no room for another process.
    pub(super) fn on(group: Pid) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "car-daemon-leash"]).arg(group.to_string());
        shell.env_clear().current_dir("/").process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().map(Self)
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // The pipe ends only behind this, by when nobody waits for that.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
