//! The daemon as a service: what it tells its manager, and the sockets that it is given.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::{Process, car_daemon, eventually, language};

/// A service manager, as far as a daemon sees it.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        Self { folder, socket }
    }

    fn start(&self) -> Process {
        let mut command = car_daemon();
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        command.env("WATCHDOG_USEC", "100000");
        Process::launch(command, "127.0.0.1", "", &[])
    }

    /// The next message that is not only a sign of life, and how many of those came before.
    fn hear(&self) -> (String, usize) {
        let (mut text, mut signs) = ([0; 4096], 0);
        loop {
            let length = self.socket.recv(&mut text).expect("a message");
            let message = String::from_utf8_lossy(&text[..length]).into_owned();
            if message != "WATCHDOG=1\n" {
                return (message, signs);
            }
            signs += 1;
        }
    }
}

#[test]
fn the_service_manager_is_told_of_the_beginning_each_reload_and_the_end() {
    let manager = Manager::new();
    let daemon = manager.start();
    let (ready, _) = manager.hear();
    assert!(ready.starts_with("READY=1\nSTATUS=listens on ws://127.0.0.1:"), "{ready}");
    assert!(ready.contains(daemon.url("tcp")), "{ready}");

    for (config, outcome) in [("", "[control] and [auth] are read again"), ("nmae = 1", "nothing is changed")]
    {
        std::fs::write(daemon.folder().join("car.toml"), config).expect("can be written");
        daemon.signal(Signal::HUP);
        let (reloading, _) = manager.hear();
        assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
        let (reloaded, _) = manager.hear();
        assert!(reloaded.starts_with("READY=1\nSTATUS=") && reloaded.contains(outcome), "{reloaded}");
    }

    daemon.signal(Signal::TERM);
    let (stopping, _) = manager.hear();
    assert!(stopping.starts_with("STOPPING=1"), "{stopping}");
    let (status, log) = daemon.wait();
    assert!(status.success(), "{log}");
}

#[test]
fn the_watchdog_of_the_service_manager_is_fed_while_the_control_loop_turns() {
    let manager = Manager::new();
    let daemon = manager.start();
    let (ready, before) = manager.hear();
    assert!(ready.starts_with("READY=1") && before == 0, "nothing is well before it is ready");
    let mut text = [0; 4096];
    for _ in 0..10 {
        let length = manager.socket.recv(&mut text).expect("a sign of life");
        assert_eq!(&text[..length], b"WATCHDOG=1\n");
    }
    daemon.signal(Signal::TERM);
    let (stopping, _) = manager.hear();
    assert!(stopping.starts_with("STOPPING=1"), "{stopping}");
}

/// Opens sockets, lets words wait in them, and becomes the daemon: what systemd does, in Python. The
/// first argument is where the Unix socket shall be.
const PARENT: &str = r#"
import os, socket, sys
path, program = sys.argv[1], sys.argv[2:]
unix = socket.socket(socket.AF_UNIX); unix.bind(path); unix.listen()
tcp = socket.socket(); tcp.bind(("127.0.0.1", 0)); tcp.listen()
web = socket.socket(); web.bind(("127.0.0.1", 0)); web.listen()
udp = socket.socket(type=socket.SOCK_DGRAM); udp.bind(("127.0.0.1", 0))
waiting = socket.create_connection(tcp.getsockname()); waiting.send(b"up\n")
os.set_inheritable(waiting.fileno(), True)
socket.socket(type=socket.SOCK_DGRAM).sendto(b"up", udp.getsockname())
passed = [unix, tcp, web, udp]
high = [os.dup2(s.fileno(), 50 + i) for i, s in enumerate(passed)]
os.dup2(waiting.fileno(), 60)
for i, fd in enumerate(high): os.dup2(fd, 3 + i); os.set_inheritable(fd, False)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="4", LISTEN_FDNAMES="unix:tcp:web:udp")
os.execv(program[0], program)
"#;

#[test]
fn sockets_of_the_service_manager_are_used_and_what_waited_in_them_moves_nothing() {
    let Some(mut parent) = language("python3", "--version") else { return };
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("passed.sock");
    parent.arg("-c").arg(PARENT).arg(&path).arg(car_daemon().get_program()).args(car_daemon().get_args());
    let daemon = Process::launch(parent, "127.0.0.1", "", &[]);

    // By the names of the sockets, wherever the configuration would have listened.
    assert_eq!(daemon.url("unix"), format!("unix://{}", path.display()));
    let state = state_at(&path);
    assert_eq!((&state["mode"], &state["stop_reason"]), (&"idle".into(), &serde_json::Value::Null));
    let mut client = TcpStream::connect(daemon.address("tcp")).expect("listens");
    client.write_all(b"up\n").expect("connected");
    eventually("it drives for who comes now", || state_at(&path)["throttle"].as_f64() > Some(0.5));

    daemon.signal(Signal::TERM);
    let (status, log) = daemon.wait();
    assert!(status.success(), "{log}");
    assert_eq!(log.matches("listens on a socket that was passed").count(), 3, "{log}");
    assert!(log.contains("is closed: `web`: streams at 127.0.0.1 port"), "{log}");
    assert!(path.exists(), "the file is the service manager's");
}

#[test]
fn a_daemon_that_is_started_by_its_first_client_serves_the_next() {
    let Some(mut systemd) = language("systemd-socket-activate", "--version") else { return };
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("passed.sock");
    systemd
        .arg("--listen")
        .arg(&path)
        .arg("--fdname=unix")
        .arg(car_daemon().get_program())
        .args(car_daemon().get_args());
    let first = path.clone();
    let client = std::thread::spawn(move || {
        let mut stream = None;
        eventually("systemd listens", || {
            stream = UnixStream::connect(&first).ok();
            stream.is_some()
        });
        stream
    });
    let daemon = Process::launch(systemd, "127.0.0.1", "", &[]);
    assert_eq!(daemon.url("unix"), format!("unix://{}", path.display()));
    assert_eq!(state_at(&path)["mode"], "idle");
    drop(client.join());
}

/// The state, asked by somebody new over this socket.
fn state_at(path: &Path) -> serde_json::Value {
    let mut stream = UnixStream::connect(path).expect("listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    writeln!(stream, r#"{{"jsonrpc":"2.0","id":1,"method":"state"}}"#).expect("connected");
    let mut lines = BufReader::new(stream).lines();
    lines.next().expect("a hello").expect("readable");
    let answer = lines.next().expect("an answer").expect("readable");
    serde_json::from_str::<serde_json::Value>(&answer).expect("JSON")["result"].take()
}

#[test]
fn descriptors_that_make_no_sense_are_named_and_the_daemon_listens_all_the_same() {
    for (count, names, words) in [
        ("", "tcp", None),
        ("1000000000", "tcp", Some("LISTEN_FDS is 1000000000, and at most 64 sockets")),
        ("many", "tcp", None),
        ("2", "tcp", Some("number 1, ``: no socket that could serve")),
    ] {
        let mut command = Command::new("sh");
        command.args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\" 3</dev/null"]);
        command
            .arg(car_daemon().get_program())
            .args(car_daemon().get_args())
            .env("LISTEN_FDS", count)
            .env("LISTEN_FDNAMES", names);
        let daemon = Process::launch(command, "127.0.0.1", "", &[]);
        assert_eq!(daemon.state()["mode"], "idle");
        daemon.signal(Signal::TERM);
        let (status, log) = daemon.wait();
        assert!(status.success(), "{log}");
        assert_eq!(log.contains("passed to this process is closed"), words.is_some(), "{count}: {log}");
        assert!(words.is_none_or(|words| log.contains(words)), "{count}: {log}");
    }
}
