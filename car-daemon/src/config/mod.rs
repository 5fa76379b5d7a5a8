//! What a daemon is told before it starts.
//!
//! What lives here: the configuration, reading it from a file so that every fault is reported at
//! once, and writing out what is in force. What must never live here: anything that acts.

mod auth;
mod print;
mod read;
mod settings;

use std::time::Duration;

use hal::Board;
use transport::{Endpoint, Limits as TransportLimits};

use crate::control::Control;
use crate::platform::{PLATFORMS, PlatformRow};

pub use auth::{
    Auth, Exposure, TOKEN_LENGTH, TokenRow, UserRow, Whom, exposed, in_clear, is_token_character,
};

/// A whole configuration, already valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// The car's name, for people.
    pub name: String,
    /// As it was named: a preset, or a path.
    pub board_name: String,
    /// The board.
    pub board: Board,
    /// What it stands on.
    pub platform: &'static PlatformRow,
    /// Where clients come to.
    pub listen: Vec<Endpoint>,
    /// What the gate goes by.
    pub control: Control,
    /// Bounds on what peers may cost.
    pub limits: Limits,
    /// Who may do what.
    pub auth: Auth,
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
}

impl Default for Limits {
    fn default() -> Self {
        let transport = TransportLimits { refusal: REFUSAL, ..TransportLimits::default() };
        Self { transport, session: SessionLimits::default() }
    }
}

/// Bounds that a session keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLimits {
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
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--board`
    pub board: Option<String>,
    /// `--platform`
    pub platform: Option<&'static PlatformRow>,
    /// `--listen`, once or more: replaces the file's list.
    pub listen: Vec<Endpoint>,
}

impl Config {
    /// The simulated demo car on loopback, every default endpoint.
    ///
    /// # Panics
    /// Never: the preset and the platform it names are part of this build, and tests try them.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            name: "car".into(),
            board_name: "demo".into(),
            board: Board::preset("demo").expect("the demo preset is part of this build"),
            platform: PLATFORMS
                .iter()
                .find(|row| row.name == "sim")
                .expect("the simulator is part of this build"),
            listen: standard_endpoints(),
            control: Control::default(),
            limits: Limits::default(),
            auth: Auth::default(),
        }
    }
}

/// Every scheme that others can reach, at its default address.
fn standard_endpoints() -> Vec<Endpoint> {
    ["ws", "tcp", "udp", "unix"].iter().filter_map(|scheme| Endpoint::default_for(scheme).ok()).collect()
}

#[cfg(test)]
mod tests;
