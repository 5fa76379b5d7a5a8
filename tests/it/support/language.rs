//! The languages of foreign clients, where they are installed.

use std::process::{Command, Stdio};

/// The language's command, or `None` where it is not installed: said aloud, and only there.
pub(crate) fn language(program: &str, version: &str) -> Option<Command> {
    let found = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => Some(Command::new(program)),
        _ if std::env::var_os("CI").is_some() => panic!("{program} must be installed where CI is set"),
        _ => {
            println!("SKIPPED: {program} is not installed here");
            None
        }
    }
}
