//! Somebody who speaks HTTP/1.1 by hand, so that nothing is added that a story does not say.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::net::sockopt::set_socket_recv_buffer_size;
use rustix::net::{AddressFamily, SocketType, socket};

use super::Process;

/// How long an answer may take before a story fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer: whole, but for one that never ends.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn read(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer: {text}"));
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }
}

/// Where a daemon speaks HTTP, as it stands in `Host`.
pub(crate) fn host(daemon: &Process) -> &str {
    daemon.page().trim_start_matches("http://").trim_end_matches('/')
}

/// Connects, with patience.
pub(crate) fn connect(daemon: &Process) -> TcpStream {
    let stream = TcpStream::connect(host(daemon)).expect("listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

/// The same, with the least room that the kernel gives to what is not read.
pub(crate) fn connect_narrowly(daemon: &Process) -> TcpStream {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    set_socket_recv_buffer_size(&socket, 1).expect("a socket");
    rustix::net::connect(&socket, &host(daemon).parse::<SocketAddr>().expect("an address")).expect("listens");
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

/// Asks for a path.
pub(crate) fn get(daemon: &Process, path: &str) -> Answer {
    ask(daemon, "GET", path, &[], "")
}

/// Asks with these headers besides `Host`, which they may replace, and this body.
pub(crate) fn ask(
    daemon: &Process,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = connect(daemon);
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request += &format!("Host: {}\r\n", host(daemon));
    }
    if !body.is_empty() {
        request += &format!("Content-Length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    write!(stream, "{request}\r\n{body}").expect("connected");
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    // A stream of pictures never ends; its head is an answer.
    while !ends_never(&answer) {
        match stream.read(&mut piece).expect("an answer") {
            0 => break,
            count => answer.extend_from_slice(&piece[..count]),
        }
    }
    Answer::read(&answer)
}

fn ends_never(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    text.split_once("\r\n\r\n")
        .is_some_and(|(head, _)| head.contains(" 200 ") && head.contains("multipart/x-mixed-replace"))
}
