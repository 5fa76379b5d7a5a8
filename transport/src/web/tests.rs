//! Pages as browsers announce them, friendly and hostile.

use super::*;

fn web() -> Web {
    Web {
        origins: vec!["https://panel.example".parse().unwrap(), "http://panel.example:8080".parse().unwrap()],
        hosts: vec!["car".parse().unwrap(), "car.local".parse().unwrap()],
        ..Web::default()
    }
}

fn check(web: &Web, origin: &str, host: &str) -> Result<(), Forbidden> {
    web.check([origin.as_bytes()].into_iter(), [host.as_bytes()].into_iter())
}

#[test]
fn a_page_of_the_host_that_it_dials_may_drive_whatever_the_ports() {
    for (origin, host) in [
        ("http://car", "car:9900"),
        ("http://car:8080", "car:9900"),
        ("HTTP://CAR:80", "Car.:9900"),
        ("https://car.local:8443", "car.local"),
        ("http://10.0.0.7", "10.0.0.7:9900"),
        ("http://[fe80::1]:8080", "[FE80:0::1]:9900"),
        ("http://[::ffff:10.0.0.7]", "10.0.0.7:9900"),
        ("http://localhost:3000", "127.0.0.1:9900"),
        ("http://127.0.0.1:3000", "[::1]:9900"),
    ] {
        assert_eq!(check(&web(), origin, host), Ok(()), "{origin} to {host}");
    }
}

#[test]
fn a_page_of_another_host_may_not() {
    for (origin, host) in [
        ("http://evil.example", "127.0.0.1:9900"),
        ("http://evil.example", "0.0.0.0:9900"),
        ("http://evil.example:9900", "car:9900"),
        ("http://car.evil.example", "car:9900"),
        ("http://carl", "car:9900"),
        ("http://localhost.evil.example", "localhost:9900"),
        ("http://10.0.0.8", "10.0.0.7:9900"),
        ("http://localhost", "10.0.0.7:9900"),
        ("http://car@evil.example", "car:9900"),
        ("http://car/", "car:9900"),
        ("http://car http://evil.example", "car:9900"),
        ("chrome-extension://car", "car:9900"),
        ("null", "127.0.0.1:9900"),
        ("", "127.0.0.1:9900"),
        ("car", "car"),
        ("http://", "car"),
    ] {
        assert_eq!(
            check(&web(), origin, host),
            Err(Forbidden::Origin(origin.to_owned())),
            "{origin} to {host}"
        );
    }
}

#[test]
fn a_page_that_was_allowed_may_whatever_it_dials() {
    for origin in ["https://panel.example", "https://PANEL.example:443", "http://panel.example:8080"] {
        assert_eq!(check(&web(), origin, "10.0.0.7:9900"), Ok(()), "{origin}");
    }
    for origin in ["http://panel.example", "https://panel.example:8080", "https://panel.example.evil.example"]
    {
        assert!(check(&web(), origin, "10.0.0.7:9900").is_err(), "{origin}");
    }
    let files = Web { origins: vec!["null".parse().unwrap()], ..web() };
    assert_eq!(check(&files, "null", "127.0.0.1:9900"), Ok(()));
}

#[test]
fn a_name_that_may_be_anybodys_is_refused_with_and_without_a_page() {
    for host in [
        "evil.example:9900",
        "car.evil.example",
        "127.0.0.1.evil.example",
        "0x7f.1",
        "car:99999",
        "car:+1",
        "car:",
        "[::1",
        "[::1]9900",
        "a b",
    ] {
        let refused = Err(Forbidden::Host(host.to_owned()));
        assert_eq!(check(&web(), &format!("http://{host}"), host), refused, "{host}");
        assert_eq!(web().check([].into_iter(), [host.as_bytes()].into_iter()), refused, "{host}");
    }
}

#[test]
fn who_is_no_browser_needs_neither_header() {
    let none = || std::iter::empty();
    assert_eq!(web().check(none(), none()), Ok(()));
    assert_eq!(web().check(none(), [&b"127.0.0.1:9900"[..]].into_iter()), Ok(()));
    assert_eq!(web().check(none(), [&b""[..]].into_iter()), Ok(()));
}

#[test]
fn a_header_that_comes_twice_or_a_page_that_names_no_host_is_refused() {
    let (good, host) = (&b"http://127.0.0.1"[..], &b"127.0.0.1"[..]);
    let check = |origins: &[&'static [u8]], hosts: &[&'static [u8]]| {
        web().check(origins.iter().copied(), hosts.iter().copied())
    };
    assert_eq!(check(&[good], &[host]), Ok(()));
    for (origins, hosts) in [
        (&[good, good][..], &[host][..]),
        (&[good], &[host, host]),
        (&[], &[host, host]),
        (&[good], &[]),
        (&[good], &[b""]),
    ] {
        assert_eq!(check(origins, hosts), Err(Forbidden::Unclear));
    }
}

#[test]
fn what_a_stranger_wrote_cannot_spoil_a_log() {
    let long = format!("http://{}\u{1b}[2J", "x".repeat(5000));
    let Err(error) = check(&web(), &long, "127.0.0.1") else { panic!("let in") };
    assert!(error.to_string().len() < 500 && error.to_string().contains('…'), "{error}");
    let Err(error) = web().check([&b"\xFF\x1b[2J\n"[..]].into_iter(), [&b"127.0.0.1"[..]].into_iter()) else {
        panic!("let in")
    };
    assert!(!error.to_string().contains(['\u{1b}', '\n']), "{error}");
}

#[test]
fn origins_and_hosts_of_a_configuration_are_read_strictly_and_print_as_they_compare() {
    for (text, printed) in
        [("null", "null"), ("HTTP://Car:80", "http://car"), ("https://[::1]:8443", "https://[::1]:8443")]
    {
        assert_eq!(text.parse::<Origin>().unwrap().to_string(), printed);
    }
    for text in [
        "*",
        "car",
        "http://car/",
        "http://car/page.html",
        "http://",
        "http://a b",
        "://car",
        "http://car:http",
    ] {
        assert_eq!(text.parse::<Origin>(), Err(NoOrigin), "{text}");
    }
    for (text, printed) in
        [("Car.Local.", "car.local"), ("::1", "[::1]"), ("[::1]", "[::1]"), ("10.0.0.7", "10.0.0.7")]
    {
        assert_eq!(text.parse::<HostName>().unwrap().to_string(), printed);
    }
    for text in ["", ".", "http://car", "car:9900", "*.local", "a/b"] {
        assert_eq!(text.parse::<HostName>(), Err(NoHost), "{text}");
    }
}
