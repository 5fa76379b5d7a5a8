//! What a person reads when the daemon has started: where it listens, and how to try it.

use transport::{Address, Endpoint};

use crate::config::Config;

/// Widest URL for which the other lines are indented.
const COLUMN: usize = 26;

/// One table of everything that is open.
pub(crate) fn table(config: &Config, endpoints: &[Endpoint]) -> String {
    let platform = if config.platform.name == "sim" { "simulated" } else { config.platform.name };
    let rows: Vec<(String, String)> = endpoints.iter().map(|e| (e.to_string(), how_to_try(e))).collect();
    // A long path gets a line as long as it needs; the others stay in a column.
    let widths = rows.iter().map(|(url, _)| url.chars().count()).filter(|width| *width <= COLUMN);
    let width = widths.max().unwrap_or(0).max("listens on".len());
    let mut text = format!("\n{}: board {}, {platform}\n\n", config.name, config.board.name);
    text += &format!("  {:<width$}  try it\n", "listens on");
    for (url, example) in rows {
        text += &format!("  {url:<width$}  {example}\n");
    }
    if config.auth.is_configured() {
        text += "\n  by the network, first show a token: auth TOKEN\n";
    }
    text += "\n  words: up back left right stop cam_up cam_down cam_left cam_right cam_init state help\n  Ctrl-C stops the car and ends\n\n";
    text
}

/// A command or a line of code that drives the car through this endpoint.
fn how_to_try(endpoint: &Endpoint) -> String {
    match (endpoint.scheme(), endpoint.address()) {
        ("ws", _) => format!("browser's console: s = new WebSocket('{endpoint}') then s.send('up')"),
        ("tcp", Address::Socket { host, port }) => format!("nc {host} {port}, then type: up"),
        ("udp", Address::Socket { host, port }) => format!("echo up | socat -t1 - udp:{host}:{port}"),
        ("unix", Address::File(path)) => format!("nc -U {}, then type: state", path.display()),
        ("unix", Address::Abstract(name)) => format!("socat - abstract-connect:{name}"),
        _ => String::new(),
    }
}
