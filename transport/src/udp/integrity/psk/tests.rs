//! The handshake on a network of the test's own, where the time is moved by hand.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::vectors;
use super::*;
use crate::{Key, Keys, Limits};

mod attacks;
mod rough;

const SECRET: &str = "correct-horse-battery-staple";
const SECOND: Duration = Duration::from_secs(1);

fn key(name: &str, secret: &str) -> Key {
    Key::new(name, secret).unwrap()
}

fn limits() -> Limits {
    Limits { udp_sessions: 8, per_address: 3, ..Limits::default() }
}

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

fn here() -> SocketAddr {
    at("192.0.2.1:4000")
}

/// A number that no other call gives.
fn nonce() -> Nonce {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

/// A listener that knows `tablet` and `phone`.
fn reception(now: Instant) -> Reception {
    let keys = Keys::new(vec![key("tablet", SECRET), key("phone", "another secret")]).unwrap();
    let mut made = 0_u128;
    let nonces = move || {
        made += 1;
        Some(made.to_be_bytes())
    };
    Reception::new(keys, &limits(), &[9; 32], nonces, now)
}

fn greeting(now: Instant) -> Greeting {
    Greeting::new(&key("tablet", SECRET), nonce(), now)
}

/// What the door answers; nothing where it keeps silent.
fn answer(door: &mut Reception, from: SocketAddr, datagram: &[u8], now: Instant) -> Option<Vec<u8>> {
    match door.knock(from, datagram, now) {
        Knock::Answer(answer) => {
            assert!(answer.len() <= datagram.len(), "an answer must not amplify");
            Some(answer)
        }
        Knock::Refuse(_) => None,
        Knock::Enter(..) => panic!("nobody may enter by that"),
    }
}

/// An opening that the listener would take.
fn opening(door: &mut Reception, from: SocketAddr, greeting: &mut Greeting, now: Instant) -> Vec<u8> {
    let cookie = answer(door, from, &greeting.speak(now).unwrap(), now).unwrap();
    assert!(greeting.hear(&cookie, now).is_none());
    greeting.speak(now).unwrap()
}

/// A whole handshake: the dialler's directions.
fn shaken(door: &mut Reception, from: SocketAddr, now: Instant) -> Guard {
    let mut greeting = greeting(now);
    let opening = opening(door, from, &mut greeting, now);
    let acceptance = answer(door, from, &opening, now).unwrap();
    greeting.hear(&acceptance, now).expect("accepted")
}

fn enter<'a>(door: &mut Reception, from: SocketAddr, datagram: &'a [u8], now: Instant) -> (&'a [u8], Guard) {
    match door.knock(from, datagram, now) {
        Knock::Enter(frame, guard) => (frame, guard),
        other => panic!("{other:?}"),
    }
}

fn say(from: &mut Guard, frame: &'static str) -> Bytes {
    from.sealer.seal(Bytes::from_static(frame.as_bytes()))
}

#[test]
fn every_vector_of_a_handshake_is_written_and_read_so() {
    for row in vectors::rows(&vectors::file()["psk"]["sessions"]) {
        let part = |key| vectors::bytes(row, key);
        let (client, server) =
            (part("client_nonce").try_into().unwrap(), part("server_nonce").try_into().unwrap());
        let cookie = part("cookie").try_into().unwrap();
        let (name, master) =
            (vectors::text(row, "name"), derive::Master::new(vectors::text(row, "secret").as_bytes()));
        let idle_ms = u32::try_from(vectors::number(row, "idle_ms")).unwrap();
        assert_eq!(wire::hello(&client), part("hello"));
        assert_eq!(wire::cookie(&client, &cookie), part("retry"));
        let mut open = wire::open(&client, &cookie, name);
        open.extend_from_slice(&master.sign(&open));
        assert_eq!(open, part("open"));
        let listener = master.session(End::Listener, &client, &server, name);
        let mut accept = wire::accept(&client, &server, idle_ms);
        accept.extend_from_slice(&listener.tag(&[&accept]));
        assert_eq!(accept, part("accept"));

        let mut greeting = Greeting::new(&key(name, vectors::text(row, "secret")), client, Instant::now());
        let mut dialler = greeting.hear(&accept, Instant::now()).expect("accepted");
        assert_eq!(dialler.lasts, Some(Duration::from_millis(idle_ms.into())));
        let agreed = session::Agreed::new(&master, &client, &server, name);
        let mut listener = agreed.guard(End::Listener, name, SECOND);
        for row in vectors::rows(&row["datagrams"]) {
            let datagram = vectors::bytes(row, "datagram");
            let opener = match vectors::sender(row) {
                End::Dialler => &mut listener.opener,
                End::Listener => &mut dialler.opener,
            };
            assert_eq!(opener.open(&datagram), Ok(&vectors::bytes(row, "frame")[..]), "{row}");
        }
    }
}

#[test]
fn every_vector_of_a_datagram_is_written_so() {
    for row in vectors::rows(&vectors::file()["psk"]["sessions"]) {
        for datagram in vectors::rows(&row["datagrams"]) {
            let from = vectors::sender(datagram);
            let key = match from {
                End::Dialler => vectors::bytes(row, "dialler_key"),
                End::Listener => vectors::bytes(row, "listener_key"),
            };
            let next = vectors::number(datagram, "counter");
            let mut sealer = session::Send { from, key: derive::Keyed::new(&key), next };
            let sealed = sealer.seal(vectors::bytes(datagram, "frame").into());
            assert_eq!(sealed, vectors::bytes(datagram, "datagram"), "{datagram}");
        }
    }
}

#[test]
fn a_listener_hears_every_vector_as_it_says() {
    let file = vectors::file();
    let key = derive::Keyed::new(&vectors::bytes(&file["psk"]["sessions"][0], "dialler_key"));
    let mut opener = session::Receive { from: End::Dialler, key, window: window::Window::default() };
    vectors::hears(&mut opener, &file["psk"]["heard_by_listener"]);
}

#[test]
fn who_has_the_key_enters_with_its_first_frame_and_both_ends_understand_each_other() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut dialler = shaken(&mut door, here(), now);
    let first = say(&mut dialler, "up");
    let (frame, mut listener) = enter(&mut door, here(), &first, now);
    assert_eq!(frame, b"up");
    assert_eq!(listener.presented.psk.as_deref(), Some("tablet"));
    assert_eq!(dialler.presented.psk.as_deref(), Some("tablet"), "the listener has proven it, too");
    assert_eq!(dialler.lasts, Some(limits().udp_idle), "as the listener says");
    assert_eq!(dialler.opener.open(&say(&mut listener, "ok")), Ok(&b"ok"[..]));
    assert_eq!(listener.opener.open(&say(&mut dialler, "stop")), Ok(&b"stop"[..]));
    assert_eq!(listener.opener.open(&first), Err(Refused::Late), "the first frame is the session's own");
    assert_eq!(door.waiting(), 0);
}

#[test]
fn an_overtaken_datagram_still_counts_and_what_never_came_is_lost() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut dialler = shaken(&mut door, here(), now);
    let said: Vec<_> = (0..4).map(|_| say(&mut dialler, "x")).collect();
    let (_, mut listener) = enter(&mut door, here(), &said[1], now);
    assert!(listener.opener.open(&said[3]).is_ok());
    assert_eq!(listener.opener.lost(), 2);
    assert!(listener.opener.open(&said[0]).is_ok());
    assert_eq!(listener.opener.lost(), 1);
}

#[test]
fn who_has_opened_may_be_silent_for_as_long_as_a_session() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut dialler = shaken(&mut door, here(), now);
    let late = now + limits().udp_idle - Duration::from_millis(1);
    // Somebody else's opening clears out who was silent for too long.
    shaken(&mut door, at("192.0.2.9:1"), late);
    enter(&mut door, here(), &say(&mut dialler, "up"), late);
    shaken(&mut door, here(), now);
    shaken(&mut door, at("192.0.2.9:1"), now + limits().udp_idle);
    assert_eq!(door.waiting(), 1, "it was silent for too long");
}

#[test]
fn an_acceptance_that_was_lost_is_said_again_the_same() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut greeting = greeting(now);
    let opening = opening(&mut door, here(), &mut greeting, now);
    let lost = answer(&mut door, here(), &opening, now).unwrap();
    let again = greeting.speak(greeting.due()).unwrap();
    assert_eq!(again, opening);
    assert_eq!(answer(&mut door, here(), &again, now).unwrap(), lost);
}

#[test]
fn a_dialler_speaks_less_and_less_often_and_begins_again_where_a_cookie_is_worth_nothing() {
    let now = Instant::now();
    let mut greeting = greeting(now);
    let mut pauses = Vec::new();
    let mut last = now;
    for _ in 0..5 {
        assert!(greeting.speak(last - Duration::from_millis(1)).is_none());
        let hello = greeting.speak(last).unwrap();
        assert!(matches!(wire::parse(&hello), Some(wire::Handshake::Hello { .. })));
        pauses.push((greeting.due() - last).as_millis());
        last = greeting.due();
    }
    assert_eq!(pauses, [250, 500, 1000, 1000, 1000]);
    let forged = |greeting: &Greeting| wire::cookie(&greeting.client(), &[1; wire::COOKIE]);
    greeting.hear(&forged(&greeting), last);
    let kinds: Vec<u8> = (0..4)
        .map(|_| {
            let kind = greeting.speak(greeting.due().max(last)).unwrap()[1];
            last = greeting.due();
            kind
        })
        .collect();
    assert_eq!(kinds, [0x22, 0x22, 0x22, 0x20]);
}

#[test]
fn nothing_prints_a_secret() {
    let now = Instant::now();
    let mut door = reception(now);
    let dialler = shaken(&mut door, here(), now);
    for printed in [format!("{door:?}"), format!("{:?}", greeting(now)), format!("{dialler:?}")] {
        assert!(!printed.contains("horse") && !printed.contains("99, 111, 114, 114"), "{printed}");
    }
}
