//! The words of old, over each kind of real socket.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::{self, Message};

use crate::support::{Process, eventually};

#[test]
fn a_word_over_tcp_needs_no_newline_and_its_end_stops_the_car() {
    let daemon = Process::start();
    let mut client = TcpStream::connect(daemon.address("tcp")).expect("listens");
    client.write_all(b"up").expect("connected");
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
    drop(client);
    daemon.wheels("both stand", |left, right| left == 0.0 && right == 0.0);
    assert!(daemon.state()["stop_reason"].as_str().is_some_and(|r| r.contains("drove and is gone")));
}

#[test]
fn a_word_over_a_unix_socket_turns_the_car_on_the_spot() {
    let daemon = Process::start();
    let mut client = UnixStream::connect(daemon.socket()).expect("listens");
    client.write_all(b"left\n").expect("connected");
    daemon.wheels("left back, right forward", |left, right| left < -0.5 && right > 0.5);
    client.write_all(b"right\n").expect("connected");
    daemon.wheels("left forward, right back", |left, right| left > 0.5 && right < -0.5);
}

#[test]
fn a_word_in_a_datagram_is_answered_and_ends_after_a_second() {
    let daemon = Process::start();
    let client = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    client.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    client.send_to(b"back", daemon.address("udp")).expect("sent");
    let mut answer = [0; 100];
    let (len, _) = client.recv_from(&mut answer).expect("an answer");
    assert!(answer[..len].starts_with(b"ok"));
    daemon.wheels("both turn back", |left, right| left < -0.5 && right < -0.5);
    daemon.wheels("both stand again", |left, right| left == 0.0 && right == 0.0);
    let reason = daemon.state()["stop_reason"].as_str().map(str::to_owned).unwrap_or_default();
    let silent =
        reason.split_once("sent nothing new for ").and_then(|(_, ms)| ms.strip_suffix(" ms")?.parse().ok());
    // On a busy machine the turn that ends it comes late.
    assert!(silent.is_some_and(|ms: u64| (1000..2000).contains(&ms)), "{reason}");
}

#[test]
fn a_word_over_websocket_drives_and_closing_the_page_stops() {
    let daemon = Process::start();
    let (mut page, _) = tungstenite::connect(daemon.url("ws")).expect("listens");
    page.send(Message::text("up")).expect("connected");
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
    page.close(None).expect("connected");
    while page.read().is_ok() {}
    daemon.wheels("both stand", |left, right| left == 0.0 && right == 0.0);
}

#[test]
fn a_page_that_answers_no_ping_is_dead_after_a_second() {
    let daemon = Process::start();
    let (mut page, _) = tungstenite::connect(daemon.url("ws")).expect("listens");
    page.send(Message::text("up")).expect("connected");
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
    // From here on nobody reads the page's socket, so nobody answers a ping.
    let silent = Instant::now();
    daemon.wheels("both stand", |left, right| left == 0.0 && right == 0.0);
    assert!(silent.elapsed() < Duration::from_millis(1_750), "{:?}", silent.elapsed());
    let reason = daemon.state()["stop_reason"].as_str().map(str::to_owned).unwrap_or_default();
    assert!(reason.contains("nothing heard"), "{reason}");
}

#[test]
fn the_daemon_speaks_first_in_one_line_of_ascii_that_fits_an_old_buffer() {
    let daemon = Process::start_with("name = \"Müllwagen 🚗\"");
    let client = TcpStream::connect(daemon.address("tcp")).expect("listens");
    let mut hello = String::new();
    BufReader::new(client).read_line(&mut hello).expect("a line");
    assert!(hello.is_ascii() && hello.len() < 1024, "{hello}");
    let hello: serde_json::Value = serde_json::from_str(&hello).expect("JSON");
    assert_eq!(hello["params"]["name"], "Müllwagen 🚗");
    assert_eq!(hello["params"]["server"], "car-daemon");
}

#[test]
fn the_socket_file_is_gone_when_the_daemon_is() {
    let daemon = Process::start();
    let socket = daemon.socket();
    assert!(socket.exists());
    daemon.signal(rustix::process::Signal::TERM);
    eventually("the socket file is removed", || !socket.exists());
    let (status, log) = daemon.wait();
    assert!(status.success(), "{log}");
}
