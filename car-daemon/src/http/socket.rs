//! `/ws`: a session as by any listener of `ws`.
//!
//! What must never live here: what is said in it.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::StatusCode;
use http::header::UPGRADE;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use transport::{HandshakeError, Incoming, Peer, Presented, Upgrade};

use super::Site;
use super::answer::words;
use super::caller::Caller;
use super::serve::other;
use super::shown::{is_own_origin, shown};

pub(super) async fn open(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    mut request: Request,
) -> Response {
    let Some(upgraded) = request.extensions_mut().remove::<OnUpgrade>() else {
        let what = "here is a WebSocket: open ws://, not http://";
        return ([(UPGRADE, "websocket")], words(StatusCode::UPGRADE_REQUIRED, what)).into_response();
    };
    let (head, _body) = request.into_parts();
    // A browser sends a cookie for any page of this host; each handshake of its own says whose page it is.
    let token = shown(&head.headers, &head.uri, caller.scheme())
        .filter(|shown| !shown.by_cookie || is_own_origin(&head.headers, caller.scheme()))
        .filter(|_| site.context.doors.access().has_tokens())
        .map(|shown| shown.token);
    let upgrade = match Upgrade::of(&http::Request::from_parts(head, ()), &site.web) {
        Ok(upgrade) => upgrade,
        Err(error) => {
            site.server.complain(&Peer::Socket(caller.peer), &error);
            let status = match error {
                HandshakeError::Forbidden(_) => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            };
            return words(status, &error.to_string());
        }
    };
    let response = upgrade.response().clone().map(|()| Body::empty());
    let limits = site.limits.transport.clone();
    let Caller { peer, certificate, at, .. } = caller;
    let handshake = async move {
        let stream = upgraded.await.map_err(other)?;
        let presented = Presented { token, certificate, ..Presented::default() };
        Ok(upgrade.open(TokioIo::new(stream), peer, presented, &limits).await)
    };
    site.server.admit_at(Incoming { peer: Peer::Socket(peer), handshake: handshake.boxed() }, &at);
    response
}
