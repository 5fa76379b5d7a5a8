//! A link that dies without a word, as Wi-Fi does: two hosts in network namespaces, and a cable
//! between them that is pulled. Needs root and `ip`; says so where it cannot run.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Cable, Driver};

/// Drives, pulls the cable, and measures how long the car goes on.
fn goes_on_for(cable: &Cable, client: &Command, say: &str, scheme: &str) -> (Duration, String) {
    let daemon = cable.daemon();
    let address = daemon.address(scheme);
    let mut client = Cable::inside(&cable.driver, client);
    client.arg(address.ip().to_string()).arg(address.port().to_string());
    if scheme == "ws" {
        client.arg("up");
    }
    let mut driver = Driver::start(client);
    driver.0.stdin.as_mut().expect("piped").write_all(say.as_bytes()).expect("runs");
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
    cable.pull();
    let pulled = Instant::now();
    daemon.wheels("both stand", |left, right| left == 0.0 && right == 0.0);
    let elapsed = pulled.elapsed();
    driver.0.kill().expect("runs");
    (elapsed, daemon.state()["stop_reason"].as_str().map(str::to_owned).unwrap_or_default())
}

/// What a loaded machine may add to a time that is published.
const SLACK: Duration = Duration::from_millis(250);

#[test]
fn a_car_stops_3_s_after_its_drivers_tcp_link_died() {
    let Some(cable) = Cable::lay("t") else { return };
    let (elapsed, reason) = goes_on_for(&cable, &Command::new("nc"), "up\n", "tcp");
    assert!(elapsed < Duration::from_secs(3) + SLACK, "{elapsed:?}: {reason}");
    assert!(reason.contains("drove and is gone"), "{reason}");
}

#[test]
fn a_car_stops_3_s_after_its_drivers_tcp_link_died_whatever_is_sent_on_it_afterwards() {
    let Some(cable) = Cable::lay("s") else { return };
    // A sample in 1.6 s: nothing is under way when the link dies, and something is before it is known.
    let subscribe = r#"{"jsonrpc":"2.0","method":"subscribe","params":{"topics":["state"],"rate_hz":0.6}}"#;
    let (elapsed, reason) = goes_on_for(&cable, &Command::new("nc"), &format!("{subscribe}\nup\n"), "tcp");
    assert!(elapsed < Duration::from_secs(3) + SLACK, "{elapsed:?}: {reason}");
    assert!(reason.contains("drove and is gone"), "{reason}");
}

#[test]
fn a_car_stops_1_s_after_its_drivers_websocket_died() {
    let Some(cable) = Cable::lay("w") else { return };
    let mut python = Command::new("python3");
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/python_websocket.py"));
    let (elapsed, reason) = goes_on_for(&cable, &python, "", "ws");
    assert!(elapsed < Duration::from_millis(1_750), "{elapsed:?}: {reason}");
    assert!(reason.contains("nothing heard"), "{reason}");
}
