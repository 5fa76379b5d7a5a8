//! The `[auth]` table: by what a peer proves its role, and where the daemon must not listen without
//! such a proof.
//!
//! What must never live here: what a peer that has come may do; that is `access`.

mod print;
mod read;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use protocol::{Role, Token};
use transport::Endpoint;

pub(super) use read::read;

/// The `[auth]` table.
#[derive(Clone, Debug)]
pub struct Auth {
    /// Tokens of the configuration itself.
    pub tokens: Vec<TokenRow>,
    /// As it was written: a path that begins where the configuration is.
    pub token_file: Option<PathBuf>,
    /// Tokens of that file.
    pub filed: Vec<TokenRow>,
    /// Users and groups of this machine; of several rows that fit, the first counts.
    pub users: Vec<UserRow>,
    /// The least role that may release the emergency stop: driver or admin.
    pub reset: Role,
    /// Whether anybody in reach may drive.
    pub insecure: bool,
    /// Whether clients over TLS must have a certificate (`[tls] client_ca`), which is a proof as well.
    pub certificates: bool,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            token_file: None,
            filed: Vec::new(),
            users: Vec::new(),
            reset: Role::Driver,
            insecure: false,
            certificates: false,
        }
    }
}

impl Auth {
    /// Every token, wherever it was written.
    pub fn all_tokens(&self) -> impl Iterator<Item = &TokenRow> {
        self.tokens.iter().chain(&self.filed)
    }

    /// Whether anybody has to prove anything.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.has_tokens() || !self.users.is_empty()
    }

    /// Whether a peer on another machine has something to show.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        self.all_tokens().next().is_some()
    }
}

/// A token, and what it proves.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// The secret, which [`Token::token`] takes.
    pub token: Token,
    /// What it proves.
    pub role: Role,
    /// Whose it is, for people: 1 to 64 characters, another one for each token.
    pub name: String,
    /// 0 to 100; what the role or the endpoint gives where absent.
    pub priority: Option<u8>,
}

/// What a user or a group of this machine may do over a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Who.
    pub whom: Whom,
    /// The name that was written in place of a number.
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// 0 to 100; what the role or the endpoint gives where absent.
    pub priority: Option<u8>,
}

/// Who a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A user id.
    User(u32),
    /// A group: whoever connects with this as its group, or was its member when the row was read.
    Group {
        /// The group's id.
        gid: u32,
        /// The user ids of its members.
        members: Vec<u32>,
    },
}

/// Why a daemon must not listen somewhere, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// What is wrong, behind the name of the endpoint.
    pub what: String,
    /// The ways out.
    pub hint: &'static str,
}

const NO_TOKENS: &str = "configure [auth]: `tokens` or `token_file`; or set `insecure = true` there if everybody in reach may drive; or listen on 127.0.0.1 or a Unix socket";
const OPEN_ROLE: &str = "leave `role` out, so that peers show a token, or make it `role=observer`; or set `insecure = true` under [auth] if everybody in reach may drive";
const FORGEABLE: &str = "listen on 127.0.0.1, or on ws:// or tcp://; or add `integrity=psk`, by which datagrams are signed; or set `insecure = true` under [auth]";

/// Why a daemon must not listen there, if it must not.
///
/// `role=observer` needs no token: who connects there may look, stop and latch the emergency stop.
#[must_use]
pub fn exposed(endpoint: &Endpoint, auth: &Auth) -> Option<Exposure> {
    if endpoint.is_local() || auth.insecure {
        return None;
    }
    let exposure = |why: &str, hint| {
        let what = format!("is reachable from other machines, and {why}");
        Some(Exposure { what, hint })
    };
    match endpoint.option("role") {
        Some("driver" | "admin") => exposure("by its `role` anybody there could drive this car", OPEN_ROLE),
        Some("observer") if is_signed(endpoint) => None,
        _ if auth.certificates && matches!(endpoint.scheme(), "tls" | "wss") => None,
        _ if !auth.has_tokens() => exposure("anybody there could drive this car", NO_TOKENS),
        _ if !is_signed(endpoint) => exposure(
            "whoever forges the address of a driver there drives in its place: plain UDP proves no sender",
            FORGEABLE,
        ),
        _ => None,
    }
}

/// Whether a message comes from whom the connection was made with: by the link itself, or by a key.
fn is_signed(endpoint: &Endpoint) -> bool {
    endpoint.scheme() != "udp" || endpoint.option("integrity") == Some("psk")
}

/// Whether whoever listens in on the way there reads the tokens.
#[must_use]
pub fn in_clear(endpoint: &Endpoint, auth: &Auth) -> bool {
    let plain = matches!(endpoint.scheme(), "ws" | "tcp" | "udp");
    plain && endpoint.option("integrity") != Some("psk") && auth.has_tokens() && !endpoint.is_local()
}
