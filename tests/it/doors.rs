//! Who may come, asked of a whole daemon: pages and names, tokens that nobody reads, certificates.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use client::{Client, Options};
use protocol::{Power, Ttl};
use rustix::process::Signal;
use transport::{ClientTls, Fingerprint, Secret};

use crate::support::Process;

const TOKEN: &str = "correct-horse-battery-staple";

/// The answer to a WebSocket's request with these headers.
fn request(daemon: &Process, headers: &str) -> String {
    let mut stream = TcpStream::connect(daemon.address("ws")).expect("listens");
    let head = format!(
        "GET / HTTP/1.1\r\n{headers}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    let mut answer = vec![0; 4096];
    let len = stream.read(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer[..len]).into_owned()
}

#[test]
fn a_page_of_another_site_is_turned_away_and_the_log_says_the_line_that_would_let_it_in() {
    let mut daemon = Process::start();
    let answer = request(&daemon, "Host: 127.0.0.1:9900\r\nOrigin: http://evil.example");
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    assert!(answer.contains("a page of `http://evil.example` may not"), "{answer}");
    daemon.wait_for_log(r#"under [auth]: allow_origins = ["http://evil.example"]"#);
    let allowing = Process::start_with("[auth]\nallow_origins = [\"http://evil.example\"]");
    let answer = request(&allowing, "Host: 127.0.0.1:9900\r\nOrigin: http://evil.example");
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
}

#[test]
fn a_name_that_is_not_ours_is_turned_away_and_the_log_says_the_line_that_would_let_it_in() {
    let mut daemon = Process::start_with("name = \"rover\"");
    let answer = request(&daemon, "Host: evil.example:9900\r\nOrigin: http://evil.example:9900");
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    daemon.wait_for_log(r#"under [auth]: allow_hosts = ["evil.example"]"#);
    for host in ["localhost:9900", "rover:9900", "rover.local", "10.0.0.7:9900", "[::1]:9900"] {
        let answer = request(&daemon, &format!("Host: {host}\r\nOrigin: http://{host}"));
        assert!(answer.starts_with("HTTP/1.1 101 "), "{host}: {answer}");
    }
}

#[test]
fn a_token_is_in_no_answer_and_no_log() {
    let daemon = Process::start();
    for header in [
        format!("Authorization: Bearer {TOKEN}"),
        format!("Sec-WebSocket-Protocol: car-daemon, token.{TOKEN}"),
        format!("Authorization: Bearer {TOKEN}\r\nOrigin: http://evil.example"),
        format!("Authorization: Bearer {TOKEN}\r\nUpgrade: {TOKEN}"),
    ] {
        let answer = request(&daemon, &format!("Host: 127.0.0.1\r\n{header}"));
        assert!(!answer.contains(TOKEN), "{answer}");
    }
    daemon.signal(Signal::TERM);
    let (status, log) = daemon.wait();
    assert!(status.success() && log.contains("turned away") && !log.contains(TOKEN), "{log}");
}

/// What the daemon prints for people to pin.
fn printed_pin(daemon: &Process) -> Fingerprint {
    let line = daemon.table.lines().find(|line| line.contains("PIN, this car's certificate"));
    let pin = line.and_then(|line| line.split_whitespace().last()).expect("a pin is printed");
    pin.parse().expect("a fingerprint")
}

#[tokio::test]
async fn a_car_is_driven_over_tls_by_who_pins_the_certificate_that_it_prints() {
    let endpoints = ["tls://127.0.0.1:0", "wss://127.0.0.1:0"].map(str::to_owned);
    let auth = format!("[auth]\ntokens = [{{ token = \"{TOKEN}\", role = \"driver\", name = \"tablet\" }}]");
    let daemon = Process::start_listening(&auth, &endpoints);
    let pin = printed_pin(&daemon);
    for scheme in ["tls", "wss"] {
        let url = daemon.url(scheme).parse().expect("an endpoint");
        let trust = ClientTls { pin: Some(pin), ..ClientTls::default() };
        let options = Options { tls: trust, token: Secret::token(TOKEN).ok(), ..Options::default() };
        let car = Client::connect(&url, options).await.expect("speaks TLS");
        let power = Power::new("throttle", 0.5).expect("in range");
        let ttl = Ttl::from_ms(2000.0).expect("in range");
        car.drive(power, Power::default(), Some(ttl)).await.expect("drives");
        daemon.wheels("both turn forward", |left, right| left > 0.4 && right > 0.4);
        drop(car);
        daemon.wheels("both stand", |left, right| left == 0.0 && right == 0.0);
        let stranger = Client::connect(&url, Options::default()).await.expect_err("believes nobody");
        assert!(stranger.to_string().contains(&pin.to_string()), "{stranger}");
    }
}

#[test]
fn a_certificate_of_ones_own_is_shown_and_who_has_none_of_a_client_is_turned_away() {
    // The one that a first daemon makes is as good as any; so it is also its own root.
    let first = Process::start_listening("", &["tls://127.0.0.1:0".to_owned()]);
    let pem = fs::read_to_string(first.folder().join("state/tls.pem")).expect("made");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("car.pem");
    fs::write(&file, pem).expect("written");
    let path = file.display();
    let config = format!("[tls]\ncert = \"{path}\"\nkey = \"{path}\"\nclient_ca = \"{path}\"");
    let mut daemon = Process::start_listening(&config, &["tls://127.0.0.1:0".to_owned()]);
    assert_eq!(printed_pin(&daemon), printed_pin(&first));
    assert!(!daemon.folder().join("tls.pem").exists(), "none of the daemon's own is made");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let url = daemon.url("tls").parse().expect("an endpoint");
    let trust = ClientTls { pin: Some(printed_pin(&daemon)), ..ClientTls::default() };
    let options = Options { tls: trust, ..Options::default() };
    runtime.block_on(async {
        // In TLS 1.3 a client is done before its certificate is looked at.
        let car = Client::connect(&url, options).await.expect("a handshake");
        car.state().await.expect_err("turned away");
    });
    daemon.wait_for_log("showed no client certificate");
}
