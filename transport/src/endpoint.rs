//! `scheme://address[/path][?option=value&…]`: parsed and printed by one type, the same string in
//! configuration, command line, logs and clients.
//!
//! (interface sketch: to be completed)

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host name or IP address, and a port.
    Socket { host: String, port: u16 },
    /// A Unix socket's file.
    File(PathBuf),
    /// A Unix socket's abstract name.
    Abstract(String),
    /// A name within this process.
    Name(String),
}

/// An endpoint URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {}

/// Why a string is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {reason}")]
pub struct EndpointError {
    pub text: String,
    pub reason: String,
}

impl Endpoint {
    /// The scheme.
    pub fn scheme(&self) -> &str {
        todo!()
    }
    /// The address.
    pub fn address(&self) -> &Address {
        todo!()
    }
    /// The path, beginning with `/`, or empty.
    pub fn path(&self) -> &str {
        todo!()
    }
    /// An option's value, as written.
    pub fn option(&self, _key: &str) -> Option<&str> {
        todo!()
    }
    /// With another port (after a bind to port 0).
    pub fn with_port(self, _port: u16) -> Self {
        todo!()
    }
    /// With an option set.
    pub fn with_option(self, _key: &str, _value: &str) -> Result<Self, EndpointError> {
        todo!()
    }
    /// Whether only this machine can reach it: loopback, a Unix socket, or memory.
    pub fn is_local(&self) -> bool {
        todo!()
    }
    /// The default Unix socket of this user: `$XDG_RUNTIME_DIR/car-daemon.sock`, else
    /// `/run/car-daemon.sock` for root, else `/tmp/car-daemon-UID.sock`.
    pub fn default_unix() -> Self {
        todo!()
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;
    fn from_str(_s: &str) -> Result<Self, EndpointError> {
        todo!()
    }
}
impl fmt::Display for Endpoint {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
