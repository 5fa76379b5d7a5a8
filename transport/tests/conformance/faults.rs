//! What still holds on a link that loses, repeats, garbles or breaks. The faults are the same in
//! every run.

use futures_util::{SinkExt, StreamExt};
use transport::{Connection, Direction, Frame};

use crate::kit::{Pair, Row, connect, next, numbered, talk};

const FRAMES: usize = 200;

pub(crate) async fn frames_that_survive_a_lossy_link_are_whole_and_were_sent(row: Row) {
    let lossy = Direction { loss: 0.2, duplication: 0.2, reordering: 0.2, ..Direction::default() };
    let Pair { listener: _listener, mut dialled, mut accepted } = over(&row, lossy).await;
    assert!(!dialled.caps.reliable && !dialled.caps.ordered);
    let send = async {
        for n in 0..FRAMES {
            dialled.tx.feed(numbered(n)).await.unwrap();
        }
        dialled.tx.close().await.unwrap();
    };
    let receive = async {
        let mut arrived = Vec::new();
        while let Some(frame) = next(&mut accepted).await {
            arrived.push(frame.data);
        }
        arrived
    };
    let ((), arrived) = tokio::join!(send, receive);
    let sent: Vec<_> = (0..FRAMES).map(|n| numbered(n).data).collect();
    assert!(!arrived.is_empty() && arrived != sent, "the link was not lossy");
    for data in arrived {
        assert!(sent.contains(&data), "never sent: {data:?}");
    }
}

/// A task that panics takes its listener with it; so who comes next must still be served.
pub(crate) async fn garbled_frames_harm_nobody_else(row: Row) {
    let garbling = Direction { corruption: 0.5, truncation: 0.5, ..Direction::default() };
    let Pair { listener, mut dialled, mut accepted } = over(&row, garbling).await;
    let receive = async {
        let mut mangled = 0;
        while let Some(read) = accepted.rx.next().await {
            let sent = |frame: &Frame| (0..FRAMES).any(|n| numbered(n).data == frame.data);
            mangled += usize::from(read.is_ok_and(|frame| !sent(&frame)));
        }
        mangled
    };
    let send = async {
        for n in 0..FRAMES {
            dialled.tx.feed(numbered(n)).await.unwrap();
        }
        drop(dialled);
    };
    let (mangled, ()) = tokio::join!(receive, send);
    assert!(mangled > 0, "the link did not garble");
    let mut next = connect(listener, &*row.transport()).await;
    talk(&mut next.dialled, &mut next.accepted).await;
}

pub(crate) async fn a_cut_connection_ends_at_both_ends(row: Row) {
    let cut = Direction { disconnect_after: Some(3), ..Direction::default() };
    let Pair { listener: _listener, mut dialled, mut accepted } = over(&row, cut).await;
    while dialled.tx.send(Frame::text("again")).await.is_ok() {
        tokio::task::yield_now().await;
    }
    ends(&mut dialled).await;
    ends(&mut accepted).await;
}

async fn ends(end: &mut Connection) {
    while next(end).await.is_some() {}
    assert!(end.rx.next().await.is_none());
}

/// Two ends, of which the dialled one sends and receives over a bad link.
async fn over(row: &Row, each_way: Direction) -> Pair {
    let listener = row.transport().bind(&row.at).await.unwrap();
    connect(listener, &*row.faulty(each_way)).await
}
