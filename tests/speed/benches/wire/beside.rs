//! What people use in place of this daemon, on the same wire beside the same bare echo: echoes over WebSocket in Python and
//! Node, and a car's server as tutorials have it. None of them looks at what it is told, nor moves anything.
//!
//! Where a program or its library is missing, its row says so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use protocol::DialectId;

use crate::Failure;
use crate::measure::beside_bare;
use crate::process::Server;
use crate::rows::{Effort, Row, Scheme};
use crate::table;

/// Somebody else's server.
struct Other {
    name: &'static str,
    program: &'static str,
    /// What shows that it can run.
    probe: &'static [&'static str],
    /// Of this package.
    script: &'static str,
    /// Whether a message may come before the last is answered.
    is_pipelined: bool,
    /// How to have it.
    advice: &'static str,
}

const OTHERS: [Other; 3] = [
    Other {
        name: "Python websockets",
        program: "python3",
        probe: &["-c", "import websockets.asyncio.server"],
        script: "python_websockets.py",
        is_pipelined: true,
        advice: "pip install websockets",
    },
    Other {
        name: "Node ws",
        program: "node",
        probe: &["-e", "require('ws')"],
        script: "node_ws.cjs",
        is_pipelined: true,
        advice: "npm install --no-save --prefix examples ws@8",
    },
    Other {
        name: "Python by hand",
        program: "python3",
        probe: &["-c", ""],
        script: "python_by_hand.py",
        is_pipelined: false,
        advice: "install Python",
    },
];

impl Other {
    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/node_modules");
        // What is printed for each message goes nowhere, as in a service without a terminal.
        command.env("NODE_PATH", packages).stderr(Stdio::null());
        command
    }

    fn is_here(&self) -> bool {
        let status = self.command().args(self.probe).stdin(Stdio::null()).stdout(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    fn script(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("beside").join(self.script)
    }
}

/// One line for each.
pub(crate) fn measure(
    bare: &Server,
    certificate: &Path,
    effort: &Effort,
    say: &dyn Fn(&str),
) -> Result<(), Failure> {
    let row = Row { scheme: Scheme::Ws, dialect: DialectId::Text };
    say("what people use instead, words over ws, beside the same bare echo:");
    for other in OTHERS {
        if !other.is_here() {
            say(&format!("{:<18} not installed: {}", other.name, other.advice));
            continue;
        }
        let mut command = other.command();
        command.arg(other.script());
        let server = Server::other(command)?;
        let one_by_one = Effort { open: Duration::ZERO, pipelined: Duration::ZERO, ..*effort };
        let effort = if other.is_pipelined { effort } else { &one_by_one };
        let [said, _] = row.commands();
        let is_answer = |answer: &[u8]| row.accepts(answer) || answer == said;
        let figures = beside_bare(row, &server, bare, certificate, effort, &is_answer)?;
        say(&table::line_of_other(other.name, &figures));
    }
    Ok(())
}
