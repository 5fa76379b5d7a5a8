//! Over the loopback device of this machine.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::{Frame, HandshakeError, RecvError};

async fn listener(limits: Limits) -> (Tcp, Box<dyn Listener>) {
    let tcp = Tcp::new(limits);
    let listener = tcp.bind(&"tcp://127.0.0.1:0".parse().unwrap()).await.unwrap();
    (tcp, listener)
}

#[tokio::test]
async fn frames_go_both_ways_in_the_framing_that_was_dialled() {
    let (tcp, mut listener) = listener(Limits::default()).await;
    for framing in ["auto", "lines", "length", "java-utf"] {
        let to = listener.endpoint().clone().with_option("framing", framing).unwrap();
        let mut a = tcp.dial(&to).await.unwrap();
        let mut b = listener.accept().await.handshake.await.unwrap();
        for word in ["up", "größer 😀"] {
            a.tx.send(Frame::text(word)).await.unwrap();
            assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text(word), "{framing}");
            b.tx.send(Frame::text(word)).await.unwrap();
            assert_eq!(a.rx.next().await.unwrap().unwrap(), Frame::text(word), "{framing}");
        }
        drop(a);
        assert!(b.rx.next().await.is_none());
    }
}

#[tokio::test]
async fn a_bare_client_is_answered_in_its_own_framing() {
    let (_, mut listener) = listener(Limits::default()).await;
    for (sent, answer) in
        [(&b"up"[..], &b"ok\n"[..]), (b"\0\x02up", b"\0\x02ok"), (b"\0\0\0\x02up", b"\0\0\0\x02ok")]
    {
        let mut client = TcpStream::connect(listener.endpoint().socket().unwrap()).await.unwrap();
        client.write_all(sent).await.unwrap();
        let mut served = listener.accept().await.handshake.await.unwrap();
        assert_eq!(served.rx.next().await.unwrap().unwrap(), Frame::text("up"));
        served.tx.send(Frame::text("ok")).await.unwrap();
        drop(served);
        let mut got = Vec::new();
        client.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, answer);
    }
}

#[tokio::test]
async fn a_dropped_sink_ends_the_peers_stream_and_keeps_the_other_half() {
    let (tcp, mut listener) = listener(Limits::default()).await;
    let mut a = tcp.dial(listener.endpoint()).await.unwrap();
    let mut b = listener.accept().await.handshake.await.unwrap();
    drop(a.tx);
    assert!(b.rx.next().await.is_none());
    b.tx.send(Frame::text("still")).await.unwrap();
    assert_eq!(a.rx.next().await.unwrap().unwrap(), Frame::text("still"));
}

#[tokio::test]
async fn last_words_reach_a_peer_that_goes_on_sending() {
    let (_, mut listener) = listener(Limits { max_frame: 64, ..Limits::default() }).await;
    let mut client = TcpStream::connect(listener.endpoint().socket().unwrap()).await.unwrap();
    let mut served = listener.accept().await.handshake.await.unwrap();
    client.write_all(&[b'x'; 100_000]).await.unwrap();
    assert!(matches!(served.rx.next().await, Some(Err(RecvError::TooLong { .. }))));
    served.tx.feed(Frame::text("too long")).await.unwrap();
    let closing = tokio::spawn(async move {
        served.tx.close().await.unwrap();
        drop(served);
    });
    // Unread bytes would be answered with a reset, which takes the words that are not read yet.
    let mut got = [0; 9];
    client.peek(&mut got).await.unwrap();
    client.write_all(&[b'x'; 100_000]).await.unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"too long\n");
    drop(client);
    closing.await.unwrap();
}

#[tokio::test]
async fn both_ends_know_whom_they_speak_with() {
    let (tcp, mut listener) = listener(Limits::default()).await;
    let a = tcp.dial(listener.endpoint()).await.unwrap();
    let incoming = listener.accept().await;
    let Peer::Socket(here) = a.peer else { panic!("{:?}", a.peer) };
    assert_eq!(Some(("127.0.0.1", here.port())), listener.endpoint().socket());
    assert!(matches!(incoming.peer, Peer::Socket(peer) if peer.ip() == here.ip() && peer != here));
}

#[tokio::test]
async fn a_listener_on_every_address_knows_an_ipv4_peer_as_such() {
    assert_eq!(canonical("[::ffff:10.0.0.7]:5".parse().unwrap()), "10.0.0.7:5".parse().unwrap());
    let tcp = Tcp::new(Limits::default());
    let Ok(mut listener) = tcp.bind(&"tcp://[::]:0".parse().unwrap()).await else {
        println!("this machine has no IPv6");
        return;
    };
    let (_, port) = listener.endpoint().socket().unwrap();
    let _client = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let peer = listener.accept().await.peer;
    assert!(matches!(peer, Peer::Socket(peer) if peer.is_ipv4()), "{peer}");
}

#[tokio::test]
async fn a_peer_too_many_is_turned_away_until_one_leaves() {
    let (tcp, mut listener) = listener(Limits { per_address: 1, ..Limits::default() }).await;
    let _a = tcp.dial(listener.endpoint()).await.unwrap();
    let first = listener.accept().await.handshake.await.unwrap();
    let mut extra = tcp.dial(listener.endpoint()).await.unwrap();
    let refused = listener.accept().await.handshake.await;
    assert!(matches!(refused, Err(HandshakeError::Full(_))), "{refused:?}");
    assert!(extra.rx.next().await.is_none());
    drop(first);
    let _b = tcp.dial(listener.endpoint()).await.unwrap();
    assert!(listener.accept().await.handshake.await.is_ok());
}

#[tokio::test]
async fn a_port_is_taken_once_and_free_after_its_listener() {
    let (tcp, mut listener) = listener(Limits::default()).await;
    let at = listener.endpoint().clone();
    let taken = tcp.bind(&at).await.unwrap_err().to_string();
    assert!(
        taken.contains(&at.to_string())
            && taken.ends_with("; is another car-daemon running? choose another port"),
        "{taken}"
    );
    // Connections live on, and do not keep the next listener from the port.
    let mut a = tcp.dial(&at).await.unwrap();
    let mut b = listener.accept().await.handshake.await.unwrap();
    listener.close().await;
    let _again = tcp.bind(&at).await.unwrap();
    b.tx.send(Frame::text("still")).await.unwrap();
    assert_eq!(a.rx.next().await.unwrap().unwrap(), Frame::text("still"));
}

#[tokio::test]
async fn dialling_where_nobody_listens_is_refused() {
    let (tcp, listener) = listener(Limits::default()).await;
    let at = listener.endpoint().clone();
    listener.close().await;
    let error = tcp.dial(&at).await.unwrap_err();
    assert!(
        matches!(&error, DialError::Io { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused)
    );
    assert!(error.to_string().starts_with(&format!("cannot reach {at}: ")), "{error}");
}

#[tokio::test]
async fn an_address_of_another_machine_is_refused_with_what_to_do() {
    // 192.0.2.0/24 is no machine's (RFC 5737).
    let error = Tcp::new(Limits::default()).bind(&"tcp://192.0.2.1:0".parse().unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("0.0.0.0 and [::] mean every one it has"), "{error}");
}

#[tokio::test]
async fn another_scheme_is_not_ours() {
    let tcp = Tcp::new(Limits::default());
    assert!(matches!(tcp.bind(&"mem://a".parse().unwrap()).await, Err(BindError::NoTransport(_))));
    assert!(matches!(tcp.dial(&"mem://a".parse().unwrap()).await, Err(DialError::NoTransport(_))));
}
