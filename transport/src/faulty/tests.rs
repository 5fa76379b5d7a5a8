//! Over memory, in paused time.

use futures_util::{SinkExt, StreamExt};

use super::*;
use crate::{Frame, Limits, Mem, SendError};

const MILLI: Duration = Duration::from_millis(1);

/// A dialled connection with faults, and the other end without.
async fn pair(faults: Faults) -> (Connection, Connection) {
    let mem = Mem::new(Limits::default());
    let at = "mem://a".parse().unwrap();
    let mut listener = mem.bind(&at).await.unwrap();
    let dialled = Faulty::new(mem, faults).dial(&at).await.unwrap();
    (dialled, listener.accept().await.handshake.await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn delays_are_added_each_way_and_closing_waits_for_the_last_frame() {
    let slow = |millis| Direction { delay: MILLI * millis..=MILLI * millis, ..Direction::default() };
    let (mut a, mut b) = pair(Faults { to_peer: slow(30), from_peer: slow(500), ..Faults::default() }).await;
    let begun = tokio::time::Instant::now();
    a.tx.send(Frame::text("up")).await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    a.tx.close().await.unwrap();
    assert_eq!(begun.elapsed(), MILLI * 30);
    assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text("up"));
    assert!(b.rx.next().await.is_none());
    b.tx.send(Frame::text("ok")).await.unwrap();
    drop(b);
    assert_eq!(a.rx.next().await.unwrap().unwrap(), Frame::text("ok"));
    assert!(a.rx.next().await.is_none());
    assert_eq!(begun.elapsed(), MILLI * 530);
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_ends_both_ways_at_both_ends() {
    let breaks = Direction { disconnect_after: Some(2), ..Direction::default() };
    let (mut a, mut b) = pair(Faults { to_peer: breaks.clone(), ..Faults::default() }).await;
    for text in ["1", "2", "3"] {
        a.tx.send(Frame::text(text)).await.unwrap();
    }
    assert!(a.rx.next().await.is_none());
    let mut heard = 0;
    while b.rx.next().await.is_some() {
        heard += 1;
    }
    assert!(heard <= 2);
    assert!(matches!(a.tx.send(Frame::text("4")).await, Err(SendError::Closed)));

    let (mut a, mut b) = pair(Faults { from_peer: breaks, ..Faults::default() }).await;
    for text in ["1", "2", "3"] {
        b.tx.send(Frame::text(text)).await.unwrap();
    }
    while a.rx.next().await.is_some() {}
    assert!(b.rx.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn frames_under_way_are_bounded_and_none_is_lost_for_it() {
    let slow = Direction { delay: MILLI * 100..=MILLI * 100, ..Direction::default() };
    let (mut a, mut b) = pair(Faults { to_peer: slow, ..Faults::default() }).await;
    let mut sent: u32 = 0;
    while tokio::time::timeout(MILLI, a.tx.send(Frame::text(sent.to_string()))).await.is_ok() {
        sent += 1;
    }
    assert!((lane::ROOM as u32 - 1..=lane::ROOM as u32 + 1).contains(&sent), "{sent}");
    for n in 0..sent {
        assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text(n.to_string()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_says_what_its_faults_leave_of_its_promises() {
    let caps = |direction: Direction| async move {
        let (a, _) = pair(Faults { from_peer: direction, ..Faults::default() }).await;
        (a.caps.reliable, a.caps.ordered)
    };
    let good = Direction::default();
    assert_eq!(caps(Direction { delay: MILLI..=MILLI * 9, ..good.clone() }).await, (true, true));
    assert_eq!(caps(Direction { loss: 0.1, ..good.clone() }).await, (false, true));
    assert_eq!(caps(Direction { truncation: 0.1, ..good.clone() }).await, (false, true));
    assert_eq!(caps(Direction { reordering: 0.1, ..good }).await, (true, false));
}
