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
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use transport::{HandshakeError, Incoming, Peer, Presented, Upgrade};

use super::Site;
use super::caller::Caller;
use super::serve::other;

pub(super) async fn open(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    mut request: Request,
) -> Response {
    let Some(upgraded) = request.extensions_mut().remove::<OnUpgrade>() else {
        return (StatusCode::UPGRADE_REQUIRED, "here is a WebSocket: open ws://, not http://\n")
            .into_response();
    };
    let (head, _body) = request.into_parts();
    let upgrade = match Upgrade::of(&http::Request::from_parts(head, ()), &site.web) {
        Ok(upgrade) => upgrade,
        Err(error) => {
            site.server.complain(&Peer::Socket(caller.peer), &error);
            let status = match error {
                HandshakeError::Forbidden(_) => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            };
            return (status, format!("{error}\n")).into_response();
        }
    };
    let response = upgrade.response().clone().map(|()| Body::empty());
    let limits = site.limits.transport.clone();
    let Caller { peer, certificate, at } = caller;
    let handshake = async move {
        let stream = upgraded.await.map_err(other)?;
        let presented = Presented { certificate, ..Presented::default() };
        Ok(upgrade.open(TokioIo::new(stream), peer, presented, &limits).await)
    };
    site.server.admit_at(Incoming { peer: Peer::Socket(peer), handshake: handshake.boxed() }, &at);
    response
}
