//! A link that dies without a word, as Wi-Fi does: two hosts in network namespaces, and a cable
//! between them that is pulled. Needs root and `ip`; says so where it cannot run.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Driver, Process, car_daemon, skipped};

/// A car and a driver, each in a network of its own, joined by one cable.
struct Cable {
    car: String,
    driver: String,
}

const CAR_ADDRESS: &str = "10.213.7.1";

fn ip(arguments: &str) -> bool {
    let status = Command::new("ip").args(arguments.split_whitespace()).output();
    status.is_ok_and(|output| output.status.success())
}

impl Cable {
    /// `None` where this process may not make networks.
    fn lay(name: &str) -> Option<Self> {
        let unique = format!("{name}{}", std::process::id());
        let cable = Self { car: format!("car-{unique}"), driver: format!("drv-{unique}") };
        let Self { car, driver } = &cable;
        let laid = ip(&format!("netns add {car}"))
            && ip(&format!("netns add {driver}"))
            && ip(&format!("-n {car} link add eth0 type veth peer name eth0 netns {driver}"))
            && ip(&format!("-n {car} address add {CAR_ADDRESS}/24 dev eth0"))
            && ip(&format!("-n {driver} address add 10.213.7.2/24 dev eth0"))
            && ip(&format!("-n {car} link set eth0 up"))
            && ip(&format!("-n {driver} link set eth0 up"));
        if laid {
            return Some(cable);
        }
        assert!(std::env::var_os("CI").is_none(), "network namespaces must work where CI is set");
        skipped("no network namespace can be made here; it needs root and `ip`");
        None
    }

    /// A command inside one of the two networks.
    fn inside(namespace: &str, program: &Command) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(program.get_program()).args(program.get_args());
        command
    }

    fn daemon(&self) -> Process {
        let program = Self::inside(&self.car, &car_daemon());
        Process::launch(program, CAR_ADDRESS, "[auth]\ninsecure = true", &[])
    }

    /// Drops every packet from now on. Nobody is told.
    fn pull(&self) {
        // The driver's end stays up, so that nothing there closes its sockets.
        let dropped = ip(&format!("-n {} link set eth0 down", self.car));
        assert!(dropped, "the cable can be pulled");
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for namespace in [&self.car, &self.driver] {
            ip(&format!("netns delete {namespace}"));
        }
    }
}

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

#[test]
fn a_car_stops_3_s_after_its_drivers_tcp_link_died() {
    let Some(cable) = Cable::lay("t") else { return };
    let (elapsed, reason) = goes_on_for(&cable, &Command::new("nc"), "up\n", "tcp");
    // One keep-alive interval and the scheduling of a busy machine on top.
    assert!(elapsed < Duration::from_millis(4_500), "{elapsed:?}: {reason}");
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
