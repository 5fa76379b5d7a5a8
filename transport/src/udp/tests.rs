//! Over the loopback device of this machine.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};

use super::*;
use crate::{Frame, Kind, Peer, RecvError, SendError};

async fn listener(limits: Limits) -> (Udp, Box<dyn Listener>) {
    let udp = Udp::new(limits);
    let listener = udp.bind(&"udp://127.0.0.1:0".parse().unwrap()).await.unwrap();
    (udp, listener)
}

/// A socket without the transport, as a stranger would use it.
async fn stranger(listener: &dyn Listener) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(listener.endpoint().socket().unwrap()).await.unwrap();
    socket
}

async fn heard(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 2048];
    let len = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut buffer)).await.unwrap().unwrap();
    buffer[..len].to_vec()
}

#[tokio::test]
async fn datagrams_go_both_ways_as_frames() {
    let (udp, mut listener) = listener(Limits::default()).await;
    let mut a = udp.dial(listener.endpoint()).await.unwrap();
    a.tx.send(Frame::text("up")).await.unwrap();
    let mut b = listener.accept().await.handshake.await.unwrap();
    assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text("up"));
    for frame in [Frame::text("größer 😀\n"), Frame::binary(vec![0, 255]), Frame::text("")] {
        b.tx.send(frame.clone()).await.unwrap();
        assert_eq!(a.rx.next().await.unwrap().unwrap(), frame);
        a.tx.send(frame.clone()).await.unwrap();
        assert_eq!(b.rx.next().await.unwrap().unwrap(), frame);
    }
}

#[tokio::test]
async fn a_reply_goes_to_its_own_session_whoever_spoke_last() {
    let (_, mut listener) = listener(Limits::default()).await;
    let (a, b) = (stranger(&*listener).await, stranger(&*listener).await);
    a.send(b"a").await.unwrap();
    let mut to_a = listener.accept().await.handshake.await.unwrap();
    b.send(b"b").await.unwrap();
    let mut to_b = listener.accept().await.handshake.await.unwrap();
    assert_eq!(to_b.peer, Peer::Socket(b.local_addr().unwrap()));
    to_a.tx.send(Frame::text("for a")).await.unwrap();
    to_b.tx.send(Frame::text("for b")).await.unwrap();
    assert_eq!(heard(&a).await, b"for a");
    assert_eq!(heard(&b).await, b"for b");
}

#[tokio::test]
async fn a_datagram_that_is_too_long_is_dropped_and_the_next_is_taken() {
    let (_, mut listener) = listener(Limits { datagram: 4, ..Limits::default() }).await;
    let client = stranger(&*listener).await;
    for data in [&b"12345"[..], &[b'x'; 2000], b"1234"] {
        client.send(data).await.unwrap();
    }
    let mut connection = listener.accept().await.handshake.await.unwrap();
    assert_eq!(connection.rx.next().await.unwrap().unwrap(), Frame::text("1234"));
    let refused = connection.tx.send(Frame::text("12345")).await;
    assert!(matches!(refused, Err(SendError::TooLong { len: 5, limit: 4 })), "{refused:?}");
    connection.tx.send(Frame::text("ok")).await.unwrap();
    assert_eq!(heard(&client).await, b"ok");
}

#[tokio::test]
async fn bytes_that_are_not_utf_8_arrive_as_binary() {
    let (_, mut listener) = listener(Limits::default()).await;
    stranger(&*listener).await.send(&[0xFF]).await.unwrap();
    let mut connection = listener.accept().await.handshake.await.unwrap();
    assert_eq!(connection.rx.next().await.unwrap().unwrap().kind, Kind::Binary);
}

#[tokio::test]
async fn a_session_that_is_not_read_delays_no_other() {
    let (_, mut listener) = listener(Limits { recv_queue: 2, ..Limits::default() }).await;
    let (loud, other) = (stranger(&*listener).await, stranger(&*listener).await);
    for n in 0..9_u8 {
        loud.send(&[n]).await.unwrap();
    }
    let mut unread = listener.accept().await.handshake.await.unwrap();
    other.send(b"other").await.unwrap();
    let mut read = listener.accept().await.handshake.await.unwrap();
    assert_eq!(read.rx.next().await.unwrap().unwrap(), Frame::text("other"));
    assert!(matches!(unread.rx.next().await, Some(Err(RecvError::Missed(7)))));
    let mut newest = Vec::new();
    for _ in 0..2 {
        newest.push(unread.rx.next().await.unwrap().unwrap().data[0]);
    }
    assert_eq!(newest, [7, 8]);
}

#[tokio::test]
async fn dialling_where_nobody_listens_ends_with_the_systems_word() {
    let (udp, listener) = listener(Limits::default()).await;
    let at = listener.endpoint().clone();
    listener.close().await;
    let mut connection = udp.dial(&at).await.unwrap();
    connection.tx.send(Frame::text("?")).await.unwrap();
    let error = connection.rx.next().await.unwrap().unwrap_err();
    assert!(matches!(&error, RecvError::Io(io) if io.kind() == io::ErrorKind::ConnectionRefused), "{error}");
    assert!(connection.rx.next().await.is_none());
}

#[tokio::test]
async fn a_peer_that_has_gone_does_not_end_the_listener() {
    let (_, mut listener) = listener(Limits::default()).await;
    let gone = stranger(&*listener).await;
    gone.send(b"x").await.unwrap();
    let mut session = listener.accept().await.handshake.await.unwrap();
    drop(gone);
    for _ in 0..3 {
        session.tx.send(Frame::text("to nobody")).await.unwrap();
    }
    let next = stranger(&*listener).await;
    next.send(b"y").await.unwrap();
    assert_eq!(listener.accept().await.peer, Peer::Socket(next.local_addr().unwrap()));
}

#[tokio::test]
async fn a_closed_listener_frees_its_port_and_ends_its_sessions() {
    let (udp, mut listener) = listener(Limits::default()).await;
    let at = listener.endpoint().clone();
    let taken = udp.bind(&at).await.unwrap_err().to_string();
    assert!(
        taken.contains(&at.to_string())
            && taken.ends_with("; is another car-daemon running? choose another port"),
        "{taken}"
    );
    let client = stranger(&*listener).await;
    client.send(b"x").await.unwrap();
    let mut session = listener.accept().await.handshake.await.unwrap();
    drop(listener);
    let _again = udp.bind(&at).await.unwrap();
    assert_eq!(session.rx.next().await.unwrap().unwrap(), Frame::text("x"));
    assert!(session.rx.next().await.is_none());
    assert!(matches!(session.tx.send(Frame::text("late")).await, Err(SendError::Closed)));
}

#[tokio::test]
async fn a_connection_that_was_dropped_leaves_room_for_its_peer_to_come_again() {
    let (_, mut listener) = listener(Limits { udp_sessions: 1, ..Limits::default() }).await;
    let client = stranger(&*listener).await;
    for word in ["first", "second"] {
        client.send(word.as_bytes()).await.unwrap();
        let mut session = listener.accept().await.handshake.await.unwrap();
        assert_eq!(session.rx.next().await.unwrap().unwrap(), Frame::text(word));
    }
}

#[tokio::test]
async fn silence_ends_both_ends() {
    let limits = Limits { udp_idle: Duration::from_millis(50), ..Limits::default() };
    let (udp, mut listener) = listener(limits).await;
    let mut a = udp.dial(listener.endpoint()).await.unwrap();
    a.tx.send(Frame::text("x")).await.unwrap();
    let mut b = listener.accept().await.handshake.await.unwrap();
    assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text("x"));
    assert!(b.rx.next().await.is_none());
    assert!(a.rx.next().await.is_none());
    assert!(matches!(b.tx.send(Frame::text("late")).await, Err(SendError::Closed)));
}

#[tokio::test]
async fn a_listener_on_every_address_answers_an_ipv4_peer() {
    let udp = Udp::new(Limits::default());
    let Ok(mut listener) = udp.bind(&"udp://[::]:0".parse().unwrap()).await else {
        println!("this machine has no IPv6");
        return;
    };
    let (_, port) = listener.endpoint().socket().unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.send_to(b"x", ("127.0.0.1", port)).await.unwrap();
    let mut session = listener.accept().await.handshake.await.unwrap();
    assert_eq!(session.peer, Peer::Socket(client.local_addr().unwrap()));
    session.tx.send(Frame::text("y")).await.unwrap();
    assert_eq!(heard(&client).await, b"y");
}
