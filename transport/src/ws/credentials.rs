//! What a WebSocket's request says of whoever sends it: a page, a name of ours, a token.
//!
//! A token is taken out of the request here, and neither repeated nor judged.

use tokio_tungstenite::tungstenite::handshake::server::Request;
use tokio_tungstenite::tungstenite::http::header::{
    AUTHORIZATION, AsHeaderName, HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL,
};

use crate::{Forbidden, Secret, Web};

/// The subprotocol that is chosen where a client offers it: a browser that offers any must be answered
/// with one of them, and a token must not be it.
const SUBPROTOCOL: &str = "car-daemon";

/// What stands before a token among the subprotocols that a client offers.
const TOKEN: &str = "token.";

/// Whether page and name are let in.
pub(super) fn check(request: &Request, web: &Web) -> Result<(), Forbidden> {
    web.check(all(request, ORIGIN), all(request, HOST))
}

/// The token of a request, if any is there: by `Authorization` (RFC 6750, section 2.1) before one among
/// the subprotocols.
pub(super) fn token(request: &Request) -> Option<Secret> {
    let bearer = all(request, AUTHORIZATION).find_map(|value| {
        let (scheme, token) = value.split_at(value.iter().position(|b| *b == b' ')?);
        scheme.eq_ignore_ascii_case(b"Bearer").then(|| token.trim_ascii())
    });
    let offered = || offered(request).find_map(|protocol| protocol.strip_prefix(TOKEN.as_bytes()));
    bearer.or_else(offered).map(Secret::claimed)
}

/// The subprotocol to answer with.
pub(super) fn subprotocol(request: &Request) -> Option<&'static str> {
    offered(request).any(|protocol| protocol == SUBPROTOCOL.as_bytes()).then_some(SUBPROTOCOL)
}

/// The subprotocols that a client offers, in one header or several.
fn offered(request: &Request) -> impl Iterator<Item = &[u8]> {
    let lists = all(request, SEC_WEBSOCKET_PROTOCOL);
    lists.flat_map(|list| list.split(|b| *b == b',')).map(<[u8]>::trim_ascii)
}

fn all(request: &Request, name: impl AsHeaderName) -> impl Iterator<Item = &[u8]> {
    request.headers().get_all(name).iter().map(|value| value.as_bytes())
}
