//! Who may do what: roles, the secret that proves one, and who is here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a session may do. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look, and stop.
    Observer,
    /// Drive.
    Driver,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Observer, Self::Driver, Self::Admin];

    /// As in JSON and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Driver => "driver",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A secret that proves a role. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Longest token, in characters.
    pub const MAX: usize = 128;

    /// As it was written.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself: to be compared in constant time, and never to be logged.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// One session, as everybody may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visitor {
    /// Its number.
    pub session: u64,
    /// How it calls itself, or how its token is called.
    pub name: Option<String>,
    /// Where it comes from.
    pub peer: String,
    /// What it may do; `null` until it has shown a token.
    pub role: Option<Role>,
    /// 0 to 100: who has more may take the lease by force.
    pub priority: u8,
    /// Seconds since it came.
    pub here_s: f64,
    /// Seconds since it took the lease, while it holds it.
    pub drives_s: Option<f64>,
    /// Seconds since it asked for the lease, while it waits.
    pub asks_s: Option<f64>,
}

/// Everybody who is here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Who {
    /// The session that holds the lease.
    pub driver: Option<u64>,
    /// In the order in which they came.
    pub sessions: Vec<Visitor>,
}
