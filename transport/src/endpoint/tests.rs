//! What can be written as an endpoint, what it prints as, and what is said about the rest.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use proptest::sample::select;

use super::parse::UPPER;
use super::*;
use crate::{AddressKind, OptionSpec, table};

fn parsed(text: &str) -> Endpoint {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn printed(text: &str) -> String {
    parsed(text).to_string()
}

fn reason(text: &str) -> String {
    text.parse::<Endpoint>().expect_err(text).reason
}

#[test]
fn a_scheme_alone_is_its_default_address() {
    assert_eq!(printed("ws://"), "ws://127.0.0.1:9900");
    assert_eq!(printed("tcp://"), "tcp://127.0.0.1:9901");
    assert_eq!(printed("udp://"), "udp://127.0.0.1:9902");
    assert_eq!(printed("mem://"), "mem://car-daemon");
    assert_eq!(parsed("unix://"), Endpoint::default_unix());
    assert_eq!(Endpoint::default_for("tcp").unwrap(), parsed("tcp://127.0.0.1:9901"));
}

#[test]
fn an_empty_host_is_loopback_and_not_every_address() {
    assert_eq!(printed("ws://:8000"), "ws://127.0.0.1:8000");
    assert!(parsed("ws://:8000").is_local());
}

#[test]
fn an_endpoint_is_printed_in_one_canonical_form() {
    assert_eq!(printed("TCP://Robot.Local"), "tcp://robot.local:9901");
    assert_eq!(printed("tcp://[0:0::1]:1"), "tcp://[::1]:1");
    assert_eq!(printed("tcp://[::]"), "tcp://[::]:9901");
    assert_eq!(printed("tcp://h:00080/"), "tcp://h:80");
    assert_eq!(printed("ws://h:1/"), "ws://h:1");
    assert_eq!(printed("ws://h:1/a/b%20c?hello=off"), "ws://h:1/a/b%20c?hello=off");
    assert_eq!(
        printed("unix:///run/a%3Fb%25.sock?mode=0600&framing=raw&dialect=json"),
        "unix:///run/a%3Fb%25.sock?dialect=json&framing=raw&mode=0600"
    );
    assert_eq!(printed("unix://%40car"), "unix://@car");
}

#[test]
fn the_parts_of_an_endpoint_can_be_asked_for() {
    let at = parsed("ws://[::1]:7/control?hello=off");
    assert_eq!(at.scheme(), "ws");
    assert_eq!(at.address(), &Address::Socket { host: "::1".into(), port: 7 });
    assert_eq!((at.path(), at.option("hello"), at.option("dialect")), ("/control", Some("off"), None));
    assert_eq!(parsed("unix:///a%3F").address(), &Address::File("/a?".into()));
    assert_eq!(parsed("unix://@a b").address(), &Address::Abstract("a b".into()));
    assert_eq!(parsed("mem://x").address(), &Address::Name("x".into()));
    assert_eq!(at.with_port(9).to_string(), "ws://[::1]:9/control?hello=off");
    assert_eq!(parsed("mem://x").with_port(9), parsed("mem://x"));
}

#[test]
fn an_option_can_be_set_later_under_the_same_rules() {
    let at = parsed("tcp://h:1?framing=raw").with_option("framing", "lines").unwrap();
    assert_eq!(at.to_string(), "tcp://h:1?framing=lines");
    let error = at.with_option("framing", "line").unwrap_err();
    assert_eq!(error.text, "tcp://h:1?framing=lines");
    assert!(error.reason.contains("did you mean `lines`?"), "{error}");
}

#[test]
fn what_is_unknown_is_answered_with_the_nearest_and_the_list() {
    assert_eq!(
        reason("tpc://"),
        "unknown scheme `tpc`; did you mean `tcp`? known: ws, wss, tcp, tls, udp, unix"
    );
    for (browsers, ours) in [("http://car:8080/", "ws"), ("HTTPS://car", "wss")] {
        assert!(reason(browsers).contains(&format!("; did you mean `{ours}`? known: ws,")), "{browsers}");
    }
    assert_eq!(reason("gopher://"), "unknown scheme `gopher`; known: ws, wss, tcp, tls, udp, unix");
    assert_eq!(
        reason("tcp://?frame=raw"),
        "unknown option `frame`; did you mean `framing`? known: framing, dialect, hello, role, priority"
    );
    assert_eq!(
        reason("unix:///a?framing=lenght"),
        "unknown framing= `lenght`; did you mean `length`? known: auto, lines, length, java-utf, raw"
    );
}

#[test]
fn a_mistake_is_said_with_what_would_be_right() {
    for (text, part) in [
        ("127.0.0.1:9900", "for example ws://127.0.0.1:9900"),
        ("tcp://h:65536", "from 0 to 65535"),
        ("tcp://h:+1", "from 0 to 65535"),
        ("tcp://h:", "from 0 to 65535"),
        ("tcp://::1", "in brackets: tcp://[::1]:9901"),
        ("tcp://[::1", "not closed"),
        ("tcp://[::1]9", "after `]` comes `:port`"),
        ("tcp://[car]:1", "`car` is not an IPv6 address"),
        ("tcp://127.1:1", "not an IPv4 address"),
        ("tcp://*:1", "write 0.0.0.0 or [::]"),
        ("tcp://me@h:1", "no host name"),
        ("tcp://h:1/x", "tcp takes no path"),
        ("ws://h:1/a#b", "cannot hold '#'"),
        ("unix://run/car.sock", "write unix:///run/car.sock"),
        ("unix://@", "empty"),
        ("unix:///a%2", "two hexadecimal digits"),
        ("unix:///a%FF", "not UTF-8"),
        ("unix:///a%00", "NUL"),
        ("unix:///a?mode=0999", "a mode is octal"),
        ("unix:///a?mode=04777", "a mode is octal"),
        ("unix:///a?mode=0060", "a mode is octal"),
        ("tcp://?", "key=value"),
        ("tcp://?hello=on&hello=off", "given twice"),
    ] {
        let reason = reason(text);
        assert!(reason.contains(part), "{text}: {reason}");
    }
}

#[test]
fn a_very_long_string_is_refused_and_not_repeated() {
    let error = format!("tcp://{}", "a".repeat(1 << 20)).parse::<Endpoint>().unwrap_err();
    assert!(error.to_string().len() < 300);
    assert!(reason(&format!("ws:///{}", "a".repeat(1014))).contains("at most 1024 bytes"));
}

#[test]
fn only_loopback_unix_and_memory_are_local() {
    for local in [
        "tcp://127.8.0.1",
        "ws://localhost",
        "udp://[::1]",
        "tcp://[::ffff:127.0.0.1]",
        "unix:///a",
        "unix://@a",
        "mem://",
    ] {
        assert!(parsed(local).is_local(), "{local}");
    }
    for open in ["tcp://0.0.0.0", "ws://[::]", "udp://192.168.0.7", "tcp://localhost.example", "ws://car"] {
        assert!(!parsed(open).is_local(), "{open}");
    }
}

#[test]
fn the_users_socket_is_in_the_runtime_directory_or_in_its_place() {
    assert_eq!(user_socket(Some("/run/user/7"), 7), Path::new("/run/user/7/car-daemon.sock"));
    assert_eq!(user_socket(None, 0), Path::new("/run/car-daemon.sock"));
    assert_eq!(user_socket(None, 7), Path::new("/tmp/car-daemon-7.sock"));
    assert_eq!(user_socket(Some("relative"), 7), Path::new("/tmp/car-daemon-7.sock"));
    assert_eq!(user_socket(Some(""), 0), Path::new("/run/car-daemon.sock"));
}

#[test]
fn what_peers_may_do_can_be_said_of_every_scheme() {
    for scheme in table::schemes() {
        let at = parsed(&format!("{}://?role=observer&priority=007", scheme.name));
        assert_eq!((at.option("role"), at.option("priority")), (Some("observer"), Some("007")));
    }
    assert_eq!(
        reason("tcp://?role=drvier"),
        "unknown role= `drvier`; did you mean `driver`? known: none, observer, driver, admin"
    );
    for wrong in ["101", "-1", "+5", "", "1.5", "256", "high"] {
        let reason = reason(&format!("tcp://?priority={wrong}"));
        assert_eq!(reason, format!("priority={wrong}: a priority is a whole number from 0 to 100"));
    }
}

/// Any endpoint that the scheme table allows, so that a new row is covered by being there.
fn any_endpoint() -> impl Strategy<Value = Endpoint> {
    select(table::schemes().collect::<Vec<_>>()).prop_flat_map(|scheme| {
        let options: Vec<_> = scheme.options.iter().chain(UPPER).map(any_option).collect();
        (any_place(scheme.address), options).prop_map(|((address, path), options)| Endpoint {
            scheme: scheme.name,
            address,
            path,
            options: options.into_iter().flatten().collect(),
        })
    })
}

fn any_option(spec: &'static OptionSpec) -> impl Strategy<Value = Option<(&'static str, String)>> + use<> {
    let value = match spec.values {
        [] if spec.key == "pin" => "sha256:[0-9a-f]{64}".boxed(),
        [] if spec.key == "priority" => (0..=100_u8).prop_map(|priority| priority.to_string()).boxed(),
        [] => "0[67][0-7]{2}".boxed(),
        values => select(values).prop_map(str::to_owned).boxed(),
    };
    proptest::option::of(value.prop_map(|value| (spec.key, value)))
}

fn any_place(kind: AddressKind) -> BoxedStrategy<(Address, String)> {
    let text = || "[^\0]{1,80}";
    match kind {
        AddressKind::Socket { path, .. } => {
            let host = prop_oneof![
                any::<Ipv4Addr>().prop_map(|ip| ip.to_string()),
                any::<Ipv6Addr>().prop_map(|ip| ip.to_string()),
                "[a-z][a-z0-9_-]{0,20}(\\.[a-z][a-z0-9-]{0,9}){0,3}",
            ];
            let path = if path { "(/[a-z0-9._~%@:-]{1,9}){0,4}" } else { "" };
            (host, any::<u16>(), path)
                .prop_map(|(host, port, path)| (Address::Socket { host, port }, path))
                .boxed()
        }
        AddressKind::File => prop_oneof![
            text().prop_map(|path| Address::File(format!("/{path}").into())),
            text().prop_map(Address::Abstract)
        ]
        .prop_map(|address| (address, String::new()))
        .boxed(),
        AddressKind::Name => text().prop_map(|name| (Address::Name(name), String::new())).boxed(),
    }
}

proptest! {
    #[test]
    fn every_endpoint_prints_as_a_string_that_parses_to_it(endpoint in any_endpoint()) {
        let text = endpoint.to_string();
        prop_assert!(!text.contains(char::is_whitespace) && !text.contains(char::is_control));
        prop_assert_eq!(text.parse::<Endpoint>(), Ok(endpoint));
    }

    #[test]
    fn no_string_panics_and_what_parses_prints_canonically(
        text in "((wss?|tcp|tls|udp|unix|mem)://)?([a-z0-9:/?&=%.@\\[\\]]|framing=|pin=|\\PC){0,40}",
    ) {
        if let Ok(endpoint) = text.parse::<Endpoint>() {
            let canonical = endpoint.to_string();
            prop_assert_eq!(canonical.parse::<Endpoint>(), Ok(endpoint));
            prop_assert_eq!(printed(&canonical), canonical);
        }
    }
}

#[test]
fn an_error_is_one_line_whatever_was_written() {
    for text in ["a\nb", "tcp://a\u{1b}[2J", "tcp://x?\r=1"] {
        let error = text.parse::<Endpoint>().unwrap_err().to_string();
        assert!(!error.contains(char::is_control), "{error:?}");
    }
}
