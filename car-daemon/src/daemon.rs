//! A whole daemon: started, running, stopped. `main` starts one from the command line, tests start
//! one in-process.

use std::sync::Arc;
use std::time::Duration;

use hal::{AssembleError, Platform};
use protocol::Event;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use transport::{BindError, Endpoint, Listener, Table};

use crate::clock::Clock;
use crate::config::Config;
use crate::control::{Gate, Rules};
use crate::hardware::{self, Bell, Plant, Runner};
use crate::info::Identity;
use crate::server::Server;
use crate::session::Context;
use crate::shared::Shared;

/// Why a daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The board cannot be opened on this platform.
    #[error(transparent)]
    Board(#[from] AssembleError),
    /// An endpoint cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The thread of the control loop cannot be started.
    #[error("the hardware thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// Why a daemon ended that nobody asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The signals that stop it cannot be heard.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
    /// The control loop ended; the car was stopped first.
    #[error("the hardware thread died; the car was stopped")]
    HardwareDied,
}

/// What a daemon is made of besides its configuration.
#[derive(Debug)]
pub struct Parts {
    /// The transports; a clone of this table dials the daemon's `mem` endpoints.
    pub transports: Table,
    /// How the control loop runs.
    pub hardware: hardware::Mode,
}

impl Parts {
    /// As `main` uses them.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { transports: Table::new(&config.limits.transport), hardware: hardware::Mode::Thread }
    }
}

/// A running daemon. [`stop`](Self::stop) it; a drop stops the car and closes everything too, but
/// waits for nothing.
#[derive(Debug)]
pub struct Daemon {
    endpoints: Vec<Endpoint>,
    shared: Arc<Shared>,
    runner: Runner,
    server: Server,
    clock: Clock,
    closing: DropGuard,
    drain: Duration,
}

impl Daemon {
    /// Opens the board, brings the outputs to rest, and only then listens.
    ///
    /// # Errors
    /// Where board or endpoints cannot be opened; everything opened so far is closed again, and the
    /// car is at rest.
    pub async fn start(config: &Config, parts: Parts) -> Result<Self, StartError> {
        let platform = (config.platform.open)(&config.board);
        Self::start_on(config, parts, platform).await
    }

    /// As [`start`](Self::start), on a platform that the caller has opened: a test keeps a handle of
    /// its simulator.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_on(
        config: &Config,
        parts: Parts,
        platform: Box<dyn Platform>,
    ) -> Result<Self, StartError> {
        let rules = Rules::new(config.control.clone(), &config.board);
        let shared = Arc::new(Shared::new(Gate::new(rules), Bell::new(parts.hardware)));
        let clock = Clock::start();

        let mut plant =
            Plant::assemble(&config.board, platform, Arc::clone(&shared), config.control.period())?;
        // The first sample exists before the first client.
        plant.turn(clock.now());
        let mut listeners: Vec<Box<dyn Listener>> = Vec::new();
        for endpoint in &config.listen {
            listeners.push(parts.transports.bind(endpoint).await?);
        }
        let runner = Runner::start(plant, parts.hardware, Arc::clone(&shared), clock)?;

        let closing = CancellationToken::new();
        let server = Server::new(Context {
            shared: Arc::clone(&shared),
            clock,
            identity: Identity::new(config),
            limits: config.limits.session.clone(),
            memory: config.limits.transport.memory.clone(),
            closing: closing.clone(),
        });
        let endpoints = listeners.iter().map(|l| l.endpoint().clone()).collect();
        for listener in listeners {
            server.listen(listener);
        }
        Ok(Self {
            endpoints,
            shared,
            runner,
            server,
            clock,
            closing: closing.drop_guard(),
            drain: config.limits.session.drain,
        })
    }

    /// Where it listens, with the ports that the system chose in place of 0, in the order of the
    /// configuration.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Takes over what can change while the car runs: `[control]` without `rate_hz`. The rest needs a
    /// restart.
    pub fn reload(&self, config: &Config) {
        self.shared.command(|gate| gate.set_control(config.control.clone()));
        tracing::info!("[control] is read again; everything else needs a restart");
    }

    /// Waits until the control loop has died, which it never should.
    pub async fn hardware_died(&self) {
        self.runner.ended().cancelled().await;
    }

    /// Stops the car, then says goodbye to clients, then ends.
    pub async fn stop(self, why: &str) {
        self.shared.command(|gate| gate.close(why, self.clock.now()));
        self.runner.stop().await;
        self.shared.say(&Event::Bye { reason: why.to_owned() });
        drop(self.closing);
        // Each session keeps the deadline by itself; this holds even if one does not.
        if tokio::time::timeout(self.drain * 2, self.server.drained()).await.is_err() {
            tracing::warn!("some clients did not take the goodbye");
        }
    }
}

/// Runs a daemon until `shutdown`. `ready` is told once everything listens; each configuration that
/// comes by `reloads` is taken over as far as it can be.
///
/// # Errors
/// Where it does not start, or the control loop dies.
pub async fn run(
    config: Config,
    shutdown: CancellationToken,
    mut reloads: mpsc::Receiver<Config>,
    ready: impl FnOnce(&Config, &Daemon),
) -> Result<(), RunError> {
    let daemon = Daemon::start(&config, Parts::new(&config)).await?;
    ready(&config, &daemon);
    let died = loop {
        tokio::select! {
            () = shutdown.cancelled() => break false,
            () = daemon.hardware_died() => break true,
            Some(config) = reloads.recv() => daemon.reload(&config),
        }
    };
    daemon.stop(if died { "the hardware thread died" } else { "the daemon is shutting down" }).await;
    if died { Err(RunError::HardwareDied) } else { Ok(()) }
}
