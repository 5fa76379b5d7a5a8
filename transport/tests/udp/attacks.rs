//! Somebody on the way, or anywhere, who has no key.

use std::net::Ipv4Addr;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};
use transport::{Connection, Frame, Limits, Listener};

use crate::support::{PATIENCE, Relay, To, accept, address, hear, listen, tablet};

/// Both ends of a proven connection over a relay.
async fn proven(limits: &Limits) -> (Box<dyn Listener>, Relay, Connection, Connection) {
    let mut listener = listen(limits, "psk").await;
    let relay = Relay::honest(&*listener).await;
    let mut dialled = relay.dial(&tablet(limits), "psk").await.unwrap();
    dialled.tx.send(Frame::text("up")).await.unwrap();
    let mut accepted = accept(&mut listener).await;
    assert_eq!(hear(&mut accepted).await, Frame::text("up"));
    (listener, relay, dialled, accepted)
}

/// That both ends hear each other, and nothing else was heard.
async fn still_speak(dialled: &mut Connection, accepted: &mut Connection) {
    dialled.tx.send(Frame::text("to and")).await.unwrap();
    assert_eq!(hear(accepted).await, Frame::text("to and"));
    accepted.tx.send(Frame::text("fro")).await.unwrap();
    assert_eq!(hear(dialled).await, Frame::text("fro"));
}

#[tokio::test]
async fn nothing_that_is_replayed_or_reflected_counts_or_ends_anything() {
    let limits = Limits::default();
    let (mut listener, relay, mut dialled, mut accepted) = proven(&limits).await;
    still_speak(&mut dialled, &mut accepted).await;
    let past = relay.carried();
    assert!(past.len() >= 7, "a handshake and three frames");
    for _ in 0..3 {
        for (_, datagram) in &past {
            relay.forge(To::Listener, datagram).await;
            relay.forge(To::Dialler, datagram).await;
        }
        still_speak(&mut dialled, &mut accepted).await;
    }
    assert!(listener.accept().now_or_never().is_none(), "nobody has come");
    assert!(accepted.link.losses().late > 0 && dialled.link.losses().late > 0);
}

#[tokio::test]
async fn what_was_said_elsewhere_is_worth_nothing_and_answered_with_no_more() {
    let limits = Limits::default();
    let (mut listener, relay, mut dialled, mut accepted) = proven(&limits).await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.connect(address(listener.endpoint())).await.unwrap();
    let past = relay.carried();
    let hellos = past.iter().filter(|(to, datagram)| *to == To::Listener && datagram[1] == 0x20).count();
    assert!(hellos > 0);
    for (_, datagram) in &past {
        stranger.send(datagram).await.unwrap();
    }
    // The listener takes one datagram after the other: when this is answered, so are those.
    still_speak(&mut dialled, &mut accepted).await;
    let mut buffer = [0; 2048];
    for _ in 0..hellos {
        let len = timeout(PATIENCE, stranger.recv(&mut buffer)).await.unwrap().unwrap();
        assert_eq!((buffer[1], len), (0x21, 42), "a cookie, as long as a hello");
    }
    assert!(stranger.recv(&mut buffer).now_or_never().is_none(), "everything else is met with silence");
    assert!(listener.accept().now_or_never().is_none(), "nobody has come");
}

#[tokio::test]
async fn a_flood_from_many_addresses_crowds_out_neither_who_has_proven_itself_nor_who_comes() {
    let limits = Limits { udp_sessions: 2, per_address: 2, ..Limits::default() };
    let (mut listener, relay, mut dialled, mut accepted) = proven(&limits).await;
    let past = relay.carried();
    let to = address(listener.endpoint());
    for n in 1..=250 {
        // The whole of 127/8 is this machine.
        let radio = UdpSocket::bind((Ipv4Addr::new(127, 77, 0, n), 0)).await.unwrap();
        for (_, datagram) in &past {
            radio.send_to(datagram, to).await.unwrap();
        }
        radio.send_to(b"up", to).await.unwrap();
        if n % 10 == 0 {
            still_speak(&mut dialled, &mut accepted).await;
        }
    }
    let mut other = tablet(&limits).dial(listener.endpoint()).await.unwrap();
    other.tx.send(Frame::text("me too")).await.unwrap();
    let mut second = accept(&mut listener).await;
    assert_eq!(hear(&mut second).await, Frame::text("me too"));
    still_speak(&mut dialled, &mut accepted).await;
}

#[tokio::test]
async fn who_comes_with_a_key_where_all_places_are_taken_does_not_push_out_who_speaks() {
    let limits = Limits { udp_sessions: 1, handshake: Duration::from_millis(600), ..Limits::default() };
    let (mut listener, _relay, mut dialled, mut accepted) = proven(&limits).await;
    still_speak(&mut dialled, &mut accepted).await;
    let turned_away = tablet(&limits).dial(listener.endpoint()).await;
    assert!(turned_away.is_err(), "there is no room");
    still_speak(&mut dialled, &mut accepted).await;
    assert!(listener.accept().now_or_never().is_none());
}

#[tokio::test]
async fn a_dialler_that_begins_anew_at_its_address_takes_its_own_place() {
    let limits = Limits { udp_sessions: 1, ..Limits::default() };
    let (mut listener, relay, old, mut accepted) = proven(&limits).await;
    // It seems to be at the same address, as one behind a router would that kept its port.
    let mut dialled = relay.dial(&tablet(&limits), "psk").await.unwrap();
    assert!(accepted.rx.next().now_or_never().is_none(), "until the new one has spoken the old one lives");
    dialled.tx.send(Frame::text("again")).await.unwrap();
    let mut again = accept(&mut listener).await;
    assert_eq!(hear(&mut again).await, Frame::text("again"));
    assert!(timeout(PATIENCE, accepted.rx.next()).await.unwrap().is_none(), "its old session is over");
    still_speak(&mut dialled, &mut again).await;
    drop(old);
}

#[tokio::test]
async fn who_has_been_silent_for_as_long_as_the_listener_remembers_is_told_at_its_end() {
    let short = Limits { udp_idle: Duration::from_millis(300), ..Limits::default() };
    let mut listener = listen(&short, "psk").await;
    // This end would wait for ten seconds, but the listener forgets sooner and says so.
    let mut dialled = tablet(&Limits::default()).dial(listener.endpoint()).await.unwrap();
    let begun = Instant::now();
    dialled.tx.send(Frame::text("up")).await.unwrap();
    let mut accepted = accept(&mut listener).await;
    assert_eq!(hear(&mut accepted).await, Frame::text("up"));
    assert!(timeout(PATIENCE, dialled.rx.next()).await.unwrap().is_none());
    assert!(begun.elapsed() < Duration::from_secs(8), "after {:?}", begun.elapsed());
    assert!(timeout(PATIENCE, accepted.rx.next()).await.unwrap().is_none());
}
