//! What a daemon is told before it starts.
//!
//! What lives here: the configuration, reading it from a file so that every fault is reported at
//! once, and writing out what is in force. What must never live here: anything that acts.

mod auth;
mod camera;
mod doors;
mod http;
mod named;
mod print;
mod read;
mod settings;
mod simulated;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use hal::Board;
use sim::{Setup, World};
use transport::{Endpoint, Limits as TransportLimits, Slots, WRITE_BOUND, Web};

pub(crate) use self::camera::is_jpeg;
pub use self::camera::{CameraConfig, SourceName};
pub use self::doors::TlsFiles;
pub(crate) use self::doors::line_that_allows;
pub use self::http::Http;
pub(crate) use self::http::page_url;
use crate::control::Control;
use crate::platform::{PLATFORMS, PlatformRow};

pub use self::simulated::{SimConfig, SimOverrides};
pub use auth::{Auth, Exposure, TokenRow, UserRow, Whom, exposed, in_clear};

/// A whole configuration, already valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// The car's name, for people.
    pub name: String,
    /// As it was named: a preset, or a path.
    pub board_name: String,
    /// The board.
    pub board: Board,
    /// As it was named: a preset, or a path.
    pub world_name: String,
    /// What stands around a simulated car.
    pub world: World,
    /// What it stands on.
    pub platform: &'static PlatformRow,
    /// How the platform `linux` uses this machine.
    pub linux: LinuxConfig,
    /// How the simulated car differs from run to run, and how fast its time runs.
    pub sim: SimConfig,
    /// Where clients come to.
    pub listen: Vec<Endpoint>,
    /// Where browsers come to.
    pub http: Http,
    /// What the car sees with.
    pub camera: CameraConfig,
    /// Where a file says what that is, as its faults name it.
    pub camera_at: Option<String>,
    /// What the gate goes by.
    pub control: Control,
    /// Bounds on what peers may cost.
    pub limits: Limits,
    /// Who may do what.
    pub auth: Auth,
    /// What must survive the daemon is kept there; `None`: nowhere.
    pub state_dir: Option<PathBuf>,
    /// Where a daemon on this machine's own board is locked against a second one; `None`: not at all.
    pub lock_dir: Option<PathBuf>,
    /// Further pages that may open a WebSocket, and names by which this machine is dialled, besides
    /// its own.
    pub web: Web,
    /// What listeners over TLS show.
    pub tls: TlsFiles,
}

/// The `[linux]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinuxConfig {
    /// In place of `/dev`: GPIO chips and I²C buses; for tests and containers.
    pub dev: PathBuf,
    /// In place of `/sys`: PWM; for tests and containers.
    pub sys: PathBuf,
    /// The control loop asks for real-time priority and for memory that is never swapped out.
    pub realtime: bool,
}

impl Default for LinuxConfig {
    fn default() -> Self {
        Self { dev: "/dev".into(), sys: "/sys".into(), realtime: true }
    }
}

/// What a client for whom there is no room is told: `Code::BUSY` of the protocol.
const REFUSAL: &str = r#"{"jsonrpc":"2.0","error":{"code":-32006,"message":"{}"},"id":null}"#;

/// The `[limits]` table.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Kept by transports.
    pub transport: TransportLimits,
    /// Kept by sessions.
    pub session: SessionLimits,
    /// Lines of one kind that are logged a second; more are counted.
    pub log_lines_per_s: usize,
    /// Connections of one HTTP listener: each viewer of the camera has one, and each page one more. Half of them, and
    /// half of those of one address, can be viewers; a quarter of either can be sessions. The rest is for those who drive,
    /// and for their emergency stop.
    pub http_connections: usize,
    /// Of them, from one address.
    pub http_per_address: usize,
    /// A visitor that takes nothing, or says nothing where it should, for this long is closed.
    pub http_stall: Duration,
}

impl Limits {
    /// The places of an HTTP listener for whoever looks through the camera.
    pub(crate) fn views(&self) -> Slots<IpAddr> {
        Slots::new("viewers", self.http_viewers(), self.http_per_address / 2)
    }

    /// The places of an HTTP listener for sessions by its `/ws`: so few that no such listener has all
    /// [`SessionLimits::sessions`], and none is shut out of the others.
    pub(crate) fn pages(&self) -> Slots<IpAddr> {
        let quarter = |connections: usize| (connections / 4).max(1);
        Slots::new("sessions by /ws", quarter(self.http_connections), quarter(self.http_per_address))
    }

    /// Besides those of the viewers: for the streams that sessions drive by.
    pub(crate) fn eyes(&self) -> usize {
        self.http_connections / 4
    }

    fn http_viewers(&self) -> usize {
        self.http_connections / 2
    }

    /// Of an HTTP listener.
    pub(crate) fn of_visitors(&self) -> TransportLimits {
        TransportLimits {
            connections: self.http_connections,
            per_address: self.http_per_address,
            tcp_dead: self.http_stall,
            ..self.transport.clone()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let transport = TransportLimits { refusal: REFUSAL, ..TransportLimits::default() };
        Self {
            transport,
            session: SessionLimits::default(),
            log_lines_per_s: 20,
            http_connections: 256,
            http_per_address: 128,
            http_stall: Duration::from_secs(10),
        }
    }
}

/// Bounds that a session keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionLimits {
    /// Sessions of all listeners together; whoever comes past it is turned away in words.
    pub sessions: usize,
    /// Requests of one session a second, each one of a batch; past it they are refused. Far more than
    /// anybody needs to drive.
    pub messages_per_s: usize,
    /// Requests of one session that may come at once.
    pub message_burst: usize,
    /// Samples a second of one subscription, in hertz; who asks for more is granted this.
    pub state_rate_max_hz: f64,
    /// Frames waiting to be sent to one peer; beyond it answers are dropped and counted.
    pub send_queue: usize,
    /// Bytes waiting to be sent to one peer; beyond it answers are dropped and counted.
    pub send_bytes: usize,
    /// Where no link tells that a peer left, and its address may be forged, nothing is said unasked
    /// to one that was silent for this long.
    pub unlinked_quiet: Duration,
    /// A peer that must show a token has this long for it.
    pub first_message: Duration,
    /// A peer that neither reads what waits for it nor says anything for this long is closed.
    pub write_deadline: Duration,
    /// For goodbyes, when a session or the daemon ends.
    pub drain: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            sessions: 256,
            messages_per_s: 2000,
            message_burst: 2000,
            state_rate_max_hz: 100.0,
            send_queue: 64,
            send_bytes: 256 * 1024,
            unlinked_quiet: Duration::from_secs(1),
            first_message: Duration::from_secs(3),
            write_deadline: Duration::from_secs(2),
            drain: Duration::from_secs(2),
        }
    }
}

/// What the command line says over the file.
#[derive(Clone, Debug)]
pub struct Overrides {
    /// `--board`
    pub board: Option<String>,
    /// `--world`
    pub world: Option<String>,
    /// `--platform`
    pub platform: Option<&'static PlatformRow>,
    /// `--sim-…`
    pub sim: SimOverrides,
    /// The platforms that a file can name.
    pub platforms: &'static [PlatformRow],
    /// `--listen`, once or more: replaces the file's list.
    pub listen: Vec<Endpoint>,
    /// `--http`
    pub http: Option<String>,
    /// Only what leads to the board is read: who may come is not looked at, nor where a simulated car stands.
    pub board_only: bool,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            board: None,
            world: None,
            platform: None,
            sim: SimOverrides::default(),
            platforms: PLATFORMS,
            listen: Vec::new(),
            http: None,
            board_only: false,
        }
    }
}

impl Config {
    /// The simulated demo car in its room, on loopback, every default endpoint. Keeps nothing on disk.
    ///
    /// # Panics
    /// Never: the presets and the platform it names are part of this build, and tests try them.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            name: "car".into(),
            board_name: "demo".into(),
            board: Board::preset("demo").expect("the demo preset is part of this build"),
            world_name: "room".into(),
            world: World::preset("room").expect("the room is part of this build"),
            platform: PLATFORMS
                .iter()
                .find(|row| row.name == SIMULATED)
                .expect("the simulator is part of this build"),
            linux: LinuxConfig::default(),
            sim: SimConfig::default(),
            listen: standard_endpoints(),
            http: Http::standard(),
            camera: CameraConfig::default(),
            camera_at: None,
            control: Control::default(),
            limits: Limits::default(),
            auth: Auth::default(),
            state_dir: None,
            lock_dir: None,
            web: Web::default(),
            tls: TlsFiles::default(),
        }
    }
}

impl Config {
    /// What a simulated car begins with besides its board.
    #[must_use]
    pub fn setup(&self) -> Setup {
        let SimConfig { seed, noise, script, .. } = &self.sim;
        Setup { world: self.world.clone(), seed: *seed, noise: *noise, script: script.clone() }
    }

    /// Whether the car is a simulated one, which stands in the world.
    pub(crate) fn is_simulated(&self) -> bool {
        self.platform.name == SIMULATED
    }
}

/// The platform of a simulated car.
const SIMULATED: &str = "sim";

/// The least that a control loop has before it counts as stuck where nothing is driven on without its process:
/// there a busy machine endangers nobody.
const SAFE_STALL: Duration = Duration::from_secs(2);

impl Config {
    /// How long the control loop may not turn: `control.stall_ms`; on a platform whose outputs end with the
    /// process, 2 s at least.
    pub(crate) fn stall(&self) -> Duration {
        let least = if self.platform.outlives { Duration::ZERO } else { SAFE_STALL };
        self.control.stall.max(least)
    }
}

/// What a session takes of memory besides what waits for it in bytes: its task, its buffers while they
/// are short, what it may hold without asking. Measured: 20 KiB, in a build without optimisation.
const SESSION: usize = 32 * 1024;

/// What a visitor of HTTP takes of memory besides: its task, its buffers, a head of the longest.
const VISITOR: usize = 64 * 1024;

impl Config {
    /// What all clients together can cost by these bounds, in bytes.
    pub(crate) fn most_memory(&self) -> usize {
        let Limits { transport, session, .. } = &self.limits;
        let times = |counts: &[usize]| counts.iter().fold(1, |product: usize, n| product.saturating_mul(*n));
        let listens = |scheme| self.listen.iter().filter(|at| at.scheme().starts_with(scheme)).count();
        let pages = self.http.endpoints().count();
        // Answers to pings wait in no outbox, but where messages do that were handed on.
        let pongs = WRITE_BOUND.saturating_add(transport.max_frame);
        [
            transport.memory.most,
            times(&[session.sessions, SESSION]),
            times(&[listens("ws"), transport.connections, pongs]),
            times(&[pages, self.limits.http_connections, pongs.saturating_add(VISITOR)]),
            // Whoever is slow has an older picture than others, until it is sent.
            times(&[pages, self.limits.http_viewers(), self.camera.max_bytes]),
            times(&[self.most_eyes(), self.camera.max_bytes]),
            times(&[listens("udp"), transport.udp_sessions, transport.recv_queue, transport.datagram]),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}

impl Config {
    /// Streams that have a place of their own because somebody drives by them.
    fn most_eyes(&self) -> usize {
        if self.camera.stop_stalled.is_zero() { 0 } else { self.limits.eyes() }
    }
}

/// Every scheme that others can reach, at its default address.
fn standard_endpoints() -> Vec<Endpoint> {
    ["ws", "tcp", "udp", "unix"].iter().filter_map(|scheme| Endpoint::default_for(scheme).ok()).collect()
}

#[cfg(test)]
mod tests;
