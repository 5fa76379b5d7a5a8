//! What the daemon takes while little is said: alone, with one subscriber, and with a thousand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use protocol::{Command, DialectId, Rate, Topics};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::Failure;
use crate::process::Server;
use crate::rows::{Effort, Row, Scheme};
use crate::table::Tally;
use crate::wire::Place;

/// What was promised.
const PROCESSOR_PERCENT: f64 = 1.0;
const MEMORY_MIB: f64 = 12.0;
const CONNECTION_KIB: f64 = 24.0;
const CROWD_PERCENT: f64 = 100.0;
const PROGRAM_MB: f64 = 12.0;

/// Samples a second.
const RATE_HZ: f64 = 20.0;
const CROWD: usize = 1_000;

/// One line for each figure, as soon as it is known.
pub(crate) fn measure(
    program: &Path,
    folder: &Path,
    effort: &Effort,
    tally: &mut Tally,
    say: &dyn Fn(&str),
) -> Result<(), Failure> {
    let line = |what: &str, figure: String, mark: &str, bar: &str| {
        say(&format!("{what:<58}{figure:>22}  {mark:<4} (bar: {bar})"));
    };
    let size = std::fs::metadata(program)?.len() as f64 / 1e6;
    line("the program, stripped", format!("{size:.1} MB"), tally.mark_steady(size <= PROGRAM_MB), "12 MB");
    let daemon = Server::daemon(program, folder)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    sleep(effort.idle);
    let alone = daemon.memory()?;
    let mib = alone as f64 / f64::from(1 << 20);
    let mark = tally.mark_steady(mib <= MEMORY_MIB);
    line("memory, nobody there", format!("{mib:.1} MiB"), mark, "12 MiB");
    let one = Crowd::gather(&runtime, &daemon, 1, RATE_HZ)?;
    let (percent, _) = one.watch(&runtime, &daemon, effort.idle)?;
    let mark = tally.mark(percent <= PROCESSOR_PERCENT);
    line("processor, one subscriber at 20 Hz", format!("{percent:.2} % of a core"), mark, "1 %");
    drop(one);
    pass(&runtime, Duration::from_millis(300));
    let before = daemon.memory()?;
    let crowd = Crowd::gather(&runtime, &daemon, CROWD, RATE_HZ)?;
    let (percent, each) = crowd.watch(&runtime, &daemon, effort.idle)?;
    let kib = daemon.memory()?.saturating_sub(before) as f64 / 1024.0 / CROWD as f64;
    let mark = tally.mark_steady(kib <= CONNECTION_KIB);
    line("memory for each of 1,000 WebSockets", format!("{kib:.1} KiB"), mark, "24 KiB");
    let mark = tally.mark(percent <= CROWD_PERCENT && each >= 0.95 * RATE_HZ);
    let figure = format!("{percent:.0} %, {each:.1} Hz each");
    line("processor, 1,000 subscribers at 20 Hz", figure, mark, "a core, 20 Hz each");
    Ok(())
}

/// Lets time pass for whoever lives in the runtime.
fn pass(runtime: &Runtime, time: Duration) {
    runtime.block_on(async { tokio::time::sleep(time).await });
}

/// WebSockets with a subscription to the state, until this is dropped.
pub(crate) struct Crowd {
    people: JoinSet<Result<(), Failure>>,
    /// States that came to all of them.
    states: Arc<AtomicU64>,
    size: usize,
}

impl Crowd {
    /// Each of them has had a state when this returns.
    pub(crate) fn gather(
        runtime: &Runtime,
        daemon: &Server,
        size: usize,
        rate_hz: f64,
    ) -> Result<Self, Failure> {
        let row = Row { scheme: Scheme::Ws, dialect: DialectId::Json };
        let Place::Ip(at) = *daemon.place(row)? else { return Err("no address".into()) };
        let topics = Topics { state: true, ..Topics::default() };
        let call = row.written(&Command::Subscribe { topics, rate: Some(Rate::clamped(rate_hz)) });
        let call = String::from_utf8(call.to_vec())?;
        let states = Arc::<AtomicU64>::default();
        let (here, mut all) = watch::channel(0_usize);
        let mut people = JoinSet::new();
        for _ in 0..size {
            let (call, states, here) = (call.clone(), Arc::clone(&states), here.clone());
            let look_on = async move {
                let stream = tokio::net::TcpStream::connect(at).await?;
                let (mut socket, _) = client_async(format!("ws://{at}/"), stream).await?;
                socket.send(Message::text(call)).await?;
                // The answer.
                socket.next().await.ok_or("it closed")??;
                let mut was_here = false;
                loop {
                    socket.next().await.ok_or("it closed")??;
                    states.fetch_add(1, Ordering::Relaxed);
                    if !std::mem::replace(&mut was_here, true) {
                        here.send_modify(|count| *count += 1);
                    }
                }
            };
            people.spawn_on(look_on, runtime.handle());
        }
        let gathered = async {
            tokio::select! {
                left = people.join_next() => Err(format!("somebody left: {left:?}").into()),
                _ = all.wait_for(|count| *count == size) => Ok(()),
                () = tokio::time::sleep(Duration::from_secs(30)) => Err("not all have come in 30 s".into()),
            }
        };
        runtime.block_on(gathered).map(|()| Self { people, states, size })
    }

    /// What of a core the daemon takes meanwhile, in hundredths, and how many states a second each one gets.
    pub(crate) fn watch(
        &self,
        runtime: &Runtime,
        daemon: &Server,
        time: Duration,
    ) -> Result<(f64, f64), Failure> {
        let (used, states, begun) =
            (daemon.processor()?, self.states.load(Ordering::Relaxed), Instant::now());
        pass(runtime, time);
        let elapsed = begun.elapsed().as_secs_f64();
        let used = daemon.processor()?.saturating_sub(used).as_secs_f64();
        let states = self.states.load(Ordering::Relaxed) - states;
        if self.people.len() < self.size {
            return Err("somebody left".into());
        }
        Ok((100.0 * used / elapsed, states as f64 / elapsed / self.size as f64))
    }
}
