//! The camera over HTTP, byte for byte, on a daemon that is a process of its own.

use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::pages_metrics::{metrics, value as metric};
use crate::support::stream::{Stream, answer, ask, is_jpeg, value};
use crate::support::web::{connect_narrowly, host};
use crate::support::{Process, eventually};

/// Small pictures, of which a loaded machine draws many a second too, without optimisation.
const SMALL: &str = "[camera]\nwidth = 160\nheight = 120\n";

/// Seconds since 1970.
fn wall() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("later").as_secs_f64()
}

#[test]
fn a_stream_is_what_mjpg_streamer_sends_and_says_how_old_each_picture_is() {
    let daemon = Process::with_page(SMALL);
    for path in ["/stream", "/?action=stream", "/?action=stream_0&1700000000", "/stream?extra_headers=1"] {
        let mut stream = Stream::open(&daemon, path);
        assert!(stream.head.starts_with("HTTP/1.0 200 OK\n"), "{}", stream.head);
        for (name, wanted) in [
            ("Content-Type", "multipart/x-mixed-replace;boundary=boundarydonotcross"),
            ("Connection", "close"),
            ("Pragma", "no-cache"),
            ("Expires", "Mon, 3 Jan 2000 12:34:56 GMT"),
        ] {
            assert_eq!(value(&stream.head, name), wanted);
        }
        let cache = value(&stream.head, "Cache-Control");
        for word in ["no-store", "no-cache", "must-revalidate", "pre-check=0", "post-check=0", "max-age=0"] {
            assert!(cache.contains(word), "{word}: {cache}");
        }
        assert!(!stream.head.contains("Transfer-Encoding"), "{}", stream.head);
        let mut newest = 0.0;
        for _ in 0..3 {
            let part = stream.picture();
            assert!(part.is_jpeg() && part.head.starts_with("Content-Type: image/jpeg\n"), "{}", part.head);
            let (taken, latency) = (part.number("X-Timestamp"), part.number("X-Latency-Ms"));
            assert!(taken > newest && taken + latency / 1e3 <= wall(), "{taken} after {newest}");
            newest = taken;
        }
    }
}

#[test]
fn a_stream_for_scripts_is_the_same_under_a_name_that_no_browser_takes_for_itself() {
    let daemon = Process::with_page(SMALL);
    let mut stream = Stream::open(&daemon, "/stream?session=1&mixed=1");
    assert_eq!(value(&stream.head, "Content-Type"), "multipart/mixed;boundary=boundarydonotcross");
    assert!(stream.next().is_jpeg());
}

/// When it was asked for, and what came. A machine that takes more than a second for a picture says so, and is asked again.
fn snapshot(daemon: &Process, path: &str) -> (f64, Vec<u8>) {
    for _ in 0..10 {
        let asked = wall();
        let answer = answer(daemon, &format!("GET {path}"));
        if !answer.starts_with(b"HTTP/1.0 503 ") {
            return (asked, answer);
        }
    }
    panic!("no picture in ten times");
}

#[test]
fn a_snapshot_was_taken_after_it_was_asked_for() {
    let daemon = Process::with_page(SMALL);
    // Somebody looks already, so that there are older pictures.
    let mut stream = Stream::open(&daemon, "/stream");
    stream.next();
    for path in ["/snapshot", "/?action=snapshot", "/?action=snapshot_0&rand=0.7"] {
        let (asked, answer) = snapshot(&daemon, path);
        let split = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&answer[..split]).replace("\r\n", "\n");
        assert!(head.starts_with("HTTP/1.0 200 OK\n"), "{head}");
        assert_eq!(value(&head, "Content-Type"), "image/jpeg");
        assert_eq!(value(&head, "Content-Length"), (answer.len() - split - 4).to_string());
        assert!(is_jpeg(&answer[split + 4..]));
        // The time is told by two clocks, of which the one is a difference of the other: it may be off by a little.
        let taken: f64 = value(&head, "X-Timestamp").parse().expect("a number");
        assert!(taken + 0.005 > asked, "{taken} before {asked}");
    }
}

#[test]
fn head_says_the_same_and_nobody_looks_for_it() {
    let daemon = Process::with_page(SMALL);
    for (path, kind) in [("/stream", "multipart/x-mixed-replace"), ("/?action=snapshot", "image/jpeg")] {
        let answer = String::from_utf8(answer(&daemon, &format!("HEAD {path}"))).expect("text");
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
        assert!(answer.contains(&format!("\r\nContent-Type: {kind}")), "{answer}");
    }
}

#[test]
fn advanced_headers_follow_the_picture_before_at_once() {
    let daemon = Process::with_page(SMALL);
    let mut socket = ask(&daemon, "GET /stream?advance_headers=1");
    let mut heard = Vec::new();
    let head = b"--boundarydonotcross\r\nContent-Type: image/jpeg\r\n\r\n";
    let pictures = |heard: &[u8]| heard.windows(head.len()).filter(|window| window == head).count();
    while pictures(&heard) < 4 {
        let mut some = [0; 4096];
        let read = socket.read(&mut some).expect("goes on");
        assert!(read > 0, "it ended");
        heard.extend_from_slice(&some[..read]);
    }
    let begun = heard.windows(head.len()).position(|window| window == head).expect("counted");
    let text = String::from_utf8_lossy(&heard);
    assert!(text.starts_with("HTTP/1.0 200 OK") && !text.contains("Content-Length"));
    assert!(heard[begun + head.len()..].starts_with(b"\xFF\xD8"));
}

/// How many look.
fn viewers(daemon: &Process) -> f64 {
    metric(&metrics(daemon), "car_camera_viewers").expect("counted")
}

#[test]
fn a_viewer_that_does_not_read_delays_nobody_and_is_closed() {
    let daemon = Process::with_page(&format!("{SMALL}[limits]\nhttp_stall_ms = 3000\n"));
    let mut quick = Stream::open(&daemon, "/stream");
    quick.next();
    let before = daemon.memory();
    // Its kernel has room for a picture or two, so it is full at once, however few are drawn.
    let mut stuck = connect_narrowly(&daemon);
    write!(stuck, "GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", host(&daemon)).expect("connected");
    stuck.read_exact(&mut [0]).expect("an answer begins");
    let (begun, mut meanwhile) = (Instant::now(), 0);
    while viewers(&daemon) > 1.0 {
        quick.next();
        meanwhile += 1;
        // The kernel counts the time, and looks a little late: the rest is slack for a loaded machine.
        assert!(begun.elapsed() < Duration::from_secs(15), "it is still there");
    }
    assert!(meanwhile > 5, "the other had {meanwhile} pictures until it was closed");
    let grown = daemon.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more for one that does not read");
    // It was given up, without a word that it would have to read: its own kernel learns of that when it speaks.
    eventually("the connection is reset", || stuck.write_all(b"\r\n").is_err());
}
