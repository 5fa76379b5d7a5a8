//! The `[http]` table: where browsers come to.
//!
//! What must never live here: what they get there.

use std::fmt;
use std::net::Ipv6Addr;

use hal::file::{Faults, Field, Reader, Spot, Table};
use transport::{Address, Endpoint, EndpointError};

use super::auth::{Exposure, exposed};
use super::print::{quoted, row};
use super::read::collide;
use super::{Config, Overrides};

/// The path of the WebSocket there.
const SOCKET: &str = "/ws";

/// What turns a listener off.
const OFF: &str = "off";

/// The `[http]` table: where the page is to be had, and its WebSocket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// In plain; as the endpoint of its WebSocket. `None`: nowhere.
    pub listen: Option<Endpoint>,
    /// Over TLS.
    pub https: Option<Endpoint>,
}

impl Http {
    /// As a daemon has it that is told nothing.
    pub(super) fn standard() -> Self {
        Self { listen: PLAIN.read("127.0.0.1:8080").unwrap_or_default(), https: None }
    }

    /// Every listener.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        [&self.listen, &self.https].into_iter().flatten()
    }
}

/// One of the two listeners.
struct Kind {
    /// Of its WebSocket.
    scheme: &'static str,
    /// Where none is written. That of the scheme's own would be the one of the plain WebSocket.
    port: u16,
}

const PLAIN: Kind = Kind { scheme: "ws", port: 8080 };
const SECURE: Kind = Kind { scheme: "wss", port: 8443 };

/// A text that is no address, and what would be right.
#[derive(Debug)]
struct NoAddress {
    what: String,
    hint: String,
}

/// Where the table has what is judged when all is read.
#[derive(Default)]
pub(super) struct Spots {
    listen: Option<Spot>,
    https: Option<Spot>,
}

/// The URL of the page that an endpoint belongs to.
pub(crate) fn page_url(endpoint: &Endpoint) -> String {
    let scheme = if endpoint.scheme() == "wss" { "https" } else { "http" };
    match endpoint.address() {
        Address::Socket { host, port } if host.contains(':') => format!("{scheme}://[{host}]:{port}/"),
        Address::Socket { host, port } => format!("{scheme}://{host}:{port}/"),
        _ => String::new(),
    }
}

/// Reads the table.
pub(super) fn read(reader: &Reader<'_>, mut table: Table<'_>, http: &mut Http) -> Spots {
    let [listen, https] = ["listen", "https"].map(|key| table.get(key));
    read_address(reader, &listen, &PLAIN, &mut http.listen);
    read_address(reader, &https, &SECURE, &mut http.https);
    table.finish();
    let spot = |field: Field<'_>| field.is_present().then(|| field.spot());
    Spots { listen: spot(listen), https: spot(https) }
}

/// Takes over what the command line says.
pub(super) fn apply(http: &mut Http, overrides: &Overrides, faults: &mut Vec<Faults>) {
    match overrides.http.as_ref().map(|text| PLAIN.read(text)) {
        None => {}
        Some(Ok(listen)) => http.listen = listen,
        Some(Err(NoAddress { what, hint })) => faults.push(Faults::whole("--http", what, hint)),
    }
}

/// Whether it may listen where it is told to, beside all others; with `meant`, whether the page may be there for whoever
/// can reach it. `others` is where the file has those.
pub(super) fn judge(
    config: &Config,
    overrides: &Overrides,
    (reader, spots, others): (&Reader<'_>, &Spots, &Field<'_>),
    meant: bool,
    faults: &mut Vec<Faults>,
) {
    // Who has told a listener its address: the file, or else an option. A page that is where it is by itself was told
    // nothing: the others have come there.
    let by_itself = overrides.http.is_none() && spots.listen.is_none();
    let listen = match &spots.listen {
        _ if overrides.http.is_some() => Err("--http"),
        Some(spot) => Ok(spot.clone()),
        None if overrides.listen.is_empty() => Ok(others.spot()),
        None => Err("--listen"),
    };
    let https = spots.https.clone().ok_or("http.https");
    let mut taken: Vec<(&Endpoint, String)> = config.listen.iter().map(|at| (at, at.to_string())).collect();
    for (at, told, is_told) in [(&config.http.listen, listen, !by_itself), (&config.http.https, https, true)]
    {
        let Some(at) = at else { continue };
        let url = page_url(at);
        let mut fault = |what: String, hint: &str| match &told {
            Ok(spot) => reader.fault(spot, what, hint),
            Err(option) => faults.push(Faults::whole(option, what, hint)),
        };
        if let Some(Exposure { what, hint }) = exposed(at, &config.auth).filter(|_| meant) {
            fault(format!("`{url}` {what}"), hint);
        }
        if let Some((_, other)) = taken.iter().find(|(other, _)| collide(other, at)) {
            let what = match is_told {
                true => format!("needs the address of `{other}`"),
                false => format!("`{other}` needs the address of the page, `{url}`"),
            };
            let hint = "give the page another by `[http]` or --http, or turn it off there: it has a WebSocket, too, at /ws";
            fault(what, hint);
        }
        taken.push((at, url));
    }
}

fn read_address(reader: &Reader<'_>, field: &Field<'_>, kind: &Kind, place: &mut Option<Endpoint>) {
    let Some(text) = field.string() else { return };
    *place = kind.read(&text).unwrap_or_else(|NoAddress { what, hint }| {
        reader.fault(&field.spot(), what, hint);
        None
    });
}

impl Kind {
    /// `ADDRESS[:PORT][?OPTIONS]`, or `off`.
    fn read(&self, text: &str) -> Result<Option<Endpoint>, NoAddress> {
        if text == OFF {
            return Ok(None);
        }
        let (address, options) =
            text.split_once('?').map_or((text, String::new()), |(a, o)| (a, format!("?{o}")));
        if let Some((is, meant)) = self.mistaken(address) {
            let hint = format!("write an address and a port, as {meant}, or off");
            return Err(NoAddress { what: format!("`{text}` {is}"), hint });
        }
        let Self { scheme, port } = self;
        let port = match address {
            _ if address.contains(':') && !address.ends_with(']') => String::new(),
            _ => format!(":{port}"),
        };
        let read = format!("{scheme}://{address}{port}{SOCKET}{options}").parse();
        read.map(Some).map_err(|EndpointError { reason, .. }| NoAddress {
            what: format!("`{text}` is no address: {reason}"),
            hint: format!("write an address and a port, as 127.0.0.1:{}, or off", self.port),
        })
    }

    /// What is often written in place of an address, and the address that was meant.
    fn mistaken(&self, text: &str) -> Option<(&'static str, String)> {
        let Self { port, .. } = self;
        let beginning = |url: &str| url.split('/').next().unwrap_or_default().to_owned();
        match text {
            _ if text.contains("://") => {
                Some(("is a URL", beginning(text.split("://").last().unwrap_or_default())))
            }
            _ if text.contains('/') => Some(("has a path", beginning(text))),
            _ if text.parse::<u16>().is_ok() => Some(("is a port alone", format!("127.0.0.1:{text}"))),
            _ if text.parse::<Ipv6Addr>().is_ok() => {
                Some(("is an IPv6 address without its brackets", format!("[{text}]:{port}")))
            }
            "localhost" => None,
            // A word that stands alone is seldom the name of a machine (`on`, `yes`); one that is can have its port.
            _ if !text.contains(['.', ':']) => Some(("is no address", format!("127.0.0.1:{port}"))),
            _ => None,
        }
    }
}

/// As it was written.
fn text(endpoint: Option<&Endpoint>) -> String {
    let url = endpoint.map_or_else(|| OFF.to_owned(), ToString::to_string);
    let address = url.split_once("://").map_or(&*url, |(_, address)| address);
    address.replacen(SOCKET, "", 1)
}

impl fmt::Display for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n[http]")?;
        let about = "page, camera, state and metrics; \"off\": nowhere";
        row(f, "listen", &quoted(&text(self.listen.as_ref())), about)?;
        row(f, "https", &quoted(&text(self.https.as_ref())), "the same over TLS, as gamepads need it")
    }
}
