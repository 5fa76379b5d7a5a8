//! A daemon inside this process that breaks, on a board of files: what its parts promise each other
//! where no second process helps.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use car_daemon::config::{Config, Http};
use car_daemon::hardware::Mode;
use car_daemon::{Daemon, Parts, Speed, StartError};
use futures_util::FutureExt;
use hal::board::{Level, Pull};
use hal::platform::{Bus, Delay, EdgeSink, Input, Linux, Output, Pwm, Watch};
use hal::{Board, IoError, Platform};
use tokio::time::timeout;
use transport::Table;

use crate::support::{Files, Garage, Peer, eventually, pass};

/// The platform `linux` without a chip, whose control loop can be held up.
struct Held {
    linux: Linux,
    hold: Arc<AtomicBool>,
}

impl Platform for Held {
    fn name(&self) -> &'static str {
        "held"
    }

    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        self.linux.output_at(line, first)
    }

    fn input(&mut self, line: &str, pull: Pull) -> Result<Input, IoError> {
        self.linux.input(line, pull)
    }

    fn watch(
        &mut self,
        lines: &[&str],
        pull: Pull,
        debounce: Option<Duration>,
        sink: EdgeSink,
    ) -> Result<Watch, IoError> {
        self.linux.watch(lines, pull, debounce, sink)
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        self.linux.pwm(device, channel, frequency_hz)
    }

    fn i2c(&mut self, bus: &str, address: u8) -> Result<Bus, IoError> {
        self.linux.i2c(bus, address)
    }

    fn delay(&mut self) -> Delay {
        self.linux.delay()
    }

    fn advance(&mut self, now: Duration) {
        self.linux.advance(now);
        while self.hold.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A daemon on a board of files, in real time.
struct Shop {
    files: Files,
    config: Config,
    table: Table,
    hold: Arc<AtomicBool>,
}

impl Shop {
    fn open() -> Self {
        let files = Files::left_running();
        let mut config = Config::standard();
        config.board = Board::load(&files.board().display().to_string()).expect("a board");
        config.board.chips.clear();
        config.board.servos.clear();
        config.http = Http::default();
        config.listen = vec!["mem://car".parse().expect("an endpoint")];
        let table = Table::new(&config.limits.transport);
        Self { files, config, table, hold: Arc::default() }
    }

    async fn start(&self) -> Result<Daemon, StartError> {
        let parts = Parts { transports: self.table.clone(), hardware: Mode::Thread, lock: None };
        let (dev, sys) = self.files.roots();
        let platform = Held { linux: Linux::rooted(dev, sys), hold: Arc::clone(&self.hold) };
        Daemon::start_on(&self.config, parts, Box::new(platform)).await
    }

    /// Somebody who drives.
    async fn driver(&self) -> Peer {
        let mut peer = Peer(self.table.dial(&self.config.listen[0]).await.expect("listens"));
        peer.hear().await.expect("a hello");
        peer.say("up").await;
        peer.hear().await.expect("an answer");
        eventually("the car drives", || !self.files.at_rest());
        peer
    }
}

#[tokio::test]
async fn outputs_that_were_left_running_are_at_rest_before_the_first_listener_is_there() {
    let mut shop = Shop::open();
    assert!(!shop.files.at_rest());
    shop.config.listen = vec!["unix:///no/such/folder/car.sock".parse().expect("an endpoint")];
    let refused = shop.start().await.expect_err("nothing can be made there");
    assert!(matches!(refused, StartError::Bind(_)), "{refused}");
    // Where the first listener was refused, the outputs had been brought to rest before.
    assert!(shop.files.at_rest());
}

#[tokio::test]
async fn a_panic_of_whoever_owns_the_daemon_has_stopped_the_car_before_it_goes_on() {
    let shop = Shop::open();
    let daemon = shop.start().await.expect("starts");
    let _driver = shop.driver().await;
    let owner = AssertUnwindSafe(async move {
        let _daemon = daemon;
        panic!("the owner");
    });
    owner.catch_unwind().await.expect_err("a panic");
    assert!(shop.files.at_rest(), "as the panic is caught, and not some time later");
}

#[tokio::test]
async fn a_car_that_is_not_simulated_has_the_walls_time_whatever_the_configuration_says() {
    for speed in [Speed::Max, Speed::Step] {
        let mut shop = Shop::open();
        shop.config.sim.speed = speed;
        let _daemon = shop.start().await.expect("starts");
        let mut driver = shop.driver().await;
        let drive = serde_json::json!({ "throttle": 0.5, "steer": 0, "ttl_ms": 200 });
        assert_eq!(driver.call("drive", drive).await["result"]["accepted"], true);
        let runs_out = async { while driver.state().await["mode"] != "idle" {} };
        timeout(Duration::from_secs(60), runs_out).await.expect("its motion runs out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_control_loop_is_told_to_whoever_embeds_the_daemon_and_nobody_drives_any_more() {
    let shop = Shop::open();
    assert!(!shop.config.platform.outlives && shop.config.control.stall < Duration::from_secs(2));
    let daemon = shop.start().await.expect("starts");
    let mut driver = shop.driver().await;
    let (told, mut why) = tokio::sync::mpsc::channel(1);
    daemon.when_stalled(move |why| told.try_send(why.to_owned()).expect("told once"));
    shop.hold.store(true, Ordering::Relaxed);
    timeout(Duration::from_secs(10), daemon.stalled()).await.expect("noticed");
    let why = why.recv().await.expect("told");
    // A machine that is too busy for 200 ms ends no car that nothing drives on.
    assert!(why.contains("nothing for 2000 ms"), "{why}");
    let state = driver.state().await;
    assert_eq!(state["mode"], "idle");
    assert!(state["stop_reason"].as_str().is_some_and(|said| said.contains("does not turn")), "{state}");
    assert!(driver.ask("up").await.starts_with("error"), "nobody drives any more");
    // It is not waited for.
    timeout(Duration::from_secs(10), daemon.stop("the test is over")).await.expect("ends");
    shop.hold.store(false, Ordering::Relaxed);
    eventually("a loop that goes on after all brakes", || shop.files.at_rest());
}

#[tokio::test(start_paused = true)]
async fn a_jump_of_the_clock_is_no_standing_of_the_loop() {
    let garage = Garage::open().await;
    for _ in 0..10 {
        tokio::time::advance(Duration::from_secs(3600)).await;
        pass(100).await;
    }
    assert!(garage.daemon.stalled().now_or_never().is_none());
    assert_eq!(garage.state().await["mode"], "idle");
}
