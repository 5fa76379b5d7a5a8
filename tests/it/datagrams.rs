//! Clients whose datagrams carry a checksum or a proof, against a whole daemon on real sockets.

use std::path::Path;
use std::time::Duration;

use car_daemon::config::{Config, Http};
use car_daemon::hardware::Mode;
use car_daemon::{Daemon, Parts};
use client::{Client, Key, LinkState, Options};
use protocol::{Power, Topics};
use sim::Sim;
use transport::{Address, Endpoint, Security, Table};

use crate::support::{Driver, language};

const SECRET: &str = "correct-horse-battery-staple";

fn tablet() -> Key {
    Key::new("tablet", SECRET).expect("a key")
}

/// The simulated car on one UDP endpoint.
async fn daemon(integrity: &str) -> (Daemon, Endpoint) {
    let mut config = Config::standard();
    config.http = Http::default();
    config.listen = vec![format!("udp://127.0.0.1:0?integrity={integrity}").parse().expect("an endpoint")];
    let security = Security { psk: tablet().into(), ..Security::default() };
    let transports = Table::with(&config.limits.transport, &security);
    let parts = Parts { transports, hardware: Mode::Thread, lock: None };
    let sim = Sim::new(&config.board);
    let daemon = Daemon::start_on(&config, parts, Box::new(sim)).await.expect("starts");
    let at = daemon.endpoints()[0].clone();
    (daemon, at)
}

/// Waits until the car drives. Nothing waits so long unless it fails.
async fn in_time(drives: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(20), drives).await.expect("the car drives");
}

async fn connect(at: &Endpoint) -> Client {
    Client::connect(at, Options { psk: Some(tablet()), ..Options::default() }).await.expect("listens")
}

#[tokio::test]
async fn the_rust_client_drives_with_a_checksum_and_with_a_key() {
    for integrity in ["crc32c", "psk"] {
        let (daemon, at) = daemon(integrity).await;
        let car = connect(&at).await;
        let half = Power::new("throttle", 0.5).expect("in range");
        let mut told = car.subscribe(Topics::ALL, None).await.expect("accepted");
        in_time(async {
            while told.state().await.expect("states").wheels.left <= 0.0 {
                car.drive(half, Power::default(), None).await.expect("accepted");
            }
        })
        .await;
        car.stop().await.expect("accepted");
        assert_eq!(*car.link().borrow(), LinkState::Up { daemon: None }, "{integrity}: never broken");
        daemon.stop("the test is over").await;
    }
}

#[tokio::test]
async fn a_wrong_key_never_reaches_the_car() {
    let (daemon, at) = daemon("psk").await;
    let limits = transport::Limits { handshake: Duration::from_millis(600), ..transport::Limits::default() };
    let wrong = Key::new("tablet", "a wrong secret").expect("a key");
    let options = Options { psk: Some(wrong), limits, ..Options::default() };
    let refused = Client::connect(&at, options).await.expect_err("wrong");
    assert!(refused.to_string().contains("the key `tablet`"), "{refused}");
    let state = connect(&at).await.state().await.expect("answered");
    assert_eq!((state.driver, state.stop_reason), (None, None), "the car never moved");
    daemon.stop("the test is over").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_of_the_standard_library_drives() {
    for integrity in ["crc32c", "psk"] {
        let Some(mut python) = language("python3", "--version") else { return };
        let (daemon, at) = daemon(integrity).await;
        let Address::Socket { host, port } = at.address() else { panic!("{at}") };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/python_udp.py");
        python.arg(script).args([host, &port.to_string(), integrity, "up"]);
        python.env("CAR_KEY", format!("tablet:{SECRET}"));
        let driver = Driver::start(python);
        let car = connect(&at).await;
        let mut told = car.subscribe(Topics::ALL, None).await.expect("accepted");
        in_time(async { while told.state().await.expect("states").wheels.left <= 0.0 {} }).await;
        let heard = tokio::task::spawn_blocking(|| driver.let_go()).await.expect("ends");
        assert_eq!(heard, "ok\n");
        daemon.stop("the test is over").await;
    }
}
