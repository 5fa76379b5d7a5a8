//! A running daemon: its guard, its log, its signals. What must never live here: what is only printed.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process;

use rustix::process::Signal as Sig;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use transport::Inherited;

use super::args::Args;
use super::{FAILED, FINE, PATIENCE, complain, load, print};
use crate::config::{Config, Overrides};
use crate::guard::{Line, Post};
use crate::{Parts, Reload, RunError, StartError, lock_board, log, welcome};

pub(super) fn run(args: &Args, overrides: Overrides) -> u8 {
    let config = match load(args, &overrides) {
        Ok(config) => config,
        Err(code) => return code,
    };
    // Before there is a second thread.
    let inherited = Inherited::from_env();
    let _log = match log::start(config.limits.log_lines_per_s) {
        Ok(log) => log,
        Err(error) => return complain(&format!("cannot log: {error}"), FAILED),
    };
    // Before any output is touched; and before the guard, which would halt the car of another daemon.
    let lock = match lock_board(&config, PATIENCE) {
        Ok(lock) => lock,
        Err(held) => return complain(&StartError::from(held).to_string(), FAILED),
    };
    let shutdown = CancellationToken::new();
    let post = match post_guard(args, &config, &shutdown) {
        Ok(post) => post,
        Err(why) => {
            let what = format!("without a guard that outlives it the daemon does not start: {why}");
            return complain(&what, FAILED);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("cannot start: {error}"), FAILED),
    };
    let line = post.as_ref().map(Post::line);
    let parts = match Parts::inheriting(&config, &inherited) {
        Ok(parts) => Parts { lock, ..parts },
        Err(error) => return complain(&error.to_string(), FAILED),
    };
    let reading = Reading { overrides, path: args.config.clone(), inherited };
    let running = run_until_signal(config, parts, reading, shutdown, line.clone());
    // Unwinding drops the daemon, which stops the car.
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(running).map_err(Box::new)));
    // Not even a file that never ends keeps the program.
    runtime.shutdown_background();
    match result {
        Ok(Ok(())) if line.is_none_or(|line| line.is_held()) => {
            if let Some(post) = post {
                post.dismiss();
            }
            FINE
        }
        Ok(Ok(())) => complain("without a guard the daemon does not drive; the car was stopped", FAILED),
        Ok(Err(error)) => {
            // What could not be opened a guard cannot open either, and the rest is at rest.
            if let (RunError::Start(StartError::Board(_)), Some(post)) = (&*error, post) {
                post.dismiss();
            }
            complain(&with_advice(&error), FAILED)
        }
        Err(_panic) => complain("the daemon panicked, as the log says; the car was stopped", FAILED),
    }
}

/// An error, and where to look on: one thing that a machine lacks is seldom the only one.
fn with_advice(error: &RunError) -> String {
    let advice = match error {
        RunError::Start(StartError::Board(_)) => {
            "; `car-daemon doctor` with the same arguments lists all that is missing"
        }
        _ => "",
    };
    format!("{error}{advice}")
}

/// A guard, where outputs outlive the process.
fn post_guard(args: &Args, config: &Config, shutdown: &CancellationToken) -> Result<Option<Post>, String> {
    if !config.platform.outlives {
        return Ok(None);
    }
    let shutdown = shutdown.clone();
    Post::start(args.for_guard(config), move |why| {
        tracing::error!(why, "no guard stands by any more");
        shutdown.cancel();
    })
    .map(Some)
}

/// The control loop is stuck, so the outputs are what they were: the guard is told, and nobody is waited
/// for.
fn end_at_once(why: &str, guard: Option<&Line>) {
    if let Some(guard) = guard {
        guard.alarm();
    }
    log::say_at_once(&format!(
        "{why}; the daemon ends at once; on a machine that is only too busy, give the loop more: control.stall_ms"
    ));
    #[expect(clippy::disallowed_methods, reason = "what would stop the car on a drop is stuck")]
    process::exit(i32::from(FAILED));
}

/// What a running daemon was told at its start, beside its configuration.
struct Reading {
    overrides: Overrides,
    path: Option<PathBuf>,
    inherited: Inherited,
}

async fn run_until_signal(
    config: Config,
    parts: Parts,
    Reading { overrides, path, inherited }: Reading,
    shutdown: CancellationToken,
    guard: Option<Line>,
) -> Result<(), RunError> {
    let (reloads, reloaded) = mpsc::channel(1);
    let Signals { end, hangup, mut freeze } = Signals::new().map_err(RunError::Signals)?;
    for mut signal in end {
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            signal.recv().await;
            shutdown.cancel();
        });
    }
    tokio::spawn(async move {
        while freeze.recv().await.is_some() {
            tracing::warn!("not frozen, as the car would drive on: Ctrl-C ends the daemon");
        }
    });
    tokio::spawn(read_again(hangup, reloads, overrides, path));
    crate::run(config, parts, shutdown, reloaded, |config, daemon| {
        for unused in inherited.close_rest() {
            tracing::warn!("a socket that was passed to this process is closed: {unused}");
        }
        daemon.when_stalled(move |why| end_at_once(why, guard.as_ref()));
        print(&welcome::table(config, daemon.endpoints(), daemon.pages(), daemon.certificate()));
    })
    .await
}

/// SIGTERM, SIGINT and SIGQUIT end the daemon, SIGHUP has it read its configuration again. SIGTSTP
/// (Ctrl-Z) does nothing: a process that is frozen would leave the car in its motion.
struct Signals {
    end: [Signal; 3],
    hangup: Signal,
    freeze: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            end: [
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
                signal(SignalKind::quit())?,
            ],
            hangup: signal(SignalKind::hangup())?,
            freeze: signal(SignalKind::from_raw(Sig::TSTP.as_raw()))?,
        })
    }
}

/// Reads the configuration again whenever it is asked to.
async fn read_again(
    mut hangup: Signal,
    reloads: mpsc::Sender<Reload>,
    overrides: Overrides,
    path: Option<PathBuf>,
) {
    while hangup.recv().await.is_some() {
        let (path, overrides) = (path.clone(), overrides.clone());
        // A file system may be slow, and nothing here may wait for it.
        let read = tokio::task::spawn_blocking(move || Config::load_again(path.as_deref(), &overrides));
        match read.await {
            // Fails only once the daemon has ended.
            Ok(read) => drop(reloads.send(read).await),
            Err(panic) => tracing::error!("nothing is changed: {panic}"),
        }
    }
}
