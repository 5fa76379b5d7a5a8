//! Somebody who drives, as a process of its own, which can be stopped and killed: `one-driver URL HOW`.
//!
//! `hold` says `up` once and keeps the connection; `repeat` says `drive 0.6 0` ten times a second. Over
//! UDP, which has no connection to keep, `hold` says `up` five times a second. With `reset` in front
//! (`reset-hold`) its death resets the connection instead of closing it.

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use tokio_tungstenite::tungstenite::{Message, client};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, how] = arguments.as_slice() else { return Err("usage: one-driver URL HOW".into()) };
    let (scheme, address) = url.split_once("://").ok_or("no URL")?;
    let address = address.trim_end_matches('/');
    let (reset, repeat) = (how.starts_with("reset-"), how.ends_with("repeat"));
    match scheme {
        "tcp" => {
            let stream = dial(address, reset)?;
            talk(Some(stream.try_clone()?), stream, repeat)
        }
        "unix" => {
            let stream = UnixStream::connect(address)?;
            if reset {
                // Such a socket is reset when it is closed with something unread: the daemon's hello.
                return talk(None::<io::Empty>, stream, repeat);
            }
            talk(Some(stream.try_clone()?), stream, repeat)
        }
        "ws" => {
            let (mut socket, _) = client(url, dial(address, reset)?)?;
            socket.send(Message::text("up"))?;
            loop {
                // Answers pings on the way.
                socket.read()?;
            }
        }
        "udp" => {
            let socket = UdpSocket::bind(if address.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" })?;
            socket.connect(address)?;
            loop {
                // Whether anybody hears is not known here.
                drop(socket.send(b"up"));
                thread::sleep(Duration::from_millis(200));
            }
        }
        other => Err(format!("no driver speaks {other}").into()),
    }
}

fn dial(address: &str, reset: bool) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    if reset {
        set_socket_linger(&stream, Some(Duration::ZERO))?;
    }
    Ok(stream)
}

/// Says what drives, and reads whatever comes, until the daemon hangs up.
fn talk(
    input: Option<impl Read>,
    mut output: impl Write + Send + 'static,
    repeat: bool,
) -> Result<(), Box<dyn Error>> {
    output.write_all(if repeat { b"drive 0.6 0\n" } else { b"up\n" })?;
    let saying = thread::spawn(move || {
        while repeat && output.write_all(b"drive 0.6 0\n").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
        // Still holds its end of the connection.
        output
    });
    if let Some(mut input) = input {
        io::copy(&mut input, &mut io::sink())?;
        return Ok(());
    }
    let _output = saying.join();
    loop {
        thread::park();
    }
}
