//! The page and what stands beside it, over HTTP, on a daemon that is a process of its own.

use std::io::{Read, Write};

use serde_json::Value;

use crate::support::Process;
use crate::support::web::{ask, connect, get, host};

#[test]
fn the_page_the_state_and_a_picture_are_to_be_had() {
    let daemon = Process::with_page("");
    let page = get(&daemon, "/");
    assert!(page.status == 200 && page.body.contains("<!doctype html>"), "{page:?}");
    let state = get(&daemon, "/state");
    assert!(state.body.contains(r#""mode":"idle""#), "{state:?}");
    assert_eq!(state.header("cache-control"), Some("no-store"));
    let picture = get(&daemon, "/?action=snapshot");
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/jpeg")));
}

#[test]
fn what_a_browser_must_not_do_with_an_answer_stands_in_each() {
    let daemon = Process::with_page("");
    for (path, embedded) in [
        ("/", "same-origin"),
        ("/page/main.js", "same-origin"),
        ("/state", "same-origin"),
        ("/nowhere", "same-origin"),
        // An old page on another origin shows it as an image.
        ("/?action=stream", "cross-origin"),
        ("/snapshot", "cross-origin"),
    ] {
        let answer = get(&daemon, path);
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", embedded),
        ] {
            assert_eq!(answer.header(header), Some(value), "{header} of {path}");
        }
    }
}

#[test]
fn the_world_of_a_simulated_car_is_told_once_and_then_known_by_its_tag() {
    let daemon = Process::with_page("world = \"room\"\n");
    let world = get(&daemon, "/world");
    let plan: Value = serde_json::from_str(&world.body).expect("JSON");
    assert_eq!(plan["name"], "room");
    let corner = &plan["walls"][0]["points"][0];
    assert!(corner[0].is_f64() && corner[1].is_f64(), "metres: {plan}");
    assert!(plan["start"]["heading_deg"].is_f64() && plan["car"]["radius_m"].is_f64(), "{plan}");

    let tag = world.header("etag").expect("a tag");
    let again = ask(&daemon, "GET", "/world", &[("If-None-Match", tag)], "");
    assert_eq!((again.status, &*again.body), (304, ""));
    assert_eq!(ask(&daemon, "GET", "/world", &[("If-None-Match", "\"other\"")], "").status, 200);
}

#[test]
fn the_car_is_healthy_while_its_loop_turns_whatever_hinders_it_from_driving() {
    let daemon = Process::with_page("");
    let health = get(&daemon, "/healthz");
    assert_eq!((health.status, &*health.body), (200, "ok: idle\n"));
    daemon.call("estop");
    let health = get(&daemon, "/healthz");
    assert!(health.status == 200 && health.body.starts_with("ok: estop;"), "{health:?}");
}

#[test]
fn what_cannot_be_had_is_told_in_words() {
    let daemon = Process::with_page("");
    for (method, path, status, words) in [
        ("GET", "/nowhere", 404, "the page is at /"),
        ("GET", "/page/nothing.js", 404, "no such file"),
        ("GET", "/?action=dance", 404, "stream or snapshot"),
        ("POST", "/state", 405, "not by POST"),
        ("GET", "/login", 405, "not by GET"),
        ("GET", "/ws", 426, "open ws://"),
        ("GET", "/page/%ff", 404, "no such file"),
        ("GET", "/stream?mixed=1&mixed=1", 400, "mixed"),
    ] {
        let answer = ask(&daemon, method, path, &[], "");
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.body.contains(words) && answer.body.ends_with('\n'), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{path}");
    }
    assert_eq!(ask(&daemon, "POST", "/state", &[], "").header("allow"), Some("GET,HEAD"));
}

#[test]
fn a_head_is_that_of_the_answer_with_its_length_and_nothing_more() {
    let daemon = Process::with_page("");
    for path in ["/", "/page/main.js", "/world", "/healthz"] {
        let (whole, head) = (get(&daemon, path), ask(&daemon, "HEAD", path, &[], ""));
        assert_eq!((head.status, &*head.body), (200, ""), "{path}");
        let length = head.header("content-length").and_then(|length| length.parse().ok());
        assert_eq!(length, Some(whole.body.len()), "{path}");
    }
}

#[test]
fn a_head_of_a_picture_says_what_its_answer_would() {
    let status = |daemon: &Process, method| ask(daemon, method, "/snapshot", &[], "").status;
    let seen = Process::with_page("");
    assert_eq!((status(&seen, "GET"), status(&seen, "HEAD")), (200, 200));
    let off = Process::with_page("[camera]\nsource = \"off\"\n");
    assert_eq!((status(&off, "GET"), status(&off, "HEAD")), (503, 503));
}

#[test]
fn what_is_no_handshake_of_a_websocket_is_answered_as_by_a_listener_of_ws() {
    let daemon = Process::with_page("");
    let heard = |headers: &str| {
        let mut stream = connect(&daemon);
        write!(stream, "GET /ws HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", host(&daemon)).expect("connected");
        stream.shutdown(std::net::Shutdown::Write).expect("connected");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer that ends");
        answer
    };
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (headers, status) in [
        (String::new(), "426 Upgrade Required"),
        (format!("{upgrade}{key}Sec-WebSocket-Version: 8\r\n"), "426 Upgrade Required"),
        (format!("{upgrade}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n"), "400 Bad Request"),
    ] {
        let answer = heard(&headers);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")) && answer.ends_with('\n'), "{answer}");
        let lower = answer.to_lowercase();
        assert!(lower.contains("\r\nsec-websocket-version: 13\r\n"), "{answer}");
        assert!(lower.contains("\r\nupgrade: websocket\r\n"), "{answer}");
    }
}
