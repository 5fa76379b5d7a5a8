//! Floods over real sockets: somebody sends as much as it can, and the car still obeys another at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Process, eventually};

/// Far less than the half second for which a command is good, on a machine that is busy with the flood
/// and with other tests; alone it is a fifth of this.
const AT_ONCE: Duration = Duration::from_millis(100);

/// And every one within this, for the same reason.
const PATIENCE: Duration = Duration::from_secs(5);

/// A frame of a WebSocket client (RFC 6455, 5.2), masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).ok().filter(|len| *len < 126).expect("a short frame");
    [&[first, 0x80 | len, 0, 0, 0, 0][..], payload].concat()
}

/// A TCP connection after the handshake of a WebSocket.
fn websocket(daemon: &Process) -> TcpStream {
    let (socket, _) = tokio_tungstenite::tungstenite::connect(daemon.url("ws")).expect("listens");
    let tokio_tungstenite::tungstenite::stream::MaybeTlsStream::Plain(stream) = socket.get_ref() else {
        panic!("no TLS here")
    };
    stream.try_clone().expect("a socket")
}

/// Sends `bytes` again and again until the daemon hangs up or the flood is ended; never reads.
fn flood(mut stream: TcpStream, bytes: Vec<u8>) -> (TcpStream, thread::JoinHandle<()>) {
    let handle = stream.try_clone().expect("a socket");
    let chunk = bytes.repeat((64 << 10) / bytes.len());
    (handle, thread::spawn(move || while stream.write_all(&chunk).is_ok() {}))
}

/// How long each of `count` commands takes to be answered.
fn latencies(driver: &UnixStream, count: usize) -> Vec<Duration> {
    driver.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let mut answers = BufReader::new(driver.try_clone().expect("a socket"));
    let mut writes = driver.try_clone().expect("a socket");
    let mut line = String::new();
    answers.read_line(&mut line).expect("a hello");
    let mut all: Vec<Duration> = (0..count)
        .map(|_| {
            let asked = Instant::now();
            writes.write_all(b"drive 0.5 0\n").expect("connected");
            line.clear();
            answers.read_line(&mut line).expect("an answer in time");
            assert!(line.starts_with("ok"), "{line}");
            asked.elapsed()
        })
        .collect();
    all.sort();
    all
}

fn obeys_another_during(name: &str, daemon: &Process, stream: TcpStream, bytes: Vec<u8>) {
    let before = daemon.memory();
    let (handle, flooding) = flood(stream, bytes);
    let driver = UnixStream::connect(daemon.socket()).expect("listens");
    let latencies = latencies(&driver, 101);
    assert!(latencies[25] < AT_ONCE, "{name}: {:?}, at worst {:?}", latencies[25], latencies[100]);
    daemon.wheels("both turn", |left, right| left > 0.0 && right > 0.0);
    (&driver).write_all(b"stop\n").expect("connected");
    daemon.wheels("both stand", |left, right| left == 0.0 && right == 0.0);
    assert!(daemon.memory() < before + (16 << 20), "{name}: {} KiB more", (daemon.memory() - before) >> 10);
    // Or the driver of the next flood would find the lease held.
    drop(driver);
    eventually("nobody drives", || daemon.state()["driver"].is_null());
    // It may have been closed by the daemon already.
    drop(handle.shutdown(Shutdown::Both));
    flooding.join().expect("ends");
}

#[test]
fn a_flood_of_pings_delays_nobody() {
    let daemon = Process::start();
    obeys_another_during("pings", &daemon, websocket(&daemon), frame(0x89, &[7; 125]));
}

#[test]
fn a_flood_of_continuations_ends_and_delays_nobody() {
    let daemon = Process::start();
    let mut stream = websocket(&daemon);
    stream.write_all(&frame(0x01, b"a")).expect("connected");
    obeys_another_during("continuations", &daemon, stream, frame(0x00, b""));
    // And as short messages of two fragments, which may go on.
    let message = [frame(0x01, b"pi"), frame(0x80, b"ng")].concat();
    obeys_another_during("fragments", &daemon, websocket(&daemon), message);
}

#[test]
fn a_flood_of_messages_delays_nobody() {
    let daemon = Process::start();
    obeys_another_during("messages over ws", &daemon, websocket(&daemon), frame(0x81, b"cam_up"));
    for line in ["cam_up\n", "nonsense\n", "\n"] {
        let stream = TcpStream::connect(daemon.address("tcp")).expect("listens");
        obeys_another_during("messages over tcp", &daemon, stream, line.as_bytes().to_vec());
    }
}

#[test]
fn a_flood_of_datagrams_from_one_sender_delays_nobody() {
    let daemon = Process::start();
    let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    sender.connect(daemon.address("udp")).expect("a socket");
    let flooding = thread::spawn({
        let sender = sender.try_clone().expect("a socket");
        move || (0..200_000).take_while(|_| sender.send(b"ping").is_ok()).count()
    });
    let driver = UnixStream::connect(daemon.socket()).expect("listens");
    let latencies = latencies(&driver, 101);
    assert!(latencies[25] < AT_ONCE, "{:?}, at worst {:?}", latencies[25], latencies[100]);
    assert!(flooding.join().expect("ends") > 0);
}

#[test]
fn a_thousand_subscribers_who_never_read_cost_no_more_than_their_bound() {
    let daemon = Process::start_with(
        "[limits]\nconnections = 1200\nsessions = 1200\nmemory = 4194304\nwrite_deadline_ms = 600000",
    );
    let driver = UnixStream::connect(daemon.socket()).expect("listens");
    let before = daemon.memory();
    let subscribe = b"{\"jsonrpc\":\"2.0\",\"method\":\"subscribe\",\"params\":{\"topics\":[\"state\",\"events\"],\"rate_hz\":5}}\n";
    let mut deaf: Vec<UnixStream> = (0..1_000)
        .map(|_| {
            let mut stream = UnixStream::connect(daemon.socket()).expect("listens");
            stream.write_all(subscribe).expect("connected");
            stream
        })
        .collect();
    let ping = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[\"{}\"]}}\n",
        "x".repeat(60_000)
    );
    for stream in deaf.iter_mut().take(40) {
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
        for _ in 0..12 {
            stream.write_all(ping.as_bytes()).expect("is read, though it does not read");
        }
    }
    let latencies = latencies(&driver, 101);
    assert!(latencies[25] < AT_ONCE, "{:?}, at worst {:?}", latencies[25], latencies[100]);
    let mut late = UnixStream::connect(daemon.socket()).expect("listens");
    late.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let mut heard = String::new();
    late.read_to_string(&mut heard).expect("told why, and closed");
    assert!(heard.contains("bytes of memory for clients are in use"), "{heard}");
    // By configuration: the budget, and 32 KiB for each session.
    let bound = (4 << 20) + 1_002 * (32 << 10);
    let cost = daemon.memory() - before;
    assert!(cost < bound, "{} KiB, and the bound is {}", cost >> 10, bound >> 10);
    drop(deaf);
}

#[test]
fn a_crowd_fills_no_log() {
    let daemon = Process::start_with("[limits]\nlog_lines_per_s = 5\nper_address = 3");
    let begun = Instant::now();
    for _ in 0..1_000 {
        drop(TcpStream::connect(daemon.address("tcp")).expect("listens"));
    }
    let guests: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect(daemon.address("tcp")).expect("listens")).collect();
    let mut told = BufReader::new(guests.last().expect("there are some")).lines();
    let refusal = told.next().expect("told why").expect("text");
    assert!(refusal.contains("this address has its 3 connections already"), "{refusal}");
    daemon.signal(Signal::TERM);
    let seconds = begun.elapsed().as_secs() as usize + 2;
    let (_, log) = daemon.wait();
    for kind in ["connected", "disconnected", "turned away"] {
        let lines = log.lines().filter(|line| line.contains(&format!(" {kind} ")) && line.contains("peer"));
        assert!(lines.clone().count() <= 5 * (seconds + 1), "{kind}: {log}");
        assert!(lines.count() > 0, "{kind}: {log}");
    }
    assert!(log.contains(" more like this: connected)"), "{log}");
}

#[test]
fn a_subscription_over_udp_pauses_with_its_client() {
    let daemon = Process::start_with("[limits]\nudp_quiet_ms = 300");
    let client = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    client.connect(daemon.address("udp")).expect("a socket");
    client.set_read_timeout(Some(Duration::from_secs(1))).expect("a socket");
    let subscribe = json!({
        "jsonrpc": "2.0", "method": "subscribe", "params": { "topics": ["state"], "rate_hz": 20 }
    });
    client.send(subscribe.to_string().as_bytes()).expect("sent");
    let mut samples = [0; 2];
    for count in &mut samples {
        while client.recv(&mut [0; 1_200]).is_ok() {
            *count += 1;
        }
        client.send(br#"{"jsonrpc":"2.0","method":"ping"}"#).expect("sent");
    }
    // Twenty a second for 0.3 s; the first wait ended because a whole second had none.
    assert!(samples.iter().all(|count| (1..=8).contains(count)), "{samples:?}");
}
