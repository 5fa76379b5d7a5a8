//! `scheme://address[/path][?option=value&…]`: parsed and printed by one type, the same string in
//! configuration, command line, logs and clients.
//!
//! What may stand in an endpoint is read from the scheme table; what a scheme or an option *does*
//! must never be known here.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::{AddressKind, OptionSpec, Scheme, table};

mod text;

/// Longest endpoint in bytes. A Unix socket's path of 107 bytes fits even if each is escaped.
const LONGEST: usize = 1024;

/// The host where none is written: a car must not be open to the network by omission.
const DEFAULT_HOST: &str = "127.0.0.1";

/// The name where none is written after `mem://`.
const DEFAULT_NAME: &str = "car-daemon";

/// Options that every scheme takes. They are for the layers above; transports only carry them.
const UPPER: &[OptionSpec] = &[
    OptionSpec { key: "dialect", values: &["auto", "text", "json", "cbor"], check: None },
    OptionSpec { key: "hello", values: &["on", "off"], check: None },
];

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
#[error("`{text}`: {reason}")]
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

fn parse(text: &str) -> Result<Endpoint, String> {
    let (scheme, rest) = text
        .split_once("://")
        .ok_or("an endpoint is written scheme://address, for example ws://127.0.0.1:9900")?;
    let scheme = find_scheme(&scheme.to_ascii_lowercase())?;
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let (address, path) = match scheme.address {
        AddressKind::Socket { port, path } => parse_socket(scheme.name, place, port, path)?,
        AddressKind::File => (parse_file(place)?, String::new()),
        AddressKind::Name => (parse_name(place)?, String::new()),
    };
    let mut options = BTreeMap::new();
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| format!("an option is written key=value, not `{pair}`"))?;
        let value = text::unescape(value)?;
        let key = check_option(scheme, key, &value)?;
        if options.insert(key, value).is_some() {
            return Err(format!("the option `{key}` is given twice"));
        }
    }
    Ok(Endpoint { scheme: scheme.name, address, path, options })
}

fn find_scheme(name: &str) -> Result<&'static Scheme, String> {
    table::schemes()
        .find(|scheme| scheme.name == name)
        .ok_or_else(|| text::unknown("scheme", name, table::schemes().map(|scheme| scheme.name)))
}

/// The option's key out of the table, if the scheme takes it with this value.
fn check_option(scheme: &Scheme, key: &str, value: &str) -> Result<&'static str, String> {
    let known = || scheme.options.iter().chain(UPPER);
    let spec = known()
        .find(|spec| spec.key == key)
        .ok_or_else(|| text::unknown("option", key, known().map(|spec| spec.key)))?;
    if !spec.values.is_empty() && !spec.values.contains(&value) {
        return Err(text::unknown(&format!("{key}="), value, spec.values.iter().copied()));
    }
    match spec.check.map(|check| check(value)) {
        Some(Err(reason)) => Err(format!("{key}={value}: {reason}")),
        Some(Ok(())) | None => Ok(spec.key),
    }
}

fn parse_socket(
    scheme: &str,
    place: &str,
    default_port: u16,
    may_have_path: bool,
) -> Result<(Address, String), String> {
    let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let path = if path == "/" { "" } else { path };
    if !path.is_empty() && !may_have_path {
        return Err(format!("{scheme} takes no path: leave out `{path}`"));
    }
    text::check_path(path)?;
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (inside, port) = rest.split_once(']').ok_or("the `[` of the IPv6 address is not closed")?;
            let v6: Ipv6Addr = inside.parse().map_err(|_| format!("`{inside}` is not an IPv6 address"))?;
            let port = match port.strip_prefix(':') {
                None if !port.is_empty() => return Err(format!("after `]` comes `:port`, not `{port}`")),
                port => port,
            };
            (v6.to_string(), port)
        }
        None => match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err(format!("write an IPv6 address in brackets: {scheme}://[::1]:{default_port}"));
            }
            Some((host, port)) => (parse_host(host)?, Some(port)),
            None => (parse_host(authority)?, None),
        },
    };
    let port = match port {
        None => default_port,
        // `u16::from_str` takes a leading `+`.
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().map_err(|_| format!("`{digits}` is no port: ports go from 0 to 65535"))?
        }
        Some(other) => return Err(format!("`{other}` is no port: ports go from 0 to 65535")),
    };
    Ok((Address::Socket { host, port }, path.to_owned()))
}

/// A host name or an IPv4 address. A name whose last label is a number must be an address, so that
/// no resolver reads `127.1` in its own way.
fn parse_host(host: &str) -> Result<String, String> {
    if host.is_empty() {
        return Ok(DEFAULT_HOST.to_owned());
    }
    let last = host.rsplit('.').next().unwrap_or(host);
    if !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()) {
        let v4: Ipv4Addr = host.parse().map_err(|_| format!("`{host}` is not an IPv4 address"))?;
        return Ok(v4.to_string());
    }
    if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
        return Err(format!(
            "`{host}` is no host name (letters, digits, `-` and `.`); \
             for every address of this machine write 0.0.0.0 or [::]"
        ));
    }
    Ok(host.to_ascii_lowercase())
}

fn parse_file(place: &str) -> Result<Address, String> {
    if place.is_empty() {
        return Ok(Endpoint::default_unix().address);
    }
    let decoded = text::unescape(place)?;
    match decoded.strip_prefix('@') {
        Some("") => Err("the abstract name after `@` is empty".to_owned()),
        Some(name) => Ok(Address::Abstract(name.to_owned())),
        None if decoded.starts_with('/') => Ok(Address::File(PathBuf::from(decoded))),
        None => Err(format!("a socket's path is absolute: write unix:///{place}, or unix://@{place}")),
    }
}

fn parse_name(place: &str) -> Result<Address, String> {
    Ok(Address::Name(if place.is_empty() { DEFAULT_NAME.to_owned() } else { text::unescape(place)? }))
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
