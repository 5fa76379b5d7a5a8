//! A network that loses, repeats, reorders and damages datagrams, the same in every run.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use transport::{Connection, Frame, Limits, Losses};

use crate::support::{Fate, PATIENCE, Relay, accept, hear, listen, tablet};

const FRAMES: usize = 400;

/// Long enough for a datagram on this machine; one that takes longer is only read later.
const A_MOMENT: Duration = Duration::from_millis(2);

/// Every seventh is damaged, every fifth comes twice, every third is held back until the next but one
/// has passed, every eleventh is lost. Handshakes suffer as well.
fn rough() -> Fate {
    let (mut count, mut held) = (0_usize, None);
    Box::new(move |to, mut datagram| {
        count += 1;
        let mut out = Vec::new();
        match count {
            n if n % 11 == 0 => {}
            n if n % 7 == 0 => {
                let bit = count * 31 % (datagram.len() * 8);
                datagram[bit / 8] ^= 1 << (bit % 8);
                out.push((to, datagram));
            }
            n if n % 5 == 0 => out.extend([(to, datagram.clone()), (to, datagram)]),
            n if n % 3 == 0 && held.is_none() => held = Some((count + 2, (to, datagram))),
            _ => out.push((to, datagram)),
        }
        if let Some((_, late)) = held.take_if(|(when, _)| *when <= count) {
            out.push(late);
        }
        out
    })
}

fn numbered(n: usize) -> Frame {
    Frame::text(format!("{n}:{}", "x".repeat(n * 37 % 1000)))
}

/// Sends numbered frames over a rough network; the numbers that arrived, and both ends.
async fn over_a_rough_network(integrity: &str) -> (Vec<usize>, Connection, Connection) {
    let limits = Limits::default();
    let mut listener = listen(&limits, integrity).await;
    let relay = Relay::start(&*listener, rough()).await;
    let mut dialled = relay.dial(&tablet(&limits), integrity).await.unwrap();
    // A session is only there when something of it has come.
    let mut accepted = loop {
        dialled.tx.send(Frame::text("knock")).await.unwrap();
        if let Ok(incoming) = timeout(A_MOMENT, listener.accept()).await {
            break incoming.handshake.await.unwrap();
        }
    };
    let mut arrived = Vec::new();
    let mut ended = false;
    for n in 0.. {
        let frame = if n < FRAMES { numbered(n) } else { Frame::text("end") };
        dialled.tx.send(frame).await.unwrap();
        // The network is rough and not full: what can arrive does so before the next is sent.
        while let Ok(next) = timeout(A_MOMENT, accepted.rx.next()).await {
            let frame = next.expect("it does not end").unwrap();
            let text = str::from_utf8(&frame.data).unwrap();
            match text.split(':').next().unwrap() {
                "knock" => {}
                "end" => ended = true,
                number => {
                    let number = number.parse().unwrap();
                    assert_eq!(frame, numbered(number), "not as it was sent");
                    arrived.push(number);
                }
            }
        }
        if ended {
            break;
        }
    }
    (arrived, dialled, accepted)
}

#[tokio::test]
async fn a_checksum_notices_damage_loss_and_order() {
    let (arrived, dialled, accepted) = over_a_rough_network("crc32c").await;
    assert!(dialled.caps.ordered && accepted.caps.ordered && !accepted.caps.reliable);
    assert!(arrived.is_sorted_by(|a, b| a < b), "{arrived:?}");
    let Losses { lost, late, corrupt } = accepted.link.losses();
    assert!(arrived.len() > FRAMES / 3 && arrived.len() < FRAMES, "{} arrived", arrived.len());
    assert!(lost > 0 && late > 0 && corrupt > 0, "{lost} lost, {late} late, {corrupt} corrupt");
}

#[tokio::test]
async fn a_key_lets_each_frame_count_once_in_any_order() {
    let (mut arrived, dialled, accepted) = over_a_rough_network("psk").await;
    assert!(!dialled.caps.ordered && !accepted.caps.ordered, "an overtaken datagram is not lost");
    assert_eq!(accepted.presented.psk.as_deref(), Some("tablet"));
    let Losses { lost, late, corrupt } = accepted.link.losses();
    assert!(lost > 0 && late > 0 && corrupt > 0, "{lost} lost, {late} late, {corrupt} corrupt");
    let count = arrived.len();
    assert!(count > FRAMES / 2 && count < FRAMES, "{count} arrived");
    assert!(!arrived.is_sorted(), "the network kept the order");
    arrived.sort_unstable();
    arrived.dedup();
    assert_eq!(arrived.len(), count, "some came twice");
}

#[tokio::test]
async fn a_listener_that_begins_anew_ends_a_checked_connection_in_words() {
    let limits = Limits::default();
    let mut listener = listen(&limits, "crc32c").await;
    let at = listener.endpoint().clone();
    let mut dialled = tablet(&limits).dial(&at).await.unwrap();
    for _ in 0..2 {
        dialled.tx.send(Frame::text("?")).await.unwrap();
        let mut accepted = accept(&mut listener).await;
        assert_eq!(hear(&mut accepted).await, Frame::text("?"));
        accepted.tx.send(Frame::text("!")).await.unwrap();
        // Its end is dropped, and the listener forgets it.
    }
    assert_eq!(hear(&mut dialled).await, Frame::text("!"));
    let error = timeout(PATIENCE, dialled.rx.next()).await.unwrap().unwrap().unwrap_err();
    assert!(error.is_fatal() && error.to_string().contains("new session"), "{error}");
}
