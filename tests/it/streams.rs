//! The camera over HTTP, byte for byte, on a daemon that is a process of its own.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::support::stream::{Stream, answer, ask, is_jpeg, value};
use crate::support::{Process, eventually};

/// Seconds since 1970.
fn wall() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("later").as_secs_f64()
}

#[test]
fn a_stream_is_what_mjpg_streamer_sends_and_says_how_old_each_picture_is() {
    let daemon = Process::with_page("");
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
            let part = stream.next();
            assert!(part.is_jpeg() && part.head.starts_with("Content-Type: image/jpeg\n"), "{}", part.head);
            let (taken, latency) = (part.number("X-Timestamp"), part.number("X-Latency-Ms"));
            assert!(taken > newest && taken + latency / 1e3 <= wall(), "{taken} after {newest}");
            newest = taken;
        }
    }
}

#[test]
fn a_stream_for_scripts_is_the_same_under_a_name_that_no_browser_takes_for_itself() {
    let daemon = Process::with_page("");
    let mut stream = Stream::open(&daemon, "/stream?eye=1&mixed=1");
    assert_eq!(value(&stream.head, "Content-Type"), "multipart/mixed;boundary=boundarydonotcross");
    assert!(stream.next().is_jpeg());
}

#[test]
fn a_snapshot_was_taken_after_it_was_asked_for() {
    let daemon = Process::with_page("");
    // Somebody looks already, so that there are older pictures.
    let mut stream = Stream::open(&daemon, "/stream");
    stream.next();
    for path in ["/snapshot", "/?action=snapshot", "/?action=snapshot_0&rand=0.7"] {
        let asked = wall();
        let answer = answer(&daemon, &format!("GET {path}"));
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
    let daemon = Process::with_page("");
    for (path, kind) in [("/stream", "multipart/x-mixed-replace"), ("/?action=snapshot", "image/jpeg")] {
        let answer = String::from_utf8(answer(&daemon, &format!("HEAD {path}"))).expect("text");
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
        assert!(answer.contains(&format!("\r\nContent-Type: {kind}")), "{answer}");
    }
}

#[test]
fn advanced_headers_follow_the_picture_before_at_once() {
    let daemon = Process::with_page("");
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

#[test]
fn a_viewer_that_does_not_read_delays_nobody_and_is_closed() {
    let daemon = Process::with_page("[limits]\nhttp_stall_ms = 1000\n");
    let mut quick = Stream::open(&daemon, "/stream");
    let mut stuck = Stream::open(&daemon, "/stream");
    stuck.next();
    let before = daemon.memory();
    let begun = Instant::now();
    let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
    // The kernel gives a closed window up a while after its time; loaded machines are slower yet.
    while begun.elapsed() < Duration::from_secs(4) {
        quick.next();
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    assert!(longest < Duration::from_secs(1), "somebody waited for {longest:?}");
    let grown = daemon.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more for one that does not read");
    // What the kernels of both sides hold is read to its end, which is not one that was agreed on.
    eventually("the connection is closed", || {
        let mut held = vec![0; 1 << 20];
        match stuck.socket().read(&mut held) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    });
    let mut late = stuck.socket();
    assert!(
        late.write_all(b"GET / HTTP/1.1\r\n\r\n").is_err() || late.read(&mut [0]).is_ok_and(|read| read == 0)
    );
}
