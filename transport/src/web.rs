//! Which web pages may reach the car: the rules for the headers `Origin` and `Host` of a handshake.
//!
//! A browser opens a WebSocket for any page that is open in it, to any address that the browser can
//! reach, this machine's loopback too; it says only whose page it is (RFC 6455, section 10.2). And a
//! page's own name may be made to mean our address after it was loaded (DNS rebinding), so that the
//! page seems to be ours. What is spoken after the handshake must never be known here.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Most characters of a peer's header that are repeated to people.
const READABLE: usize = 100;

/// Whose pages may open a WebSocket, and by which names.
///
/// - A request without `Origin` comes from no browser, so every one of them passes that rule.
/// - A page may where its host is the one that it dials, whatever the ports: on a car, page and
///   socket are on two. Every name of loopback is the same host.
/// - [`origins`](Self::origins) may too.
/// - The host that is dialled must be an IP address, `localhost`, or one of
///   [`hosts`](Self::hosts): names that nobody else can make mean our address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Web {
    /// Further pages.
    pub origins: Vec<Origin>,
    /// Names of this machine.
    pub hosts: Vec<HostName>,
    /// Where whoever came with a browser should look; one line, for people.
    pub elsewhere: Option<String>,
}

/// Whose page it is, as a browser says it: `http://host`, `https://host:8443`, or `null` for a page
/// that is nobody's, such as one opened from a file. Lower case, without the scheme's own port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    text: String,
    host: Option<HostName>,
}

/// A host without its port: a name in lower case, or an IP address. Equal if it means the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostName {
    /// An address; an IPv4 one in IPv6 is IPv4.
    Ip(IpAddr),
    /// A name, without a dot at its end.
    Name(String),
}

/// Why a request is refused. The text of a header is shortened and escaped in what is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// A page of another host.
    Origin(String),
    /// A name that may be anybody's.
    Host(String),
    /// A page whose request does not name what it dials, or says more than once who it is.
    Unclear,
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is written scheme://host or scheme://host:port, without a path; or null")]
pub struct NoOrigin;

/// A text that is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host is a name or an IP address, without scheme and port")]
pub struct NoHost;

impl Web {
    /// Whether a request with these headers, `Origin` and `Host`, may go on; each header as often as it came.
    ///
    /// # Errors
    /// Whose page may not, or which name is not ours.
    pub fn check<'h>(
        &self,
        mut origins: impl Iterator<Item = &'h [u8]>,
        mut hosts: impl Iterator<Item = &'h [u8]>,
    ) -> Result<(), Forbidden> {
        let (origin, host) = (origins.next(), hosts.next().filter(|host| !host.is_empty()));
        if origins.next().is_some() || hosts.next().is_some() {
            return Err(Forbidden::Unclear);
        }
        let Some(named) = host else {
            // Each browser names it; a client made by hand may not.
            return if origin.is_none() { Ok(()) } else { Err(Forbidden::Unclear) };
        };
        let host = authority(named).filter(|host| self.is_ours(host));
        let host = host.ok_or_else(|| Forbidden::Host(readable(named)))?;
        match origin {
            Some(origin) if !self.may_drive(origin, &host) => Err(Forbidden::Origin(readable(origin))),
            _ => Ok(()),
        }
    }

    fn is_ours(&self, host: &HostName) -> bool {
        matches!(host, HostName::Ip(_)) || host.is_loopback() || self.hosts.contains(host)
    }

    fn may_drive(&self, origin: &[u8], dialled: &HostName) -> bool {
        let origin = std::str::from_utf8(origin).ok().and_then(|text| text.parse::<Origin>().ok());
        origin.is_some_and(|origin| {
            let same = origin
                .host
                .as_ref()
                .is_some_and(|host| host == dialled || (host.is_loopback() && dialled.is_loopback()));
            same && origin.is_web() || self.origins.contains(&origin)
        })
    }
}

impl Origin {
    /// Whether it is a page of some host's, and no extension or app that bears a host's name.
    fn is_web(&self) -> bool {
        self.text.starts_with("http://") || self.text.starts_with("https://")
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let text = text.to_ascii_lowercase();
        if text == "null" {
            return Ok(Self { text, host: None });
        }
        let (scheme, place) = text.split_once("://").ok_or(NoOrigin)?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let (host, port) = split_port(place).filter(|_| is_scheme).ok_or(NoOrigin)?;
        let port = port.filter(|port| !matches!((scheme, port), ("http", 80) | ("https", 443)));
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self { text: format!("{scheme}://{host}{port}"), host: Some(host) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl HostName {
    fn is_loopback(&self) -> bool {
        match self {
            Self::Ip(address) => address.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }
}

impl FromStr for HostName {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        let bare = text.parse::<Ipv6Addr>().map(|address| Self::Ip(IpAddr::V6(address).to_canonical()));
        let host =
            bare.ok().or_else(|| split_port(text).filter(|(_, port)| port.is_none()).map(|(host, _)| host));
        host.ok_or(NoHost)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Ip(address) => write!(f, "{address}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(page) => write!(
                f,
                "a page of `{page}` may not talk to this car: only pages of the host that is dialled, and those \
                 that the car's configuration allows"
            ),
            Self::Host(name) => write!(
                f,
                "`{name}` is not known here as a name of this car: dial its IP address, or a name that the \
                 car's configuration allows"
            ),
            Self::Unclear => f.write_str("a browser's request has one Host and one Origin"),
        }
    }
}

/// A host, of which the port does not matter.
fn authority(text: &[u8]) -> Option<HostName> {
    split_port(&std::str::from_utf8(text).ok()?.to_ascii_lowercase()).map(|(host, _)| host)
}

/// `host` or `host:port`, in lower case.
fn split_port(place: &str) -> Option<(HostName, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (inside, after) = rest.split_once(']')?;
            let address = IpAddr::V6(inside.parse().ok()?).to_canonical();
            let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
            (HostName::Ip(address), port)
        }
        None => {
            let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
            (name(host)?, port)
        }
    };
    let port = match port {
        None => None,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok()?),
        Some(_) => return None,
    };
    Some((host, port))
}

/// A host that is no IPv6 address.
fn name(host: &str) -> Option<HostName> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(HostName::Ip(address));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    is_name.then(|| HostName::Name(name.to_ascii_lowercase()))
}

/// A peer's header, so that it can stand in one line of a log.
fn readable(header: &[u8]) -> String {
    let text = String::from_utf8_lossy(header);
    let mut escaped: String = text.chars().take(READABLE).flat_map(char::escape_debug).collect();
    if text.chars().nth(READABLE).is_some() {
        escaped.push('…');
    }
    escaped
}

#[cfg(test)]
mod tests;
