//! The `[http]` table: where browsers come to.
//!
//! What must never live here: what they get there.

use std::fmt;

use hal::file::{Field, Reader, Table};
use transport::{Address, Endpoint, EndpointError};

use super::auth::{Auth, Exposure, exposed};
use super::print::{quoted, row};
use super::read::collide;

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

/// Reads the table; with `judged`, whether it may listen there at all, where others listen at `taken`.
pub(super) fn read(
    reader: &Reader<'_>,
    mut table: Table<'_>,
    judged: Option<&Auth>,
    taken: &[Endpoint],
    http: &mut Http,
) {
    let [listen, https] = ["listen", "https"].map(|key| table.get(key));
    read_address(reader, &listen, "ws", judged, &mut http.listen);
    read_address(reader, &https, "wss", judged, &mut http.https);
    for (field, at, others) in [(listen, &http.listen, None), (https, &http.https, http.listen.as_ref())] {
        let Some(at) = at.as_ref().filter(|_| judged.is_some()) else { continue };
        if let Some(other) = taken.iter().chain(others).find(|other| collide(other, at)) {
            let what = format!("needs the address of `{}`", address_of(other));
            reader.fault(
                &field.spot(),
                what,
                "give each an address of its own: the page has a WebSocket, at /ws",
            );
        }
    }
    table.finish();
}

/// As people know it: a page by its own URL.
fn address_of(endpoint: &Endpoint) -> String {
    match endpoint.to_string().contains(SOCKET) {
        true => page_url(endpoint),
        false => endpoint.to_string(),
    }
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

/// `ADDRESS[:PORT][?OPTIONS]`, or `off`.
fn read_text(scheme: &str, text: &str) -> Result<Option<Endpoint>, EndpointError> {
    if text == OFF {
        return Ok(None);
    }
    let (address, options) =
        text.split_once('?').map_or((text, String::new()), |(a, o)| (a, format!("?{o}")));
    // That of the scheme's own would be the one of the plain WebSocket.
    let port = match scheme {
        _ if address.contains(':') && !address.ends_with(']') => "",
        "wss" => ":8443",
        _ => ":8080",
    };
    format!("{scheme}://{address}{port}{SOCKET}{options}").parse().map(Some)
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
