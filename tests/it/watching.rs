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

    /// What it alone is told.
    fn eye(&mut self) -> String {
        self.call("hello", json!({}))["result"]["eye"].as_str().expect("a word").to_owned()
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
    let mut stream = Stream::open(&daemon, &format!("/stream?eye={}", driver.eye()));
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
    let mut stream = Stream::open(&daemon, &format!("/?action=stream&eye={}", driver.eye()));
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
    let gone = Driver::connect(&daemon).eye();
    eventually("it is gone", || web::get(&daemon, &format!("/stream?eye={gone}")).status == 409);
    for eye in ["1", "1-00112233445566778899aabbccddeeff", ""] {
        let answer = web::get(&daemon, &format!("/stream?eye={eye}"));
        assert!(
            answer.status == 409 && answer.body.contains("no eye of a session that is here"),
            "{answer:?}"
        );
    }
    // Where nobody is stopped for it, the page may say so all the same.
    assert_eq!(web::get(&Process::with_page(""), "/stream?eye=4711").status, 200);
}

#[test]
fn nobody_else_can_watch_for_a_driver_and_its_newest_stream_is_its_only_eye() {
    let daemon = Process::with_page(CONFIG);
    let (mut driver, mut other) = (Driver::connect(&daemon), Driver::connect(&daemon));
    let (session, own, eye) = (driver.session(), driver.eye(), other.eye());
    assert_eq!(driver.up(), None);
    // An image of a page somewhere knows the number, and another session the word of its own.
    for query in [format!("session={session}"), format!("eye={eye}"), format!("session={session}&eye={eye}")]
    {
        let mut stream = Stream::open(&daemon, &format!("/stream?{query}"));
        stream.next();
        stream.next();
    }
    eventually("the other sees nothing", || {
        other.call("drive", json!({ "throttle": 0.1, "steer": 0 }))["error"]["code"] == -32006
    });
    assert_eq!(daemon.state()["mode"], "driving", "and the driver is none the wiser");
    // Of two streams of its own the older one keeps nothing alive.
    let mut older = Stream::open(&daemon, &format!("/stream?eye={own}"));
    older.next();
    let mut newer = Stream::open(&daemon, &format!("/stream?eye={own}"));
    newer.next();
    newer.next();
    drop(newer);
    eventually("it is stopped", || {
        older.next();
        daemon.state()["mode"] == "idle"
    });
    stands_for(&daemon, &format!("session {session} "));
    // It says itself that it no longer watches.
    assert_eq!(web::ask(&daemon, "DELETE", "/stream?eye=1-0", &[], "").status, 409);
    assert_eq!(web::ask(&daemon, "DELETE", &format!("/stream?eye={own}"), &[], "").status, 204);
    assert!(driver.call("stop", json!({}))["error"].is_null(), "it lets go");
    eventually("it may drive by something else", || driver.up().is_none());
}

#[test]
fn a_camera_that_is_dead_from_the_start_and_a_file_that_stands_are_nothing_to_drive_by() {
    let picture = tempfile::Builder::new().suffix(".jpg").tempfile().expect("a file");
    let live = Process::with_page(CONFIG);
    std::fs::write(picture.path(), Stream::open(&live, "/stream").next().jpeg).expect("ours");
    for source in ["off", picture.path().to_str().expect("text")] {
        let daemon = Process::with_page(&format!("{CONFIG}source = \"{source}\"\n"));
        let mut driver = Driver::connect(&daemon);
        let mut stream = Stream::open(&daemon, &format!("/stream?eye={}", driver.eye()));
        assert_eq!(driver.up(), None, "there is a moment for the first picture");
        eventually("it is stopped", || {
            stream.next();
            daemon.state()["mode"] == "idle"
        });
        stands_for(&daemon, "session 1 ");
    }
}

#[test]
fn no_viewers_take_a_drivers_eye_and_who_finds_no_place_for_it_sees_nothing() {
    let daemon = Process::with_page(&format!("limits.http_per_address = 8\n{CONFIG}"));
    let mut driver = Driver::connect(&daemon);
    let path = format!("/stream?eye={}", driver.eye());
    let _viewers: Vec<_> = (0..4).map(|_| Stream::open(&daemon, "/stream")).collect();
    assert_eq!(web::get(&daemon, "/stream").status, 503, "all places of viewers are taken");
    // A page closes its stream and opens it again whenever its tab is left.
    drop(Stream::open(&daemon, &path));
    let mut eye = Stream::open(&daemon, &path);
    eye.picture();
    eye.picture();
    assert_eq!(driver.up(), None);
    // The newest counts, even if nothing comes by it.
    let mut more = Vec::new();
    eventually("it has as many as it may", || {
        more.push(Stream::open(&daemon, &path));
        more.last().is_some_and(|stream| stream.head.contains(" 503 "))
    });
    eventually("it is stopped", || {
        eye.next();
        daemon.state()["mode"] == "idle"
    });
    stands_for(&daemon, "session 1 ");
}
