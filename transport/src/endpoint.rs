//! `scheme://address[/path][?option=value&…]`: parsed and printed by one type, the same string in
//! configuration, command line, logs and clients.
//!
//! What may stand in an endpoint is read from the scheme table; what a scheme or an option *does*
//! must never be known here.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use self::parse::{check_option, find_scheme, parse};

mod parse;
mod text;

/// Longest endpoint in bytes. A Unix socket's path of 107 bytes fits even if each is escaped.
const LONGEST: usize = 1024;

/// Where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host and a port.
    Socket {
        /// A host name in lower case, or an IP address (IPv6 without its brackets).
        host: String,
        /// 0 lets the system choose when listening.
        port: u16,
    },
    /// A Unix socket's file; absolute.
    File(PathBuf),
    /// A Unix socket's abstract name, without the `@`.
    Abstract(String),
    /// A name within this process.
    Name(String),
}

/// An endpoint URL: valid by construction, equal if it prints the same.
///
/// Defaults are filled in when it is parsed: `tcp://` *is* `tcp://127.0.0.1:9901`, and an empty host
/// (`ws://:8000`) is loopback too, never every address of the machine. In Unix paths, names and
/// option values, `%XX` stands for a byte.
///
/// ```
/// let at: transport::Endpoint = "TCP://[0:0::1]?framing=length".parse()?;
/// assert_eq!(at.to_string(), "tcp://[::1]:9901?framing=length");
/// # Ok::<(), transport::EndpointError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    scheme: &'static str,
    address: Address,
    path: String,
    options: BTreeMap<&'static str, String>,
}

/// Why a string is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {}", text::shown(text), text::shown(reason))]
pub struct EndpointError {
    /// The string, cut short where it is very long.
    pub text: String,
    /// What is wrong with it and what would be right.
    pub reason: String,
}

impl Endpoint {
    /// The endpoint that `scheme` alone stands for.
    ///
    /// # Errors
    /// If no transport has this scheme.
    pub fn default_for(scheme: &str) -> Result<Self, EndpointError> {
        format!("{scheme}://").parse()
    }

    /// The default Unix socket of this user: `$XDG_RUNTIME_DIR/car-daemon.sock`, else
    /// `/run/car-daemon.sock` for root, else `/tmp/car-daemon-UID.sock`.
    pub fn default_unix() -> Self {
        let runtime_dir = std::env::var("XDG_RUNTIME_DIR").ok();
        Self {
            scheme: "unix",
            address: Address::File(user_socket(runtime_dir.as_deref(), rustix::process::getuid().as_raw())),
            path: String::new(),
            options: BTreeMap::new(),
        }
    }

    /// The scheme.
    pub fn scheme(&self) -> &str {
        self.scheme
    }

    /// The address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The path, beginning with `/`, or empty. A lone `/` is empty.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// An option's value, as written.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str)
    }

    /// With another port (after a bind to port 0). Addresses without a port stay as they are.
    #[must_use]
    pub fn with_port(mut self, new: u16) -> Self {
        if let Address::Socket { port, .. } = &mut self.address {
            *port = new;
        }
        self
    }

    /// At another address of the same kind.
    #[must_use]
    pub fn with_address(mut self, address: Address) -> Self {
        self.address = address;
        self
    }

    /// With an option set, in place of what it was.
    ///
    /// # Errors
    /// If the scheme does not take the option, or not this value.
    pub fn with_option(mut self, key: &str, value: &str) -> Result<Self, EndpointError> {
        let key = find_scheme(self.scheme)
            .and_then(|scheme| check_option(scheme, key, value))
            .map_err(|reason| EndpointError { text: self.to_string(), reason })?;
        self.options.insert(key, value.to_owned());
        Ok(self)
    }

    /// Whether only this machine can reach it: loopback, a Unix socket, or memory.
    ///
    /// Of host names only `localhost` counts; what another name resolves to can change.
    pub fn is_local(&self) -> bool {
        match &self.address {
            Address::Socket { host, .. } => {
                host == "localhost"
                    || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
            }
            Address::File(_) | Address::Abstract(_) | Address::Name(_) => true,
        }
    }

    /// Host and port, as resolvers take them.
    pub(crate) fn socket(&self) -> Option<(&str, u16)> {
        match &self.address {
            Address::Socket { host, port } => Some((host, *port)),
            _ => None,
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let fits = |len| match len {
            0..=LONGEST => Ok(()),
            _ => Err(format!("an endpoint has at most {LONGEST} bytes, this has {len}")),
        };
        let parsed = fits(text.len()).and_then(|()| parse(text)).and_then(|endpoint| {
            // Defaults and escapes can make it longer; what is printed must parse again.
            fits(endpoint.to_string().len()).map(|()| endpoint)
        });
        parsed.map_err(|reason| EndpointError { text: text::clip(text), reason })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        match &self.address {
            Address::Socket { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Socket { host, port } => write!(f, "{host}:{port}"),
            Address::File(path) => text::escape(f, &path.to_string_lossy()),
            Address::Abstract(name) => f.write_str("@").and_then(|()| text::escape(f, name)),
            Address::Name(name) => text::escape(f, name),
        }?;
        f.write_str(&self.path)?;
        for (n, (key, value)) in self.options.iter().enumerate() {
            write!(f, "{}{key}=", if n == 0 { '?' } else { '&' })?;
            text::escape(f, value)?;
        }
        Ok(())
    }
}

/// By the XDG base directory specification a relative `$XDG_RUNTIME_DIR` is to be ignored.
fn user_socket(runtime_dir: Option<&str>, uid: u32) -> PathBuf {
    match runtime_dir {
        Some(dir) if dir.starts_with('/') => Path::new(dir).join("car-daemon.sock"),
        _ if uid == 0 => PathBuf::from("/run/car-daemon.sock"),
        _ => PathBuf::from(format!("/tmp/car-daemon-{uid}.sock")),
    }
}

#[cfg(test)]
mod tests;
