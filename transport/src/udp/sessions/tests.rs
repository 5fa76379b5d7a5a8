//! In virtual time: a clock that each test moves by hand.

use futures_util::task::noop_waker_ref;

use super::super::integrity::plain::Plain;
use super::*;

fn sessions(udp_sessions: usize, per_address: usize) -> Sessions {
    let udp_idle = Duration::from_secs(10);
    Sessions::new(&Limits { udp_sessions, per_address, udp_idle, recv_queue: 3, ..Limits::default() })
}

fn peer(n: u16) -> SocketAddr {
    let [a, b] = n.to_be_bytes();
    SocketAddr::from(([10, 0, a, b], 4000))
}

fn port(n: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], n))
}

fn next(inbox: &Inbox) -> Poll<Option<Frame>> {
    let next = inbox.poll(&mut Context::from_waker(noop_waker_ref()));
    next.map(|item| item.map(|frame| frame.expect("nothing was dropped")))
}

fn word() -> &'static [u8] {
    b"x"
}

fn open(sessions: &mut Sessions, from: SocketAddr, frame: &[u8], now: Instant) -> Option<Arc<Inbox>> {
    sessions.open(from, frame, Box::new(Plain), &Arc::default(), now)
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_flood_from_a_thousand_addresses_pushes_out_nobody_who_speaks() {
    let mut sessions = sessions(8, 8);
    let mut now = Instant::now();
    let driver = open(&mut sessions, peer(0), word(), now).unwrap();
    for forged in 1..=1000 {
        now += SECOND / 100;
        open(&mut sessions, peer(forged), word(), now);
        assert!(sessions.open.len() <= 8);
        if forged % 50 == 0 {
            assert!(sessions.deliver(peer(0), word(), now));
        }
    }
    assert!(!driver.has_ended());
}

#[test]
fn a_newcomer_gets_a_place_after_a_flood_once_who_spoke_once_was_silent_for_a_tenth() {
    let mut sessions = sessions(2, 2);
    let now = Instant::now();
    let first = open(&mut sessions, peer(1), word(), now).unwrap();
    let second = open(&mut sessions, peer(2), word(), now + SECOND / 2).unwrap();
    assert!(open(&mut sessions, peer(3), word(), now + SECOND * 99 / 100).is_none());
    assert!(open(&mut sessions, peer(3), word(), now + SECOND).is_some());
    assert!(first.has_ended() && !second.has_ended(), "the longest silent one makes room");
}

#[test]
fn who_spoke_twice_makes_room_after_half_of_the_idle_time() {
    let mut sessions = sessions(1, 1);
    let now = Instant::now();
    open(&mut sessions, peer(1), word(), now).unwrap();
    assert!(sessions.deliver(peer(1), word(), now));
    assert!(open(&mut sessions, peer(2), word(), now + SECOND * 49 / 10).is_none());
    assert!(open(&mut sessions, peer(2), word(), now + SECOND * 5).is_some());
}

#[test]
fn an_address_with_all_its_sessions_leaves_room_for_others() {
    let mut sessions = sessions(8, 2);
    let now = Instant::now();
    let crowd: Vec<_> = (1..=2).map(|n| open(&mut sessions, port(n), word(), now).unwrap()).collect();
    for n in 1..=2 {
        assert!(sessions.deliver(port(n), word(), now));
    }
    let other = open(&mut sessions, peer(9), word(), now - SECOND * 4).unwrap();
    assert!(open(&mut sessions, port(3), word(), now).is_none());
    assert!(open(&mut sessions, peer(2), word(), now).is_some());
    assert!(open(&mut sessions, port(3), word(), now + SECOND).is_some());
    assert!(!other.has_ended(), "room for an address is made among its own");
    assert_eq!(crowd.iter().filter(|inbox| inbox.has_ended()).count(), 1);
}

#[test]
fn the_newest_word_of_an_address_is_heard_though_each_came_from_a_port_of_its_own() {
    let mut sessions = sessions(8, 2);
    let now = Instant::now();
    let speaks = open(&mut sessions, port(1), word(), now).unwrap();
    assert!(sessions.deliver(port(1), word(), now));
    for n in 2..100 {
        assert!(open(&mut sessions, port(n), word(), now).is_some(), "word {n}");
    }
    assert!(!speaks.has_ended(), "who speaks again keeps its place");
    assert_eq!(sessions.open.len(), 2);
}

#[test]
fn silence_ends_a_session_at_the_time_that_was_said() {
    let mut sessions = sessions(8, 8);
    let now = Instant::now();
    let silent = open(&mut sessions, peer(1), word(), now).unwrap();
    let speaks = open(&mut sessions, peer(2), word(), now).unwrap();
    assert!(sessions.deliver(peer(2), word(), now + SECOND * 3));
    assert_eq!(sessions.expire(now + SECOND * 9), now + SECOND * 10);
    assert!(!silent.has_ended());
    assert_eq!(sessions.expire(now + SECOND * 10), now + SECOND * 13);
    assert!(silent.has_ended() && !speaks.has_ended());
    assert!(!sessions.deliver(peer(1), word(), now + SECOND * 10));
}

#[test]
fn an_ended_session_hands_out_what_had_come_and_then_ends() {
    let mut sessions = sessions(8, 8);
    let inbox = open(&mut sessions, peer(1), word(), Instant::now()).unwrap();
    sessions.clear();
    assert_eq!(next(&inbox), Poll::Ready(Some(Frame::text("x"))));
    assert_eq!(next(&inbox), Poll::Ready(None));
}

#[test]
fn past_the_queue_the_oldest_frame_is_dropped_and_the_reader_is_told() {
    let mut sessions = sessions(8, 8);
    let now = Instant::now();
    let inbox = open(&mut sessions, peer(1), b"1", now).unwrap();
    for text in ["2", "3", "4", "5"] {
        assert!(sessions.deliver(peer(1), text.as_bytes(), now));
    }
    let told = inbox.poll(&mut Context::from_waker(noop_waker_ref()));
    assert!(matches!(told, Poll::Ready(Some(Err(RecvError::Missed(2))))), "{told:?}");
    for text in ["3", "4", "5"] {
        assert_eq!(next(&inbox), Poll::Ready(Some(Frame::text(text))));
    }
    assert!(next(&inbox).is_pending());
}

#[test]
fn a_reader_that_leaves_late_does_not_take_the_next_session_of_its_address_with_it() {
    let mut sessions = sessions(8, 8);
    let now = Instant::now();
    let old = open(&mut sessions, peer(1), word(), now).unwrap();
    sessions.expire(now + SECOND * 10);
    let new = open(&mut sessions, peer(1), word(), now + SECOND * 10).unwrap();
    sessions.forget(peer(1), &old);
    assert!(sessions.deliver(peer(1), word(), now + SECOND * 10));
    sessions.forget(peer(1), &new);
    assert!(!sessions.deliver(peer(1), word(), now + SECOND * 10));
}
