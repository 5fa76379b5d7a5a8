//! Who may see what over HTTP: tokens, cookies, and the pages of others.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::Process;
use crate::support::stream::Stream;
use crate::support::web::{Answer, ask, connect, get, host};

const TOKENS: &str = r#"
[auth]
tokens = [
    { token = "driver-driver", role = "driver", name = "tablet" },
    { token = "wall-of-the-room", role = "observer", name = "wall" },
]
"#;

fn with(daemon: &Process, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(daemon, "GET", path, headers, "")
}

fn login(daemon: &Process, body: &str) -> Answer {
    ask(daemon, "POST", "/login", &[("Content-Type", "application/json")], body)
}

#[test]
fn where_there_are_tokens_what_is_the_cars_needs_one_and_the_page_needs_none() {
    let daemon = Process::with_page(TOKENS);
    for path in ["/", "/page/main.js", "/healthz"] {
        assert_eq!(get(&daemon, path).status, 200, "{path}");
    }
    for path in ["/state", "/world", "/stream", "/snapshot", "/?action=stream", "/?action=snapshot"] {
        let refused = get(&daemon, path);
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"car\""));
        assert!(refused.body.contains("show a token"), "{refused:?}");
        let shown = with(&daemon, path, &[("Authorization", "Bearer wall-of-the-room")]);
        assert_eq!(shown.status, 200, "{path}");
        let joint = if path.contains('?') { '&' } else { '?' };
        assert_eq!(get(&daemon, &format!("{path}{joint}token=wall-of-the-room")).status, 200, "{path}");
    }
}

#[test]
fn a_wrong_token_waits_and_after_ten_of_them_an_address_is_turned_away() {
    let daemon = Process::with_page(TOKENS);
    let began = std::time::Instant::now();
    let refused = get(&daemon, "/state?token=wrong-wrong");
    assert!(began.elapsed().as_millis() >= 250, "the first costs a quarter of a second");
    assert!(refused.status == 401 && refused.body.contains("not known"), "{refused:?}");
    // At the same time, as a guesser would: they wait beside each other.
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let guesses: Vec<_> =
            (0..12).map(|_| scope.spawn(|| get(&daemon, "/state?token=wrong-wrong").status)).collect();
        guesses.into_iter().map(|guess| guess.join().expect("answered")).collect()
    });
    assert!(statuses.contains(&429), "{statuses:?}");
    let (_, log) = stopped(daemon);
    assert!(log.contains("a wrong token") && !log.contains("wrong-wrong"), "{log}");
}

#[test]
fn what_any_page_can_have_a_browser_guess_delays_nobody_who_shows_a_token_as_no_page_can() {
    let daemon = Process::with_page(TOKENS);
    // As images of some page: they say nothing of it.
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| assert_eq!(get(&daemon, "/?action=snapshot&token=wrong-wrong").status, 401));
        }
    });
    let began = Instant::now();
    assert_eq!(with(&daemon, "/state", &[("Authorization", "Bearer driver-driver")]).status, 200);
    assert_eq!(login(&daemon, r#"{"token": "driver-driver"}"#).status, 200);
    let took = began.elapsed();
    // Each would wait 4 s, as the fifth wrong one did.
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(get(&daemon, "/state?token=driver-driver").status, 200);
    assert!(began.elapsed() - took >= Duration::from_secs(4), "whoever guesses so pays for it");
}

#[test]
fn who_logs_out_ends_what_the_cookie_opened_and_nothing_else() {
    let daemon = Process::with_page(TOKENS);
    let pairs = [(); 2].map(|()| {
        let answer = login(&daemon, r#"{"token": "driver-driver"}"#);
        answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a pair").to_owned()
    });
    let opened = |path: &str, headers: &str, pair: &str, words: &str| -> TcpStream {
        let (mut stream, host) = (connect(&daemon), host(&daemon));
        let head = format!("HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {pair}\r\n");
        write!(stream, "GET {path} {head}{headers}\r\n").expect("connected");
        let (mut heard, mut piece) = (String::new(), [0; 512]);
        while !heard.contains(words) {
            let count = stream.read(&mut piece).expect("an answer");
            assert!(count > 0, "it does not say {words}: {heard}");
            heard += &String::from_utf8_lossy(&piece[..count]);
        }
        stream
    };
    let streams = pairs.each_ref().map(|pair| opened("/stream", "", pair, "Content-Length"));
    let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let sessions = pairs.each_ref().map(|pair| opened("/ws", handshake, pair, "\"role\":\"driver\""));
    assert_eq!(ask(&daemon, "POST", "/logout", &[("Cookie", &pairs[0])], "").status, 204);
    let ([mut gone, mut stays], [mut session, mut other]) = (streams, sessions);
    for mut ended in [&mut gone, &mut session] {
        let end = std::io::copy(&mut ended, &mut std::io::sink());
        assert!(!end.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "it goes on");
    }
    let mut piece = [0; 1 << 16];
    assert!((0..20).all(|_| stays.read(&mut piece).is_ok_and(|count| count > 0)));
    other.set_read_timeout(Some(Duration::from_millis(1))).expect("a socket");
    assert!(other.read(&mut piece).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
}

#[test]
fn a_page_logs_in_for_a_cookie_that_no_script_reads_and_out_again() {
    let daemon = Process::with_page(TOKENS);
    let answer = login(&daemon, r#"{"token": "driver-driver"}"#);
    assert_eq!(answer.status, 200);
    let said: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!((said["role"].as_str(), said["name"].as_str()), (Some("driver"), Some("tablet")));
    let cookie = answer.header("set-cookie").expect("a cookie");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().expect("a pair");
    let (name, word) = pair.split_once('=').expect("a pair");
    let (_, port) = host(&daemon).rsplit_once(':').expect("a port");
    assert!(name == format!("car-{port}") && word.len() == 32 && !word.contains("driver"), "{cookie}");
    assert_eq!(with(&daemon, "/state", &[("Cookie", pair)]).status, 200);

    let out = ask(&daemon, "POST", "/logout", &[("Cookie", pair)], "");
    assert!(out.status == 204 && out.header("set-cookie").is_some_and(|gone| gone.contains("Max-Age=0")));
    assert_eq!(with(&daemon, "/state", &[("Cookie", pair)]).status, 401, "nobody else can use it");

    let (_, log) = stopped(daemon);
    assert!(log.contains("authorised by /login") && !log.contains("driver-driver"), "{log}");
}

#[test]
fn who_logs_in_at_two_daemons_of_one_host_is_logged_in_at_both_and_a_strange_cookie_is_no_guess() {
    let daemons = [Process::with_page(TOKENS), Process::with_page(TOKENS)];
    let cookies = daemons.each_ref().map(|daemon| {
        let answer = login(daemon, r#"{"token": "driver-driver"}"#);
        answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a pair").to_owned()
    });
    // A browser sends both to each.
    let jar = cookies.join("; ");
    for daemon in &daemons {
        assert_eq!(with(daemon, "/state", &[("Cookie", &jar)]).status, 200);
    }
    // That of a daemon that was there before, or of one that had the token in it.
    let [daemon, _other] = daemons;
    let (name, _) = cookies[0].split_once('=').expect("a pair");
    for _ in 0..20 {
        let strange = format!("{name}=0123456789abcdef0123456789abcdef; car-token=wrong-wrong");
        let answer = with(&daemon, "/state", &[("Cookie", &strange)]);
        assert!(answer.status == 401 && answer.header("set-cookie").is_none(), "{answer:?}");
    }
    assert_eq!(with(&daemon, "/state", &[("Cookie", &jar)]).status, 200);
    let (_, log) = stopped(daemon);
    assert!(!log.contains("a wrong token"), "{log}");
}

#[test]
fn a_cookie_is_worth_nothing_any_more_when_its_token_is_taken_away() {
    let mut daemon = Process::with_page(TOKENS);
    let answer = login(&daemon, r#"{"token": "wall-of-the-room"}"#);
    let pair = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a pair");
    assert_eq!(with(&daemon, "/state", &[("Cookie", pair)]).status, 200);
    take_away(&mut daemon, "wall-of-the-room");
    assert_eq!(with(&daemon, "/state", &[("Cookie", pair)]).status, 401);
}

#[test]
fn what_is_no_login_is_told_in_words_without_what_was_said() {
    let daemon = Process::with_page(TOKENS);
    for (body, status) in
        [("", 400), ("driver-driver", 400), ("{\"token\": 7}", 400), (&*"x".repeat(2000), 413)]
    {
        let answer = login(&daemon, body);
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(!answer.body.contains("driver-driver") && answer.header("set-cookie").is_none());
    }
    let mut broken = connect(&daemon);
    let head = "POST /login HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked";
    write!(broken, "{head}\r\nHost: {}\r\n\r\nno length\r\n", host(&daemon)).expect("connected");
    let mut heard = String::new();
    broken.read_to_string(&mut heard).expect("an answer");
    assert!(heard.starts_with("HTTP/1.1 400") && heard.contains("broke off"), "{heard}");
    let own = format!("http://{}", host(&daemon));
    let body = r#"{"token": "driver-driver"}"#;
    for (origin, status) in [(&*own, 200), ("http://127.0.0.1:1", 403), ("http://evil.example", 403)] {
        assert_eq!(ask(&daemon, "POST", "/login", &[("Origin", origin)], body).status, status, "{origin}");
    }
    let without = Process::with_page("");
    let answer = login(&without, body);
    assert!(answer.status == 409 && answer.body.contains("come without one"), "{answer:?}");
}

#[test]
fn a_page_of_another_site_reads_nothing_and_one_that_is_allowed_does() {
    let daemon = Process::with_page("[auth]\nallow_origins = [\"null\", \"https://panel.example\"]\n");
    for path in ["/", "/state", "/world", "/snapshot", "/healthz", "/ws", "/nowhere"] {
        let answer = with(&daemon, path, &[("Origin", "http://evil.example")]);
        assert!(answer.status == 403 && answer.body.contains("may not talk to this car"), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        let rebound = with(&daemon, path, &[("Host", "evil.example")]);
        assert!(rebound.status == 403 && rebound.body.contains("evil.example"), "{rebound:?}");
    }
    for origin in ["null", "https://panel.example", "http://127.0.0.1:3000"] {
        let answer = with(&daemon, "/state", &[("Origin", origin)]);
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(origin)));
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    // A target that names a host counts before the header.
    let named = with(&daemon, "http://evil.example/state", &[]);
    assert!(named.status == 403 && named.body.contains("evil.example"), "{named:?}");
    let own = format!("http://{}/state", host(&daemon));
    assert_eq!(with(&daemon, &own, &[("Host", "evil.example")]).status, 200);
    // An image says not whose page it is in, and no page reads it.
    assert_eq!(with(&daemon, "/?action=snapshot", &[("Sec-Fetch-Site", "cross-site")]).status, 200);
    let (_, log) = stopped(daemon);
    assert!(log.contains("to allow it, write under [auth]: allow_origins"), "{log}");
}

#[test]
fn a_browser_that_asks_before_its_page_may_is_told_what_may_be_asked() {
    let daemon = Process::with_page("[auth]\nallow_origins = [\"https://panel.example\"]\n");
    let asks = |origin| {
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "authorization"),
            ("Access-Control-Request-Private-Network", "true"),
        ];
        ask(&daemon, "OPTIONS", "/state", &headers, "")
    };
    let told = asks("https://panel.example");
    assert_eq!(told.status, 204);
    for (header, value) in [
        ("access-control-allow-origin", "https://panel.example"),
        ("access-control-allow-methods", "GET, HEAD"),
        ("access-control-allow-headers", "Authorization"),
        ("access-control-allow-private-network", "true"),
    ] {
        assert_eq!(told.header(header), Some(value), "{header}");
    }
    assert_eq!(told.header("access-control-allow-credentials"), None);
    assert_eq!(asks("http://evil.example").status, 403);
}

/// Its end, and its log.
fn stopped(daemon: Process) -> (std::process::ExitStatus, String) {
    daemon.signal(rustix::process::Signal::TERM);
    daemon.wait()
}

/// The daemon reads its configuration again, without the row of a token.
fn take_away(daemon: &mut Process, token: &str) {
    let file = daemon.socket().with_file_name("car.toml");
    let config = std::fs::read_to_string(&file).expect("ours");
    let rows = config.lines().filter(|line| !line.contains(token)).map(|line| format!("{line}\n"));
    std::fs::write(&file, rows.collect::<String>()).expect("ours");
    daemon.signal(Signal::HUP);
    daemon.wait_for_log("are read again");
}

#[test]
fn a_token_that_is_taken_away_ends_the_streams_that_were_shown_for_it_and_no_others() {
    let mut daemon = Process::with_page(TOKENS);
    let streams = ["wall-of-the-room", "driver-driver"];
    let [mut gone, mut stays] = streams.map(|token| Stream::open(&daemon, &format!("/stream?token={token}")));
    for stream in [&mut gone, &mut stays] {
        stream.next();
    }
    take_away(&mut daemon, "wall-of-the-room");
    // It ends: what was on its way is all that still comes.
    gone.rest();
    for _ in 0..3 {
        stays.next();
    }
}
