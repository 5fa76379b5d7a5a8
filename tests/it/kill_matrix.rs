//! The kill matrix: however the driver, the link or the daemon dies, the outputs of a real process are
//! at rest within the time that the README publishes.
//!
//! Each cell is measured three times, and its median is held against what is published and [`SLACK`]:
//! on a loaded machine any one run may wait for its turn of a processor. The table is printed; see it
//! with `cargo test -p tests --test it kill_matrix -- --nocapture`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{CAR_ADDRESS, Cable, Files, Process, car_daemon, send, watch, within};

/// What a loaded machine of two processors may add: several threads wait for their turn between the
/// event and the last write.
const SLACK: u64 = 150;
const RUNS: usize = 3;

/// From here on a bound is a wait, during which other runs may wait too.
const LONG: u64 = 250;

/// The columns. A transport that comes later is one more.
const SCHEMES: [&str; 6] = ["ws", "wss", "tcp", "tls", "udp", "unix"];

/// What somebody says who drives: see `one-driver`.
type How = &'static str;

/// How the car was driven, and within how many milliseconds it must stand; `None` where the transport has
/// no such thing.
type Cell = Option<(How, u64)>;

/// A row: what happens, and a cell of each transport.
struct Row {
    what: &'static str,
    event: Event,
    cells: [Cell; SCHEMES.len()],
}

#[derive(Clone, Copy, PartialEq)]
enum Event {
    /// To the driver's process.
    ToDriver(Signal),
    /// The cable between driver and car.
    Pull,
    /// To the daemon's process.
    ToDaemon(Signal),
    /// Inside the daemon.
    Break(&'static str),
}

/// A bound of what a transport does not have.
const NEVER: u64 = 0;

/// With the bounds of WebSockets, byte streams, UDP and Unix sockets; `stream` is how byte streams and
/// Unix sockets are driven.
const fn each(how: How, stream: How, [ws, tcp, udp, unix]: [u64; 4]) -> [Cell; SCHEMES.len()] {
    let unix = if unix == NEVER { None } else { Some((stream, unix)) };
    let (ws, tcp) = (Some((how, ws)), Some((stream, tcp)));
    [ws, ws, tcp, tcp, Some((how, udp)), unix]
}

const fn all(ms: u64) -> [Cell; SCHEMES.len()] {
    each("hold", "hold", [ms; 4])
}

/// Over UDP there is no link, so a word lives for 1 s. A client that hangs while its system keeps the
/// connection alive is found by WebSocket's pings alone; over TCP and Unix it must say `drive` again and
/// again, which lives for 0.5 s. TLS changes none of this.
const MATRIX: [Row; 8] = [
    Row {
        what: "the driver's process ends",
        event: Event::ToDriver(Signal::KILL),
        cells: each("hold", "hold", [20, 20, 1_000, 20]),
    },
    Row {
        what: "the driver resets the connection",
        event: Event::ToDriver(Signal::KILL),
        cells: each("reset-hold", "reset-hold", [20, 20, 1_000, 20]),
    },
    Row {
        what: "the driver's process hangs",
        event: Event::ToDriver(Signal::STOP),
        cells: each("hold", "repeat", [1_000, 500, 1_000, 500]),
    },
    Row {
        what: "the network is gone",
        event: Event::Pull,
        cells: each("hold", "hold", [1_000, 3_000, 1_000, NEVER]),
    },
    Row { what: "SIGKILL of the daemon", event: Event::ToDaemon(Signal::KILL), cells: all(50) },
    Row { what: "a panic in the control loop", event: Event::Break("panic"), cells: all(20) },
    Row { what: "a chip no longer answers", event: Event::Break("bus"), cells: all(100) },
    Row { what: "the control loop is stuck", event: Event::Break("stall"), cells: all(250) },
];

/// Ends with the test, however that ends.
struct Driver(Child);

impl Driver {
    fn start(program: Command) -> Self {
        let mut program = program;
        Self(program.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn one_driver(url: &str, how: How) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_one-driver"));
    program.args([url, how]);
    program
}

/// Why the car has stopped, as the daemon says it in the end, where it still lives: it was this event,
/// and nothing else, that was measured.
fn reason(scheme: &str, event: Event, how: How) -> Option<&'static str> {
    Some(match event {
        Event::Break("bus") => "hardware fault: ",
        Event::ToDaemon(_) | Event::Break(_) => return None,
        _ if scheme == "udp" || how == "repeat" => "sent nothing new for ",
        Event::ToDriver(Signal::STOP) | Event::Pull => "nothing heard from the peer for ",
        Event::ToDriver(_) if how == "reset-hold" => "drove and is gone: the connection was cut off.",
        Event::ToDriver(_) if matches!(scheme, "tls" | "wss") => "TLS says goodbye before it ends.",
        Event::ToDriver(_) => "drove and is gone: the connection was closed.",
    })
}

/// Somebody by whom the car drives. Who says `up` but once is stopped where a busy machine keeps it silent for a
/// second, and then somebody else is tried.
fn driving(files: &Files, program: impl Fn() -> Command) -> Driver {
    for _ in 0..4 {
        let driver = Driver::start(program());
        if within(Duration::from_secs(10), || files.duties() == [600_000, 0, 600_000, 0]) {
            return driver;
        }
    }
    panic!("the car does not drive at its cruise: {:?}", files.duties());
}

/// Drives, has it happen, and measures until the outputs are at rest. `None` where there is no network
/// to be taken away.
fn measure(scheme: &str, event: Event, (how, bound): (How, u64), run: usize) -> Option<Duration> {
    let files = Arc::new(Files::left_running());
    let cable = match event {
        Event::Pull => Some(Cable::lay(&format!("{run}{scheme}"))?),
        _ => None,
    };
    let (program, host) = match &cable {
        Some(cable) => (cable.at_the_car(&car_daemon()), CAR_ADDRESS),
        None => (car_daemon(), "127.0.0.1"),
    };
    let secured = ["tls", "wss"].map(|scheme| format!("{scheme}://{host}:0"));
    let daemon = Process::launch(program, host, &files.config(), &secured);
    assert!(files.at_rest(), "outputs are safe before anybody can connect");
    let pin = if secured.iter().any(|url| url.starts_with(&format!("{scheme}:"))) {
        format!("?pin={}", daemon.pin())
    } else {
        String::new()
    };
    let url = format!("{}{pin}", daemon.url(scheme));
    let driver = driving(&files, || {
        let program = one_driver(&url, how);
        match &cable {
            Some(cable) => Cable::inside(&cable.driver, &program),
            None => program,
        }
    });

    let watcher = watch(&files, Duration::from_millis(bound) + Duration::from_secs(5));
    let begun = Instant::now();
    match event {
        Event::ToDriver(signal) => send(driver.0.id(), signal),
        Event::ToDaemon(signal) => daemon.signal(signal),
        Event::Pull => cable.as_ref().expect("was laid").pull(),
        Event::Break(what) => files.break_it(what),
    }
    let at_rest = watcher.join().expect("reads files");
    let at_rest = at_rest.unwrap_or_else(|| panic!("{scheme}: still at {:?}", files.duties()));
    if let Some(reason) = reason(scheme, event, how) {
        let said = format!("{}.", daemon.state()["stop_reason"].as_str().unwrap_or_default());
        assert!(said.contains(reason), "{scheme}, {how}: {said}, and not: {reason}");
    }
    if event == Event::Break("bus") {
        // Or the guard would go on trying for ten seconds.
        files.break_it("");
    }
    if matches!(event, Event::ToDriver(_) | Event::Pull | Event::Break("bus")) {
        daemon.signal(Signal::TERM);
    }
    drop(driver);
    // Reads the log to its end, which is that of the guard too.
    drop(daemon.wait());
    assert!(files.at_rest(), "and it stays at rest");
    Some(at_rest.saturating_duration_since(begun))
}

/// The median of a cell; of three at most, where a machine was too busy for the first: what is too slow
/// by itself is too slow each time.
fn figure(scheme: &str, event: Event, cell: (How, u64)) -> Option<u64> {
    let mut least = median(scheme, event, cell)?;
    for _ in 1..3 {
        if least <= cell.1 + SLACK {
            break;
        }
        least = least.min(median(scheme, event, cell)?);
    }
    Some(least)
}

fn median(scheme: &str, event: Event, cell: (How, u64)) -> Option<u64> {
    let measure = |run| measure(scheme, event, cell, run);
    let runs: Option<Vec<Duration>> = if cell.1 < LONG {
        (0..RUNS).map(measure).collect()
    } else {
        thread::scope(|scope| {
            let runs: Vec<_> = (0..RUNS).map(|run| scope.spawn(move || measure(run))).collect();
            runs.into_iter().map(|run| run.join().expect("measures")).collect()
        })
    };
    let mut runs = runs?;
    runs.sort_unstable();
    Some(runs[RUNS / 2].as_millis() as u64)
}

/// A line of the table, with a cell of each transport.
fn line(what: &str, cells: impl IntoIterator<Item = String>) -> String {
    cells.into_iter().fold(format!("| {what} |"), |mut line, cell| {
        write!(line, " {cell} |").expect("into a string");
        line
    })
}

#[test]
fn the_kill_matrix_is_kept_in_every_cell() {
    let mut table =
        vec![line("", SCHEMES.map(str::to_owned)), line("---", SCHEMES.map(|_| "---".to_owned()))];
    let mut late = Vec::new();
    for Row { what, event, cells } in &MATRIX {
        let cells = cells.iter().zip(SCHEMES).map(|(cell, scheme)| {
            let Some((how, bound)) = *cell else { return "–".to_owned() };
            let Some(ms) = figure(scheme, *event, (how, bound)) else { return "not measured".to_owned() };
            if ms > bound + SLACK {
                late.push(format!("{what}, {scheme}: {ms} ms, and {bound} are published"));
            }
            format!("{ms} of {bound} ms")
        });
        table.push(line(what, cells));
    }
    println!("\n{}\n", table.join("\n"));
    assert!(late.is_empty(), "{}", late.join("\n"));
}

#[test]
fn the_readme_publishes_every_row_of_the_kill_matrix_with_its_bounds() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    assert!(readme.contains(&line("", SCHEMES.map(str::to_owned))), "the columns");
    for Row { what, cells, .. } in &MATRIX {
        let start = format!("| {what} |");
        let published = readme.lines().find_map(|line| line.strip_prefix(&start));
        let published = published.unwrap_or_else(|| panic!("the README has no row: {what}"));
        let published: Vec<&str> = published.trim_end_matches('|').split('|').map(str::trim).collect();
        assert_eq!(published.len(), SCHEMES.len(), "{what}");
        for ((cell, published), scheme) in cells.iter().zip(published).zip(SCHEMES) {
            let Some((_, bound)) = cell else {
                assert_eq!(published, "–", "{what}, {scheme}");
                continue;
            };
            let measured = published.strip_suffix(&format!(" of {bound} ms"));
            let measured = measured.and_then(|ms| ms.parse::<u64>().ok());
            assert!(measured.is_some_and(|ms| ms <= *bound), "{what}, {scheme}: {published}");
        }
    }
}
