//! The promise of speed, measured: fifty viewers of the camera and two hundred subscribers of the state on one core, and
//! what that does to a driver. `crowd [--daemon PROGRAM] [--seconds N]`.
//!
//! The daemon is a process of its own on the first core of this machine (`taskset`), the crowd is this one, on the others.
//! Three crowds come one after the other: nobody but the driver; one viewer, which shows what the source costs; all. They
//! come again and again, so that whatever else the machine does comes to each of them, and are told together at the end.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use rustix::thread::{sched_getaffinity, sched_setaffinity};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader as Lines};
use tokio::net::TcpStream as Socket;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

/// States a second that each subscriber is to get.
const STATES_HZ: f64 = 20.0;

/// How long a crowd settles before it is measured: longer than the camera goes on after its last viewer.
const SETTLE: Duration = Duration::from_secs(3);

/// Between two commands of the driver: a page says `drive` ten times a second, and pings between.
const PAUSE: Duration = Duration::from_millis(10);

/// The daemon's configuration: as it comes, but for its ports and its bounds.
const CONFIG: &str = r#"
name = "crowd"
world = "room"
listen = ["tcp://127.0.0.1:0"]
[http]
listen = "127.0.0.1:0"
[limits]
sessions = 400
connections = 400
per_address = 400
http_connections = 400
http_per_address = 400
pending_handshakes = 400
[camera]
width = 640
height = 480
rate_hz = 30
"#;

/// Measures the promise of speed.
#[derive(Parser)]
struct Arguments {
    /// The daemon, as `cargo build --release -p car-daemon` makes it.
    #[arg(long, default_value = "target/release/car-daemon")]
    daemon: PathBuf,
    /// The camera's `source`; as it comes the simulator draws the pictures.
    #[arg(long, default_value = "sim")]
    source: String,
    /// How long each crowd is measured each time.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often each crowd comes.
    #[arg(long, default_value_t = 4)]
    rounds: u32,
    /// Viewers of the camera.
    #[arg(long, default_value_t = 50)]
    viewers: usize,
    /// Subscribers of the state.
    #[arg(long, default_value_t = 200)]
    subscribers: usize,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    leave_the_first_core()?;
    let folder = std::env::temp_dir().join(format!("crowd-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&arguments, &folder);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

/// The daemon's is the daemon's alone, as far as it is ours.
fn leave_the_first_core() -> Result<(), Failure> {
    let mut others = sched_getaffinity(None)?;
    others.unset(0);
    if others.count() == 0 {
        return Err("the crowd needs another core than the daemon's".into());
    }
    Ok(sched_setaffinity(None, &others)?)
}

/// What the crowd lives in. It lets the driver go first, whose time is measured.
fn world() -> Result<Runtime, Failure> {
    let stand_back = || {
        let _ = rustix::process::nice(10);
    };
    Ok(Builder::new_multi_thread().enable_all().on_thread_start(stand_back).build()?)
}

#[allow(clippy::print_stdout, reason = "the table is what this program is for")]
fn measure(arguments: &Arguments, folder: &Path) -> Result<(), Failure> {
    let daemon = Daemon::start(arguments, folder)?;
    let (mut driver, world) = (Driver::connect(&daemon.tcp)?, world()?);
    let Arguments { seconds, rounds, .. } = arguments;
    let crowds = [(0, 0), (1, 0), (arguments.viewers, arguments.subscribers)];
    let mut rows = crowds.map(Row::new);
    println!("daemon on one core; {rounds} times {seconds} s for each crowd, in turn");
    println!("load average before: {}", load_average()?);
    for _ in 0..*rounds {
        for row in &mut rows {
            let crowd = Crowd::gather(&world, &daemon, row.size);
            crowd.watch(&daemon, &mut driver, Duration::from_secs(*seconds), row)?;
        }
    }
    println!("load average after: {}\n", load_average()?);
    println!("{}", Row::HEAD);
    for row in &mut rows {
        row.trips.sort_unstable();
        println!("{row}");
    }
    let [idle, _, all] = &rows;
    let ratio = |hundredth| all.percentile(hundredth) / idle.percentile(hundredth);
    let [p50, p95, p99] = [50, 95, 99].map(ratio);
    println!("\nround trip with all of idle: p50 {p50:.1} times, p95 {p95:.1} times, p99 {p99:.1} times");
    Ok(())
}

/// The daemon, until this is dropped.
struct Daemon {
    child: Child,
    tcp: String,
    http: String,
}

impl Daemon {
    fn start(Arguments { daemon, source, .. }: &Arguments, folder: &Path) -> Result<Self, Failure> {
        let config = folder.join("car.toml");
        let own = format!("state_dir = {folder:?}\nlock_dir = {folder:?}\n{CONFIG}source = {source:?}\n");
        std::fs::write(&config, own)?;
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(daemon).arg("--config").arg(&config).env("RUST_LOG", "warn");
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

    /// Processor time in seconds: of all its threads, and of the one that makes the pictures.
    fn used(&self) -> Result<[f64; 2], Failure> {
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let mut camera = 0.0;
        for thread in std::fs::read_dir(process.join("task"))? {
            let thread = thread?.path();
            if std::fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.trim() == "camera") {
                camera += seconds(&thread)?;
            }
        }
        Ok([seconds(&process)?, camera])
    }
}

/// Processor time of a process or a thread.
fn seconds(of: &Path) -> Result<f64, Failure> {
    let stat = std::fs::read_to_string(of.join("stat"))?;
    // After the name, which may have spaces: utime and stime are the 12th and 13th (proc_pid_stat(5)).
    let after = stat.rsplit_once(')').ok_or("no such process")?.1;
    let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    #[allow(clippy::cast_precision_loss, reason = "it is 100")]
    let a_second = rustix::param::clock_ticks_per_second() as f64;
    Ok(ticks.sum::<Result<f64, _>>()? / a_second)
}

/// Of the last one, five and fifteen minutes.
fn load_average() -> Result<String, Failure> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whoever drives.
struct Driver(BufReader<TcpStream>);

impl Driver {
    fn connect(at: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(at)?;
        stream.set_nodelay(true)?;
        let mut lines = BufReader::new(stream);
        lines.read_line(&mut String::new())?;
        Ok(Self(lines))
    }

    /// From the command's first byte to the answer's last.
    fn round_trip(&mut self) -> Result<Duration, Failure> {
        let begun = Instant::now();
        let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"drive\",\"params\":{\"throttle\":0.1,\"steer\":0.3}}\n";
        self.0.get_mut().write_all(call)?;
        let mut answer = String::new();
        self.0.read_line(&mut answer)?;
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

impl Tally {
    /// Pictures, their bytes, states.
    fn counts(&self) -> [f64; 3] {
        #[allow(clippy::cast_precision_loss, reason = "far from 2^53")]
        [&self.pictures, &self.bytes, &self.states].map(|count| count.load(Ordering::Relaxed) as f64)
    }
}

/// Those who look on, until this is dropped.
struct Crowd {
    people: JoinSet<Result<(), Failure>>,
    tally: Arc<Tally>,
}

impl Crowd {
    fn gather(world: &Runtime, daemon: &Daemon, (viewers, subscribers): (usize, usize)) -> Self {
        let (mut people, tally) = (JoinSet::new(), Arc::<Tally>::default());
        for _ in 0..viewers {
            people.spawn_on(view(daemon.http.clone(), Arc::clone(&tally)), world.handle());
        }
        for _ in 0..subscribers {
            people.spawn_on(subscribe(daemon.tcp.clone(), Arc::clone(&tally)), world.handle());
        }
        sleep(SETTLE);
        Self { people, tally }
    }

    /// Adds to a row what comes in this time.
    fn watch(
        mut self,
        daemon: &Daemon,
        driver: &mut Driver,
        time: Duration,
        row: &mut Row,
    ) -> Result<(), Failure> {
        let (before, used, begun) = (self.tally.counts(), daemon.used()?, Instant::now());
        while begun.elapsed() < time {
            row.trips.push(driver.round_trip()?);
            sleep(PAUSE);
        }
        row.elapsed += begun.elapsed().as_secs_f64();
        for (used, (now, then)) in row.used.iter_mut().zip(daemon.used()?.iter().zip(used)) {
            // A thread that has ended since had no part in this.
            *used += (now - then).max(0.0);
        }
        for (sum, (now, then)) in row.counts.iter_mut().zip(self.tally.counts().iter().zip(before)) {
            *sum += now - then;
        }
        match self.people.try_join_next() {
            Some(ended) => Err(format!("somebody left: {ended:?}").into()),
            None => Ok(()),
        }
    }
}

/// Takes every picture that comes.
async fn view(at: String, tally: Arc<Tally>) -> Result<(), Failure> {
    let mut stream = Lines::with_capacity(64 * 1024, Socket::connect(&at).await?);
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
    let mut lines = Lines::new(Socket::connect(&at).await?);
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

/// What a crowd got, and what it cost, each time that it came.
#[derive(Default)]
struct Row {
    size: (usize, usize),
    /// Seconds.
    elapsed: f64,
    /// Processor time in seconds: all of it, and what the camera's thread had of it.
    used: [f64; 2],
    /// Pictures, their bytes, states, of all together.
    counts: [f64; 3],
    /// Of the driver's commands, in the end the shortest first.
    trips: Vec<Duration>,
}

impl Row {
    const HEAD: &str = "\
| viewers | subscribers | of the core | of that drawing | pictures/s each | states/s each | Mbit/s | p50 ms | p95 ms | p99 ms |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

    fn new(size: (usize, usize)) -> Self {
        Self { size, ..Self::default() }
    }

    /// The round trip that so many of a hundred do not exceed, in milliseconds.
    fn percentile(&self, hundredth: usize) -> f64 {
        let index = (self.trips.len() * hundredth / 100).min(self.trips.len().saturating_sub(1));
        self.trips.get(index).map_or(f64::NAN, |trip| trip.as_secs_f64() * 1e3)
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (viewers, subscribers) = self.size;
        let [all, camera] = self.used.map(|used| 100.0 * used / self.elapsed);
        let [pictures, bytes, states] = self.counts.map(|count| count / self.elapsed);
        #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
        let each = |all: f64, people: usize| if people > 0 { all / people as f64 } else { 0.0 };
        write!(
            f,
            "| {viewers} | {subscribers} | {all:.0} % | {camera:.0} % | {:.1} | {:.1} | {:.0} | {:.2} | {:.2} | {:.2} |",
            each(pictures, viewers),
            each(states, subscribers),
            bytes * 8e-6,
            self.percentile(50),
            self.percentile(95),
            self.percentile(99),
        )
    }
}
