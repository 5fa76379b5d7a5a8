//! The page and what stands beside it, over HTTP, on a daemon that is a process of its own.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::Process;

/// What is answered to a request, as it comes over the wire, up to its end.
fn get(daemon: &Process, path: &str) -> String {
    let host = daemon.page().trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).expect("listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("connected");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_page_the_state_and_a_picture_are_to_be_had() {
    let daemon = Process::with_page("");
    let page = get(&daemon, "/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<!doctype html>"), "{page}");
    for header in ["Content-Security-Policy: default-src 'none'", "nosniff", "X-Frame-Options: DENY"] {
        assert!(page.contains(header), "{header}: {page}");
    }
    let state = get(&daemon, "/state");
    assert!(state.contains(r#""mode":"idle""#), "{state}");
    let picture = get(&daemon, "/?action=snapshot");
    assert!(picture.contains("Content-Type: image/jpeg"), "{picture}");
    assert!(get(&daemon, "/nowhere").starts_with("HTTP/1.1 404"));
}
