//! Who may drive, on real sockets: what the kernel says of a peer, what a token proves, and that no
//! token is ever logged.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::{Signal, getuid};
use serde_json::{Value, json};

use crate::support::{Process, car_daemon};

const TOKEN: &str = "Tablet-s3cret.of~one";
const NEXT: &str = "Next-s3cret-of-it";

fn tokens(secret: &str) -> String {
    format!("tokens = [{{ token = \"{secret}\", role = \"driver\", name = \"tablet\" }}]\n")
}

/// Somebody who has heard the daemon's hello.
struct Caller<S> {
    lines: BufReader<S>,
    hello: Value,
}

impl<S: std::io::Read + Write> Caller<S> {
    fn new(stream: S) -> Self {
        let mut caller = Self { lines: BufReader::new(stream), hello: Value::Null };
        caller.hello = serde_json::from_str(&caller.hear()).expect("JSON");
        caller
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("readable in time");
        line
    }

    fn ask(&mut self, line: &str) -> String {
        writeln!(self.lines.get_mut(), "{line}").expect("connected");
        self.hear()
    }
}

fn by_tcp(daemon: &Process) -> Caller<TcpStream> {
    let stream = TcpStream::connect(daemon.address("tcp")).expect("listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    Caller::new(stream)
}

fn by_unix(daemon: &Process) -> Caller<UnixStream> {
    let stream = UnixStream::connect(daemon.socket()).expect("listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    Caller::new(stream)
}

#[test]
fn the_daemons_own_user_may_do_everything_over_a_unix_socket_and_tcp_needs_a_token() {
    let daemon = Process::start_with(&format!("[auth]\n{}", tokens(TOKEN)));
    let mut own = by_unix(&daemon);
    assert_eq!(own.hello["params"]["role"], json!("admin"));
    assert!(own.ask("up").starts_with("ok"));
    assert!(own.ask("release").starts_with("ok"));

    let mut tablet = by_tcp(&daemon);
    assert_eq!(tablet.hello["params"]["role"], Value::Null);
    assert!(tablet.ask("up").contains("auth TOKEN"));
    assert!(tablet.ask("auth tablet-s3cret.of~one").contains("not known"));
    assert!(tablet.ask(&format!("auth {TOKEN}")).starts_with("ok"));
    assert!(tablet.ask("up").starts_with("ok"));
}

#[test]
fn a_row_of_users_says_what_the_kernels_word_for_a_peer_is_worth() {
    let uid = getuid().as_raw();
    let daemon = Process::start_with(&format!("[auth]\nusers = [{{ uid = {uid}, role = \"observer\" }}]"));
    let mut own = by_unix(&daemon);
    assert_eq!(own.hello["params"]["role"], json!("observer"));
    assert!(own.ask("up").contains("yours is observer"));
    assert!(own.ask("stop").starts_with("ok"));
    assert_eq!(by_tcp(&daemon).hello["params"]["role"], Value::Null, "no way around");
}

#[test]
fn hangup_reads_tokens_again_and_a_wrong_file_changes_nothing() {
    let mut daemon = Process::start_with(&format!("[auth]\n{}", tokens(TOKEN)));
    let file = daemon.folder().join("car.toml");
    let mut tablet = by_tcp(&daemon);
    tablet.ask(&format!("auth {TOKEN}"));

    std::fs::write(&file, format!("[auth]\n{}", tokens("short"))).expect("ours");
    daemon.signal(Signal::HUP);
    daemon.wait_for_log("nothing is changed");
    assert!(tablet.ask("up").starts_with("ok"));

    std::fs::write(&file, format!("[auth]\n{}", tokens(NEXT))).expect("ours");
    daemon.signal(Signal::HUP);
    daemon.wait_for_log("read again");
    assert!(tablet.hear().contains("show another token"));
    assert_eq!(tablet.hear(), "", "the end");
    daemon.wheels("both stand", |left, right| left == 0.0 && right == 0.0);
    assert!(by_tcp(&daemon).ask(&format!("auth {NEXT}")).starts_with("ok"));
}

#[test]
fn no_token_is_ever_logged_right_or_wrong() {
    let mut command = car_daemon();
    command.env("RUST_LOG", "trace");
    let daemon = Process::launch(command, "127.0.0.1", &format!("[auth]\n{}", tokens(TOKEN)), &[]);
    let mut tablet = by_tcp(&daemon);
    tablet.ask("auth Wrong-s3cret-1");
    tablet.ask("auht Wrong-s3cret-2");
    tablet.ask(r#"{"jsonrpc":"2.0","id":1,"method":"hello","params":{"token":"Wrong-s3cret-3"}}"#);
    tablet.ask(r#"{"jsonrpc":"2.0","id":1,"method":"auth","params":{"tokn":"Wrong-s3cret-4"}}"#);
    tablet.ask(&format!("auth {}s3cret", "long".repeat(100)));
    assert!(tablet.ask(&format!("auth {TOKEN}")).starts_with("ok"));
    tablet.ask(r#"{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["events"]}}"#);
    assert!(tablet.ask("up").contains("ok"));
    assert!(!by_unix(&daemon).ask("who").contains("s3cret"));
    daemon.signal(Signal::TERM);
    let (status, log) = daemon.wait();
    assert!(status.success(), "{log}");
    assert!(
        log.contains("a wrong token") && log.contains("count=1") && log.contains("token=\"tablet\""),
        "{log}"
    );
    let listener = log.lines().find(|line| line.contains("a wrong token")).unwrap_or_default();
    assert!(
        listener.contains("listener=tcp://127.0.0.1:") && listener.contains("peer=127.0.0.1:"),
        "{listener}"
    );
    assert!(!log.contains("s3cret"), "{log}");
}

#[test]
fn tokens_that_travel_in_clear_are_warned_of() {
    let more = ["tcp://0.0.0.0:0".to_owned()];
    let mut daemon = Process::start_listening(&format!("[auth]\n{}", tokens(TOKEN)), &more);
    daemon.wait_for_log("tokens are sent in clear there");
}

#[test]
fn beyond_this_machine_without_tokens_it_refuses_to_start_and_says_both_ways_out() {
    let output = car_daemon().args(["--listen", "tcp://0.0.0.0:0"]).output().expect("runs");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("configure [auth]") && complaint.contains("insecure = true"), "{complaint}");
}
