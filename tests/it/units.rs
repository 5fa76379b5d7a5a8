//! What is packaged: the unit files, as systemd sees them, and the configuration that goes with them.

use std::fs;
use std::path::{Path, PathBuf};

use car_daemon::Config;
use car_daemon::config::Overrides;
use tempfile::TempDir;
use transport::Address;

use crate::support::{car_daemon, language, skipped};

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("packaging")
}

fn unit(name: &str) -> String {
    fs::read_to_string(packaging().join("systemd").join(name)).expect("a unit")
}

/// The units, with the program under test in place of the installed one, which systemd looks for.
fn installed() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let program = car_daemon().get_program().to_string_lossy().into_owned();
    for name in ["car-daemon.service", "car-daemon.socket"] {
        let text = unit(name).replace("/usr/bin/car-daemon", &program);
        fs::write(folder.path().join(name), text).expect("can be written");
    }
    folder
}

#[test]
fn systemd_finds_no_fault_in_the_units() {
    let Some(mut analyze) = language("systemd-analyze", "--version") else { return };
    let folder = installed();
    analyze.args(["verify", "--man=no", "--recursive-errors=no"]);
    let units = ["car-daemon.service", "car-daemon.socket"].map(|name| folder.path().join(name));
    let output = analyze.args(units).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn the_rating_that_the_readme_gives_is_that_of_systemd() {
    let readme = fs::read_to_string(packaging().with_file_name("README.md")).expect("a README");
    let (version, rest) = readme
        .split_once("`systemd-analyze security` of systemd ")
        .and_then(|(_, rest)| rest.split_once(" rates the service "))
        .expect("a rating");
    let promised: f64 = rest.split(' ').next().and_then(|number| number.parse().ok()).expect("a number");

    let Some(mut analyze) = language("systemd-analyze", "--version") else { return };
    let folder = installed();
    analyze.args(["security", "--offline=yes", "--no-pager"]).arg(folder.path().join("car-daemon.service"));
    let output = analyze.output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let found =
        said.lines().find_map(|line| line.split_once("Overall exposure level for car-daemon.service: "));
    let found: f64 = found
        .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
    let here = language("systemd-analyze", "--version").and_then(|mut it| it.arg("--version").output().ok());
    let here = here.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    if here.starts_with(&format!("systemd {version} ")) {
        assert_eq!(found, promised, "{said}");
    } else {
        skipped(&format!("the rating in the README is that of systemd {version}; here it is {found}"));
        assert!(found < 5.0, "MEDIUM begins there: {said}");
    }
}

#[test]
fn the_packaged_configuration_is_sound_and_listens_where_the_sockets_are() {
    let config = Config::load(Some(&packaging().join("car.toml")), &Overrides::default()).expect("is sound");
    assert_eq!(config.platform.name, "linux");
    let listens: Vec<(bool, String)> = config
        .listen
        .iter()
        .chain(&config.http.listen)
        .map(|endpoint| match endpoint.address() {
            Address::Socket { host, port } => (endpoint.scheme() == "udp", format!("{host}:{port}")),
            Address::File(path) => (false, path.display().to_string()),
            other => panic!("{other:?}"),
        })
        .collect();
    let socket = unit("car-daemon.socket");
    let sockets: Vec<(bool, String)> = socket
        .lines()
        .filter_map(|line| {
            let stream = line.strip_prefix("ListenStream=").map(|at| (false, at.to_owned()));
            stream.or_else(|| line.strip_prefix("ListenDatagram=").map(|at| (true, at.to_owned())))
        })
        .collect();
    assert_eq!(listens, sockets);
}

#[test]
fn the_service_ends_in_a_halt_may_be_real_time_may_use_cameras_and_is_watched() {
    let service = unit("car-daemon.service");
    for line in [
        "Type=notify",
        "WatchdogSec=2",
        "ExecStopPost=/usr/bin/car-daemon halt --config /etc/car-daemon/car.toml",
        "KillMode=control-group",
        "LimitCORE=0",
        "LimitRTPRIO=50",
        "LimitMEMLOCK=infinity",
        "RestrictRealtime=no",
        "StateDirectory=car-daemon",
        "DeviceAllow=char-gpiochip rw",
        "DeviceAllow=char-i2c rw",
        "SupplementaryGroups=gpio i2c video",
        "DeviceAllow=char-video4linux rw",
    ] {
        assert!(service.lines().any(|it| it == line), "{line}");
    }
}
