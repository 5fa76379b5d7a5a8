//! From a string to an endpoint, by the rows of the scheme table. What its parts mean to a transport
//! must never be known here.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use super::{Address, Endpoint, text};
use crate::{AddressKind, OptionSpec, Scheme, table};

/// The host where none is written: a car must not be open to the network by omission.
const DEFAULT_HOST: &str = "127.0.0.1";

/// The name where none is written after `mem://`.
const DEFAULT_NAME: &str = "car-daemon";

/// Options that every scheme takes. They are for the layers above; transports only carry them.
pub(super) const UPPER: &[OptionSpec] = &[
    OptionSpec { key: "dialect", values: &["auto", "text", "json", "cbor"], check: None },
    OptionSpec { key: "hello", values: &["on", "off"], check: None },
    OptionSpec { key: "role", values: &["none", "observer", "driver", "admin"], check: None },
    OptionSpec { key: "priority", values: &[], check: Some(check_priority) },
];

fn check_priority(digits: &str) -> Result<(), &'static str> {
    // `u8::from_str` takes a leading `+`.
    let whole = digits.bytes().all(|b| b.is_ascii_digit());
    let fits = digits.parse::<u8>().is_ok_and(|priority| priority <= 100);
    if whole && fits { Ok(()) } else { Err("a priority is a whole number from 0 to 100") }
}

/// A whole endpoint, or what is wrong with it and what would be right.
pub(super) fn parse(text: &str) -> Result<Endpoint, String> {
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

/// What a browser's schemes are here.
const OF_BROWSERS: [(&str, &str); 2] = [("http", "ws"), ("https", "wss")];

pub(super) fn find_scheme(name: &str) -> Result<&'static Scheme, String> {
    // Names within a process are for programs that embed a daemon, and nothing that people reach.
    let reached = || table::schemes().filter(|scheme| scheme.address != AddressKind::Name);
    table::schemes().find(|scheme| scheme.name == name).ok_or_else(|| {
        let known = reached().map(|scheme| scheme.name);
        match OF_BROWSERS.into_iter().find(|(browsers, _)| *browsers == name) {
            Some((_, ours)) => text::unlisted("scheme", name, Some(ours), known),
            None => text::unknown("scheme", name, known),
        }
    })
}

/// The option's key out of the table, if the scheme takes it with this value.
pub(super) fn check_option(scheme: &Scheme, key: &str, value: &str) -> Result<&'static str, String> {
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

/// `host:port`, and the path after it.
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
        Some(rest) => parse_bracketed(rest)?,
        None => match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err(format!("write an IPv6 address in brackets: {scheme}://[::1]:{default_port}"));
            }
            Some((host, port)) => (parse_host(host)?, Some(port)),
            None => (parse_host(authority)?, None),
        },
    };
    let port = port.map_or(Ok(default_port), parse_port)?;
    Ok((Address::Socket { host, port }, path.to_owned()))
}

/// An IPv6 address after its `[`, and the port if there is one.
fn parse_bracketed(rest: &str) -> Result<(String, Option<&str>), String> {
    let (inside, after) = rest.split_once(']').ok_or("the `[` of the IPv6 address is not closed")?;
    let host: Ipv6Addr = inside.parse().map_err(|_| format!("`{inside}` is not an IPv6 address"))?;
    match after.strip_prefix(':') {
        None if !after.is_empty() => Err(format!("after `]` comes `:port`, not `{after}`")),
        port => Ok((host.to_string(), port)),
    }
}

fn parse_port(digits: &str) -> Result<u16, String> {
    // `u16::from_str` takes a leading `+`.
    let port = if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None };
    port.ok_or_else(|| format!("`{digits}` is no port: ports go from 0 to 65535"))
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
