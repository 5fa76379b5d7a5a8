//! A daemon as a process of its own, on real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything here may take before a story fails. Nothing waits for it unless it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `car-daemon`.
pub(crate) struct Process {
    child: Child,
    folder: TempDir,
    urls: Vec<String>,
    /// The table that it prints when it listens.
    pub(crate) table: String,
    /// Read only at the end: a log that nobody reads must not matter.
    log: BufReader<ChildStderr>,
}

/// One endpoint of each scheme, on ports of `host` that the system chooses.
fn free_endpoints(host: &str, folder: &TempDir) -> Vec<String> {
    let mut urls: Vec<String> = ["ws", "tcp", "udp"].map(|scheme| format!("{scheme}://{host}:0")).into();
    urls.push(format!("unix://{}", folder.path().join("car-daemon.sock").display()));
    urls
}

/// The program under test, without HTTP, whose port would be everybody's.
pub(crate) fn car_daemon() -> Command {
    let mut command = serving_car_daemon();
    command.args(["--http", "off"]);
    command
}

/// The program under test.
pub(crate) fn serving_car_daemon() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_car-daemon-under-test"));
    command.env_remove("RUST_LOG");
    command
}

impl Process {
    /// The simulated car, one endpoint of each scheme.
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// The same, with this configuration file.
    pub(crate) fn start_with(config: &str) -> Self {
        Self::start_listening(config, &[])
    }

    /// The same, with more endpoints.
    pub(crate) fn start_listening(config: &str, more: &[String]) -> Self {
        Self::launch(car_daemon(), "127.0.0.1", config, more)
    }

    /// The same with this configuration and a page, on a port that the system chooses.
    pub(crate) fn with_page(config: &str) -> Self {
        let mut command = serving_car_daemon();
        command.args(["--http", "127.0.0.1:0"]);
        Self::launch(command, "127.0.0.1", config, &[])
    }

    /// The URL of the page, which ends in `/`.
    pub(crate) fn page(&self) -> &str {
        let line = self.table.lines().find_map(|line| line.split_once("the page: "));
        line.expect("speaks HTTP").1
    }

    /// Any command that ends in the program under test, listening on any address.
    pub(crate) fn launch(mut command: Command, host: &str, config: &str, more: &[String]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("car.toml");
        // Nothing of a test lies in the folders of whoever runs it.
        let lock = if config.contains("lock_dir") { "" } else { "lock_dir = \".\"\n" };
        // The stories drive far, unless they are about a world.
        let world = if config.contains("world = ") { "" } else { "world = \"open\"\n" };
        let whole = format!("state_dir = \"state\"\n{lock}{world}{config}");
        std::fs::write(&file, whole).expect("can be written");
        command.arg("--config").arg(file);
        let endpoints = [&free_endpoints(host, &folder)[..], more].concat();
        for endpoint in &endpoints {
            command.arg("--listen").arg(endpoint);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut table = String::new();
        while !table.contains("Ctrl-C") {
            if stdout.read_line(&mut table).expect("readable") == 0 {
                let mut said = String::new();
                drop(log.read_to_string(&mut said));
                panic!("ended before it listened: {said}");
            }
        }
        let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
        let urls: Vec<_> = table.lines().filter_map(first).filter(|word| word.contains("://")).collect();
        assert_eq!(urls.len(), endpoints.len(), "{table}");
        Self { child, folder, urls, table, log }
    }

    /// The URL of a scheme.
    pub(crate) fn url(&self, scheme: &str) -> &str {
        self.urls.iter().find(|url| url.starts_with(&format!("{scheme}://"))).expect("listens there")
    }

    pub(crate) fn address(&self, scheme: &str) -> SocketAddr {
        self.url(scheme)
            .split("://")
            .nth(1)
            .and_then(|a| a.trim_end_matches('/').parse().ok())
            .expect("an address")
    }

    /// The fingerprint of its certificate, as it prints it.
    pub(crate) fn pin(&self) -> &str {
        let line = self.table.lines().find_map(|line| line.split_once("this car's certificate: "));
        line.expect("listens over TLS").1
    }

    /// Where everything of this daemon lies; as `XDG_RUNTIME_DIR` it makes the Unix socket the
    /// default one.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("car-daemon.sock")
    }

    /// The state, asked by somebody new.
    pub(crate) fn state(&self) -> Value {
        self.call("state")
    }

    /// The result of a method without parameters, asked by somebody new over the Unix socket.
    pub(crate) fn call(&self, method: &str) -> Value {
        let mut stream = UnixStream::connect(self.socket()).expect("listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method });
        writeln!(stream, "{request}").expect("connected");
        let mut lines = BufReader::new(stream).lines();
        lines.next().expect("a hello").expect("readable");
        let answer = lines.next().expect("an answer").expect("readable");
        serde_json::from_str::<Value>(&answer).expect("JSON")["result"].take()
    }

    /// Waits until the wheels do what `what` says: `(left, right)`, each -1 to 1.
    pub(crate) fn wheels(&self, what: &str, wanted: impl Fn(f64, f64) -> bool) {
        eventually(what, || {
            let wheels = &self.state()["wheels"];
            let side = |name: &str| wheels[name].as_f64().unwrap_or(f64::NAN);
            wanted(side("left"), side("right"))
        });
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("runs");
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("a figure");
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number") * 1024
    }

    /// Its number among the system's processes.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    /// Reads the log on, up to a line with these words. Fails where the daemon ends before.
    pub(crate) fn wait_for_log(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(self.log.read_line(&mut line).expect("text") > 0, "it ended and never said: {words}");
        }
    }

    /// Waits for its end; how it ended, and what it logged.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let mut status = None;
        eventually("the daemon ends", || {
            status = self.child.try_wait().expect("a child");
            status.is_some()
        });
        let mut log = String::new();
        self.log.read_to_string(&mut log).expect("text");
        (status.expect("ended"), log)
    }
}

/// Sends a signal to a process that runs.
pub(crate) fn send(process: u32, signal: Signal) {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("runs");
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Looks again and again, without a pause longer than a moment, until `it` holds.
pub(crate) fn eventually(what: &str, it: impl FnMut() -> bool) {
    assert!(within(PATIENCE, it), "this never happened: {what}");
}

/// The same for as long as there is patience; whether it came to hold.
pub(crate) fn within(patience: Duration, mut it: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !it() {
        if start.elapsed() >= patience {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
    true
}
