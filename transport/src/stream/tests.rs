//! Silence, errors, back-pressure and endings, over a pipe and under paused time.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{FutureExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf, duplex, split};

use super::*;

const SILENCE: Duration = Duration::from_millis(50);

/// A connection as a listener makes it, and the bare other end.
fn open(framing: &str, limits: &Limits) -> (Connection, DuplexStream) {
    let at: Endpoint = format!("tcp://?framing={framing}").parse().unwrap();
    let (near, far) = duplex(1024);
    let choice = Choice::for_listener(&at, limits);
    (connection(Peer::Memory("test".into()), split(near), &choice, limits, ()), far)
}

async fn next(connection: &mut Connection) -> Frame {
    connection.rx.next().await.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_message_without_an_end_ends_in_silence() {
    let (mut connection, mut far) = open("auto", &Limits::default());
    let begun = Instant::now();
    far.write_all(b"up").await.unwrap();
    assert_eq!(next(&mut connection).await, Frame::text("up"));
    assert!((SILENCE..SILENCE * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nothing_after_a_request_of_http_is_heard_wherever_silence_cuts_it() {
    let request = "POST /?action=up HTTP/1.1\r\nHost: car\r\nContent-Length: 4\r\n\r\n\nup\n";
    for cut in 1..request.find("Host").expect("a field") + 4 {
        let (mut connection, mut far) = open("auto", &Limits::default());
        far.write_all(&request.as_bytes()[..cut]).await.unwrap();
        let mut heard = vec![connection.rx.next().await];
        far.write_all(&request.as_bytes()[cut..]).await.unwrap();
        while !RecvError::ends(&heard[heard.len() - 1]) {
            heard.push(connection.rx.next().await);
        }
        let heard = format!("{heard:?}");
        assert!(heard.contains("this is HTTP") && !heard.contains("\"up\""), "{cut}: {heard}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_after_the_first_byte_of_a_length_decides_nothing() {
    for (parts, answer) in
        [([&b"\0"[..], b"\x02up"], &b"\0\x02ok"[..]), ([b"\0", b"\0\0\x02up"], b"\0\0\0\x02ok")]
    {
        let (mut connection, mut far) = open("auto", &Limits::default());
        far.write_all(parts[0]).await.unwrap();
        assert!(tokio::time::timeout(SILENCE * 3, connection.rx.next()).await.is_err());
        far.write_all(parts[1]).await.unwrap();
        assert_eq!(next(&mut connection).await, Frame::text("up"));
        connection.tx.send(Frame::text("ok")).await.unwrap();
        let mut got = vec![0; answer.len()];
        far.read_exact(&mut got).await.unwrap();
        assert_eq!(got, answer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_ends_is_not_kept_waiting() {
    let (mut connection, mut far) = open("auto", &Limits::default());
    let begun = Instant::now();
    far.write_all(b"up\nle").await.unwrap();
    assert_eq!(next(&mut connection).await, Frame::text("up"));
    far.write_all(b"ft\n").await.unwrap();
    assert_eq!(next(&mut connection).await, Frame::text("left"));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn every_byte_begins_the_silence_anew() {
    let (mut connection, mut far) = open("lines", &Limits::default());
    let typist = async {
        for byte in b"stop" {
            far.write_u8(*byte).await.unwrap();
            sleep(SILENCE - Duration::from_millis(10)).await;
        }
    };
    let (message, ()) = tokio::join!(next(&mut connection), typist);
    assert_eq!(message, Frame::text("stop"));
}

#[tokio::test(start_paused = true)]
async fn the_silence_of_one_message_does_not_shorten_the_next() {
    let (mut connection, mut far) = open("lines", &Limits::default());
    far.write_all(b"up").await.unwrap();
    let most = SILENCE - Duration::from_millis(10);
    assert!(tokio::time::timeout(most, connection.rx.next()).await.is_err());
    let begun = Instant::now();
    // As many bytes of the next message as there were of this one.
    far.write_all(b"\nle").await.unwrap();
    assert_eq!(next(&mut connection).await, Frame::text("up"));
    assert_eq!(next(&mut connection).await, Frame::text("le"));
    assert!(begun.elapsed() >= SILENCE, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_line_that_silence_has_ended_is_no_message() {
    let (mut connection, mut far) = open("lines", &Limits::default());
    far.write_all(b"up").await.unwrap();
    assert_eq!(next(&mut connection).await, Frame::text("up"));
    far.write_all(b"\r").await.unwrap();
    assert!(tokio::time::timeout(SILENCE * 3, connection.rx.next()).await.is_err());
    far.write_all(b"\ndown").await.unwrap();
    assert_eq!(next(&mut connection).await, Frame::text("down"));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_no_message_that_has_a_length() {
    for (framing, parts) in [("auto", [&b"\0\0\0"[..], b"\x02up"]), ("java-utf", [&b"\0"[..], b"\x02up"])] {
        let (mut connection, mut far) = open(framing, &Limits::default());
        far.write_all(parts[0]).await.unwrap();
        assert!(tokio::time::timeout(SILENCE * 3, connection.rx.next()).await.is_err(), "{framing}");
        far.write_all(parts[1]).await.unwrap();
        assert_eq!(next(&mut connection).await, Frame::text("up"), "{framing}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_framing_what_was_read_before_cuts_no_message() {
    let (mut connection, mut far) = open("raw", &Limits::default());
    for _ in 0..20 {
        let message = [b'x'; 1000];
        far.write_all(&message).await.unwrap();
        assert_eq!(next(&mut connection).await.data.len(), message.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_next_loses_nothing() {
    let (mut connection, mut far) = open("auto", &Limits::default());
    for byte in b"drive 1 0\nup\n" {
        far.write_u8(*byte).await.unwrap();
        if let Some(message) = connection.rx.next().now_or_never() {
            assert!(
                ["drive 1 0", "up"].contains(&std::str::from_utf8(&message.unwrap().unwrap().data).unwrap())
            );
        }
    }
    drop(far);
    assert!(connection.rx.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_too_long_ends_the_stream_for_good() {
    let (mut connection, mut far) = open("lines", &Limits { max_frame: 4, ..Limits::default() });
    far.write_all(b"12345\nup\n").await.unwrap();
    assert!(matches!(connection.rx.next().await, Some(Err(RecvError::TooLong { limit: 4 }))));
    for _ in 0..3 {
        assert!(connection.rx.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_for_which_no_memory_is_left_ends_its_stream_and_short_ones_are_heard() {
    let free = crate::FREE;
    let limits = Limits { memory: crate::Memory::new(6_000), ..Limits::default() };
    let (mut one, mut first) = open("length", &limits);
    let (mut other, mut second) = open("length", &limits);
    let message = [&20_000_u32.to_be_bytes()[..], &[7; 20_000]].concat();
    let (part, rest) = message.split_at(free + 6_000);
    let begun = tokio::spawn(async move { (one.rx.next().await, one) });
    first.write_all(part).await.unwrap();
    while limits.memory.used() < 6_000 {
        tokio::task::yield_now().await;
    }
    let (crowded, _) = tokio::join!(other.rx.next(), second.write_all(&message[..=free]));
    assert!(matches!(crowded, Some(Err(RecvError::NoRoom))));
    let (mut third, mut far) = open("lines", &limits);
    far.write_all(b"stop\n").await.unwrap();
    assert_eq!(next(&mut third).await, Frame::text("stop"));
    first.write_all(rest).now_or_never();
    assert!(matches!(begun.await.unwrap().0, Some(Err(RecvError::NoRoom))), "no byte more than there is");
    assert_eq!(limits.memory.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_bad_message_does_not_end_the_stream() {
    let (mut connection, mut far) = open("lines", &Limits::default());
    far.write_all(b"\xFF\nup\n").await.unwrap();
    assert!(matches!(connection.rx.next().await, Some(Err(RecvError::BadMessage(_)))));
    assert_eq!(next(&mut connection).await, Frame::text("up"));
}

#[tokio::test(start_paused = true)]
async fn frames_are_written_when_they_are_flushed() {
    let (mut connection, mut far) = open("lines", &Limits::default());
    let mut got = [0; 6];
    for word in ["a", "b", "c"] {
        connection.tx.feed(Frame::text(word)).await.unwrap();
    }
    assert!(far.read_exact(&mut got).now_or_never().is_none());
    connection.tx.flush().await.unwrap();
    far.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"a\nb\nc\n");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_is_refused_leaves_the_connection_good() {
    let (mut connection, far) = open("lines", &Limits { max_frame: 4, ..Limits::default() });
    assert!(matches!(connection.tx.send(Frame::text("a\nb")).await, Err(SendError::Unrepresentable(_))));
    assert!(matches!(connection.tx.send(Frame::text("12345")).await, Err(SendError::TooLong { .. })));
    connection.tx.send(Frame::text("1234")).await.unwrap();
    drop(connection);
    assert_eq!(all_of(far).await, "1234\n");
}

async fn all_of(mut far: DuplexStream) -> String {
    let mut all = String::new();
    far.read_to_string(&mut all).await.unwrap();
    all
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_makes_the_sender_wait() {
    let (mut connection, far) = open("lines", &Limits::default());
    let frame = Frame::text("x".repeat(999));
    let mut taken = 0;
    while let Some(fed) = connection.tx.feed(frame.clone()).now_or_never() {
        fed.unwrap();
        taken += 1000;
        assert!(taken < 2 * WRITE_BOUND, "the buffer grows without bound");
    }
    let (all, ()) = tokio::join!(all_of(far), async {
        connection.tx.close().await.unwrap();
        drop(connection);
    });
    assert_eq!(all.len(), taken);
}

#[tokio::test(start_paused = true)]
async fn closing_one_half_ends_the_peers_stream_and_keeps_the_other() {
    let (mut connection, mut far) = open("lines", &Limits::default());
    connection.tx.feed(Frame::text("bye")).await.unwrap();
    connection.tx.close().await.unwrap();
    let mut got = String::new();
    far.read_to_string(&mut got).await.unwrap();
    assert_eq!(got, "bye\n");
    far.write_all(b"up\n").await.unwrap();
    assert_eq!(next(&mut connection).await, Frame::text("up"));
}

#[tokio::test]
async fn a_guard_lives_until_both_halves_are_gone() {
    let at: Endpoint = "tcp://".parse().unwrap();
    let limits = Limits::default();
    let guard = Arc::new(());
    let watch = Arc::downgrade(&guard);
    let choice = Choice::for_listener(&at, &limits);
    let Connection { tx, rx, .. } =
        connection(Peer::Memory("test".into()), split(duplex(8).0), &choice, &limits, guard);
    drop(tx);
    assert!(watch.upgrade().is_some());
    drop(rx);
    assert!(watch.upgrade().is_none());
}

/// A socket whose reads fail.
struct Failing(io::ErrorKind);

impl AsyncRead for Failing {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(self.0.into()))
    }
}

#[tokio::test]
async fn a_link_that_the_kernel_gave_up_is_dead_and_any_other_error_is_told() {
    let limits = Limits::default();
    for kind in [io::ErrorKind::TimedOut, io::ErrorKind::ConnectionReset] {
        let choice = Choice::for_listener(&"tcp://".parse().unwrap(), &limits);
        let halves = (Failing(kind), tokio::io::sink());
        let mut broken = connection(Peer::Memory("test".into()), halves, &choice, &limits, ());
        match broken.rx.next().await {
            Some(Err(RecvError::Dead(after))) => {
                assert_eq!((kind, after), (io::ErrorKind::TimedOut, limits.tcp_dead))
            }
            Some(Err(RecvError::Io(error))) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
            other => panic!("{other:?}"),
        }
        assert!(broken.rx.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_one_peer_delays_nobody_and_one_of_the_system_is_waited_out() {
    let pauses = Limits::default().accept_pause;
    let at = "tcp://".parse().unwrap();
    for (kind, expected) in [
        (io::ErrorKind::ConnectionAborted, Duration::ZERO),
        // 100 + 200 + 400 + 800 + 1000 ms
        (io::ErrorKind::OutOfMemory, Duration::from_millis(2500)),
    ] {
        let errors = AtomicUsize::new(5);
        let begun = Instant::now();
        let accepted = accept(&at, pauses, |_| {
            let left = errors.fetch_sub(1, Ordering::Relaxed);
            Poll::Ready(if left > 0 { Err(kind.into()) } else { Ok("a peer") })
        });
        assert_eq!(accepted.await, "a peer");
        assert_eq!(begun.elapsed(), expected);
    }
}
