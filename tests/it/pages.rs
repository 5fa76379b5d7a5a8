//! The page and what stands beside it, over HTTP, on a daemon that is a process of its own.

use serde_json::Value;

use crate::support::Process;
use crate::support::web::{ask, get};

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
