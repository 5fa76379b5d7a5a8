//! The languages of foreign clients, where they are installed.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

/// Says aloud that a story was not told, and why. Printed past the test harness, which would keep
/// what a passing test prints to itself.
pub(crate) fn skipped(why: &str) {
    // Where standard error is closed there is nobody to tell.
    drop(writeln!(io::stderr(), "SKIPPED: {why}"));
}

/// The language's command, or `None` where it is not installed: said aloud, and only there.
pub(crate) fn language(program: &str, version: &str) -> Option<Command> {
    let found = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => Some(Command::new(program)),
        _ if std::env::var_os("CI").is_some() => panic!("{program} must be installed where CI is set"),
        _ => {
            skipped(&format!("{program} is not installed here"));
            None
        }
    }
}

/// A foreign client, which ends when its input ends.
pub(crate) struct Driver(pub(crate) Child);

impl Driver {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::inherit())
                .spawn()
                .expect("starts"),
        )
    }

    /// Lets go; what it said until then.
    pub(crate) fn let_go(mut self) -> String {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().expect("ends");
        assert!(output.status.success(), "{}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }
}
