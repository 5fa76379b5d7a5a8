//! How soon a dead link is found, and that a slow one is not taken for dead.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use transport::{Connection, Frame, Limits, RecvError, Security, Transport, Ws};

use crate::support::*;

/// Fast enough for a test, with room for a busy machine.
fn hasty() -> Limits {
    Limits { ping_held: Duration::from_millis(100), dead_held: Duration::from_millis(600), ..short() }
}

#[tokio::test]
async fn a_held_peer_that_answers_no_ping_is_dead() {
    let (mut connection, mut client) = pair(hasty()).await;
    assert!(connection.rx.next().now_or_never().is_none());
    connection.link.hold(true);
    let Some(Err(RecvError::Dead(silence))) = connection.rx.next().await else { panic!("not dead") };
    assert!((600..1500).contains(&silence.as_millis()), "{silence:?}");
    assert!(connection.rx.next().await.is_none());
    let closed = connection.tx.close().now_or_never();
    closed.expect("the dead are not waited for").unwrap();
    let mut pings = vec![0; 8];
    client.read_exact(&mut pings).await.unwrap();
    assert_eq!(pings, plain(PING, b"").repeat(4));
}

#[tokio::test]
async fn the_hold_is_noticed_while_the_stream_waits() {
    let (Connection { mut rx, link, tx: _tx, .. }, mut client) = pair(hasty()).await;
    let reading = tokio::spawn(async move { rx.next().await });
    tokio::task::yield_now().await;
    link.hold(true);
    let mut ping = [0; 2];
    client.read_exact(&mut ping).await.unwrap();
    assert_eq!(ping[..], plain(PING, b""));
    assert!(matches!(reading.await.unwrap(), Some(Err(RecvError::Dead(_)))));
}

#[tokio::test]
async fn a_held_peer_that_answers_stays() {
    let (mut listener, at) = bind(hasty()).await;
    let ws = Ws::new(hasty(), Security::default());
    let to = format!("ws://{at}").parse().unwrap();
    let (ours, theirs) = tokio::join!(async { listener.accept().await.handshake.await }, ws.dial(&to));
    let (mut ours, mut theirs) = (ours.unwrap(), theirs.unwrap());
    ours.link.hold(true);
    let both = futures_util::future::select(ours.rx.next(), theirs.rx.next());
    assert!(timeout(Duration::from_secs(2), both).await.is_err(), "three times as long as the dead have");
}

#[tokio::test]
async fn a_held_peer_whose_message_takes_longer_than_the_dead_have_is_alive() {
    let (Connection { mut rx, link, tx: _tx, .. }, mut client) = pair(hasty()).await;
    link.hold(true);
    let message = masked(BINARY, &[7; 20_000]);
    let sending = async {
        for piece in message.chunks(1_100) {
            client.write_all(piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(75)).await;
        }
    };
    let (received, ()) = tokio::join!(rx.next(), sending);
    assert_eq!(received.expect("alive").expect("whole").data, vec![7; 20_000], "and it took twice as long");
}

#[tokio::test]
async fn a_message_for_which_no_memory_is_left_ends_its_connection_and_a_short_one_is_heard() {
    let limits = Limits { memory: transport::Memory::new(10_000), ..short() };
    let (Connection { mut rx, .. }, mut client) = pair(limits.clone()).await;
    client.write_all(&masked(TEXT, b"stop")).await.unwrap();
    assert_eq!(rx.next().await.unwrap().unwrap(), Frame::text("stop"));
    client.write_all(&masked(BINARY, &[7; 14_000])).await.unwrap();
    assert_eq!(rx.next().await.unwrap().unwrap().data.len(), 14_000);
    client.write_all(&masked(BINARY, &[7; 20_000])[..19_000]).await.unwrap();
    assert!(matches!(rx.next().await, Some(Err(RecvError::NoRoom))));
    assert!(rx.next().await.is_none());
    drop(rx);
    assert_eq!(limits.memory.used(), 0);
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_still_heard() {
    let (Connection { mut tx, mut rx, link, .. }, mut client) = pair(hasty()).await;
    link.hold(true);
    let flood = async { while tx.send(Frame::binary(vec![0; 65536])).await.is_ok() {} };
    let speak = async {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            client.write_all(&masked(TEXT, b"here")).await.unwrap();
            assert_eq!(rx.next().await.unwrap().unwrap(), Frame::text("here"));
        }
    };
    tokio::select! {
        () = flood => panic!("nothing bounds what waits to be written"),
        () = speak => {}
    }
}

#[tokio::test]
async fn a_write_that_had_to_wait_goes_on_once_the_peer_reads() {
    const COUNT: usize = 200;
    let (Connection { mut tx, mut rx, link, .. }, mut client) = pair(hasty()).await;
    link.hold(true);
    let writing = tokio::spawn(async move {
        for n in 0..COUNT {
            tx.send(Frame::binary(vec![n as u8; 65536])).await.unwrap();
        }
        tx
    });
    let reading = tokio::spawn(async move { rx.next().await });
    // Pings of ours find a full socket, and so do answers to theirs.
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        client.write_all(&masked(PING, b"").repeat(50)).await.unwrap();
    }
    assert!(!writing.is_finished(), "the socket took everything: the test tests nothing");
    let mut frames = 0;
    while frames < COUNT {
        let first = client.read_u8().await.unwrap();
        let len = match client.read_u8().await.unwrap() {
            127 => client.read_u64().await.unwrap() as usize,
            len => usize::from(len),
        };
        let mut payload = vec![0; len];
        client.read_exact(&mut payload).await.unwrap();
        if first == BINARY {
            assert!(payload == vec![frames as u8; 65536], "frame {frames} is not as it was sent");
            frames += 1;
        }
    }
    drop(writing.await.unwrap());
    reading.abort();
}
