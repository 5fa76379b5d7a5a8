//! What stands before every answer: whose page asks and by which name, and who may see what.
//!
//! What must never live here: what is answered to those who may ask.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, CONNECTION, HOST, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{Method, StatusCode, Uri, Version};
use protocol::Token;
use tokio::time::sleep;
use transport::{HandshakeError, Peer, Presented};

use super::answer::words;
use super::caller::Caller;
use super::page::Asked;
use super::shown::{By, Shown, shown};
use super::stay::Stay;
use super::{FILES, Site, headers};
use crate::access::Origin;
use crate::control::Grant;
use crate::session::Shower;

/// Paths at which nothing is to be had that is anybody's, or where is asked for the token in another way.
const OPEN: [&str; 5] = ["/", "/healthz", "/ws", "/login", "/logout"];

/// Who was connected for this long and has shown nothing is hung up on after its next answer, where tokens are known:
/// as long as a connection is kept without a request.
const STRANGER: Duration = Duration::from_secs(5);

/// Asks the browser before a page of another origin may (Private Network Access, section 3.1).
const PRIVATE_NETWORK: (HeaderName, HeaderName) = (
    HeaderName::from_static("access-control-request-private-network"),
    HeaderName::from_static("access-control-allow-private-network"),
);

/// Lets through who may have what they ask for; every answer leaves by here.
pub(super) async fn pass(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let (mut head, body) = request.into_parts();
    let uri = head.uri.clone();
    name_dialled(&uri, &mut head.headers);
    let origin = head.headers.get(ORIGIN).cloned();
    let (mut response, is_known) = match stop(&site, &caller, &head).await {
        Err(stopped) => (stopped, false),
        Ok(stay) => {
            let is_known = stay.is_some();
            if let Some(stay) = stay {
                head.extensions.insert(stay);
            }
            (next.run(Request::from_parts(head, body)).await, is_known)
        }
    };
    // A place is not kept for ever by who shows nothing. What becomes a session has bounds of its own.
    let is_upgrade = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if !is_known && !is_upgrade && caller.stayed() >= STRANGER && site.context.doors.access().has_tokens() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    site.context.shared.metrics.requested(uri.path(), response.status().as_u16());
    headers::harden(response.headers_mut(), is_picture(&uri));
    // A page that may not ask was stopped, and must not read even why.
    if let Some(origin) = origin.filter(|_| response.status() != StatusCode::FORBIDDEN) {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    response
}

/// The target of a request counts before its `Host` where it names a host itself (RFC 9112, section 3.2.2).
fn name_dialled(uri: &Uri, headers: &mut HeaderMap) {
    let named = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    // Two of them are refused, whatever the target.
    if let Some(host) = named.filter(|_| headers.get_all(HOST).iter().nth(1).is_none()) {
        headers.insert(HOST, host);
    }
}

/// For how long whoever asks may have it, where that is not everybody's.
///
/// # Errors
/// What is answered in place of what was asked for.
async fn stop(
    site: &Site,
    caller: &Caller,
    Parts { method, uri, version, headers, .. }: &Parts,
) -> Result<Option<Stay>, Response> {
    // RFC 9112, section 3.2.
    if *version == Version::HTTP_11 && !headers.contains_key(HOST) {
        return Err(words(StatusCode::BAD_REQUEST, "HTTP/1.1 needs the header `Host`"));
    }
    let all = |name: HeaderName| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    if let Err(why) = site.web.check(all(ORIGIN), all(HOST)) {
        let error = HandshakeError::Forbidden(why);
        site.server.complain(&Peer::Socket(caller.peer), &error);
        return Err(words(StatusCode::FORBIDDEN, &error.to_string()));
    }
    if *method == Method::OPTIONS {
        return Err(options(headers));
    }
    if is_open(uri) {
        return Ok(None);
    }
    // Before it is decided: what changes after that is noticed.
    let access = site.context.doors.watch();
    let shown = shown(headers, uri, caller.scheme(), (&site.passes, &access.borrow()));
    let token = shown.as_ref().map(|shown| shown.token.clone());
    let grant = enter(site, caller, shown.as_ref()).await?;
    let Grant { role: Some(_), .. } = grant else { return Err(missing()) };
    let (peer, at, pass) =
        (Peer::Socket(caller.peer), Arc::clone(&caller.at), shown.and_then(|shown| shown.by.pass()));
    Ok(Some(Stay::new(access, peer, at, presented(caller, token), pass)))
}

/// Who somebody is who shows this.
///
/// # Errors
/// With the answer, where the token is wrong; that was waited for.
pub(super) async fn enter(site: &Site, caller: &Caller, shown: Option<&Shown>) -> Result<Grant, Response> {
    let access = site.context.doors.access();
    // Where there is no token there is none to guess.
    let shown = shown.filter(|_| access.has_tokens());
    let peer = Peer::Socket(caller.peer);
    match shown {
        Some(Shown { token, by: By::Word }) => weigh(site, caller, token, Origin::of(&peer)).await?,
        Some(Shown { token, by: By::Query }) => weigh(site, caller, token, Origin::by_query(&peer)).await?,
        // Whose cookie is known has shown its token before, and no cookie can be guessed.
        Some(Shown { by: By::Cookie(_), .. }) | None => {}
    }
    let presented = presented(caller, shown.map(|shown| shown.token.clone()));
    Ok(access.grant(&peer, &caller.at, &presented))
}

/// What somebody shows besides where it comes from.
fn presented(caller: &Caller, token: Option<Token>) -> Presented {
    Presented { token, certificate: caller.certificate, ..Presented::default() }
}

/// Guessing costs what it costs a session.
async fn weigh(site: &Site, caller: &Caller, token: &Token, origin: Origin) -> Result<(), Response> {
    let (doors, access) = (&site.context.doors, site.context.doors.access());
    // Whoever has shown it over this very connection does not guess.
    if caller.has_shown(token) && access.knows(token) {
        return Ok(());
    }
    let by = Shower { session: None, peer: &Peer::Socket(caller.peer), origin, at: &caller.at };
    let weighed = doors.weigh(&access, token, by, site.context.clock.wall());
    sleep(weighed.wait).await;
    if !weighed.wrong {
        caller.shows(token);
        return Ok(());
    }
    Err(if weighed.turned_away {
        let why = "too many wrong tokens came from this address: each is one too many for a minute";
        ([(RETRY_AFTER, "60")], words(StatusCode::TOO_MANY_REQUESTS, why)).into_response()
    } else {
        unauthorised("this token is not known here")
    })
}

fn missing() -> Response {
    unauthorised(
        "show a token: the page asks for it; programs send `Authorization: Bearer TOKEN`, or `?token=TOKEN`",
    )
}

fn unauthorised(why: &str) -> Response {
    ([(WWW_AUTHENTICATE, "Bearer realm=\"car\"")], words(StatusCode::UNAUTHORIZED, why)).into_response()
}

/// What may be asked, to a browser that asks before a page does (Fetch Standard, section 3.2.2).
fn options(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        let mut allow = |name, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
        allow(ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD");
        allow(ACCESS_CONTROL_ALLOW_HEADERS, "Authorization");
        allow(ACCESS_CONTROL_MAX_AGE, "600");
        let (asks, allows) = PRIVATE_NETWORK;
        if headers.contains_key(asks) {
            allow(allows, "true");
        }
    }
    response
}

fn is_open(uri: &Uri) -> bool {
    let path = uri.path();
    (OPEN.contains(&path) && !is_picture(uri)) || path.starts_with(FILES)
}

/// Whether the camera is asked for, which a page of another site may show, and not read.
fn is_picture(uri: &Uri) -> bool {
    match uri.path() {
        "/stream" | "/snapshot" => true,
        // As the answer reads it: `action` can be written in more ways than one.
        "/" => Query::<Asked>::try_from_uri(uri).is_ok_and(|Query(asked)| asked.action.is_some()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_everybodys_and_whatever_is_the_cars_is_not() {
        for (path, open) in [
            ("/", true),
            ("/?lang=zh", true),
            ("/?action=stream", false),
            ("/?x=1&action=snapshot", false),
            ("/?%61ction=stream", false),
            ("/%3Faction=stream", false),
            ("/page/main.js", true),
            ("/healthz", true),
            ("/ws", true),
            ("/login", true),
            ("/state", false),
            ("/world", false),
            ("/metrics", false),
            ("/stream", false),
            ("/snapshot?token=x", false),
            ("/whatever", false),
        ] {
            assert_eq!(is_open(&path.parse().expect("a path")), open, "{path}");
        }
    }
}
