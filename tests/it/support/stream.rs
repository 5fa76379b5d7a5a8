//! Somebody who looks at the camera as the simplest programs do: a socket, a request, and parts whose head says how
//! long they are.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::Process;
use super::web::{connect, host};

/// A stream of pictures.
pub(crate) struct Stream {
    reader: BufReader<TcpStream>,
    /// Status and headers of the answer.
    pub(crate) head: String,
}

/// One picture of it.
pub(crate) struct Part {
    /// Its headers, a line each.
    pub(crate) head: String,
    pub(crate) jpeg: Vec<u8>,
}

/// A request without a body, and the socket at which its answer comes.
pub(crate) fn ask(daemon: &Process, request: &str) -> TcpStream {
    let mut socket = connect(daemon);
    write!(socket, "{request} HTTP/1.1\r\nHost: {}\r\n\r\n", host(daemon)).expect("connected");
    socket
}

/// The whole answer, up to the end of the connection.
pub(crate) fn answer(daemon: &Process, request: &str) -> Vec<u8> {
    let mut all = Vec::new();
    ask(daemon, request).read_to_end(&mut all).expect("an answer that ends");
    all
}

impl Stream {
    /// Looks at `path`, up to the first boundary.
    pub(crate) fn open(daemon: &Process, path: &str) -> Self {
        let mut reader = BufReader::new(ask(daemon, &format!("GET {path}")));
        let head = lines_to_blank(&mut reader);
        let mut stream = Self { reader, head };
        if stream.head.contains(" 200 ") {
            assert_eq!(stream.line(), "--boundarydonotcross");
        }
        stream
    }

    /// The next picture, and the boundary behind it, which must not wait for another picture.
    pub(crate) fn next(&mut self) -> Part {
        let head = lines_to_blank(&mut self.reader);
        let length = value(&head, "Content-Length").parse().expect("a length");
        let mut jpeg = vec![0; length];
        self.reader.read_exact(&mut jpeg).expect("a picture");
        assert_eq!([self.line().as_str(), &self.line()], ["", "--boundarydonotcross"]);
        Part { head, jpeg }
    }

    /// The next that is a picture. Words before it are what a slow machine is shown.
    pub(crate) fn picture(&mut self) -> Part {
        loop {
            let part = self.next();
            if !part.head.contains("X-Words: ") {
                return part;
            }
        }
    }

    /// Reads on until it ends.
    pub(crate) fn rest(&mut self) {
        self.reader.read_to_end(&mut Vec::new()).expect("it ends");
    }

    fn line(&mut self) -> String {
        line(&mut self.reader)
    }
}

impl Part {
    /// The number that a header says.
    pub(crate) fn number(&self, name: &str) -> f64 {
        value(&self.head, name).parse().expect("a number")
    }

    /// Whether it begins and ends as a JPEG does.
    pub(crate) fn is_jpeg(&self) -> bool {
        is_jpeg(&self.jpeg)
    }
}

/// Whether a file begins and ends as a JPEG does.
pub(crate) fn is_jpeg(file: &[u8]) -> bool {
    file.starts_with(b"\xFF\xD8\xFF") && file.ends_with(b"\xFF\xD9")
}

/// The value of a header, whose name is compared letter by letter: there are programs that do.
pub(crate) fn value<'h>(head: &'h str, name: &str) -> &'h str {
    let found = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_else(|| panic!("no {name}: {head}"))
}

fn lines_to_blank(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    loop {
        match line(reader).as_str() {
            "" => return head,
            line => head = head + line + "\n",
        }
    }
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).expect("text");
    assert!(line.ends_with("\r\n"), "it ended: {line:?}");
    line.trim_end().to_owned()
}
