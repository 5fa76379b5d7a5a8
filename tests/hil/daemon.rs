//! A daemon on a rig, as a process of its own, and somebody who talks to it over its Unix socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::check::Done;

/// How long it may take to start, to answer, or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a daemon is started on a rig.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The program.
    pub(crate) program: PathBuf,
    /// Board, platform and locks, as lines of its configuration.
    pub(crate) config: String,
    /// Lines of its `[control]`.
    pub(crate) control: Vec<String>,
    /// Lines of its `[camera]`; if there are any, it speaks HTTP.
    pub(crate) camera: String,
}

impl Setup {
    /// A command of the program, with a configuration in `folder`.
    fn command(&self, folder: &Path, name: &str) -> Done<Command> {
        let file = folder.join("car.toml");
        let control = self.control.join("\n");
        let config = format!(
            "state_dir = \"{}/state\"\n{}[control]\n{control}\n[camera]\n{}",
            folder.display(),
            self.config,
            self.camera
        );
        std::fs::write(&file, config).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut command = Command::new(&self.program);
        command.env_remove("RUST_LOG").arg(name).arg("--config").arg(file);
        Ok(command)
    }

    /// Runs `car-daemon halt`.
    pub(crate) fn halt(&self) -> Done<Output> {
        let folder = folder()?;
        self.command(folder.path(), "halt")?.output().map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &std::io::Error) -> String {
        format!("{} does not start: {error}", self.program.display())
    }
}

fn folder() -> Done<TempDir> {
    TempDir::new().map_err(|error| format!("no folder can be made: {error}"))
}

/// A running daemon.
pub(crate) struct Daemon {
    child: Child,
    folder: TempDir,
    /// Host and port of its page, if it has one.
    page: Option<String>,
    /// Read by a thread, to its end, which is that of the guard too.
    log: Option<JoinHandle<String>>,
}

impl Daemon {
    pub(crate) fn start(setup: &Setup) -> Done<Self> {
        let folder = folder()?;
        let socket = format!("unix://{}", folder.path().join("car.sock").display());
        let mut child = setup
            .command(folder.path(), "run")?
            .args([
                "--http",
                if setup.camera.is_empty() { "off" } else { "127.0.0.1:0" },
                "--listen",
                &socket,
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| setup.cannot(&error))?;
        let (stdout, stderr) = child.stdout.take().zip(child.stderr.take()).ok_or("no pipes")?;
        let log = thread::spawn(move || {
            let mut log = Vec::new();
            let mut stderr = stderr;
            // What could be read is what is shown.
            let _ends = stderr.read_to_end(&mut log);
            String::from_utf8_lossy(&log).into_owned()
        });
        let mut daemon = Self { child, folder, log: Some(log), page: None };
        let mut lines = BufReader::new(stdout).lines();
        // It says when everything listens.
        let listens = lines.by_ref().map_while(Result::ok).any(|line| {
            let page =
                line.split_once("the page: http://").map(|(_, page)| page.trim_end_matches('/').to_owned());
            daemon.page = daemon.page.take().or(page);
            line.contains("Ctrl-C")
        });
        if !listens {
            let (status, log) = daemon.wait()?;
            return Err(format!("the daemon ended before it listened, {status}: {log}"));
        }
        // Nobody reads it from here on, and it says no more.
        thread::spawn(move || lines.for_each(drop));
        Ok(daemon)
    }

    /// Somebody new at the daemon's socket.
    pub(crate) fn visit(&self) -> Done<Visitor> {
        Visitor::enter(&self.folder.path().join("car.sock"))
    }

    /// The state, asked by somebody new.
    pub(crate) fn state(&self) -> Done<Value> {
        self.visit()?.call("state", Value::Null)
    }

    /// A request for a path of its page, of which nothing was read.
    pub(crate) fn open(&self, path: &str) -> Done<TcpStream> {
        let page = self.page.as_ref().ok_or("the daemon has no page")?;
        let open = || {
            let mut stream = TcpStream::connect(page)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            write!(stream, "GET {path} HTTP/1.1\r\nHost: {page}\r\nConnection: close\r\n\r\n")?;
            Ok(stream)
        };
        open().map_err(|error: std::io::Error| format!("http://{page}{path}: {error}"))
    }

    /// What it serves at a path that ends with the connection; as an error what else it says.
    pub(crate) fn get(&self, path: &str) -> Done<Vec<u8>> {
        let mut answer = Vec::new();
        self.open(path)?.read_to_end(&mut answer).map_err(|error| format!("{path}: {error}"))?;
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no HTTP")?;
        let body = answer.split_off(head + 4);
        match answer.split(|byte| *byte == b' ').nth(1) {
            Some(b"200") => Ok(body),
            _ => Err(String::from_utf8_lossy(&body).into_owned()),
        }
    }

    pub(crate) fn signal(&self, signal: Signal) -> Done {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).ok_or("no process")?;
        kill_process(pid, signal).map_err(|error| format!("the daemon cannot be sent a signal: {error}"))
    }

    /// Waits for its end and that of its guard; how it ended, and what both logged.
    pub(crate) fn wait(&mut self) -> Done<(ExitStatus, String)> {
        let begun = Instant::now();
        let log = self.log.take().ok_or("it has ended")?;
        while !log.is_finished() {
            if begun.elapsed() > PATIENCE {
                return Err("the daemon and its guard do not end".to_owned());
            }
            thread::sleep(Duration::from_millis(2));
        }
        let status = self.child.wait().map_err(|error| format!("the daemon is lost: {error}"))?;
        Ok((status, log.join().unwrap_or_default()))
    }

    /// Ends it as a service manager does; it must end well.
    pub(crate) fn end(self) -> Done {
        self.signal(Signal::TERM)?;
        self.ends()
    }

    /// The same; what it logged.
    pub(crate) fn end_with_log(mut self) -> Done<String> {
        self.signal(Signal::TERM)?;
        let (status, log) = self.wait()?;
        if status.success() { Ok(log) } else { Err(format!("the daemon ended with {status}: {log}")) }
    }

    /// It was told to end, and must end well.
    pub(crate) fn ends(mut self) -> Done {
        let (status, log) = self.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the daemon ended with {status}: {log}")) }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already. Its guard stops the car, and must be gone before the next one comes.
        drop(self.child.kill());
        drop(self.child.wait());
        if let Some(log) = self.log.take() {
            drop(log.join());
        }
    }
}

/// A method and its parameters, of what moves a car for two seconds, the longest that anything does.
pub(crate) type Order = (&'static str, Value);

pub(crate) fn drive(throttle: f64, steer: f64) -> Order {
    ("drive", json!({ "throttle": throttle, "steer": steer, "ttl_ms": 2000 }))
}

pub(crate) fn strafe(power: f64) -> Order {
    ("drive", json!({ "throttle": 0.0, "steer": 0.0, "strafe": power, "ttl_ms": 2000 }))
}

/// One motor alone.
pub(crate) fn test(motor: &str, power: f64) -> Order {
    ("test", json!({ "motor": motor, "power": power, "ttl_ms": 2000 }))
}

/// A connection that speaks JSON-RPC.
pub(crate) struct Visitor {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
    next: u64,
}

impl Visitor {
    fn enter(socket: &Path) -> Done<Self> {
        let open = || {
            let stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let lines = BufReader::new(stream.try_clone()?);
            Ok(Self { stream, lines, next: 0 })
        };
        open().map_err(|error: std::io::Error| format!("the daemon does not let anybody in: {error}"))
    }

    /// Calls a method; its result, or its error in words.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Done<Value> {
        self.next += 1;
        let mut request = json!({ "jsonrpc": "2.0", "id": self.next, "method": method });
        if !params.is_null() {
            request["params"] = params;
        }
        writeln!(self.stream, "{request}").map_err(|error| format!("the daemon is gone: {error}"))?;
        loop {
            let mut line = String::new();
            let count = self.lines.read_line(&mut line).map_err(|error| format!("no answer: {error}"))?;
            if count == 0 {
                return Err(format!("the daemon hung up instead of answering {method}"));
            }
            let mut answer: Value =
                serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))?;
            // Its hello and its notifications have no number.
            if answer["id"] == self.next {
                return match answer["error"]["message"].as_str() {
                    Some(error) => Err(error.to_owned()),
                    None => Ok(answer["result"].take()),
                };
            }
        }
    }

    pub(crate) fn drive(&mut self, throttle: f64, steer: f64) -> Done {
        self.tell(&drive(throttle, steer))
    }

    pub(crate) fn tell(&mut self, (method, params): &Order) -> Done {
        self.call(method, params.clone()).map(drop)
    }

    /// As a stick that is let go: after a reset nothing else is taken.
    pub(crate) fn let_go(&mut self) -> Done {
        self.drive(0.0, 0.0)
    }
}
