//! How figures grow: with connections that all say something, with subscribers, and with how often these hear something.
//! Each comes as a chart.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use protocol::{Command, DialectId};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::Failure;
use crate::idle::Crowd;
use crate::load::{Line, histogram, nanos};
use crate::plot::{Chart, Series};
use crate::process::{Server, certificate};
use crate::rows::{Effort, Row, Scheme};
use crate::table::us;
use crate::wire::Place;

const CONNECTIONS: [usize; 4] = [1, 10, 100, 1_000];
const RATES_HZ: [f64; 5] = [10.0, 30.0, 100.0, 300.0, 1_000.0];

/// So that each of those samples is a new one.
const FASTEST_HZ: u32 = 1_000;

/// Subscribers of whom each hears something so often.
const LISTENERS: usize = 100;

/// Times that the daemon and the bare echo take turns.
const TURNS: usize = 4;

/// JSON over TCP.
const ROW: Row = Row { scheme: Scheme::Tcp, dialect: DialectId::Json };

/// Measures all, and writes the charts into `to`.
pub(crate) fn measure(
    program: &Path,
    folder: &Path,
    effort: &Effort,
    to: &Path,
    say: &dyn Fn(&str),
) -> Result<(), Failure> {
    let daemon = Server::daemon(program, &folder.join("daemon"))?;
    let bare = Server::echo(&folder.join("bare"), &certificate(&folder.join("daemon")))?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    fs::create_dir_all(to)?;
    for chart in talkers(&runtime, &daemon, &bare, effort, say)? {
        chart.write(to)?;
    }
    let rooms = CONNECTIONS.map(|size| (size, 20.0));
    let columns = ["subscribers", "hertz each", "core %", "µs a sample", "driver p50 µs", "p99 µs"];
    say(&format!("\n{}", cells(columns)));
    let x = |sample: &Heard| sample.listeners as f64;
    let all = listeners(&runtime, &daemon, &rooms, effort, say)?;
    Chart::of("subscribers", "state at 20 Hz: processor for a sample", "subscribers", "µs")
        .with(Series::of("daemon", all.iter().map(|heard| (x(heard), heard.us_a_sample()))))
        .write(to)?;
    Chart::of("driver", "state at 20 Hz: a driver's round trip meanwhile", "subscribers", "µs")
        .with(Series::of("p50", all.iter().map(|heard| (x(heard), us(&heard.trips, 0.5)))))
        .with(Series::of("p99", all.iter().map(|heard| (x(heard), us(&heard.trips, 0.99)))))
        .write(to)?;
    drop((daemon, bare));
    let rooms = RATES_HZ.map(|rate| (LISTENERS, rate));
    let daemon = Server::turning(FASTEST_HZ, program, &folder.join("fast"))?;
    let all = listeners(&runtime, &daemon, &rooms, effort, say)?;
    Chart::of("telemetry", "100 subscribers: processor", "samples a second for each", "% of a core")
        .with(Series::of("daemon", all.iter().map(|heard| (heard.each_hz, heard.percent))))
        .write(to)
}

/// Six columns.
fn cells<T: ToString>(all: [T; 6]) -> String {
    all.map(|cell| format!("{:>15}", cell.to_string())).concat()
}

/// All connections say something in a closed loop each.
fn talkers(
    runtime: &Runtime,
    daemon: &Server,
    bare: &Server,
    effort: &Effort,
    say: &dyn Fn(&str),
) -> Result<[Chart; 2], Failure> {
    let columns = ["connections", "server", "answers/s", "p50 µs", "p99 µs", "processor µs"];
    say(&cells(columns));
    let (mut trips, mut rates) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for size in CONNECTIONS {
        let mut said = [Said::new(), Said::new()];
        for turn in 0..TURNS {
            // Who was first is second the next time.
            for index in [turn % 2, 1 - turn % 2] {
                said[index].add(runtime, [daemon, bare][index], size, effort.closed)?;
            }
        }
        for (index, (name, said)) in ["daemon", "bare"].into_iter().zip(&said).enumerate() {
            let rate = said.answers() / said.elapsed.as_secs_f64();
            let (p50, p99) = (us(&said.trips, 0.5), us(&said.trips, 0.99));
            let used = said.processor.as_secs_f64() * 1e6 / said.answers();
            say(&cells([
                size.to_string(),
                name.to_owned(),
                format!("{rate:.0}"),
                format!("{p50:.0}"),
                format!("{p99:.0}"),
                format!("{used:.1}"),
            ]));
            trips[index].push((size as f64, p50));
            rates[index].push((size as f64, rate));
        }
    }
    let both = |chart: Chart, [daemon, bare]: [Vec<(f64, f64)>; 2]| {
        chart.with(Series::of("daemon", daemon)).with(Series::of("bare echo", bare))
    };
    let trip = Chart::of("round-trip", "round trip of each, p50", "connections that all say something", "µs");
    let rate = Chart::of("answers", "answers of all", "connections that all say something", "a second");
    Ok([both(trip, trips), both(rate, rates)])
}

/// What a server answered to all.
struct Said {
    trips: Histogram<u64>,
    elapsed: Duration,
    processor: Duration,
}

impl Said {
    fn new() -> Self {
        Self { trips: histogram(), elapsed: Duration::ZERO, processor: Duration::ZERO }
    }

    fn answers(&self) -> f64 {
        self.trips.len() as f64
    }

    /// Another turn.
    fn add(
        &mut self,
        runtime: &Runtime,
        server: &Server,
        size: usize,
        time: Duration,
    ) -> Result<(), Failure> {
        let Place::Ip(at) = *server.place(ROW)? else { return Err("no address".into()) };
        // What anybody may say, driver or not.
        let mut line = ROW.written(&Command::Ping { value: Value::Null }).to_vec();
        line.push(b'\n');
        runtime.block_on(async {
            let mut streams = Vec::new();
            for _ in 0..size {
                let stream = TcpStream::connect(at).await?;
                stream.set_nodelay(true)?;
                streams.push(stream);
            }
            let (before, begun) = (server.processor()?, Instant::now());
            let talks = streams.into_iter().map(|stream| talk(stream, &line, begun + time));
            for trips in try_join_all(talks).await? {
                for trip in trips {
                    self.trips.record(nanos(trip))?;
                }
            }
            self.elapsed += begun.elapsed();
            self.processor += server.processor()?.saturating_sub(before);
            Ok(())
        })
    }
}

/// Says the line again and again; its round trips.
async fn talk(stream: TcpStream, line: &[u8], until: Instant) -> Result<Vec<Duration>, Failure> {
    let (mut stream, mut answer, mut trips) = (BufReader::new(stream), Vec::new(), Vec::new());
    loop {
        let begun = Instant::now();
        if begun >= until {
            return Ok(trips);
        }
        stream.write_all(line).await?;
        answer.clear();
        if stream.read_until(b'\n', &mut answer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        trips.push(begun.elapsed());
    }
}

/// What subscribers heard, and what became of a driver meanwhile.
struct Heard {
    listeners: usize,
    /// As many as the daemon granted, if it keeps up.
    each_hz: f64,
    /// Of a core.
    percent: f64,
    /// The same of a daemon to which nobody listens.
    idle_percent: f64,
    trips: Histogram<u64>,
}

impl Heard {
    fn us_a_sample(&self) -> f64 {
        (self.percent - self.idle_percent) / 100.0 * 1e6 / (self.each_hz * self.listeners as f64)
    }
}

/// Each room: so many subscribers, who ask for so many samples a second.
fn listeners(
    runtime: &Runtime,
    daemon: &Server,
    rooms: &[(usize, f64)],
    effort: &Effort,
    say: &dyn Fn(&str),
) -> Result<Vec<Heard>, Failure> {
    let [command, _] = ROW.commands();
    let (before, begun) = (daemon.processor()?, Instant::now());
    sleep(effort.idle);
    let idle_percent =
        100.0 * daemon.processor()?.saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64();
    let mut all = Vec::new();
    for (size, rate_hz) in rooms {
        let crowd = Crowd::gather(runtime, daemon, *size, *rate_hz)?;
        let (percent, each_hz) = crowd.watch(runtime, daemon, effort.idle / 2)?;
        let mut heard = Heard { listeners: *size, each_hz, percent, idle_percent, trips: histogram() };
        let place = daemon.place(ROW)?;
        let mut line = Line::meet(ROW, place, Path::new(""), &command, |answer| ROW.accepts(answer))?;
        // In turn with those who listen, as the two are one process here: their reading is not measured.
        for _ in 0..effort.pins {
            runtime.block_on(async { tokio::time::sleep(Duration::from_millis(2)).await });
            if let Some(trip) = line.round_trip(&command)? {
                heard.trips.record(nanos(trip))?;
            }
        }
        say(&cells([
            size.to_string(),
            format!("{each_hz:.1}"),
            format!("{percent:.1}"),
            format!("{:.1}", heard.us_a_sample()),
            format!("{:.0}", us(&heard.trips, 0.5)),
            format!("{:.0}", us(&heard.trips, 0.99)),
        ]));
        all.push(heard);
    }
    Ok(all)
}
