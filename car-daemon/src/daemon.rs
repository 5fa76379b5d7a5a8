//! A whole daemon: started, running, stopped. `main` starts one from the command line, tests start
//! one in-process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hal::file::Faults;
use hal::{Car, Interlock, Platform};
use nix::unistd::Uid;
use protocol::Event;
use sim::Sim;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use transport::{
    Address, Endpoint, Fingerprint, Inherited, Key, Keys, Listener, LockError, LockFile, Security, Table,
    Visitors, Web,
};

use crate::access::Access;
use crate::camera::Camera;
use crate::certificate::{self, CertificateError};
use crate::clock::{Clock, Speed};
use crate::config::{Auth, Config, in_clear, page_url};
use crate::control::{Gate, Input, Rules};
use crate::failure::{RunError, StartError};
use crate::hardware::{self, Bell, Heartbeat, Pace, Plant, Runner};
use crate::http::{self, Site};
use crate::info::Identity;
use crate::latch::{self, Below, Keeper, Latch};
use crate::lockstep::Lockstep;
use crate::machine;
use crate::recording::{self, Draft, FAREWELL, Recording, Reel, Tape};
use crate::server::Server;
use crate::session::{Context, Doors};
use crate::shared::Shared;
use crate::{board_lock, platform, service};

/// What a daemon is made of besides its configuration.
#[derive(Debug)]
pub struct Parts {
    /// The transports; a clone of this table dials the daemon's `mem` endpoints.
    pub transports: Table,
    /// How the control loop runs.
    pub hardware: hardware::Mode,
    /// The board's lock, where it is taken already.
    pub lock: Option<LockFile>,
}

impl Parts {
    /// As `main` uses them. Where the configuration listens over TLS and names no certificate, the
    /// daemon's own is read, or made and kept.
    ///
    /// # Errors
    /// Where a certificate is needed and cannot be had.
    pub fn new(config: &Config) -> Result<Self, CertificateError> {
        Self::inheriting(config, &Inherited::default())
    }

    /// The same, with sockets that were passed to this process.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn inheriting(config: &Config, inherited: &Inherited) -> Result<Self, CertificateError> {
        let security = Security {
            tls: certificate::for_listeners(config)?,
            psk: keys(config),
            web: web(config),
            ..Security::default()
        };
        let transports = Table::inheriting(&config.limits.transport, &security, inherited);
        Ok(Self { transports, hardware: hardware::Mode::Thread, lock: None })
    }
}

/// A running daemon. [`stop`](Self::stop) it; a drop stops the car and closes everything too, but
/// waits for nothing.
#[derive(Debug)]
pub struct Daemon {
    endpoints: Vec<Endpoint>,
    pages: Vec<Endpoint>,
    certificate: Option<Fingerprint>,
    shared: Arc<Shared>,
    runner: Runner,
    server: Server,
    clock: Clock,
    camera: Camera,
    /// As it was at the start: the keys of UDP are made of it.
    auth: Auth,
    closing: DropGuard,
    drain: Duration,
    recording: Option<Recording>,
    /// Dropped last: until then the board is ours.
    _lock: Option<LockFile>,
}

impl Daemon {
    /// Opens the board, brings the outputs to rest, and only then listens.
    ///
    /// # Errors
    /// Where board or endpoints cannot be opened; everything opened so far is closed again, and the
    /// car is at rest, as far as it answers: also what was not opened yet, and an earlier daemon left on.
    pub async fn start(config: &Config, parts: Parts) -> Result<Self, StartError> {
        let mut parts = parts;
        let lock = match parts.lock.take() {
            None => lock_board(config, Duration::ZERO)?,
            taken => taken,
        };
        let platform = (config.platform.open)(config);
        let started = Self::start_on(config, parts, platform).await;
        if let Err(StartError::Board(_)) = &started {
            // Under the lock still.
            rest_once(config);
        }
        started.map(|daemon| Self { _lock: lock, ..daemon })
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
        let eye = platform::simulator(&*platform).map(Sim::camera);
        let simulated = eye.is_some();
        // What is driven in the world has the world's time, whatever the configuration says.
        let speed = if simulated { config.sim.speed } else { Speed::REAL };
        let period = config.control.period();
        let rules = Rules::new(config.control.clone(), &config.board).with_reset(config.auth.reset);
        let rules = if simulated { rules.for_simulator(&config.board, speed) } else { rules };
        let (gate, below, interlock) = latched(config, Gate::new(rules))?;
        let (reel, draft) = record(config, &gate, simulated).map_err(StartError::Record)?;
        let lockstep = speed.goes_by_turns().then(|| Lockstep::new(speed == Speed::Max));
        let shared = Shared::new(gate, Bell::new(parts.hardware), below, Tape::new(reel));
        let shared = Arc::new(shared.in_lockstep(lockstep).recorded(draft.as_ref().map(Draft::keeper)));
        let clock = Clock::start(speed, period);
        match speed {
            Speed::Max => tracing::info!("speed max: time stands while nobody is subscribed to the state"),
            Speed::Step => tracing::info!("speed step: time stands but for `sim.step`"),
            Speed::Times(_) => {}
        }

        let mut plant = Plant::assemble(&config.board, platform, interlock, Arc::clone(&shared), period)?;
        // The first sample exists before the first client.
        plant.turn(clock.now());
        let mut listeners: Vec<Box<dyn Listener>> = Vec::new();
        for endpoint in &config.listen {
            listeners.push(parts.transports.bind(endpoint).await?);
        }
        let mut visitors: Vec<Visitors> = Vec::new();
        for endpoint in config.http.endpoints() {
            let bound = parts.transports.visitors(endpoint, config.limits.of_visitors()).await;
            visitors.push(bound.map_err(|source| StartError::Page { url: page_url(endpoint), source })?);
        }
        let moving = Arc::clone(&shared);
        let camera = Camera::new(config, eye, Box::new(move || moving.moves()));
        // A daemon that does not start leaves every file as it was.
        let recording = draft.map(|draft| open(config, draft)).transpose().map_err(StartError::Record)?;
        let pace =
            Pace { stall: config.stall(), realtime: config.platform.outlives && config.linux.realtime };
        let runner = Runner::start(plant, parts.hardware, pace, Arc::clone(&shared), clock.clone())?;

        let closing = CancellationToken::new();
        let context = Context {
            shared: Arc::clone(&shared),
            clock: clock.clone(),
            identity: Identity::new(config)?,
            limits: config.limits.session.clone(),
            memory: config.limits.transport.memory.clone(),
            doors: Doors::new(access(config)),
            closing: closing.clone(),
        };
        let server = Server::new(context, config.web.clone());
        let endpoints: Vec<_> = listeners.iter().map(|l| l.endpoint().clone()).collect();
        let pages: Vec<_> = visitors.iter().map(|v| v.endpoint().clone()).collect();
        let told = endpoints.iter().map(|at| (at, at.to_string()));
        for (at, endpoint) in told.chain(pages.iter().map(|at| (at, page_url(at)))) {
            if config.auth.insecure && !at.is_local() {
                tracing::warn!(%endpoint, "anybody who reaches this machine may drive there: `insecure = true`");
            }
            if in_clear(at, &config.auth) {
                tracing::warn!(%endpoint, "tokens are sent in clear there: whoever listens in on the network can use them");
            }
        }
        for listener in listeners {
            server.listen(listener);
        }
        let site = Arc::new(Site::new(
            config,
            server.clone(),
            camera.clone(),
            web(config),
            runner.fate().heartbeat().clone(),
        ));
        http::look_out(&site, server.listeners(), closing.clone());
        for visitors in visitors {
            http::serve(visitors, Arc::clone(&site), server.listeners(), closing.clone());
        }
        Ok(Self {
            endpoints,
            pages,
            certificate: parts.transports.certificate(),
            shared,
            runner,
            server,
            clock,
            camera,
            auth: config.auth.clone(),
            closing: closing.drop_guard(),
            drain: config.limits.session.drain,
            recording,
            _lock: None,
        })
    }

    /// Where it listens, with the ports that the system chose in place of 0, in the order of the
    /// configuration.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Where it speaks HTTP, as the endpoints of its WebSockets: plain before TLS.
    #[must_use]
    pub fn pages(&self) -> &[Endpoint] {
        &self.pages
    }

    /// Beats with every turn of the control loop.
    #[must_use]
    pub fn heartbeat(&self) -> &Heartbeat {
        self.runner.fate().heartbeat()
    }

    /// The fingerprint of what its listeners over TLS show, for clients to pin.
    #[must_use]
    pub fn certificate(&self) -> Option<Fingerprint> {
        self.certificate
    }

    /// Takes over what can change while the car runs: `[control]` without `rate_hz`, and `[auth]`. The
    /// rest needs a restart. Whoever may do less than before does no more than that from now on.
    pub fn reload(&self, config: &Config) {
        let rules = Input::Reloaded { control: config.control.clone(), reset: config.auth.reset };
        drop(self.shared.tell(&rules, self.clock.now()));
        self.server.decide_by(access(config).with_keys_of(&self.auth));
        tracing::info!(
            "[control] and [auth] are read again, but for allow_origins, allow_hosts and the keys of UDP; everything else, [http] and [camera] too, needs a restart"
        );
    }

    /// Waits until the control loop has died, which it never should.
    pub async fn hardware_died(&self) {
        self.runner.fate().ended().await;
    }

    /// Waits until the control loop has not turned for `control.stall_ms`; on a platform whose outputs end
    /// with the process, for 2 s at least. The gate is closed then, and
    /// the outputs are what they were: whoever waits must end the process, or stop the car by other means.
    pub async fn stalled(&self) {
        self.runner.fate().stalled().await;
    }

    /// As [`stalled`](Self::stalled), for whoever must not depend on a runtime that still runs: `hook` is
    /// called with the reason, once, on the thread of the watch. Only the first hook is kept.
    pub fn when_stalled(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        self.runner.fate().when_stalled(Box::new(hook));
    }

    /// Stops the car, then says goodbye to clients, then ends.
    pub async fn stop(self, why: &str) {
        drop(self.shared.tell(&Input::Closing { why: why.to_owned() }, self.clock.now()));
        self.runner.stop().await;
        self.shared.say(&Event::Bye { reason: why.to_owned() });
        drop(self.closing);
        // Each session keeps the deadline by itself; this holds even if one does not.
        if tokio::time::timeout(self.drain * 2, self.server.drained()).await.is_err() {
            tracing::warn!("some clients did not take the goodbye");
        }
        let (below, recording) = (self.shared.below(), self.recording);
        // Waits for the disk, and must not keep anything else. A system without threads left starts none.
        let kept = tokio::task::spawn_blocking(move || drop(below));
        let recorded = tokio::task::spawn_blocking(move || {
            recording.into_iter().for_each(|recording| recording.join(FAREWELL));
        });
        let kept = tokio::time::timeout(self.drain * 2, kept);
        // They have bounds of their own.
        drop(tokio::join!(kept, recorded, self.camera.close()));
    }
}

/// Brings to rest what still answers of a board that could not be opened; the rest is named, and why it
/// failed is that for which the daemon does not start.
fn rest_once(config: &Config) {
    if !config.platform.outlives {
        return;
    }
    let Err(failures) = Car::rest(&config.board, &mut *(config.platform.open)(config)) else { return };
    let mut parts: Vec<String> = failures.into_iter().map(|failure| failure.part).collect();
    parts.dedup();
    tracing::warn!("not known to be at rest, as it does not answer: {}", parts.join(", "));
}

/// Every token, as a key by its name. One by which no key can be made (its name is too long in bytes)
/// signs nothing.
fn keys(config: &Config) -> Keys {
    let keys =
        config.auth.all_tokens().filter_map(|row| Key::new(row.name.as_str(), row.token.expose()).ok());
    Keys::new(keys.collect()).unwrap_or_default()
}

/// Which pages may ask, and the names of this machine.
fn web(config: &Config) -> Web {
    let mut web = config.web.clone();
    web.hosts.extend(machine::names(&config.name));
    web.elsewhere = config.http.endpoints().find_map(|page| match page.address() {
        Address::Socket { port: 1.., .. } => {
            Some(format!("the page to drive by is {} (with this car's address)", page_url(page)))
        }
        _ => None,
    });
    web
}

/// Who may do what, by a configuration.
fn access(config: &Config) -> Access {
    Access::new(config.auth.clone(), Uid::effective().as_raw())
}

/// A gate as the last daemon left its emergency stop, and what follows the latch from now on: before
/// the first wire is opened.
fn latched(config: &Config, mut gate: Gate) -> std::io::Result<(Gate, Below, Interlock)> {
    let interlock = Interlock::default();
    let Some(folder) = &config.state_dir else {
        return Ok((gate, Below::new(interlock.clone(), None), interlock));
    };
    let latch = Latch::new(folder, &config.name);
    if let Some(engaged) = latch.load() {
        let latched = latch::restored(engaged);
        tracing::warn!(by = %latched.by, reason = latched.reason, "the emergency stop is latched, as it was left: `reset` releases it");
        gate.restore(latched);
        interlock.engage();
    }
    let keeper = Keeper::start(latch, |error| tracing::error!("{error}"))?;
    Ok((gate, Below::new(interlock.clone(), Some(keeper)), interlock))
}

/// What becomes of all that the gate is told.
fn record(config: &Config, gate: &Gate, simulated: bool) -> Result<(Reel, Option<Draft>), String> {
    let path = config.sim.record.as_ref().filter(|_| simulated);
    let Some(path) = path else { return Ok((Reel::None, None)) };
    let header = recording::header(config, gate.latched())?;
    let (pen, draft) = recording::draft(path.clone(), header, config.sim.speed.goes_by_turns());
    Ok((Reel::Pen(pen), Some(draft)))
}

/// Opens the file of a recording.
fn open(config: &Config, draft: Draft) -> Result<Recording, String> {
    let path = config.sim.record.as_deref().unwrap_or_else(|| Path::new(""));
    draft.start().map_err(|error| format!("{}: {error}", path.display()))
}

/// The lock of the board, where the platform's outputs are those of the machine; for as long as it is
/// held, no other daemon drives them. Waits `patience` for whoever has it: a daemon that was killed is gone
/// some moments later, and its guard has then to do.
///
/// # Errors
/// A living process has it.
pub fn lock_board(config: &Config, patience: Duration) -> Result<Option<LockFile>, LockError> {
    match &config.lock_dir {
        Some(shared) if config.platform.outlives => board_lock::wait(patience, || {
            board_lock::take(config.platform.name, shared, config.state_dir.as_deref())
        }),
        _ => Ok(None),
    }
}

/// A configuration that was read again, or every fault in it.
pub type Reload = Result<Config, Vec<Faults>>;

/// Runs a daemon until `shutdown`, and keeps the service manager informed. `ready` is told once
/// everything listens; each configuration that comes by `reloads` is taken over as far as it can be.
///
/// # Errors
/// Where it does not start, where the control loop dies or is stuck, and where the car is not at rest in
/// the end.
pub async fn run(
    config: Config,
    parts: Parts,
    shutdown: CancellationToken,
    mut reloads: mpsc::Receiver<Reload>,
    ready: impl FnOnce(&Config, &Daemon),
) -> Result<(), RunError> {
    let daemon = Daemon::start(&config, parts).await?;
    ready(&config, &daemon);
    service::ready(daemon.endpoints());
    let fate = Arc::clone(daemon.runner.fate());
    let mut watch = std::pin::pin!(service::watch(daemon.heartbeat().clone()));
    let died = loop {
        tokio::select! {
            () = shutdown.cancelled() => break false,
            () = daemon.hardware_died() => break true,
            // Nobody to wait for: the loop would not hear.
            () = daemon.stalled() => return Err(RunError::Stalled),
            never = &mut watch => match never {},
            Some(read) = reloads.recv() => {
                service::reloading();
                service::reloaded(take_over(&daemon, read));
            }
        }
    };
    let why = if died { "the hardware thread died" } else { "the daemon is shutting down" };
    service::stopping(why);
    daemon.stop(why).await;
    match fate.outcome() {
        Err(why) if died => Err(RunError::HardwareDied(why)),
        Ok(()) if died => Err(RunError::HardwareDied("nobody asked it to end".to_owned())),
        Err(why) => Err(RunError::NotAtRest(why)),
        Ok(()) => Ok(()),
    }
}

/// What became of a reload, in words.
fn take_over(daemon: &Daemon, read: Reload) -> &'static str {
    match read {
        Ok(config) => {
            daemon.reload(&config);
            "[control] and [auth] are read again"
        }
        Err(faults) => {
            for faults in &faults {
                tracing::error!("nothing is changed, the configuration has faults:\n{faults}");
            }
            "nothing is changed: the configuration that was read again has faults"
        }
    }
}
