//! The processes that are measured: the daemon as it is released, the one that counts, and the bare echo.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::counted::{ANSWER, PLATFORM};
use crate::rows::{Framing, Row, Scheme};
use crate::wire::Place;
use crate::{ECHO, Failure, PART, echo};

/// The daemon's configuration: as it comes, but for what it listens on, how many may come and how much they may say;
/// power does not rise slowly, so that each command is written at once; and whoever drove last is soon forgotten.
const CONFIG: &str = r#"
name = "speed"
world = "open"
[http]
listen = "off"
[control]
slew_ms = 0
lease_ms = 100
rate_hz = RATE_HZ
[limits]
sessions = 2000
connections = 2000
per_address = 2000
pending_handshakes = 2000
messages_per_s = 10000000
message_burst = 10000000
state_rate_max_hz = 1000
"#;

/// How often the control loop turns, where nobody wants it otherwise: the daemon's own default.
const RATE_HZ: u32 = 100;

/// A server, until this is dropped.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// Of the bare echo each framing has its own.
    places: Vec<(Scheme, Option<Framing>, Place)>,
}

impl Server {
    /// The daemon of this `program`, whose files are in `folder`. Its certificate is [`certificate`].
    pub(crate) fn daemon(program: &Path, folder: &Path) -> Result<Self, Failure> {
        Self::turning(RATE_HZ, program, folder)
    }

    /// The same, whose control loop turns so often.
    pub(crate) fn turning(rate_hz: u32, program: &Path, folder: &Path) -> Result<Self, Failure> {
        Self::started(Command::new(program), folder, &[], rate_hz)
    }

    /// The daemon that counts.
    pub(crate) fn counting(folder: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env(PART, PLATFORM);
        Self::started(command, folder, &["--platform", PLATFORM], RATE_HZ)
    }

    fn started(
        mut command: Command,
        folder: &Path,
        arguments: &[&str],
        rate_hz: u32,
    ) -> Result<Self, Failure> {
        fs::create_dir_all(folder)?;
        let config = folder.join("car.toml");
        let rest = CONFIG.replace("RATE_HZ", &rate_hz.to_string());
        fs::write(&config, format!("state_dir = {folder:?}\nlock_dir = {folder:?}\n{rest}"))?;
        command.arg("--config").arg(config).args(arguments).env("RUST_LOG", "warn");
        for scheme in Scheme::ALL {
            let at = match scheme {
                Scheme::Unix => folder.join("car.sock").display().to_string(),
                _ => "127.0.0.1:0".to_owned(),
            };
            let option = if scheme == Scheme::Udp { "" } else { "?hello=off" };
            command.arg("--listen").arg(format!("{}://{at}{option}", scheme.name()));
        }
        Self::read(command, "Ctrl-C", |line| {
            let url = line.split_whitespace().next()?;
            let (scheme, at) = url.split_once("://")?;
            let scheme = Scheme::ALL.into_iter().find(|known| known.name() == scheme)?;
            Some((scheme, None, place(at.split('?').next()?.trim_end_matches('/'))))
        })
    }

    /// The bare echo, which shows the same certificate.
    pub(crate) fn echo(folder: &Path, certificate: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(folder)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.env(PART, ECHO).env(echo::FOLDER, folder).env(echo::CERTIFICATE, certificate);
        Self::other(command)
    }

    /// A server that says `SCHEME [FRAMING] ADDRESS` for each of its listeners, and then `ready`.
    pub(crate) fn other(command: Command) -> Result<Self, Failure> {
        Self::read(command, "ready", |line| {
            let words: Vec<&str> = line.split(' ').collect();
            let (scheme, at) = (words.first()?, words.last()?);
            let scheme = Scheme::ALL.into_iter().find(|known| known.name() == *scheme)?;
            let is_named = |framing: &Framing| words[1..].iter().any(|word| format!("{framing:?}") == **word);
            let framing = Framing::ALL.into_iter().find(is_named);
            Some((scheme, framing.filter(|_| scheme.is_stream()), place(at)))
        })
    }

    /// Starts it and reads where it listens, up to a line with the words `last`.
    fn read(
        mut command: Command,
        last: &str,
        place: impl Fn(&str) -> Option<(Scheme, Option<Framing>, Place)>,
    ) -> Result<Self, Failure> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut server = Self { child, stdout, places: Vec::new() };
        loop {
            let line = server.line()?;
            server.places.extend(place(&line));
            if line.contains(last) {
                return Ok(server);
            }
        }
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.stdout.read_line(&mut line)? {
            0 => Err("a server ended".into()),
            _ => Ok(line.trim_end_matches('\n').to_owned()),
        }
    }

    /// Asks the daemon that counts.
    pub(crate) fn ask(&mut self, what: &str) -> Result<String, Failure> {
        let stdin = self.child.stdin.as_mut().ok_or("no input")?;
        writeln!(stdin, "{what}")?;
        stdin.flush()?;
        loop {
            if let Some(answer) = self.line()?.strip_prefix(ANSWER) {
                return Ok(answer.to_owned());
            }
        }
    }

    /// Where it serves a row.
    pub(crate) fn place(&self, row: Row) -> Result<&Place, Failure> {
        let fits = |(scheme, framing, _): &&(Scheme, Option<Framing>, Place)| {
            *scheme == row.scheme && framing.is_none_or(|framing| framing == row.framing())
        };
        let found = self.places.iter().find(fits);
        found.map(|(.., place)| place).ok_or_else(|| format!("nobody speaks {}", row.name()).into())
    }

    fn process(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.child.id()))
    }

    /// Processor time of all its threads, those that ended left out.
    pub(crate) fn processor(&self) -> Result<Duration, Failure> {
        let mut all = 0;
        for thread in fs::read_dir(self.process().join("task"))? {
            // Nanoseconds on a processor come first (Documentation/scheduler/sched-stats.rst of Linux).
            if let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) {
                all += text.split_whitespace().next().ok_or("no time")?.parse::<u64>()?;
            }
        }
        Ok(Duration::from_nanos(all))
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> Result<u64, Failure> {
        let status = fs::read_to_string(self.process().join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = line.and_then(|line| line.split_whitespace().next()).ok_or("no figure")?.parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a daemon with this folder shows over TLS.
pub(crate) fn certificate(folder: &Path) -> PathBuf {
    folder.join("tls.pem")
}

fn place(at: &str) -> Place {
    at.parse().map_or_else(|_no_address| Place::File(at.into()), Place::Ip)
}

/// The daemon as it is released: the one named, or the one that cargo builds now.
pub(crate) fn release(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(program) = named {
        return Ok(program.to_owned());
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // What cargo tells a bench of its package: build scripts that look at it would have all built again, now and next time.
    for (name, _) in std::env::vars_os() {
        let is_of_the_bench =
            |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(is_of_the_bench) {
            build.env_remove(name);
        }
    }
    build.args(["build", "--release", "-p", "car-daemon", "--message-format=json", "--manifest-path"]);
    let output = build.arg(manifest).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("the daemon cannot be built".into());
    }
    // Told by cargo, wherever it puts what it builds.
    let told = String::from_utf8(output.stdout)?;
    let programs = told.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    let daemon = programs.into_iter().find(|program| program.file_name() == Some(OsStr::new("car-daemon")));
    daemon.ok_or_else(|| "cargo tells of no daemon".into())
}
