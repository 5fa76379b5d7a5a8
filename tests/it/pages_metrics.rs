//! `/metrics`: what it says, that `docs/metrics.md` lists it, and that Prometheus itself reads it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use crate::support::web::{ask, get};
use crate::support::{Process, eventually, language};

const DOCUMENT: &str = include_str!("../../docs/metrics.md");

/// All of them, as text.
pub(crate) fn metrics(daemon: &Process) -> String {
    let answer = get(daemon, "/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4"));
    answer.body
}

/// The value of a metric with exactly these labels, as they are written.
pub(crate) fn value(text: &str, metric: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' ')?.parse().ok())
}

/// A daemon at which something of everything has happened.
fn busy() -> Process {
    let daemon = Process::with_page("board = \"picar-x\"\nworld = \"room\"\n");
    daemon.call("state");
    assert_eq!(ask(&daemon, "GET", "/state", &[("Origin", "http://evil.example")], "").status, 403);
    eventually("the battery and the range are measured", || {
        let state = daemon.state();
        state["battery"].is_object() && state["range_m"].is_number()
    });
    assert_eq!(get(&daemon, "/snapshot").status, 200);
    // A first look counts as a request by the second.
    metrics(&daemon);
    daemon
}

#[test]
fn what_the_car_does_and_what_it_is_asked_is_counted() {
    let daemon = busy();
    let before = metrics(&daemon);
    for (metric, expected) in [
        ("car_mode{mode=\"idle\"}", 1.0),
        ("car_mode{mode=\"driving\"}", 0.0),
        ("car_estop_latched", 0.0),
        ("car_lease_held", 0.0),
        ("car_turned_away_total{reason=\"forbidden\"}", 1.0),
        ("car_turned_away_total{reason=\"full\"}", 0.0),
        ("car_stops_total{kind=\"stop\"}", 0.0),
        ("car_camera_viewers", 0.0),
        ("car_http_requests_total{path=\"/state\",status=\"403\"}", 1.0),
    ] {
        assert_eq!(value(&before, metric), Some(expected), "{metric}: {before}");
    }
    assert!(value(&before, "car_battery_volts").is_some_and(|volts| (5.0..9.0).contains(&volts)), "{before}");
    let states = "car_commands_total{method=\"state\",outcome=\"ok\"}";
    assert!(value(&before, states).is_some_and(|count| count >= 2.0), "{before}");

    let mut driver = UnixStream::connect(daemon.socket()).expect("listens");
    driver.write_all(b"up\nstop\nbye\n").expect("connected");
    let heard: Vec<_> = BufReader::new(&driver).lines().take(4).map_while(Result::ok).collect();
    assert!(heard[1].starts_with("ok") && heard[2].starts_with("ok"), "{heard:?}");
    let driven = metrics(&daemon);
    for metric in ["car_stops_total{kind=\"stop\"}", "car_commands_total{method=\"up\",outcome=\"ok\"}"] {
        assert_eq!(value(&driven, metric), Some(1.0), "{metric}: {driven}");
    }
    assert_eq!(value(&driven, "car_lease_held"), Some(1.0));
    let sessions = value(&driven, "car_sessions{role=\"admin\",transport=\"unix\"}");
    assert!(sessions.is_some_and(|open| open >= 1.0), "{driven}");
    drop(driver);
    daemon.call("estop");
    let after = metrics(&daemon);
    assert_eq!(value(&after, "car_estop_latched"), Some(1.0));
    assert_eq!(value(&after, "car_mode{mode=\"estop\"}"), Some(1.0));
    assert_eq!(value(&after, "car_commands_total{method=\"estop\",outcome=\"ok\"}"), Some(1.0));
    let turns = |text: &str| value(text, "car_loop_turns_total").expect("counted");
    assert!(turns(&after) > turns(&before));
    let late = value(&after, "car_loop_lateness_seconds_count").expect("measured");
    assert!(late > 0.0 && late <= turns(&after), "{after}");
}

#[test]
fn every_metric_stands_in_the_document_with_its_type_and_no_other_does() {
    let text = metrics(&busy());
    let told: BTreeSet<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `car_")?.split_once("` | "));
    let documented: BTreeSet<(String, &str)> =
        rows.filter_map(|(name, rest)| Some((format!("car_{name}"), rest.split_once(" |")?.0))).collect();
    let documented: BTreeSet<(&str, &str)> =
        documented.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    assert_eq!(told, documented);
    for (name, _) in told {
        assert!(text.contains(&format!("# HELP {name} ")), "{name} says what it is");
    }
}

#[test]
fn prometheus_finds_no_fault_with_it() {
    let Some(mut promtool) = language("promtool", "--version") else { return };
    let text = metrics(&busy());
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut checking = promtool.spawn().expect("starts");
    checking.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
    let checked = checking.wait_with_output().expect("ends");
    let said = [checked.stdout, checked.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(checked.status.success() && said.iter().all(String::is_empty), "{said:?}\n{text}");
}

#[test]
fn no_token_and_no_name_of_a_peer_is_in_it() {
    let daemon = Process::with_page(
        "[auth]\ntokens = [{ token = \"driver-driver\", role = \"driver\", name = \"tablet\" }]\n",
    );
    assert_eq!(get(&daemon, "/metrics").status, 401);
    assert_eq!(get(&daemon, "/secret-path?token=wrong-wrong").status, 401);
    let text = get(&daemon, "/metrics?token=driver-driver").body;
    assert_eq!(value(&text, "car_wrong_tokens_total"), Some(1.0));
    for secret in ["driver-driver", "wrong-wrong", "tablet", "secret-path"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
