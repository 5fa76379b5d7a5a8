//! Configurations as people write them.

use std::path::Path;
use std::time::Duration;

use super::settings::SETTINGS;
use super::{Config, Overrides};

fn parse(text: &str) -> Result<Config, String> {
    Config::parse("car.toml", text, Path::new("."), &Overrides::default())
        .map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn an_empty_file_is_the_standard_car() {
    let config = parse("").expect("every key has a default");
    assert_eq!(config.to_string(), Config::standard().to_string());
    let schemes: Vec<_> = config.listen.iter().map(transport::Endpoint::scheme).collect();
    assert_eq!(schemes, ["ws", "tcp", "udp", "unix"]);
}

#[test]
fn what_check_prints_reads_back_as_itself() {
    let mut config = Config::standard();
    config.name = "Rennwagen \"7\"".into();
    config.control.cruise = 0.35;
    config.limits.transport.udp_idle = Duration::from_millis(1234);
    let printed = config.to_string();
    assert_eq!(parse(&printed).expect("valid").to_string(), printed);
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let faults = parse(
        r#"nmae = "car"
platform = "simm"
listen = ["wss://127.0.0.1:9900", "tcp://127.0.0.1:99000", "udp://0.0.0.0:9902"]
board = "demmo"

[control]
rate_hz = 5000
cruise = "fast"
command_ttl = 500

[limits]
connections = 1.5
"#,
    )
    .expect_err("eight faults");
    let lines: Vec<&str> = faults.lines().collect();
    for (line, what) in [
        ("car.toml:1: nmae", "`name`"),
        ("car.toml:2: platform", "`sim`"),
        ("car.toml:3: listen", "wss"),
        ("car.toml:3: listen", "99000"),
        ("car.toml:4: board", "`demo`"),
        ("car.toml:7: control.rate_hz", "10 to 1000 hertz"),
        ("car.toml:8: control.cruise", "number"),
        ("car.toml:9: control.command_ttl", "`command_ttl_ms`"),
        ("car.toml:12: limits.connections", "whole number"),
    ] {
        assert!(
            lines.iter().any(|l| l.starts_with(line) && l.contains(what)),
            "{line} … {what} in\n{faults}"
        );
    }
}

#[test]
fn listening_beyond_this_machine_needs_a_decision() {
    let faults = parse("listen = [\"tcp://0.0.0.0:9901\"]").expect_err("anybody could drive");
    assert!(faults.starts_with("car.toml:1: listen"), "{faults}");
    assert!(faults.contains("insecure = true"), "{faults}");
    let open = parse("listen = [\"tcp://0.0.0.0:9901\"]\n[auth]\ninsecure = true").expect("decided");
    assert!(open.auth.insecure);
    let overrides =
        Overrides { listen: vec!["ws://[::]:9900".parse().expect("an endpoint")], ..Overrides::default() };
    let faults = Config::load(None, &overrides).expect_err("also from the command line");
    assert!(faults[0].to_string().contains("--listen"), "{}", faults[0]);
}

#[test]
fn a_list_of_endpoints_is_looked_at_item_by_item() {
    let faults = parse(
        "listen = [\n \"htp://x\",\n \"tcp://0.0.0.0:1\",\n \"tcp://127.0.0.1:2\",\n \"tcp://127.0.0.1:2\"\n]",
    )
    .expect_err("three faults");
    for (line, what) in
        [("car.toml:2:", "htp"), ("car.toml:3:", "insecure"), ("car.toml:5:", "another endpoint")]
    {
        assert!(faults.lines().any(|l| l.starts_with(line) && l.contains(what)), "{line} in {faults}");
    }
    assert_eq!(faults.lines().count(), 3, "{faults}");
    let both =
        parse("listen = [\"ws://127.0.0.1:7\", \"tcp://127.0.0.1:7?hello=off\", \"udp://127.0.0.1:7\"]");
    assert_eq!(both.expect_err("one port for two").lines().count(), 1);
    assert!(parse("listen = [\"tcp://127.0.0.1:0\", \"tcp://127.0.0.1:0\"]").is_ok());
    assert!(parse("listen = []").expect_err("nobody could come").contains("is empty"));
}

#[test]
fn numbers_that_make_no_sense_together_are_a_fault() {
    let faults = parse("[limits]\nping_held_ms = 3000\ndead_idle_ms = 4000").expect_err("two faults");
    for (line, what) in [
        ("car.toml:2: limits.ping_held_ms", "dead_held_ms"),
        ("car.toml:3: limits.dead_idle_ms", "ping_idle_ms"),
    ] {
        assert!(faults.lines().any(|l| l.starts_with(line) && l.contains(what)), "{line} in {faults}");
    }
    assert_eq!(faults.lines().count(), 2, "{faults}");
}

#[test]
fn the_command_line_replaces_what_the_file_says() {
    let overrides = Overrides {
        board: Some("l298n".into()),
        platform: None,
        listen: vec!["mem://test".parse().expect("an endpoint")],
    };
    let text = "board = \"no such board\"\nlisten = [\"tcp://0.0.0.0:1\"]";
    let config = Config::parse("car.toml", text, Path::new("."), &overrides).expect("both are replaced");
    assert_eq!((config.board.name.as_str(), config.listen.len()), ("l298n", 1));
}

#[test]
fn every_number_has_a_default_within_its_range() {
    let config = Config::standard();
    for setting in SETTINGS {
        let value = setting.get(&config);
        assert!(setting.range.contains(&value), "{}.{} = {value}", setting.table, setting.key);
    }
}
