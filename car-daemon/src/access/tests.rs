//! Who may do what, as a table.

use proptest::prelude::*;
use protocol::{Role, Token};
use transport::{Endpoint, Peer, Presented};

use super::{Access, Origin};
use crate::config::{Auth, TokenRow, UserRow, Whom};
use crate::control::Grant;

const OWN: u32 = 1000;

fn at(url: &str) -> Endpoint {
    url.parse().expect("an endpoint")
}

fn unix(uid: u32, gid: u32) -> Peer {
    Peer::Unix { uid, gid, pid: None }
}

fn from(address: &str) -> Peer {
    Peer::Socket(address.parse().expect("an address"))
}

fn token(secret: &str, role: Role, name: &str, priority: Option<u8>) -> TokenRow {
    TokenRow { token: Token::new(secret), role, name: name.into(), priority }
}

fn with_tokens() -> Auth {
    Auth {
        tokens: vec![
            token("driver-driver", Role::Driver, "tablet", None),
            token("admin-of-it-all", Role::Admin, "teacher", None),
        ],
        filed: vec![token("observer-only", Role::Observer, "wall", Some(5))],
        ..Auth::default()
    }
}

fn nothing() -> Presented {
    Presented::default()
}

fn shown(token: &str) -> Presented {
    Presented { token: Some(Token::new(token)), ..Presented::default() }
}

fn grant(auth: &Auth, peer: &Peer, url: &str, shown: Presented) -> (Option<Role>, u8) {
    let Grant { role, priority, .. } = Access::new(auth.clone(), OWN).grant(peer, &at(url), &shown);
    (role, priority)
}

#[test]
fn without_auth_everybody_on_this_machine_may_do_everything() {
    let auth = Auth::default();
    let loopback = from("127.0.0.1:5");
    for (peer, url, granted) in [
        (Peer::Memory("car".into()), "mem://car", (Some(Role::Admin), 60)),
        (unix(OWN, 7), "unix:///car", (Some(Role::Admin), 60)),
        (unix(0, 0), "unix:///car", (Some(Role::Admin), 60)),
        (unix(1001, 7), "unix:///car", (Some(Role::Driver), 60)),
        (unix(1001, 7), "unix://@car", (Some(Role::Observer), 60)),
        (loopback.clone(), "tcp://", (Some(Role::Admin), 50)),
        (loopback.clone(), "udp://", (Some(Role::Admin), 50)),
        (from("[::ffff:127.0.0.1]:5"), "ws://[::1]", (Some(Role::Admin), 50)),
        (loopback.clone(), "tcp://?role=observer&priority=99", (Some(Role::Observer), 99)),
        (loopback, "tcp://?role=none", (None, 50)),
        (unix(1001, 7), "unix://@car?role=driver", (Some(Role::Driver), 60)),
        (unix(OWN, 7), "unix:///car?role=none", (None, 60)),
    ] {
        assert_eq!(grant(&auth, &peer, url, nothing()), granted, "{peer:?} at {url}");
    }
}

#[test]
fn beyond_this_machine_nobody_may_do_anything_unless_all_may_drive() {
    let (open, shut) = (Auth { insecure: true, ..Auth::default() }, Auth::default());
    let far = from("10.0.0.7:5");
    assert_eq!(grant(&shut, &far, "tcp://0.0.0.0", nothing()), (None, 30));
    assert_eq!(grant(&open, &far, "tcp://0.0.0.0", nothing()), (Some(Role::Driver), 30));
    let both = Auth { insecure: true, ..with_tokens() };
    assert_eq!(grant(&both, &far, "tcp://0.0.0.0", nothing()), (None, 30), "tokens are there to be shown");
    assert_eq!(grant(&both, &far, "tcp://0.0.0.0?role=driver", nothing()), (Some(Role::Driver), 30));
}

#[test]
fn with_tokens_who_comes_by_the_network_must_show_one() {
    let auth = with_tokens();
    let (far, loopback) = (from("10.0.0.7:5"), from("127.0.0.1:5"));
    for (peer, url, token, granted) in [
        (&loopback, "tcp://", "", (None, 50)),
        (&far, "ws://0.0.0.0", "", (None, 30)),
        (&far, "ws://0.0.0.0", "driver-driver", (Some(Role::Driver), 30)),
        (&loopback, "ws://0.0.0.0", "driver-driver", (Some(Role::Driver), 50)),
        (&far, "ws://0.0.0.0?priority=77", "driver-driver", (Some(Role::Driver), 77)),
        (&far, "ws://0.0.0.0", "admin-of-it-all", (Some(Role::Admin), 80)),
        (&far, "ws://0.0.0.0?priority=77", "observer-only", (Some(Role::Observer), 5)),
        (&far, "ws://0.0.0.0?role=observer", "driver-drive", (Some(Role::Observer), 30)),
        (&far, "ws://0.0.0.0?role=observer", "driver-driver", (Some(Role::Driver), 30)),
        (&unix(OWN, 1), "unix:///car", "observer-only", (Some(Role::Observer), 5)),
        (&unix(OWN, 1), "unix:///car", "", (Some(Role::Admin), 60)),
    ] {
        assert_eq!(grant(&auth, peer, url, shown(token)), granted, "{peer:?} at {url} with {token}");
    }
}

#[test]
fn users_and_groups_of_this_machine_have_the_role_of_the_first_row_that_fits() {
    let row = |whom, role, priority| UserRow { whom, name: None, role, priority };
    let users = vec![
        row(Whom::User(OWN), Role::Observer, None),
        row(Whom::Group { gid: 44, members: vec![1003] }, Role::Driver, Some(33)),
        row(Whom::User(1003), Role::Admin, None),
        row(Whom::User(1004), Role::Admin, None),
    ];
    let auth = Auth { users, ..Auth::default() };
    for (peer, granted) in [
        (unix(OWN, 44), (Some(Role::Observer), 60)),
        (unix(1002, 44), (Some(Role::Driver), 33)),
        (unix(1003, 9), (Some(Role::Driver), 33)),
        (unix(1004, 9), (Some(Role::Admin), 80)),
        (unix(1005, 9), (Some(Role::Driver), 60)),
        (unix(0, 0), (Some(Role::Admin), 60)),
    ] {
        assert_eq!(grant(&auth, &peer, "unix:///car", nothing()), granted, "{peer:?}");
    }
    assert_eq!(
        grant(&auth, &from("127.0.0.1:5"), "tcp://", nothing()),
        (None, 50),
        "or it were a way around"
    );
}

#[test]
fn whoever_signs_with_a_token_need_not_show_it() {
    let access = Access::new(with_tokens(), OWN);
    let by = |key: Option<&str>| {
        let psk = key.map(str::to_owned);
        access.grant(&from("10.0.0.7:5"), &at("udp://0.0.0.0"), &Presented { psk, ..Presented::default() })
    };
    let tablet = Grant { role: Some(Role::Driver), priority: 30, principal: Some("tablet".into()) };
    assert_eq!(by(Some("tablet")), tablet);
    assert_eq!((by(Some("tablet2")).role, by(None).role), (None, None));
}

#[test]
fn what_any_page_of_an_address_can_guess_is_not_that_addresss_own() {
    let (far, user) = (from("[2001:db8:0:1::7]:5"), unix(7, 1));
    assert_ne!(Origin::by_query(&far), Origin::of(&far));
    assert_eq!(Origin::by_query(&far), Origin::by_query(&from("[2001:db8:0:1::8]:6")));
    assert_eq!(Origin::by_query(&user), Origin::of(&user));
}

#[test]
fn an_address_is_what_one_subscriber_has() {
    let origin = |address: &str| Origin::of(&from(address));
    assert_eq!(origin("10.0.0.7:5"), origin("[::ffff:10.0.0.7]:6"));
    assert_ne!(origin("10.0.0.7:5"), origin("10.0.0.8:5"));
    assert_eq!(origin("[2001:db8:0:1::7]:5"), origin("[2001:db8:0:1:ffff::8]:5"));
    assert_ne!(origin("[2001:db8:0:1::7]:5"), origin("[2001:db8:0:2::7]:5"));
    assert_eq!(
        (Origin::of(&unix(7, 1)), Origin::of(&Peer::Memory("x".into()))),
        (Origin::User(7), Origin::Memory)
    );
}

proptest! {
    #[test]
    fn no_text_but_a_token_proves_anything(text in "\\PC{0,20}|driver-drive[a-z]?|[a-z-]{13}|observer-only.{0,2}") {
        let access = Access::new(with_tokens(), OWN);
        let is_one = ["driver-driver", "admin-of-it-all", "observer-only"].contains(&text.as_str());
        prop_assert_eq!(access.knows(&Token::new(text.as_str())), is_one);
        let grant = access.grant(&from("10.0.0.7:5"), &at("tcp://0.0.0.0"), &shown(&text));
        prop_assert_eq!(grant.role.is_some(), is_one);
    }
}

#[test]
fn a_key_that_is_another_token_by_now_proves_nothing() {
    let one = |secret, role| Auth { tokens: vec![token(secret, role, "tablet", None)], ..Auth::default() };
    let old = one("tablet-one-s3cret", Role::Driver);
    let new = one("tablet-two-s3cret", Role::Admin);
    let shown = Presented { psk: Some("tablet".into()), ..Presented::default() };
    let grant = |access: Access| access.grant(&from("10.0.0.7:5"), &at("udp://0.0.0.0"), &shown).role;
    assert_eq!(grant(Access::new(old.clone(), 0).with_keys_of(&old)), Some(Role::Driver));
    assert_eq!(grant(Access::new(new, 0).with_keys_of(&old)), None);
}
