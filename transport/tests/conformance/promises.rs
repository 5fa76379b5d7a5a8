//! A function for each promise, in the order of the trait's documentation.

use std::net::UdpSocket;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use transport::{Connection, Frame, Limits, Listener, RecvError, SendError};

use crate::kit::{Pair, Row, UDP_IDLE, carry, connect, next, numbered, pair, talk};

/// Frames of a burst: more than any queue on the way holds.
const BURST: usize = 200;

pub(crate) async fn a_frame_arrives_whole_and_once(row: Row) {
    let Pair { listener: _listener, mut dialled, mut accepted } = pair(&row).await;
    for n in 0..20 {
        carry(&mut dialled, &mut accepted, numbered(n)).await;
        carry(&mut accepted, &mut dialled, numbered(n)).await;
    }
    drop(dialled);
    assert_eq!(next(&mut accepted).await, None, "nothing may come twice");
}

pub(crate) async fn frames_arrive_in_the_order_that_is_promised(row: Row) {
    let Pair { listener: _listener, mut dialled, mut accepted } = pair(&row).await;
    let caps = dialled.caps;
    let send = async move {
        for n in 0..BURST {
            dialled.tx.feed(numbered(n)).await.unwrap();
        }
        dialled.tx.flush().await.unwrap();
        dialled.tx.close().await.unwrap();
        // The other half stays, so that a close is not mistaken for a loss.
        dialled.rx
    };
    let receive = async {
        let mut arrived = Vec::new();
        while let Some(frame) = next(&mut accepted).await {
            arrived.push(frame.data);
        }
        arrived
    };
    let (_rx, arrived) = tokio::join!(send, receive);
    let sent: Vec<_> = (0..BURST).map(|n| numbered(n).data).collect();
    let at: Vec<_> = arrived.iter().map(|data| sent.iter().position(|one| one == data)).collect();
    assert!(!at.is_empty() && at.iter().all(Option::is_some), "never sent: {arrived:?}");
    assert!(!caps.ordered || at.is_sorted_by(|a, b| a < b), "not in order, or twice: {at:?}");
    assert!(!caps.reliable || arrived == sent, "not all arrived: {at:?}");
}

pub(crate) async fn an_empty_frame_is_carried_or_refused(row: Row) {
    let Pair { listener: _listener, mut dialled, mut accepted } = pair(&row).await;
    let mut refusal = dialled.tx.send(Frame::text("")).await.err();
    dialled.tx.send(Frame::text("after")).await.unwrap();
    let first = next(&mut accepted).await.unwrap();
    if first.data.is_empty() {
        assert_eq!(next(&mut accepted).await.unwrap(), Frame::text("after"));
        assert!(refusal.is_none(), "{refusal:?}");
    } else {
        assert_eq!(first, Frame::text("after"));
        if refusal.is_none() {
            refusal = dialled.tx.flush().await.err();
        }
        assert!(matches!(refusal, Some(SendError::Unrepresentable(_))), "{refusal:?}");
    }
    talk(&mut dialled, &mut accepted).await;
}

pub(crate) async fn a_frame_of_the_longest_length_is_carried(row: Row) {
    let Pair { listener: _listener, mut dialled, mut accepted } = pair(&row).await;
    assert_eq!(dialled.caps.max_frame, accepted.caps.max_frame);
    let longest = Frame::text("x".repeat(dialled.caps.max_frame));
    carry(&mut dialled, &mut accepted, longest.clone()).await;
    carry(&mut accepted, &mut dialled, longest).await;
}

pub(crate) async fn a_longer_frame_is_refused_and_the_next_is_carried(row: Row) {
    let Pair { listener: _listener, mut dialled, mut accepted } = pair(&row).await;
    for end in [&mut dialled, &mut accepted] {
        let longest = end.caps.max_frame;
        let refused = end.tx.send(Frame::text("x".repeat(longest + 1))).await;
        assert!(
            matches!(refused, Err(SendError::TooLong { len, limit }) if len == longest + 1 && limit == longest),
            "{refused:?}"
        );
    }
    talk(&mut dialled, &mut accepted).await;
}

/// Where a frame may be forged it is dropped instead.
pub(crate) async fn a_frame_longer_than_the_receiver_allows_ends_its_stream(row: Row) {
    if row.at.scheme() == "mem" {
        // Both ends have one set of bounds.
        return;
    }
    let small = Limits { max_frame: 500, datagram: 500, ..row.limits.clone() };
    let listener = row.with_limits(&small).bind(&row.at).await.unwrap();
    let Pair { listener: _listener, mut dialled, mut accepted } = connect(listener, &*row.transport()).await;
    let longest = accepted.caps.max_frame;
    carry(&mut dialled, &mut accepted, Frame::text("x".repeat(longest))).await;
    dialled.tx.send(Frame::text("x".repeat(longest + 1))).await.unwrap();
    if !accepted.caps.linked {
        return talk(&mut dialled, &mut accepted).await;
    }
    let error = accepted.rx.next().await.unwrap().unwrap_err();
    assert!(matches!(error, RecvError::TooLong { limit: 500 }), "{error}");
    assert!(accepted.rx.next().await.is_none());
}

pub(crate) async fn a_silent_peer_delays_no_other(row: Row) {
    let mut listener = row.transport().bind(&row.at).await.unwrap();
    let to = listener.endpoint().clone();
    let _silent: Vec<_> = [silent(&row, &*listener).await, silent(&row, &*listener).await].into();
    let (spoke, mut speakers) = mpsc::channel(1);
    let _accepting = tokio::spawn(async move {
        loop {
            let incoming = listener.accept().await;
            let spoke = spoke.clone();
            tokio::spawn(async move {
                let Ok(mut accepted) = incoming.handshake.await else { return };
                if accepted.rx.next().await.is_some_and(|read| read.is_ok_and(|frame| frame.data == "here")) {
                    spoke.send(accepted).await.unwrap();
                }
            });
        }
    });
    let begun = Instant::now();
    let mut dialled = row.transport().dial(&to).await.unwrap();
    dialled.tx.send(Frame::text("here")).await.unwrap();
    let mut accepted = speakers.recv().await.unwrap();
    talk(&mut dialled, &mut accepted).await;
    assert!(begun.elapsed() < row.limits.handshake, "it had to wait for a silent peer");
}

/// A peer that comes and says nothing that a handshake could be made of.
async fn silent(row: &Row, listener: &dyn Listener) -> Box<dyn std::any::Any> {
    let to = listener.endpoint();
    match to.address() {
        transport::Address::Socket { host, port } if to.scheme() == "udp" => {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.send_to(b"?", (host.as_str(), *port)).unwrap();
            Box::new(socket)
        }
        transport::Address::Socket { host, port } => {
            Box::new(tokio::net::TcpStream::connect((host.as_str(), *port)).await.unwrap())
        }
        _ => Box::new(row.transport().dial(to).await.unwrap()),
    }
}

pub(crate) async fn when_the_dialled_end_goes_the_other_ends(row: Row) {
    let Pair { listener: _listener, dialled, mut accepted } = pair(&row).await;
    ends_after(dialled, &mut accepted).await;
}

pub(crate) async fn when_the_accepted_end_goes_the_other_ends(row: Row) {
    let Pair { listener: _listener, mut dialled, accepted } = pair(&row).await;
    ends_after(accepted, &mut dialled).await;
}

async fn ends_after(gone: Connection, other: &mut Connection) {
    let begun = Instant::now();
    drop(gone);
    assert_eq!(next(other).await, None);
    assert!(other.rx.next().await.is_none(), "it stays ended");
    if !other.caps.linked {
        // Its last word may have come a little before.
        assert!(begun.elapsed() > UDP_IDLE / 4, "after {:?}", begun.elapsed());
    }
}

pub(crate) async fn a_closed_listener_frees_its_address(row: Row) {
    let Pair { listener, dialled, accepted } = pair(&row).await;
    let at = listener.endpoint().clone();
    listener.close().await;
    is_free_again(&row, &at, dialled, accepted).await;
}

pub(crate) async fn a_dropped_listener_frees_its_address(row: Row) {
    let Pair { listener, dialled, accepted } = pair(&row).await;
    let at = listener.endpoint().clone();
    drop(listener);
    is_free_again(&row, &at, dialled, accepted).await;
}

async fn is_free_again(
    row: &Row,
    at: &transport::Endpoint,
    mut dialled: Connection,
    mut accepted: Connection,
) {
    let again = row.transport().bind(at).await.unwrap();
    if accepted.caps.linked {
        talk(&mut dialled, &mut accepted).await;
    } else {
        assert_eq!(next(&mut accepted).await, None);
    }
    let mut pair = connect(again, &*row.transport()).await;
    talk(&mut pair.dialled, &mut pair.accepted).await;
}

pub(crate) async fn a_dropped_receive_loses_no_frame(row: Row) {
    let Pair { listener: _listener, mut dialled, mut accepted } = pair(&row).await;
    for n in 0..40 {
        dialled.tx.send(numbered(n)).await.unwrap();
        let received = loop {
            // Each round drops the receive that was waiting.
            tokio::select! {
                biased;
                frame = next(&mut accepted) => break frame,
                () = tokio::time::sleep(Duration::from_micros(200)) => {}
            }
        };
        assert_eq!(received.unwrap().data, numbered(n).data);
    }
}

pub(crate) async fn a_dropped_flush_loses_no_frame(row: Row) {
    let Pair { listener: _listener, mut dialled, mut accepted } = pair(&row).await;
    for n in 0..40 {
        dialled.tx.feed(numbered(n)).await.unwrap();
        if dialled.tx.flush().now_or_never().is_none() {
            dialled.tx.flush().await.unwrap();
        }
        assert_eq!(next(&mut accepted).await.unwrap().data, numbered(n).data);
    }
}

pub(crate) async fn a_dropped_accept_loses_no_peer(row: Row) {
    let mut listener = row.transport().bind(&row.at).await.unwrap();
    for _ in 0..3 {
        assert!(listener.accept().now_or_never().is_none(), "nobody has come yet");
    }
    let mut pair = connect(listener, &*row.transport()).await;
    talk(&mut pair.dialled, &mut pair.accepted).await;
}
