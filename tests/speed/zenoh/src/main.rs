//! A ping-pong over zenoh: what a message costs that goes to a peer and back.
//!
//! `pong ENDPOINT` listens and sends back what comes. `ping ENDPOINT` connects; for each line of stdin, a time in
//! milliseconds, it says one message after the other for so long, and prints the round trips' p50, p99 and p99.9 in
//! nanoseconds. Both end with stdin. The harness is `cargo bench -p speed`.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use zenoh::qos::CongestionControl;
use zenoh::{Config, Session, Wait};

type Failure = Box<dyn Error + Send + Sync>;

const PING: &str = "car/ping";
const PONG: &str = "car/pong";

/// As long as a `drive` in the text dialect.
const MESSAGE: [u8; 13] = *b"drive 0.1 0.3";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pong", endpoint] => pong(endpoint),
        ["ping", endpoint] => ping(endpoint),
        _ => Err("zenoh-beside pong|ping ENDPOINT, as tcp/127.0.0.1:7447".into()),
    }
}

/// A peer that looks for nobody, and knows `endpoint` as its `role`.
fn open(role: &str, endpoint: &str) -> Result<Session, Failure> {
    let mut config = Config::default();
    config.insert_json5("mode", "\"peer\"")?;
    config.insert_json5("scouting/multicast/enabled", "false")?;
    // Nobody listens anywhere else.
    config.insert_json5("listen/endpoints", "[]")?;
    config.insert_json5(&format!("{role}/endpoints"), &format!("[{endpoint:?}]"))?;
    zenoh::open(config).wait()
}

fn say(line: &str) -> Result<(), Failure> {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

fn pong(endpoint: &str) -> Result<(), Failure> {
    let session = open("listen", endpoint)?;
    let answers = session
        .declare_publisher(PONG)
        .congestion_control(CongestionControl::Block)
        // At once, and not together with others.
        .express(true)
        .wait()?;
    let _until_the_end = session
        .declare_subscriber(PING)
        .callback(move |sample| {
            // Who asked has gone, if nobody hears it.
            drop(answers.put(sample.payload().clone()).wait());
        })
        .wait()?;
    say("ready")?;
    stdin().lock().lines().for_each(drop);
    Ok(())
}

fn ping(endpoint: &str) -> Result<(), Failure> {
    let session = open("connect", endpoint)?;
    let answers = session.declare_subscriber(PONG).wait()?;
    let asks =
        session.declare_publisher(PING).congestion_control(CongestionControl::Block).express(true).wait()?;
    // Until the other end knows of both.
    while !asks.matching_status().wait()?.matching() {
        std::thread::sleep(Duration::from_millis(10));
    }
    while answers.recv_timeout(Duration::from_millis(50))?.is_none() {
        asks.put(MESSAGE).wait()?;
    }
    while answers.recv_timeout(Duration::from_millis(100))?.is_some() {}
    say("ready")?;
    for line in stdin().lock().lines() {
        let time = Duration::from_millis(line?.trim().parse()?);
        let (mut trips, begun) = (Histogram::<u64>::new_with_bounds(1, 10_000_000_000, 3)?, Instant::now());
        while begun.elapsed() < time {
            let asked = Instant::now();
            asks.put(MESSAGE).wait()?;
            answers.recv()?;
            trips.record(asked.elapsed().as_nanos().try_into()?)?;
        }
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| trips.value_at_quantile(quantile));
        say(&format!("{p50} {p99} {p999}"))?;
    }
    Ok(())
}
