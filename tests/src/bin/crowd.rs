//! The promise of speed, measured: fifty viewers of the camera and two hundred subscribers of the state on one core, and
//! what that does to a driver. `crowd [--daemon PROGRAM] [--seconds N]`.
//!
//! The daemon is a process of its own on the first core of this machine (`taskset`), the crowd is this one, on the others.
//! Three crowds come one after the other: nobody but the driver; one viewer, which shows what the source costs; all.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader as Lines};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

/// Pictures a second, and states a second, that each one is to get.
const PICTURES_HZ: f64 = 30.0;
const STATES_HZ: f64 = 20.0;

/// How long a crowd settles before it is measured.
const SETTLE: Duration = Duration::from_secs(2);

/// Between two commands of the driver: a page says `drive` ten times a second, and pings between.
const PAUSE: Duration = Duration::from_millis(10);

/// The daemon's configuration: as it comes, but for its ports and its bounds.
const CONFIG: &str = r#"
name = "crowd"
world = "room"
listen = ["tcp://127.0.0.1:0"]
[http]
listen = "127.0.0.1:0"
[camera]
width = 640
height = 480
rate_hz = 30
[limits]
sessions = 400
connections = 400
per_address = 400
http_connections = 400
http_per_address = 400
pending_handshakes = 400
"#;

/// Measures the promise of speed.
#[derive(Parser)]
struct Arguments {
    /// The daemon, as `cargo build --release -p car-daemon` makes it.
    #[arg(long, default_value = "target/release/car-daemon")]
    daemon: PathBuf,
    /// How long each crowd is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Viewers of the camera.
    #[arg(long, default_value_t = 50)]
    viewers: usize,
    /// Subscribers of the state.
    #[arg(long, default_value_t = 200)]
    subscribers: usize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let folder = std::env::temp_dir().join(format!("crowd-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&arguments, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

#[allow(clippy::print_stdout, reason = "the table is what this program is for")]
async fn measure(arguments: &Arguments, folder: &Path) -> Result<(), Failure> {
    let daemon = Daemon::start(&arguments.daemon, folder)?;
    let mut driver = Driver::connect(&daemon.tcp).await?;
    println!("daemon on one core, each crowd for {} s; round trip of `drive`", arguments.seconds);
    println!("{}", Row::HEAD);
    for (viewers, subscribers) in [(0, 0), (1, 0), (arguments.viewers, arguments.subscribers)] {
        let crowd = Crowd::gather(&daemon, viewers, subscribers).await?;
        let row = crowd.watch(&daemon, &mut driver, Duration::from_secs(arguments.seconds)).await?;
        println!("{row}");
    }
    Ok(())
}

/// The daemon, until this is dropped.
struct Daemon {
    child: Child,
    tcp: String,
    http: String,
}

impl Daemon {
    fn start(program: &Path, folder: &Path) -> Result<Self, Failure> {
        let config = folder.join("car.toml");
        let own = format!("state_dir = {folder:?}\nlock_dir = {folder:?}\n{CONFIG}");
        std::fs::write(&config, own)?;
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(program).arg("--config").arg(&config).env("RUST_LOG", "warn");
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let (mut tcp, mut http) = (None, None);
        let table = child.stdout.take().ok_or("no table")?;
        for line in BufReader::new(table).lines() {
            let line = line?;
            if let Some(at) = line.trim().strip_prefix("tcp://") {
                tcp = at.split_whitespace().next().map(str::to_owned);
            } else if let Some((_, url)) = line.split_once("the page: http://") {
                http = Some(url.trim_end_matches('/').to_owned());
            }
            if line.contains("Ctrl-C") {
                break;
            }
        }
        match (tcp, http) {
            (Some(tcp), Some(http)) => Ok(Self { child, tcp, http }),
            _ => Err("the daemon did not start".into()),
        }
    }

    /// Processor time that all its threads have used, in seconds.
    fn used(&self) -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // After the name, which may have spaces: utime and stime are the 12th and 13th (proc_pid_stat(5)).
        let after = stat.rsplit_once(')').ok_or("no such process")?.1;
        let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        #[allow(clippy::cast_precision_loss, reason = "it is 100")]
        let a_second = rustix::param::clock_ticks_per_second() as f64;
        Ok(ticks.sum::<Result<f64, _>>()? / a_second)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whoever drives.
struct Driver(Lines<TcpStream>);

impl Driver {
    async fn connect(at: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        let mut lines = Lines::new(stream);
        lines.read_line(&mut String::new()).await?;
        Ok(Self(lines))
    }

    /// From the command's first byte to the answer's last.
    async fn round_trip(&mut self) -> Result<Duration, Failure> {
        let begun = Instant::now();
        let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"drive\",\"params\":{\"throttle\":0.1,\"steer\":0.3}}\n";
        self.0.get_mut().write_all(call).await?;
        let mut answer = String::new();
        self.0.read_line(&mut answer).await?;
        if !answer.contains("\"accepted\":true") {
            return Err(format!("refused: {answer}").into());
        }
        Ok(begun.elapsed())
    }
}

/// What has come to all.
#[derive(Default)]
struct Tally {
    pictures: AtomicU64,
    bytes: AtomicU64,
    states: AtomicU64,
}

/// Those who look on, until this is dropped.
struct Crowd {
    people: JoinSet<Result<(), Failure>>,
    tally: Arc<Tally>,
    size: (usize, usize),
}

impl Crowd {
    async fn gather(daemon: &Daemon, viewers: usize, subscribers: usize) -> Result<Self, Failure> {
        let (mut people, tally) = (JoinSet::new(), Arc::<Tally>::default());
        for _ in 0..viewers {
            people.spawn(view(daemon.http.clone(), Arc::clone(&tally)));
        }
        for _ in 0..subscribers {
            people.spawn(subscribe(daemon.tcp.clone(), Arc::clone(&tally)));
        }
        tokio::time::sleep(SETTLE).await;
        Ok(Self { people, tally, size: (viewers, subscribers) })
    }

    async fn watch(mut self, daemon: &Daemon, driver: &mut Driver, time: Duration) -> Result<Row, Failure> {
        let counts = |tally: &Tally| {
            [&tally.pictures, &tally.bytes, &tally.states].map(|count| count.load(Ordering::Relaxed))
        };
        let (before, used, begun) = (counts(&self.tally), daemon.used()?, Instant::now());
        let mut trips = Vec::new();
        while begun.elapsed() < time {
            trips.push(driver.round_trip().await?);
            tokio::time::sleep(PAUSE).await;
        }
        let (elapsed, used) = (begun.elapsed().as_secs_f64(), daemon.used()? - used);
        if let Some(ended) = self.people.try_join_next() {
            return Err(format!("somebody left: {ended:?}").into());
        }
        trips.sort_unstable();
        let [pictures, bytes, states] = counts(&self.tally);
        #[allow(clippy::cast_precision_loss, reason = "far from 2^53")]
        let rate = |now: u64, then: u64| (now - then) as f64 / elapsed;
        Ok(Row {
            size: self.size,
            core: used / elapsed,
            pictures: rate(pictures, before[0]),
            states: rate(states, before[2]),
            mbit: rate(bytes, before[1]) * 8e-6,
            trips,
        })
    }
}

/// Takes every picture that comes.
async fn view(at: String, tally: Arc<Tally>) -> Result<(), Failure> {
    let mut stream = Lines::with_capacity(64 * 1024, TcpStream::connect(&at).await?);
    let request = format!("GET /stream HTTP/1.1\r\nHost: {at}\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes()).await?;
    let (mut line, mut picture) = (String::new(), Vec::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err("the stream ended".into());
        }
        let Some(length) = line.strip_prefix("Content-Length: ") else { continue };
        picture.resize(length.trim().parse()?, 0);
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await?;
        }
        stream.read_exact(&mut picture).await?;
        tally.pictures.fetch_add(1, Ordering::Relaxed);
        tally.bytes.fetch_add(picture.len() as u64, Ordering::Relaxed);
    }
}

/// Takes every state that comes.
async fn subscribe(at: String, tally: Arc<Tally>) -> Result<(), Failure> {
    let mut lines = Lines::new(TcpStream::connect(&at).await?);
    let call = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\",\"params\":{{\"topics\":[\"state\"],\"rate_hz\":{STATES_HZ}}}}}\n"
    );
    lines.get_mut().write_all(call.as_bytes()).await?;
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            return Err("the session ended".into());
        }
        if line.contains("\"method\":\"state\"") {
            tally.states.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What a crowd got, and what it cost.
struct Row {
    size: (usize, usize),
    /// Share of the core.
    core: f64,
    /// Of all together, a second.
    pictures: f64,
    states: f64,
    mbit: f64,
    /// Of the driver's commands, the shortest first.
    trips: Vec<Duration>,
}

impl Row {
    const HEAD: &str =
        "\nviewers  subscribers  core used  pictures/s each  states/s each  Mbit/s  p50 ms  p99 ms  missing";

    /// The round trip that so many of a hundred do not exceed, in milliseconds.
    fn percentile(&self, hundredth: usize) -> f64 {
        let index = (self.trips.len() * hundredth / 100).min(self.trips.len().saturating_sub(1));
        self.trips.get(index).map_or(f64::NAN, |trip| trip.as_secs_f64() * 1e3)
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        #[allow(clippy::cast_precision_loss, reason = "far from 2^53")]
        let (viewers, subscribers) = (self.size.0 as f64, self.size.1 as f64);
        let each = |all: f64, people: f64| if people > 0.0 { all / people } else { 0.0 };
        let (pictures, states) = (each(self.pictures, viewers), each(self.states, subscribers));
        let wanted = viewers * PICTURES_HZ + subscribers * STATES_HZ;
        let missing = if wanted > 0.0 { 100.0 * (1.0 - (self.pictures + self.states) / wanted) } else { 0.0 };
        write!(
            f,
            "{viewers:7}  {subscribers:11}  {:8.1}%  {pictures:15.1}  {states:13.1}  {:6.0}  {:6.2}  {:6.2}  {missing:6.1}%",
            self.core * 100.0,
            self.mbit,
            self.percentile(50),
            self.percentile(99),
        )
    }
}
