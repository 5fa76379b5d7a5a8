//! What a person reads when the daemon has started: where it listens, and how to try it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use transport::{Address, Endpoint, Fingerprint};

use crate::config::{Config, page_url};
use crate::machine;

/// Widest URL for which the other lines are indented.
const COLUMN: usize = 26;

/// One table of everything that is open.
pub(crate) fn table(
    config: &Config,
    endpoints: &[Endpoint],
    pages: &[Endpoint],
    certificate: Option<Fingerprint>,
) -> String {
    let platform = match config.is_simulated() {
        true => format!("simulated, in world {}", config.world.name),
        false => config.platform.name.to_owned(),
    };
    let rows: Vec<(String, String)> = endpoints.iter().map(|e| (e.to_string(), how_to_try(e))).collect();
    // A long path gets a line as long as it needs; the others stay in a column.
    let widths = rows.iter().map(|(url, _)| url.chars().count()).filter(|width| *width <= COLUMN);
    let width = widths.max().unwrap_or(0).max("listens on".len());
    let mut text = format!("\n{}: board {}, {platform}\n\n", config.name, config.board.name);
    for page in pages {
        for (index, url) in urls_of(page, machine::addresses()).iter().enumerate() {
            let what = if index == 0 { "the page:" } else { "     also:" };
            text += &format!("  {what} {url}\n");
        }
    }
    if pages.is_empty() {
        text += "  no page: http.listen is \"off\"\n";
    }
    text += "\n";
    text += &format!("  {:<width$}  try it\n", "listens on");
    for (url, example) in rows {
        text += &format!("  {url:<width$}  {example}\n");
    }
    if let Some(pin) = certificate {
        text += &format!("\n  PIN, this car's certificate: {pin}\n");
    }
    if config.auth.is_configured() {
        text += "\n  by the network, first show a token: auth TOKEN\n";
    }
    text += "\n  words: up back left right stop estop reset cam_up cam_down cam_left cam_right cam_init state help\n  Ctrl-C stops the car and ends\n\n";
    text
}

/// By which URLs a page can be opened: where it listens at every address of this machine, by each that others reach.
fn urls_of(page: &Endpoint, ours: Vec<IpAddr>) -> Vec<String> {
    let every = everywhere(page);
    let reached = ours.into_iter().filter(|ip| every.is_some_and(|every| every.is_ipv6() || ip.is_ipv4()));
    let urls: Vec<_> = reached.map(|ip| page_url(&at(page, ip))).collect();
    if urls.is_empty() { vec![page_url(&from_here(page))] } else { urls }
}

/// The address that stands for every one of this machine, where an endpoint listens there.
fn everywhere(endpoint: &Endpoint) -> Option<IpAddr> {
    let Address::Socket { host, .. } = endpoint.address() else { return None };
    host.parse::<IpAddr>().ok().filter(IpAddr::is_unspecified)
}

fn at(endpoint: &Endpoint, ip: IpAddr) -> Endpoint {
    match *endpoint.address() {
        Address::Socket { port, .. } => {
            endpoint.clone().with_address(Address::Socket { host: ip.to_string(), port })
        }
        _ => endpoint.clone(),
    }
}

/// As it is dialled on this machine: nobody can dial every address.
fn from_here(endpoint: &Endpoint) -> Endpoint {
    match everywhere(endpoint) {
        Some(IpAddr::V4(_)) => at(endpoint, Ipv4Addr::LOCALHOST.into()),
        Some(IpAddr::V6(_)) => at(endpoint, Ipv6Addr::LOCALHOST.into()),
        None => endpoint.clone(),
    }
}

/// A command or a line of code that drives the car through this endpoint, on this machine.
fn how_to_try(endpoint: &Endpoint) -> String {
    let endpoint = &from_here(endpoint);
    match (endpoint.scheme(), endpoint.address()) {
        // A page of another site is refused, and so is the console of a page that is nobody's.
        ("ws", _) => format!(
            "browser's console at {}: s = new WebSocket('{endpoint}') then s.send('up')",
            page_url(endpoint).trim_end_matches('/')
        ),
        ("tls" | "wss", _) => format!("carctl --to {endpoint} --pin PIN state"),
        ("tcp", Address::Socket { host, port }) => format!("nc {host} {port}, then type: up"),
        ("udp", _) if matches!(endpoint.option("integrity"), Some("crc32c" | "psk")) => {
            "a client as in protocol/PROTOCOL.md, Integrity of datagrams".to_owned()
        }
        ("udp", Address::Socket { host, port }) => format!("echo up | socat -t1 - udp:{host}:{port}"),
        ("unix", Address::File(path)) => format!("nc -U {}, then type: state", path.display()),
        ("unix", Address::Abstract(name)) => format!("socat - abstract-connect:{name}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        url.parse().expect("an endpoint")
    }

    #[test]
    fn what_listens_everywhere_is_named_by_addresses_that_can_be_dialled() {
        let ours = || vec!["192.168.1.20".parse().expect("one"), "fd00::2".parse().expect("one")];
        let urls = |url| urls_of(&endpoint(url), ours());
        assert_eq!(urls("ws://0.0.0.0:8080/ws"), ["http://192.168.1.20:8080/"]);
        assert_eq!(urls("wss://[::]:8443/ws"), ["https://192.168.1.20:8443/", "https://[fd00::2]:8443/"]);
        assert_eq!(urls("ws://127.0.0.1:8080/ws"), ["http://127.0.0.1:8080/"]);
        assert_eq!(urls_of(&endpoint("ws://0.0.0.0:8080/ws"), Vec::new()), ["http://127.0.0.1:8080/"]);
        for (url, words) in [
            (
                "ws://0.0.0.0:9900",
                "console at http://127.0.0.1:9900: s = new WebSocket('ws://127.0.0.1:9900')",
            ),
            ("ws://[::]:9900", "console at http://[::1]:9900: s = new WebSocket('ws://[::1]:9900')"),
            ("tcp://0.0.0.0:9901", "nc 127.0.0.1 9901"),
            ("tls://0.0.0.0:9901", "carctl --to tls://127.0.0.1:9901 --pin PIN state"),
            ("tcp://192.168.1.20:9901", "nc 192.168.1.20 9901"),
        ] {
            let told = how_to_try(&endpoint(url));
            assert!(told.contains(words), "{told}");
        }
    }
}
