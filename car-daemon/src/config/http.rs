//! The `[http]` table: where browsers come to.
//!
//! What must never live here: what they get there.

use std::fmt;

use hal::file::{Field, Reader, Table};
use transport::{Address, Endpoint, EndpointError};

use super::auth::{Auth, Exposure, exposed};
use super::print::{quoted, row};

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
        Self { listen: read_text("ws", "127.0.0.1:8080").unwrap_or_default(), https: None }
    }

    /// Every listener.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        [&self.listen, &self.https].into_iter().flatten()
    }

    /// Takes over what `--http` says.
    ///
    /// # Errors
    /// It is no address.
    pub(super) fn override_by(&mut self, text: &str) -> Result<(), EndpointError> {
        self.listen = read_text("ws", text)?;
        Ok(())
    }
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

/// Reads the table; with `judged`, whether it may listen there at all.
pub(super) fn read(reader: &Reader<'_>, mut table: Table<'_>, judged: Option<&Auth>, http: &mut Http) {
    let [listen, https] = ["listen", "https"].map(|key| table.get(key));
    read_address(reader, &listen, "ws", judged, &mut http.listen);
    read_address(reader, &https, "wss", judged, &mut http.https);
    table.finish();
}

fn read_address(
    reader: &Reader<'_>,
    field: &Field<'_>,
    scheme: &str,
    judged: Option<&Auth>,
    place: &mut Option<Endpoint>,
) {
    let Some(text) = field.string() else { return };
    match read_text(scheme, &text) {
        Ok(endpoint) => {
            let exposure = endpoint.as_ref().and_then(|at| judged.and_then(|auth| exposed(at, auth)));
            if let Some(Exposure { what, hint }) = exposure {
                reader.fault(&field.spot(), what, hint);
            }
            *place = endpoint;
        }
        Err(error) => {
            let hint = "write an address and a port, as \"127.0.0.1:8080\", or \"off\"";
            reader.fault(&field.spot(), format!("`{text}` is no address: {error}"), hint);
        }
    }
}

/// `ADDRESS[?OPTIONS]`, or `off`.
fn read_text(scheme: &str, text: &str) -> Result<Option<Endpoint>, EndpointError> {
    if text == OFF {
        return Ok(None);
    }
    let (address, options) =
        text.split_once('?').map_or((text, String::new()), |(a, o)| (a, format!("?{o}")));
    format!("{scheme}://{address}{SOCKET}{options}").parse().map(Some)
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
