//! `/ws`: a session as by any listener of `ws`.
//!
//! What must never live here: what is said in it.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::CONNECTION;
use hyper_util::rt::TokioIo;
use transport::{Incoming, Peer, Presented, Refusal, Upgrade};

use super::Site;
use super::answer::words;
use super::caller::Caller;
use super::serve::other;
use super::shown::{By, is_own_origin, shown};
use super::stay::Leash;

pub(super) async fn open(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    mut request: Request,
) -> Response {
    let upgraded = hyper::upgrade::on(&mut request);
    let (head, _body) = request.into_parts();
    // A browser sends a cookie for any page of this host; each handshake of its own says whose page it is.
    let access = site.context.doors.access();
    let shown = shown(&head.headers, &head.uri, caller.scheme(), (&site.passes, &access))
        .filter(|shown| !matches!(shown.by, By::Cookie(_)) || is_own_origin(&head.headers, caller.scheme()))
        .filter(|_| access.has_tokens());
    let (token, pass) = shown.map(|shown| (shown.token, shown.by.pass())).unzip();
    let upgrade = match Upgrade::of(&http::Request::from_parts(head, ()), &site.web) {
        Ok(upgrade) => upgrade,
        Err(Refusal { status, error }) => {
            site.server.complain(&Peer::Socket(caller.peer), &error);
            let why = words(status, &error.to_string());
            return ([(CONNECTION.as_str(), "Upgrade")], Refusal::OFFERS, why).into_response();
        }
    };
    let response = upgrade.response().clone().map(|()| Body::empty());
    let limits = site.limits.transport.clone();
    let place = caller.sit();
    let Caller { peer, certificate, at, .. } = caller;
    let handshake = async move {
        let stream = upgraded.await.map_err(other)?;
        let presented = Presented { token, certificate, ..Presented::default() };
        let stream = Leash::new(TokioIo::new(stream), pass.flatten());
        Ok(upgrade.open(stream, peer, presented, &limits).await)
    };
    site.server.admit_at(Incoming { peer: Peer::Socket(peer), handshake: handshake.boxed() }, &at, place);
    response
}
