//! Drivers who watch by the camera, on a daemon that stops them when they see nothing any more.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::stream::Stream;
use crate::support::{Process, eventually, web};

/// Stops them soon; small pictures, so that a slow machine draws them in time.
const CONFIG: &str = "[camera]\nstop_stalled_ms = 1500\nwidth = 160\nheight = 120\n";

/// A driver, by lines of JSON.
struct Driver {
    socket: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Driver {
    fn connect(daemon: &Process) -> Self {
        let socket = TcpStream::connect(daemon.address("tcp")).expect("listens");
        let mut lines = BufReader::new(socket.try_clone().expect("a socket"));
        lines.read_line(&mut String::new()).expect("a hello");
        Self { socket, lines }
    }

    /// The whole answer.
    fn call(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        writeln!(self.socket, "{request}").expect("connected");
        let mut answer = String::new();
        self.lines.read_line(&mut answer).expect("an answer");
        serde_json::from_str(&answer).expect("JSON")
    }

    fn session(&mut self) -> u64 {
        self.call("hello", json!({}))["result"]["session"].as_u64().expect("a number")
    }

    /// Drives until the link ends; `None`, or why not.
    fn up(&mut self) -> Option<String> {
        writeln!(self.socket, "up").expect("connected");
        let mut answer = String::new();
        self.lines.read_line(&mut answer).expect("an answer");
        answer.strip_prefix("error: ").map(str::to_owned)
    }
}

fn stands_for(daemon: &Process, words: &str) {
    eventually("the car is stopped", || daemon.state()["mode"] == "idle");
    let reason = daemon.state()["stop_reason"].as_str().unwrap_or_default().to_owned();
    assert!(
        reason.contains("drove and saw nothing: no new picture reached it for") && reason.contains(words)
    );
}

#[test]
fn a_camera_that_freezes_stops_who_drives_by_it_until_it_lives_again() {
    let daemon = Process::with_page(CONFIG);
    let mut driver = Driver::connect(&daemon);
    let mut stream = Stream::open(&daemon, &format!("/stream?session={}", driver.session()));
    stream.next();
    stream.next();
    assert_eq!(driver.up(), None);
    assert!(driver.call("sim.fault", json!({ "fault": "camera-frozen" }))["error"].is_null());
    // The same picture again and again is none.
    while daemon.state()["mode"] == "driving" {
        stream.next();
    }
    stands_for(&daemon, "session 1 ");
    let refused = driver.up().expect("it sees nothing");
    assert!(refused.contains("you see nothing: no new picture"), "{refused}");
    assert!(driver.call("sim.mend", json!({}))["error"].is_null());
    assert!(driver.call("stop", json!({}))["error"].is_null(), "it lets go");
    eventually("it sees again, and may drive", || {
        stream.next();
        driver.up().is_none()
    });
}

#[test]
fn a_stream_that_is_closed_stops_who_drove_by_it_and_nobody_who_never_watched() {
    let daemon = Process::with_page(CONFIG);
    let mut blind = Driver::connect(&daemon);
    let mut driver = Driver::connect(&daemon);
    let session = driver.session();
    let mut stream = Stream::open(&daemon, &format!("/?action=stream&session={session}"));
    stream.next();
    stream.next();
    assert_eq!(driver.up(), None);
    drop(stream);
    stands_for(&daemon, &format!("session {session} "));
    assert!(driver.call("release", json!({}))["error"].is_null());
    assert_eq!(blind.up(), None, "it drives by something else");
}

#[test]
fn who_wants_to_be_looked_after_and_cannot_be_is_told_why() {
    let daemon = Process::with_page(CONFIG);
    for (session, words) in [("4711", "there is no session 4711"), ("mine", "`mine` is no session")] {
        let answer = web::get(&daemon, &format!("/stream?session={session}"));
        assert!(answer.status == 409 && answer.body.contains(words), "{answer:?}");
    }
    // Where nobody is stopped for it, the page may say so all the same.
    assert_eq!(web::get(&Process::with_page(""), "/stream?session=4711").status, 200);
}
