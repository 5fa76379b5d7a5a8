//! How HTTP is spoken and ended: over TLS, in the WebSocket of the page, when the daemon goes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
use rustix::process::Signal;

use crate::support::web::{ask, connect, host};
use crate::support::{Process, language};

/// The pages that the table names, in its order.
fn pages(daemon: &Process) -> Vec<&str> {
    daemon.table.lines().filter_map(|line| line.split_once("the page: ")).map(|(_, url)| url).collect()
}

/// What a handshake for `/ws` with these headers brings, up to the end of the daemon's first words.
fn open(daemon: &Process, query: &str, headers: &str) -> (TcpStream, String) {
    opened(daemon, query, headers, "\"method\":\"hello\"")
}

/// The same, up to these words.
fn opened(daemon: &Process, query: &str, headers: &str, words: &str) -> (TcpStream, String) {
    let mut stream = connect(daemon);
    let host = host(daemon);
    let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    write!(stream, "GET /ws{query} HTTP/1.1\r\nHost: {host}\r\n{handshake}{headers}\r\n").expect("connected");
    let mut heard = String::new();
    let mut piece = [0; 4096];
    while !heard.contains(words) {
        let count = stream.read(&mut piece).expect("an answer");
        assert!(count > 0, "it does not say {words}: {heard}");
        heard += &String::from_utf8_lossy(&piece[..count]);
    }
    (stream, heard)
}

const TOKENS: &str =
    "[auth]\ntokens = [{ token = \"driver-driver\", role = \"driver\", name = \"tablet\" }]\n";

#[test]
fn the_page_is_the_first_thing_that_a_person_reads_and_over_tls_its_fingerprint_too() {
    let Some(mut curl) = language("curl", "--version") else { return };
    let config = format!("[http]\nhttps = \"127.0.0.1:0\"\n{TOKENS}");
    let daemon = Process::with_page(&config);
    let [plain, secure] = pages(&daemon)[..] else { panic!("two pages: {}", daemon.table) };
    assert!(plain.starts_with("http://") && secure.starts_with("https://"), "{}", daemon.table);
    let (page, listens) = (daemon.table.find("the page: "), daemon.table.find("listens on"));
    assert!(page < listens && daemon.pin().starts_with("sha256:"), "{}", daemon.table);

    let answered = |command: &mut std::process::Command| {
        let output = command.output().expect("runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    // The certificate is the daemon's own, which curl cannot know.
    let login = format!("{secure}login");
    let said = answered(curl.args(["-skid", "{\"token\": \"driver-driver\"}", &login]));
    assert!(said.contains("HTTP/1.1 200") && said.contains("; SameSite=Strict; Secure"), "{said}");
    let mut curl = language("curl", "--version").expect("it was there");
    let in_clear = secure.replace("https://", "http://");
    let said = answered(curl.args(["-si", &in_clear]));
    assert!(said.contains("HTTP/1.1 400") && said.contains("this port speaks TLS"), "{said}");
}

#[test]
fn a_page_that_listens_everywhere_is_named_by_every_address_of_the_machine() {
    let mut command = crate::support::serving_car_daemon();
    command.args(["--http", "0.0.0.0:0"]);
    let daemon = Process::launch(command, "127.0.0.1", "auth.insecure = true\n", &[]);
    let port = pages(&daemon)[0].trim_end_matches('/').rsplit(':').next().expect("a port").to_owned();
    let urls = daemon.table.lines().filter_map(|line| line.trim_start().split_once(": http://"));
    for (_, url) in urls.filter(|(what, url)| ["the page", "also"].contains(what) && !url.starts_with("0.")) {
        let address = url.trim_end_matches('/');
        assert!(address.ends_with(&format!(":{port}")), "{}", daemon.table);
        TcpStream::connect(address).expect("it listens there");
    }
}

#[test]
fn the_pages_websocket_has_the_roles_of_any_listener_and_a_cookie_counts_for_the_page_alone() {
    let daemon = Process::with_page(TOKENS);
    let own = format!("Origin: http://{}\r\n", host(&daemon));
    let login = ask(&daemon, "POST", "/login", &[], "{\"token\": \"driver-driver\"}");
    let cookie = login.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a pair");
    let cookie = &*format!("Cookie: {cookie}\r\n");
    for (query, headers, role) in [
        ("", own.clone(), "null"),
        ("", format!("{own}{cookie}"), "\"driver\""),
        // A page of another port of this machine may come, and not as somebody else.
        ("", format!("Origin: http://127.0.0.1:1\r\n{cookie}"), "null"),
        ("", cookie.to_owned(), "null"),
        ("", "Authorization: Bearer driver-driver\r\n".to_owned(), "\"driver\""),
        ("?token=driver-driver", String::new(), "\"driver\""),
        ("", "Sec-WebSocket-Protocol: car-daemon, token.driver-driver\r\n".to_owned(), "\"driver\""),
    ] {
        let (_stream, heard) = open(&daemon, query, &headers);
        assert!(heard.contains(&format!("\"role\":{role}")), "{query} {headers}: {heard}");
    }
}

#[test]
fn who_opens_the_websockets_port_in_a_browser_is_told_where_the_page_is() {
    // A port that is known beforehand, as it is in a configuration, and that nobody else is given meanwhile: who shares an
    // address may listen there while the other does not (`SO_REUSEADDR`, socket(7)).
    let held = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    set_socket_reuseaddr(&held, true).expect("a socket");
    bind(&held, &SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let free = SocketAddr::try_from(getsockname(&held).expect("bound")).expect("of the internet");
    let mut command = crate::support::serving_car_daemon();
    command.args(["--http", &free.to_string()]);
    let daemon = Process::launch(command, "127.0.0.1", "", &[]);
    let mut stream = TcpStream::connect(daemon.address("ws")).expect("listens");
    write!(stream, "GET / HTTP/1.1\r\nHost: {}\r\n\r\n", daemon.address("ws")).expect("connected");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 426"), "{answer}");
    assert!(answer.contains(&format!("the page to drive by is http://{free}/")), "{answer}");
}

#[test]
fn at_the_end_of_the_daemon_streams_are_cut_and_sessions_hear_goodbye() {
    let daemon = Process::with_page("");
    let mut viewer = connect(&daemon);
    write!(viewer, "GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", host(&daemon)).expect("connected");
    let mut piece = vec![0; 1 << 16];
    assert!(viewer.read(&mut piece).expect("pictures") > 0);
    let (mut page, _) = open(&daemon, "", "");
    let _idle = connect(&daemon);
    let began = Instant::now();
    daemon.signal(Signal::TERM);
    while viewer.read(&mut piece).is_ok_and(|count| count > 0) {}
    let mut rest = Vec::new();
    page.read_to_end(&mut rest).expect("an end");
    let close = rest.iter().position(|byte| *byte == 0x88).expect("a close frame (RFC 6455, 5.5.1)");
    assert_eq!(rest[close + 2..close + 4], 1000_u16.to_be_bytes(), "as by any listener");
    let (status, log) = daemon.wait();
    assert!(status.success(), "{log}");
    // 2 s are promised; the rest is for a machine that has other things to do.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn who_has_said_all_that_it_wanted_to_say_gets_its_answer_and_is_no_viewer_for_ever() {
    let daemon = Process::with_page("");
    let heard = |request: &str| {
        let mut stream = connect(&daemon);
        write!(stream, "{request} HTTP/1.0\r\n\r\n").expect("connected");
        stream.shutdown(std::net::Shutdown::Write).expect("connected");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("it ends");
        String::from_utf8_lossy(&all).into_owned()
    };
    for path in ["/snapshot", "/healthz", "/state"] {
        let answer = heard(&format!("GET {path}"));
        assert!(answer.starts_with("HTTP/1.0 200"), "{path}: {answer}");
    }
    // Of what has no end nobody can wait for the rest who has left, and that is how it looks.
    heard("GET /stream");
}

#[test]
fn as_many_viewers_as_an_address_may_have_shut_nobody_out_who_drives() {
    let daemon = Process::with_page("limits.http_per_address = 6\n");
    let stream = || {
        let mut viewer = connect(&daemon);
        write!(viewer, "GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", host(&daemon)).expect("connected");
        let mut head = [0; 12];
        viewer.read_exact(&mut head).expect("an answer");
        (String::from_utf8_lossy(&head).into_owned(), viewer)
    };
    let mut viewers: Vec<_> = (0..3).map(|_| stream()).collect();
    assert!(viewers.iter().all(|(head, _)| head == "HTTP/1.0 200"), "{viewers:?}");
    for path in ["/stream", "/snapshot"] {
        let refused = ask(&daemon, "GET", path, &[], "");
        let said = (refused.status, &*refused.body);
        assert_eq!(said, (503, "this address has its 3 viewers already\n"), "{path}");
    }
    let (_page, heard) = open(&daemon, "", "");
    assert!(heard.contains("\"role\":\"admin\""), "{heard}");
    assert_eq!(ask(&daemon, "GET", "/healthz", &[], "").status, 200);
    // Whoever leaves makes room, as soon as that is known.
    viewers.pop();
    let began = Instant::now();
    while stream().0 != "HTTP/1.0 200" {
        assert!(began.elapsed() < Duration::from_secs(20), "its place is nobody's");
    }
}

#[test]
fn as_many_sessions_by_a_page_as_there_may_be_leave_places_at_other_listeners() {
    let daemon = Process::with_page("limits.http_connections = 8\nlimits.sessions = 4\n");
    let _pages = [open(&daemon, "", ""), open(&daemon, "", "")];
    for _ in 0..3 {
        let (_refused, heard) = opened(&daemon, "", "", "are in use");
        assert!(
            heard.contains("-32006") && heard.contains("all 2 sessions by /ws of this listener"),
            "{heard}"
        );
    }
    // By another listener.
    daemon.call("estop");
    assert_eq!(daemon.state()["mode"], "estop");
    let daemon = Process::with_page("limits.http_per_address = 8\n");
    let pages = [open(&daemon, "", ""), open(&daemon, "", "")];
    let (_refused, heard) = opened(&daemon, "", "", "already");
    assert!(heard.contains("this address has its 2 sessions by /ws already"), "{heard}");
    drop(pages);
    let began = Instant::now();
    while !opened(&daemon, "", "", "\"jsonrpc\"").1.contains("\"method\":\"hello\"") {
        assert!(began.elapsed() < Duration::from_secs(20), "its place is nobody's");
    }
}

#[test]
fn who_shows_nothing_where_there_are_tokens_keeps_no_connection_for_ever() {
    let daemon = Process::with_page(TOKENS);
    let mut stranger = connect(&daemon);
    let (began, mut heard, mut piece) = (Instant::now(), String::new(), [0; 4096]);
    while !heard.contains("onnection: close") {
        // It never lets it rest.
        std::thread::sleep(Duration::from_millis(100));
        write!(stranger, "GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", host(&daemon)).expect("connected");
        let count = stranger.read(&mut piece).expect("an answer");
        heard += &String::from_utf8_lossy(&piece[..count]);
        assert!(began.elapsed() < Duration::from_secs(30), "it is still there");
    }
    // A page has been loaded by then.
    assert!(began.elapsed() >= Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(stranger.read(&mut piece).expect("an end"), 0);
}

#[test]
fn a_request_of_http_1_1_without_a_host_is_none() {
    let daemon = Process::with_page("");
    let mut stream = connect(&daemon);
    write!(stream, "GET /state HTTP/1.1\r\nConnection: close\r\n\r\n").expect("connected");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).expect("it ends");
    assert!(heard.starts_with("HTTP/1.1 400") && heard.contains("needs the header `Host`"), "{heard}");
}

#[test]
fn a_page_whose_port_is_taken_says_so_by_its_own_address_and_the_option_that_helps() {
    let theirs = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = theirs.local_addr().expect("bound");
    let tried = |arguments: &[&str]| {
        let output = crate::support::serving_car_daemon().args(arguments).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = tried(&["--http", &at.to_string(), "--listen", "tcp://127.0.0.1:0"]);
    let whole = format!("the page cannot be had at http://{at}/: ");
    assert!(code == Some(1) && said.contains(&whole) && !said.contains("ws://"), "{said}");
    assert!(said.contains("`[http]` or --http") && !said.contains("--listen"), "{said}");
    let (code, said) = tried(&["--http", "off", "--listen", &format!("tcp://{at}")]);
    assert!(code == Some(1) && said.contains("--listen, which replaces the whole list"), "{said}");
    // Two of its own are told before anything is opened.
    let (code, said) = tried(&["check", "--listen", "tcp://127.0.0.1:8080"]);
    assert!(
        code == Some(2) && said.contains("needs the address of the page, `http://127.0.0.1:8080/`"),
        "{said}"
    );
}
