//! Who is woken when both halves wait for the same socket, over a pipe that holds next to nothing
//! and under paused time.

use std::future::poll_fn;

use bytes::BytesMut;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{DuplexStream, duplex};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::super::{halves, handshake, watch::Watch};
use super::*;
use crate::Link;

type Client = WebSocketStream<DuplexStream>;
type Writer = halves::Writer<DuplexStream>;
type Reader = halves::Reader<DuplexStream>;

async fn socket() -> (Socket<DuplexStream>, Client) {
    let limits = Limits::default();
    let (near, far) = duplex(64);
    let ws = handshake::open(near, BytesMut::new(), Role::Server, &limits).await;
    (Socket::new(ws, &limits, None), WebSocketStream::from_raw_socket(far, Role::Client, None).await)
}

async fn pair() -> (Writer, Reader, Link, Client) {
    let (socket, client) = socket().await;
    let (link, hold) = Link::watched();
    let (tx, rx) = halves::split(socket, Watch::new(&Limits::default(), hold));
    (tx, rx, link, client)
}

/// Writes until the pipe is full, and gives back how many frames the client is owed.
fn fill(tx: &mut Writer) -> usize {
    let owed = (1..).find(|_| tx.send(Frame::binary(vec![7; 1000])).now_or_never().is_none());
    owed.expect("the pipe holds next to nothing")
}

async fn frames(client: &mut Client, count: usize) {
    let mut got = 0;
    while got < count {
        match client.next().await.unwrap().unwrap() {
            Message::Binary(data) => {
                assert_eq!(data, vec![7; 1000]);
                got += 1;
            }
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_finds_the_pipe_full_takes_the_wake_up_from_no_writer() {
    let (mut tx, mut rx, link, mut client) = pair().await;
    let owed = fill(&mut tx);
    let writing = tokio::spawn(async move { tx.flush().await.map(|()| tx) });
    let reading = tokio::spawn(async move { rx.next().await });
    link.hold(true);
    // Several pings are due, and none can be written.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!writing.is_finished() && !reading.is_finished());
    timeout(Duration::from_secs(1), frames(&mut client, owed)).await.expect("the writer goes on");
    client.send(Message::text("up")).await.unwrap();
    let read = timeout(Duration::from_secs(1), reading).await.expect("the reader is woken");
    assert_eq!(read.unwrap().unwrap().unwrap(), Frame::text("up"));
    timeout(Duration::from_secs(1), writing).await.expect("the writer is woken").unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_waits_learns_of_our_own_goodbye() {
    let (mut tx, mut rx, _link, mut client) = pair().await;
    let reading = tokio::spawn(async move { rx.next().await.is_none() });
    tokio::task::yield_now().await;
    let begun = tokio::time::Instant::now();
    let client = tokio::spawn(async move { while client.next().await.is_some() {} });
    tx.close().await.unwrap();
    assert!(reading.await.unwrap());
    client.await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO, "nobody waited for a deadline");
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_of_the_peer_reaches_both_halves_while_a_flush_waits() {
    let (mut tx, mut rx, _link, mut client) = pair().await;
    let owed = fill(&mut tx);
    let writing = tokio::spawn(async move {
        let _flushed_or_closed = tx.flush().await;
        tx.close().await
    });
    let reading = tokio::spawn(async move { rx.next().await.is_none() });
    tokio::task::yield_now().await;
    client.send(Message::Close(None)).await.unwrap();
    assert!(timeout(Duration::from_millis(100), reading).await.unwrap().unwrap());
    assert!(!writing.is_finished());
    frames(&mut client, owed).await;
    assert!(matches!(client.next().await, Some(Ok(Message::Close(_)))));
    drop(client);
    timeout(Duration::from_millis(100), writing).await.unwrap().unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_that_finds_the_buffer_full_of_pongs_is_held_and_sent_behind_them() {
    let (mut socket, mut client) = socket().await;
    // 125 bytes are the most that a ping carries; its answer has two more.
    let pings = (Limits::default().max_frame * 2) / 127 + 10;
    let asking = async {
        for _ in 0..pings {
            client.send(Message::Ping(vec![0; 125].into())).await.unwrap();
        }
    };
    tokio::select! {
        frame = poll_fn(|cx| socket.poll_next(cx)) => panic!("{frame:?}"),
        () = asking => {}
    }
    let message = Frame::binary(vec![7; Limits::default().max_frame]);
    poll_fn(|cx| socket.poll_ready(cx)).now_or_never().expect("the first is always taken").unwrap();
    socket.start_send(message.clone()).unwrap();
    assert!(socket.held.is_some(), "the buffer was not full: the test tests nothing");
    let reading = async {
        loop {
            match client.next().await.unwrap().unwrap() {
                Message::Pong(_) => {}
                other => break other,
            }
        }
    };
    let (sent, got) = tokio::join!(poll_fn(|cx| socket.poll_flush(cx)), reading);
    sent.unwrap();
    assert_eq!(got, Message::Binary(message.data));
}
