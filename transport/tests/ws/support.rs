//! A client made of bytes, and servers to try it on. No test lives here.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::{Address, Connection, Incoming, Limits, Listener, Security, Transport, Ws};

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;
/// Without FIN.
pub(crate) const TEXT_BEGINS: u8 = 0x01;
pub(crate) const BINARY_BEGINS: u8 = 0x02;
pub(crate) const MORE: u8 = 0x00;
pub(crate) const LAST: u8 = 0x80;

/// Section 1.2 and 1.3: the request, and what answers its key.
pub(crate) const REQUEST: &[u8] = b"GET /any/path HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
pub(crate) const ACCEPTED: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Section 5.7.
pub(crate) const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) fn header(first: u8, len: usize, mask: u8) -> Vec<u8> {
    match len {
        0..=125 => vec![first, mask | len as u8],
        126..=0xFFFF => [&[first, mask | 126][..], &(len as u16).to_be_bytes()].concat(),
        _ => [&[first, mask | 127][..], &(len as u64).to_be_bytes()].concat(),
    }
}

/// A frame of a client.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0x80);
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A frame of a server.
pub(crate) fn plain(first: u8, payload: &[u8]) -> Vec<u8> {
    [header(first, payload.len(), 0), payload.to_vec()].concat()
}

pub(crate) fn closed(code: u16) -> Vec<u8> {
    plain(CLOSE, &code.to_be_bytes())
}

pub(crate) fn short() -> Limits {
    Limits { handshake: Duration::from_millis(300), max_fragments: 4, ..Limits::default() }
}

pub(crate) async fn bind(limits: Limits) -> (Box<dyn Listener>, SocketAddr) {
    let listener =
        Ws::new(limits, Security::default()).bind(&"ws://127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = address(&*listener);
    (listener, at)
}

/// Where a listener on loopback is.
pub(crate) fn address(listener: &dyn Listener) -> SocketAddr {
    let Address::Socket { port, .. } = *listener.endpoint().address() else { panic!("ws has a port") };
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A server that sends everything back, and closes when its stream ends.
pub(crate) async fn echo(limits: Limits) -> SocketAddr {
    let (mut listener, at) = bind(limits).await;
    tokio::spawn(async move {
        loop {
            let Incoming { handshake, .. } = listener.accept().await;
            tokio::spawn(async move {
                let Ok(Connection { mut tx, mut rx, .. }) = handshake.await else { return };
                while let Some(Ok(frame)) = rx.next().await {
                    tx.send(frame).await.unwrap();
                }
                tx.close().await.unwrap();
            });
        }
    });
    at
}

/// A client made of bytes, after its handshake.
pub(crate) async fn raw(at: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(at).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(socket.read_u8().await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains(ACCEPTED), "{answer}");
    socket
}

/// Both ends of one connection: the server's, and a client made of bytes.
pub(crate) async fn pair(limits: Limits) -> (Connection, TcpStream) {
    let (mut listener, at) = bind(limits).await;
    let accepted = async { listener.accept().await.handshake.await.unwrap() };
    tokio::join!(accepted, raw(at))
}

pub(crate) async fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = timeout(Duration::from_secs(5), socket.read_to_end(&mut bytes));
    read.await.expect("the server hangs up").expect("the server hangs up in order");
    bytes
}

/// What the server answers to `sent`, to its very end.
pub(crate) async fn answer_to(at: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut socket = raw(at).await;
    socket.write_all(sent).await.unwrap();
    rest(socket).await
}

/// Sends each of `sent` over a connection of its own, with a goodbye behind it that only a server
/// that is still there answers; `expected` precedes that answer.
pub(crate) async fn echoes(at: SocketAddr, cases: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) {
    for (sent, expected) in cases {
        let answer = answer_to(at, &[&sent[..], &masked(CLOSE, &[0x03, 0xE8])].concat()).await;
        let begin = &sent[..sent.len().min(24)];
        assert!(answer == [expected, closed(1000)].concat(), "{begin:02x?}… of {} bytes", sent.len());
    }
}

/// Sends each of `sent` over a connection of its own; each is the last that the server reads.
pub(crate) async fn refuses(at: SocketAddr, code: u16, cases: impl IntoIterator<Item = Vec<u8>>) {
    for sent in cases {
        let answer = answer_to(at, &sent).await;
        assert_eq!(answer, closed(code), "{:02x?}… of {} bytes", &sent[..sent.len().min(24)], sent.len());
    }
}

pub(crate) async fn http(at: SocketAddr, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(at).await.unwrap();
    socket.write_all(request).await.unwrap();
    String::from_utf8(rest(socket).await).unwrap()
}
