//! Whatever a peer sends: it gets a clear error or is closed, the car's other driver notices
//! nothing, and memory returns to where it was.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Garage, Process, eventually};

/// Memory may grow by this much for reasons that have nothing to do with a peer: the allocator's
/// arenas, threads' stacks.
const SLACK: u64 = 8 << 20;

/// Somebody who drives by `up` over a Unix socket while others misbehave.
struct Bystander {
    stream: std::os::unix::net::UnixStream,
    before: Value,
}

impl Bystander {
    fn drives(daemon: &Process) -> Self {
        let mut stream = std::os::unix::net::UnixStream::connect(daemon.socket()).expect("listens");
        stream.write_all(b"up\n").expect("connected");
        daemon.wheels("both turn forward", |left, right| left == 0.6 && right == 0.6);
        Self { stream, before: daemon.state() }
    }

    /// Still the same motion, uninterrupted.
    fn noticed_nothing(mut self, daemon: &Process) {
        let now = daemon.state();
        for key in ["mode", "throttle", "driver", "stop_reason"] {
            assert_eq!(now[key], self.before[key], "{key}");
        }
        self.stream.write_all(b"ping\n").expect("still connected");
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    stream
}

/// Everything until the daemon closes.
fn read_to_end(mut stream: &TcpStream) -> String {
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard) {
        Ok(_) => {}
        // Closed while bytes of ours were still unread.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("not closed: {error}"),
    }
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_sense_is_answered_by_what_would() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    let mut clumsy = garage.visit().await;
    for (said, right) in [
        ("upp", "`up`"),
        ("drive", "drive"),
        ("drive 2 0", "-1 to 1"),
        ("drive NaN 0", "-1 to 1"),
        ("drive inf 0", "-1 to 1"),
        ("drive 0,5 0", "drive"),
        ("look 1", "look"),
        ("{\"jsonrpc\":", "-32700"),
        ("[]", "-32600"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"fly\"}", "-32601"),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"drive\",\"params\":{\"throttle\":1.5,\"steer\":0}}",
            "-1 to 1",
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"drive\",\"params\":{\"throttle\":1e999,\"steer\":0}}",
            "-32700",
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"drive\",\"params\":{\"throtle\":1,\"steer\":0}}",
            "`throttle`",
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"drive\",\"params\":{\"throttle\":1,\"steer\":0,\"ttl_ms\":99999}}",
            "2000",
        ),
    ] {
        let answer = clumsy.ask(said).await;
        assert!(answer.contains("error") && answer.contains(right), "{said} → {answer}");
    }
    let state = anna.state().await;
    assert_eq!((&state["mode"], &state["driver"]), (&json!("driving"), &json!(1)));
}

#[test]
fn a_hundred_mebibytes_without_a_newline_end_at_the_limit() {
    let daemon = Process::start();
    let bystander = Bystander::drives(&daemon);
    let before = daemon.memory();
    let mut flood = connect(daemon.address("tcp"));
    let chunk = vec![b'a'; 1 << 20];
    let sent = (0..100).take_while(|_| flood.write_all(&chunk).is_ok()).count();
    assert!(sent < 100, "it was closed long before");
    let heard = read_to_end(&flood);
    // The error may be lost to the reset that unread bytes cause; where it arrived it is clear.
    assert!(!heard.contains("\"error\"") || heard.contains("longer than 65536 bytes"), "{heard}");
    assert!(daemon.memory() < before + SLACK);
    bystander.noticed_nothing(&daemon);
}

#[test]
fn a_line_just_beyond_the_limit_is_answered_and_closed() {
    let daemon = Process::start();
    let mut long = connect(daemon.address("tcp"));
    long.write_all(&vec![b'a'; 65_537]).expect("connected");
    let heard = read_to_end(&long);
    assert!(heard.contains("longer than 65536 bytes"), "{heard}");
}

#[test]
fn a_length_header_of_4_gib_is_not_believed() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let socket = folder.path().join("length.sock");
    let daemon = Process::start_listening("", &[format!("unix://{}?framing=length", socket.display())]);
    let before = daemon.memory();
    for _ in 0..50 {
        let mut liar = std::os::unix::net::UnixStream::connect(&socket).expect("listens");
        liar.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        liar.write_all(b"\xff\xff\xff\xff").expect("connected");
        let mut heard = Vec::new();
        liar.read_to_end(&mut heard).expect("closed");
        let heard = String::from_utf8_lossy(&heard);
        assert!(heard.contains("longer than 65536 bytes"), "{heard}");
    }
    assert!(daemon.memory() < before + SLACK);
}

#[test]
fn invalid_utf8_is_answered_and_the_next_line_still_drives() {
    let daemon = Process::start();
    let mut stream = connect(daemon.address("tcp"));
    stream.write_all(b"u\xff\xfep\nup\n").expect("connected");
    let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
    lines.next().expect("a hello").expect("readable");
    let answer = lines.next().expect("an answer").expect("readable");
    assert!(answer.contains("error") && answer.contains("UTF-8"), "{answer}");
    assert!(lines.next().expect("an answer").expect("readable").starts_with("ok"));
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
}

#[test]
fn a_web_page_cannot_drive_through_a_plain_socket() {
    let daemon = Process::start();
    let mut browser = connect(daemon.address("tcp"));
    browser
        .write_all(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8\r\n\r\n\ncam_up\n")
        .expect("connected");
    let heard = read_to_end(&browser);
    assert!(heard.contains("this is HTTP"), "{heard}");
    assert_eq!(daemon.state()["gimbal"]["tilt"], json!(0.0));
}

#[test]
fn half_a_websocket_handshake_held_open_is_closed_and_delays_nobody() {
    let daemon = Process::start_with("[limits]\nhandshake_ms = 300");
    let bystander = Bystander::drives(&daemon);
    let halves: Vec<TcpStream> = (0..15)
        .map(|_| {
            let mut half = connect(daemon.address("ws"));
            half.write_all(b"GET / HTTP/1.1\r\nHost: car\r\nUpgrade: webso").expect("connected");
            half
        })
        .collect();
    let (mut page, _) = tokio_tungstenite::tungstenite::connect(daemon.url("ws")).expect("is not delayed");
    page.send(tokio_tungstenite::tungstenite::Message::text("ping")).expect("connected");
    for half in &halves {
        read_to_end(half);
    }
    bystander.noticed_nothing(&daemon);
}

#[test]
fn a_log_that_nobody_reads_keeps_no_car_driving() {
    let daemon = Process::start_with("[limits]\nlog_lines_per_s = 100000");
    // Each says two lines, and a pipe holds 64 KiB.
    for _ in 0..1_000 {
        drop(connect(daemon.address("tcp")));
    }
    let mut driver = std::os::unix::net::UnixStream::connect(daemon.socket()).expect("listens");
    driver.write_all(b"drive 1 0\n").expect("connected");
    daemon.wheels("both turn", |left, right| left > 0.5 && right > 0.5);
    daemon.wheels("both stand again", |left, right| left == 0.0 && right == 0.0);
}

#[test]
fn deaf_clients_cost_no_more_than_their_bound() {
    let daemon = Process::start();
    let before = daemon.memory();
    let bystander = Bystander::drives(&daemon);
    let ping = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[\"{}\"]}}\n",
        "x".repeat(60_000)
    );
    let deaf: Vec<std::os::unix::net::UnixStream> = (0..16)
        .map(|_| {
            let mut stream = std::os::unix::net::UnixStream::connect(daemon.socket()).expect("listens");
            stream.set_write_timeout(Some(Duration::from_secs(20))).expect("a socket");
            for _ in 0..40 {
                stream.write_all(ping.as_bytes()).expect("is read, though it does not read");
            }
            stream
        })
        .collect();
    // 256 KiB each by configuration, and what the system's allocator keeps on top.
    let bound = 16 * (256 << 10) + SLACK;
    assert!(daemon.memory() < before + bound, "{} MiB more", (daemon.memory() - before) >> 20);
    drop(deaf);
    bystander.noticed_nothing(&daemon);
}

#[test]
fn ten_thousand_connects_and_disconnects_leave_nothing_behind() {
    let daemon = Process::start();
    let bystander = Bystander::drives(&daemon);
    let address = daemon.address("tcp");
    for _ in 0..500 {
        drop(connect(address));
    }
    let before = daemon.memory();
    for _ in 0..10_000 {
        drop(connect(address));
    }
    let mut after = 0;
    eventually("memory is where it was", || {
        after = daemon.memory();
        after < before + SLACK
    });
    bystander.noticed_nothing(&daemon);
}

#[test]
fn a_udp_flood_from_a_thousand_addresses_leaves_the_driver_alone() {
    let daemon = Process::start();
    let bystander = Bystander::drives(&daemon);
    let radio = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    radio.set_read_timeout(Some(Duration::from_millis(100))).expect("a socket");
    // The kernel may drop a datagram when many come at once, so a radio says things more than once.
    let is_heard = || {
        let mut answer = [0; 200];
        radio.send_to(b"ping", daemon.address("udp")).expect("sent");
        radio.recv_from(&mut answer).is_ok()
    };
    assert!((0..50).any(|_| is_heard()));

    let before = daemon.memory();
    for n in 0..1_000_u32 {
        let [_, _, high, low] = (n + 1).to_be_bytes();
        let spoofed =
            UdpSocket::bind((std::net::Ipv4Addr::new(127, 77, high, low), 0)).expect("loopback is wide");
        for garbage in [&b"\xff\xff\xff"[..], b"stopp", b"{\"jsonrpc\":", &[0; 1_400]] {
            spoofed.send_to(garbage, daemon.address("udp")).expect("sent");
        }
        if n % 50 == 0 {
            assert!((0..50).any(|_| is_heard()), "a radio that keeps talking is heard, whatever others send");
        }
    }
    assert!(daemon.memory() < before + SLACK);
    bystander.noticed_nothing(&daemon);
}

#[test]
fn more_connections_than_allowed_are_turned_away_and_places_come_back() {
    let daemon = Process::start_with("[limits]\nper_address = 4\nconnections = 4");
    let address = daemon.address("tcp");
    let hears_hello = |stream: &TcpStream| {
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).is_ok() && line.contains("hello")
    };
    let mut guests: Vec<TcpStream> = (0..4).map(|_| connect(address)).collect();
    assert!(guests.iter().all(hears_hello));
    let heard = read_to_end(&connect(address));
    assert!(
        heard.contains("-32006") && heard.contains("all 4 connections of this listener are in use"),
        "{heard}"
    );
    guests.pop();
    eventually("the place is free again", || hears_hello(&connect(address)));
}
