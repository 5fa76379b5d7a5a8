//! Section 4 of RFC 6455: who is let in, and what the others are told.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use transport::{DialError, Frame, HandshakeError, Limits, Security, Transport, Ws};

use crate::support::*;

#[tokio::test]
async fn a_browser_that_opens_http_is_told_what_to_do() {
    let answer = http(echo(short()).await, b"GET / HTTP/1.1\r\nHost: car\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(answer.contains("\r\nUpgrade: websocket\r\n") && answer.contains("open ws://"), "{answer}");
}

#[tokio::test]
async fn what_is_no_handshake_gets_an_answer_in_words() {
    let at = echo(short()).await;
    let bad_key = String::from_utf8_lossy(REQUEST).replace("dGhlIHNhbXBsZSBub25jZQ==", "short");
    let endless = [&b"GET / HTTP/1.1\r\nCookie: "[..], &[b'x'; 20_000]].concat();
    for request in [&b"POST / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\0\r\n\r\n", bad_key.as_bytes(), &endless]
    {
        let answer = http(at, request).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        assert!(answer.contains("\r\n\r\nth") && answer.ends_with('\n'), "{answer}");
    }
}

#[tokio::test]
async fn half_a_handshake_times_out_and_delays_nobody() {
    let (mut listener, at) = bind(short()).await;
    let mut silent = TcpStream::connect(at).await.unwrap();
    silent.write_all(&REQUEST[..30]).await.unwrap();
    let first = tokio::spawn(listener.accept().await.handshake);
    let (second, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    assert!(second.is_ok() && !first.is_finished());
    assert!(matches!(first.await.unwrap(), Err(HandshakeError::TimedOut(_))));
}

#[tokio::test]
async fn four_addresses_that_finish_no_handshake_keep_a_fifth_not_out() {
    let limits = Limits { handshake: Duration::from_secs(60), connections: 100, ..Limits::default() };
    let (mut listener, at) = bind(limits.clone()).await;
    let (mut silent, mut pending) = (Vec::new(), Vec::new());
    for n in 0..limits.pending_handshakes + 4 {
        let from = TcpSocket::new_v4().unwrap();
        from.bind(format!("127.0.0.{}:0", 2 + n % 4).parse().unwrap()).unwrap();
        silent.push(from.connect(at).await.unwrap());
        pending.push(listener.accept().await.handshake);
    }
    let mut displaced = 0;
    pending.retain_mut(|handshake| match handshake.now_or_never() {
        None => true,
        Some(Err(HandshakeError::Full(_))) => {
            displaced += 1;
            false
        }
        Some(other) => panic!("{other:?}"),
    });
    assert_eq!((pending.len(), displaced), (limits.pending_handshakes, 4));
    let good = async { tokio::join!(async { listener.accept().await.handshake.await }, raw(at)) };
    let (good, _client) = timeout(Duration::from_secs(20), good).await.expect("nobody is in the way");
    assert!(good.is_ok());
}

#[tokio::test]
async fn who_is_refused_and_does_not_hang_up_keeps_its_place_for_a_moment_only() {
    let limits = Limits { connections: 1, handshake: Duration::from_secs(60), ..short() };
    let (mut listener, at) = bind(limits).await;
    let mut stays = TcpStream::connect(at).await.unwrap();
    stays.write_all(b"no handshake\r\n\r\n").await.unwrap();
    let nonsense = timeout(Duration::from_secs(2), listener.accept().await.handshake).await;
    assert!(matches!(nonsense.expect("not a minute"), Err(HandshakeError::Protocol(_))));
    let (first, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    let _stays = TcpStream::connect(at).await.unwrap();
    let too_many = timeout(Duration::from_secs(2), listener.accept().await.handshake).await;
    assert!(matches!(too_many.expect("not a minute"), Err(HandshakeError::Full(_))));
    drop(first);
}

#[tokio::test]
async fn only_so_many_handshakes_are_under_way_at_once() {
    let (mut listener, at) = bind(Limits { pending_handshakes: 1, ..short() }).await;
    let _silent = TcpStream::connect(at).await.unwrap();
    let first = listener.accept().await.handshake;
    let _second = TcpStream::connect(at).await.unwrap();
    let second = listener.accept().await.handshake;
    assert!(matches!(first.await, Err(HandshakeError::Full(_))), "the newest has the place");
    let (third, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    assert!(third.is_ok());
    assert!(matches!(second.await, Err(HandshakeError::Full(_))));
}

#[tokio::test]
async fn who_finds_no_place_is_told_why() {
    let (mut listener, at) = bind(Limits { connections: 1, ..short() }).await;
    let (first, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    let (refused, answer) =
        tokio::join!(async { listener.accept().await.handshake.await }, http(at, REQUEST));
    assert!(matches!(refused, Err(HandshakeError::Full(_))));
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(answer.ends_with("all 1 connections of this listener are in use\n"), "{answer}");
    drop(first);
    let (next, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    assert!(next.is_ok(), "a place that is left can be taken");
}

const ANOTHER_KEY: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

#[tokio::test]
async fn a_dialler_is_told_who_it_met_instead() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("ws://{}/", other.local_addr().unwrap()).parse().unwrap();
    let answer = async |bytes: &'static [u8]| {
        let (mut socket, _) = other.accept().await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let _ = socket.read_to_end(&mut Vec::new()).await;
    };
    for (bytes, words) in [
        (&b"HTTP/1.1 404 Not Found\r\n\r\n"[..], "the server answered 404 Not Found"),
        (
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 99\r\n\r\nall places \x1b[2Jare taken\r\nmore",
            "the server answered 503 Service Unavailable instead of opening a WebSocket: all places [2Jare taken",
        ),
        (b"HTTP/1.1 403 Forbidden\r\n\r\nno line's end", "opening a WebSocket: no line's end"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "that port does not speak WebSocket: is it tcp://127.0.0.1:"),
        (b"HTTP/1.1 101 \r\n\r\n", "the server speaks no WebSocket: it does not upgrade"),
        (ANOTHER_KEY, "the server speaks no WebSocket: it answers another key"),
        (b"", "the handshake was not finished within 300ms"),
    ] {
        let ws = Ws::new(short(), Security::default());
        let (dialled, ()) = tokio::join!(ws.dial(&to), answer(bytes));
        let Err(error @ DialError::Handshake { .. }) = dialled else { panic!("{words}") };
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn two_of_ours_speak_with_each_other_and_the_end_of_one_is_the_end_of_both() {
    let at = echo(short()).await;
    let mut ours = Ws::new(short(), Security::default())
        .dial(&format!("ws://{at}/drive").parse().unwrap())
        .await
        .unwrap();
    for frame in [Frame::text("hello"), Frame::binary(vec![0; 65536]), Frame::text("")] {
        ours.tx.send(frame.clone()).await.unwrap();
        assert_eq!(ours.rx.next().await.unwrap().unwrap(), frame);
    }
    ours.tx.close().await.unwrap();
    assert!(ours.rx.next().await.is_none());
}
