//! Servers of pictures as there are many, each an answer to the letter.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;
use crate::camera::mjpeg::samples::{picture, with_thumbnail};
use crate::camera::sources::patient::{PATIENCE, next};

/// Answers each who comes; what was asked is the first argument.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                match stream.read(&mut byte) {
                    Ok(1) => asked.push(byte[0]),
                    _ => break,
                }
            }
            answer(&String::from_utf8_lossy(&asked), &mut stream);
        }
    });
    format!("127.0.0.1:{port}")
}

/// Answers all the same, and hangs up.
fn canned(answer: Vec<u8>) -> String {
    serve(move |_, stream| drop(stream.write_all(&answer)))
}

fn open(url: &str) -> Box<dyn FrameSource> {
    let config = CameraConfig { rate_hz: 1e6, ..CameraConfig::default() };
    opener(&config, url).unwrap()().unwrap()
}

fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let chunks = body.chunks(size);
    let chunk = |chunk: &[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
    chunks.map(chunk).chain([b"0\r\n\r\n".to_vec()]).collect::<Vec<_>>().concat()
}

#[test]
fn a_stream_is_read_however_its_pictures_are_wrapped() {
    let last = with_thumbnail(2);
    let length = format!("--b\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", last.len());
    for (head, part, in_chunks) in [
        (
            "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n",
            length.as_str(),
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=\"a b;c\"\r\nConnection: close\r\n\r\n",
            "--a b;c\r\ncontent-type:image/jpeg\r\n\r\n",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: Multipart/Mixed\r\nTransfer-Encoding: chunked\r\n\r\n",
            "\n----\n\n",
            true,
        ),
    ] {
        let body = [part.as_bytes(), &last, b"\r\n"].concat();
        let body = if in_chunks { chunked(&body, 333) } else { body };
        let mut source = open(&format!("http://{}/stream", canned([head.as_bytes(), &body].concat())));
        assert_eq!(next(&mut *source).unwrap(), last, "{head}");
        assert!(next(&mut *source).unwrap_err().ends_with("the stream has ended"), "{head}");
    }
}

#[test]
fn a_single_picture_is_asked_for_again_and_again_with_name_and_password() {
    let asked = std::sync::atomic::AtomicU8::new(0);
    let address = serve(move |request, stream| {
        let is_known =
            request.contains("authorization: Basic bWU6c2VjcmV0\r\n") && request.contains("GET /one?x=1 ");
        let jpeg = picture(32, 32, asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let length = jpeg.len();
        let head = match is_known {
            true => {
                format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n")
            }
            false => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_owned(),
        };
        drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&jpeg)));
    });
    let mut source = open(&format!("http://me:secret@{address}/one?x=1"));
    for number in 0..3 {
        assert_eq!(next(&mut *source).unwrap(), picture(32, 32, number));
    }
    drop(source);
    let said = next(&mut *open(&format!("http://me:wrong@{address}/one?x=1"))).unwrap_err();
    assert!(said.contains("of another car write ?token=TOKEN") && !said.contains("wrong"), "{said}");
}

#[test]
fn what_serves_no_pictures_is_told_in_words_and_a_redirection_is_not_followed() {
    for (answer, told) in [
        (
            "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
            "has moved to file:///etc/passwd: write that",
        ),
        ("HTTP/1.1 404 Not Found\r\n\r\n", "answers 404 Not Found"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nhello", "serves `text/html`: the URL must be"),
        ("SSH-2.0-OpenSSH\r\n\r\n", "does not answer as HTTP does"),
        ("", "does not answer as HTTP does"),
    ] {
        let said = next(&mut *open(&format!("http://{}/", canned(answer.into())))).unwrap_err();
        assert!(said.contains(told), "{said}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = next(&mut *open(&format!("http://{nobody}/"))).unwrap_err();
    assert!(said.contains("is the program there on"), "{said}");
}

#[test]
fn a_picture_that_never_ends_is_not_kept() {
    let address = serve(|_, stream| {
        let head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/mixed\r\n\r\n";
        let begin = &picture(64, 64, 1)[..1000];
        let mut going = stream.write_all(head).and_then(|()| stream.write_all(begin));
        while going.is_ok() {
            going = stream.write_all(&[0x55; 4096]);
        }
    });
    let said = next(&mut *open(&format!("http://{address}/"))).unwrap_err();
    assert!(said.contains("[camera] max_bytes = 1048576"), "{said}");
}

#[test]
fn a_source_that_is_not_asked_waits_for_no_more_than_it_was_told() {
    let address = serve(|_, _| thread::sleep(PATIENCE));
    let mut source = open(&format!("http://{address}/"));
    assert!(source.next(Duration::from_millis(10)).unwrap().is_none());
}
