//! What a person reads when the daemon has started: where it listens, and how to try it.

use std::net::IpAddr;

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
        let urls = from_elsewhere(page);
        // Where it listens at every address, none of them is one that a browser can open.
        let urls = if urls.is_empty() { vec![page_url(page)] } else { urls };
        for (index, url) in urls.iter().enumerate() {
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

/// By which URLs others reach a page that listens at every address of this machine.
fn from_elsewhere(page: &Endpoint) -> Vec<String> {
    let Address::Socket { host, port } = page.address() else { return Vec::new() };
    let Ok(every) = host.parse::<IpAddr>() else { return Vec::new() };
    if !every.is_unspecified() {
        return Vec::new();
    }
    let scheme = if page.scheme() == "wss" { "https" } else { "http" };
    let ours = machine::addresses().into_iter().filter(|address| every.is_ipv6() || address.is_ipv4());
    ours.map(|address| format!("{scheme}://{}:{port}/", bracketed(&address.to_string()))).collect()
}

/// As it stands in a URL.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// A command or a line of code that drives the car through this endpoint.
fn how_to_try(endpoint: &Endpoint) -> String {
    match (endpoint.scheme(), endpoint.address()) {
        // A page of another site is refused, and so is the console of a page that is nobody's.
        ("ws", Address::Socket { host, port }) => format!(
            "browser's console at http://{}:{port}: s = new WebSocket('{endpoint}') then s.send('up')",
            bracketed(host)
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
