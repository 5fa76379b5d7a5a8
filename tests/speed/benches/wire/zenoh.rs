//! A ping-pong over zenoh, beside the bare echo of the same transport. Its program is built apart, by whoever wants to
//! see it: `cargo build --release --manifest-path tests/speed/zenoh/Cargo.toml`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use protocol::DialectId;

use crate::Failure;
use crate::load::Line;
use crate::measure::median;
use crate::process::Server;
use crate::rows::{Effort, Row, Scheme};
use crate::table;

/// One line for each transport.
pub(crate) fn measure(
    bare: &Server,
    certificate: &Path,
    folder: &Path,
    effort: &Effort,
    say: &dyn Fn(&str),
) -> Result<(), Failure> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("zenoh");
    let program = package.join("target/release/zenoh-beside");
    if !program.exists() {
        say(
            "zenoh              not built: cargo build --release --manifest-path tests/speed/zenoh/Cargo.toml",
        );
        return Ok(());
    }
    let socket = folder.join("zenoh.sock");
    let places = [
        (Scheme::Tcp, "tcp/127.0.0.1:7461".to_owned()),
        (Scheme::Udp, "udp/127.0.0.1:7462".to_owned()),
        (Scheme::Unix, format!("unixsock-stream/{}", socket.display())),
    ];
    for (scheme, endpoint) in places {
        let row = Row { scheme, dialect: DialectId::Text };
        let [command, _] = row.commands();
        let mut line = Line::meet(row, bare.place(row)?, certificate, &command, |answer| answer == command)?;
        let _pong = Peer::start(&program, "pong", &endpoint)?;
        let mut ping = Peer::start(&program, "ping", &endpoint)?;
        let [mut trips, mut ratios] = [[const { Vec::new() }; 3], [const { Vec::new() }; 3]];
        for _ in 0..effort.rounds {
            let block = line.closed(&command, effort.closed)?;
            let answer = ping.ask(&effort.closed.as_millis().to_string())?;
            let times = answer.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
            for (index, (time, quantile)) in times.into_iter().zip([0.5, 0.99, 0.999]).enumerate() {
                trips[index].push(time / 1e3);
                ratios[index].push(time / block.latencies.value_at_quantile(quantile) as f64);
            }
        }
        let [p50, p99, p999] = trips.map(median);
        let [r50, r99, r999] = ratios.map(median);
        let cells = [table::trip(p50, r50, ""), table::trip(p99, r99, ""), table::rare(p999, r999)];
        say(format!("{:<18}{}", format!("zenoh {}", scheme.name()), cells.concat()).trim_end());
    }
    Ok(())
}

/// One end, until this is dropped.
struct Peer {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Peer {
    fn start(program: &Path, role: &str, endpoint: &str) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.args([role, endpoint]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut peer = Self { child, stdout };
        match peer.line()?.as_str() {
            "ready" => Ok(peer),
            other => Err(format!("zenoh says: {other}").into()),
        }
    }

    fn ask(&mut self, what: &str) -> Result<String, Failure> {
        writeln!(self.child.stdin.as_mut().ok_or("no input")?, "{what}")?;
        self.line()
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.stdout.read_line(&mut line)? {
            0 => Err("a peer of zenoh ended".into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
