//! What somebody tries who has no key, or has seen what others said.

use proptest::prelude::*;

use super::*;

#[test]
fn a_flood_of_hellos_leaves_nothing_behind() {
    let now = Instant::now();
    let mut door = reception(now);
    for n in 0..10_000_u32 {
        let from = SocketAddr::from((n.to_be_bytes(), 1));
        let hello = wire::hello(&[7; 16]);
        assert_eq!(answer(&mut door, from, &hello, now).unwrap().len(), hello.len());
    }
    assert_eq!(door.waiting(), 0);
}

#[test]
fn a_wrong_secret_and_an_unknown_name_are_met_with_the_same_silence() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut said = Vec::new();
    for (name, secret) in [("tablet", "a wrong secret"), ("stranger", SECRET), ("phone", SECRET)] {
        let mut greeting = Greeting::new(&key(name, secret), nonce(), now);
        let opening = opening(&mut door, here(), &mut greeting, now);
        match door.knock(here(), &opening, now) {
            Knock::Refuse(why) => said.push(why),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(said, ["a wrong key"; 3]);
    assert_eq!(door.waiting(), 0);
}

#[test]
fn a_cookie_is_worth_nothing_at_another_address_with_another_number_or_when_it_is_old() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut greeting = greeting(now);
    let opening = opening(&mut door, here(), &mut greeting, now);
    for elsewhere in ["192.0.2.1:4001", "192.0.2.2:4000", "[2001:db8::1]:4000"] {
        assert_eq!(answer(&mut door, at(elsewhere), &opening, now), None, "{elsewhere}");
    }
    let Some(wire::Handshake::Open(parts)) = wire::parse(&opening) else { panic!() };
    let mut other = wire::open(&[3; 16], &parts.cookie, "tablet");
    other.extend_from_slice(&derive::Master::new(SECRET.as_bytes()).sign(&other));
    assert_eq!(answer(&mut door, here(), &other, now), None, "a cookie for another number");
    let old = now + limits().handshake + Duration::from_millis(1);
    assert_eq!(answer(&mut door, here(), &opening, old), None);
    assert_eq!(door.waiting(), 0);
    assert!(answer(&mut door, here(), &opening, now + limits().handshake).is_some());
}

#[test]
fn a_replayed_opening_enters_nowhere_and_leaves_the_session_alone() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut greeting = greeting(now);
    let opening = opening(&mut door, here(), &mut greeting, now);
    let acceptance = answer(&mut door, here(), &opening, now).unwrap();
    let mut dialler = greeting.hear(&acceptance, now).unwrap();
    let first = say(&mut dialler, "up");
    let (_, mut listener) = enter(&mut door, here(), &first, now);
    // Everything that was said, from the true address, in any order.
    let second = answer(&mut door, here(), &opening, now).unwrap();
    assert_ne!(second, acceptance, "other keys, that nobody can make without the secret");
    for replayed in [&first[..], &opening, &acceptance, &first] {
        assert!(!matches!(door.knock(here(), replayed, now), Knock::Enter(..)));
    }
    assert!(door.waiting() <= 1);
    assert_eq!(listener.opener.open(&say(&mut dialler, "stop")), Ok(&b"stop"[..]));
}

#[test]
fn nothing_of_one_session_is_heard_in_another_of_the_same_key() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut old = shaken(&mut door, here(), now);
    let (_, mut at_old) = enter(&mut door, here(), &say(&mut old, "up"), now);
    let mut new = shaken(&mut door, here(), now);
    let stale = say(&mut old, "back");
    assert!(matches!(door.knock(here(), &stale, now), Knock::Refuse(_)), "an old frame does not enter anew");
    let (_, mut at_new) = enter(&mut door, here(), &say(&mut new, "up"), now);
    assert_eq!(at_new.opener.open(&stale), Err(Refused::Corrupt));
    assert_eq!(at_old.opener.open(&say(&mut new, "up")), Err(Refused::Corrupt));
    assert_eq!(new.opener.open(&say(&mut at_old, "ok")), Err(Refused::Corrupt));
    assert_eq!(new.opener.open(&say(&mut at_new, "ok")), Ok(&b"ok"[..]));
}

#[test]
fn what_an_end_said_itself_is_nothing_to_it() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut greeting = greeting(now);
    let hello = greeting.speak(now).unwrap();
    assert!(greeting.hear(&hello, now).is_none());
    let cookie = answer(&mut door, here(), &hello, now).unwrap();
    assert_eq!(answer(&mut door, here(), &cookie, now), None);
    let mut dialler = shaken(&mut door, here(), now);
    let (_, mut listener) = enter(&mut door, here(), &say(&mut dialler, "up"), now);
    for end in [&mut dialler, &mut listener] {
        let said = say(end, "x");
        assert_eq!(end.opener.open(&said), Err(Refused::Corrupt));
        // As if it were the other's.
        let mut turned = said.to_vec();
        turned[1] ^= 1;
        assert_eq!(end.opener.open(&turned), Err(Refused::Corrupt));
    }
}

#[test]
fn an_acceptance_from_who_has_no_key_is_not_believed() {
    let now = Instant::now();
    let mut door = reception(now);
    let mut greeting = greeting(now);
    let opening = opening(&mut door, here(), &mut greeting, now);
    let acceptance = answer(&mut door, here(), &opening, now).unwrap();
    for bit in 0..acceptance.len() * 8 {
        let mut forged = acceptance.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        assert!(greeting.hear(&forged, now).is_none(), "bit {bit}");
    }
    assert!(greeting.hear(&acceptance, now).is_some());
}

#[test]
fn a_flood_of_forged_cookies_makes_a_dialler_say_no_more_than_it_would() {
    let now = Instant::now();
    let mut greeting = greeting(now);
    greeting.speak(now).unwrap();
    let mut said = 0;
    for n in 0..1000_u16 {
        let mut cookie = [0; wire::COOKIE];
        cookie[..2].copy_from_slice(&n.to_be_bytes());
        greeting.hear(&wire::cookie(&greeting.client(), &cookie), now);
        said += usize::from(greeting.speak(now).is_some());
    }
    assert_eq!(said, 1);
}

#[test]
fn who_has_a_key_and_opens_without_end_is_bounded_for_each_address_and_in_all() {
    let now = Instant::now();
    let mut door = reception(now);
    for n in 0..50 {
        shaken(&mut door, SocketAddr::from(([192, 0, 2, 1], 1000 + n)), now);
    }
    assert_eq!(door.waiting(), 3);
    let mut newest = shaken(&mut door, here(), now);
    let mut accepted = 0;
    for port in 1..=6 {
        let from = SocketAddr::from(([192, 0, 2, if port % 2 == 0 { 2 } else { 3 }], port));
        let opening = opening(&mut door, from, &mut greeting(now), now);
        accepted += usize::from(answer(&mut door, from, &opening, now).is_some());
    }
    assert_eq!((accepted, door.waiting()), (5, 8), "no more than sessions");
    enter(&mut door, here(), &say(&mut newest, "up"), now);
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..150), kind in 0x1F..0x2A_u8) {
        let now = Instant::now();
        let mut door = reception(now);
        let mut greeting = greeting(now);
        let framed = [&[MAGIC, kind][..], &bytes].concat();
        for datagram in [&bytes, &framed] {
            // Only a hello of zeros is answered, as checked by `answer`.
            let answered = answer(&mut door, here(), datagram, now);
            prop_assert!(answered.is_none() || datagram[1] == 0x20);
            prop_assert!(greeting.hear(datagram, now).is_none());
        }
        prop_assert_eq!(door.waiting(), 0);
    }

    #[test]
    fn a_datagram_that_was_changed_anywhere_is_nothing(
        frame in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        change in 1..=255_u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let agreed = session::Agreed::new(&derive::Master::new(b"12345678"), &[1; 16], &[2; 16], "a");
        let mut dialler = agreed.guard(End::Dialler, "a", SECOND);
        let mut listener = agreed.guard(End::Listener, "a", SECOND);
        let whole = dialler.sealer.seal(frame.clone().into());
        let mut changed = whole.to_vec();
        changed[at.index(whole.len())] ^= change;
        prop_assert!(listener.opener.open(&changed).is_err());
        prop_assert!(listener.opener.open(&whole[..cut.index(whole.len())]).is_err());
        prop_assert_eq!(listener.opener.open(&whole), Ok(&frame[..]));
        prop_assert_eq!(listener.opener.open(&whole), Err(Refused::Late));
    }

    #[test]
    fn an_opening_that_was_changed_or_cut_anywhere_is_met_with_silence(
        at in any::<prop::sample::Index>(), change in 1..=255_u8, cut in any::<prop::sample::Index>(),
    ) {
        let now = Instant::now();
        let mut door = reception(now);
        let whole = opening(&mut door, here(), &mut greeting(now), now);
        let mut changed = whole.clone();
        changed[at.index(whole.len())] ^= change;
        for bad in [&changed[..], &whole[..cut.index(whole.len())]] {
            prop_assert_eq!(answer(&mut door, here(), bad, now), None);
        }
        prop_assert_eq!(door.waiting(), 0);
    }
}
