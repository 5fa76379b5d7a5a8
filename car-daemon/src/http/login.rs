//! `/login` and `/logout`: a token becomes a word in a cookie, so that neither a script nor the browser has to keep it.
//!
//! What must never live here: what a token is worth.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use http_body_util::LengthLimitError;
use protocol::{Role, Token};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use super::Site;
use super::answer::{json, words};
use super::caller::Caller;
use super::cookie::{forgetting, keeping, words_of};
use super::guard::enter;
use super::shown::{By, Shown, is_own_page};

/// Longest body, in bytes: several times the longest token.
const LONGEST: usize = 1024;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a page says.
#[derive(Deserialize)]
struct Said {
    token: String,
}

pub(super) async fn login(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    if !is_own_page(&headers, caller.scheme()) {
        return of_others();
    }
    let token = match token(request).await {
        Ok(token) => token,
        Err((status, why)) => return words(status, why),
    };
    let access = site.context.doors.access();
    if !access.has_tokens() {
        return words(StatusCode::CONFLICT, "no tokens are known here: come without one");
    }
    let shown = Shown { token: token.clone(), by: By::Word };
    let grant = match enter(&site, &caller, Some(&shown)).await {
        Ok(grant) => grant,
        Err(refused) => return refused,
    };
    let word = match site.passes.give(&token, &access) {
        Ok(word) => word,
        Err(error) => return words(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    forget(&site, &caller, &headers);
    let role = grant.role.map(Role::name);
    tracing::info!(peer = %caller.peer, role, token = grant.principal, "authorised by /login");
    let cookie = keeping(&word, &headers, caller.scheme());
    ([(SET_COOKIE, cookie)], json(&json!({ "role": role, "name": grant.principal }))).into_response()
}

pub(super) async fn logout(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    if !is_own_page(&headers, caller.scheme()) {
        return of_others();
    }
    forget(&site, &caller, &headers);
    (StatusCode::NO_CONTENT, [(SET_COOKIE, forgetting(&headers, caller.scheme()))]).into_response()
}

/// The word that a browser has shown is of no more use to it, and what it opened by that ends.
fn forget(site: &Site, caller: &Caller, headers: &HeaderMap) {
    words_of(headers, caller.scheme()).for_each(|word| site.passes.forget(word));
}

/// No other page may have somebody be somebody else.
fn of_others() -> Response {
    words(StatusCode::FORBIDDEN, "only the car's own page may log in or out")
}

async fn token(request: Request) -> Result<Token, (StatusCode, &'static str)> {
    match timeout(PATIENCE, to_bytes(request.into_body(), LONGEST)).await {
        Err(_elapsed) => Err((StatusCode::REQUEST_TIMEOUT, "the body took more than 5 s to come")),
        Ok(Err(error)) if error.source().is_some_and(|source| source.is::<LengthLimitError>()) => {
            Err((StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than 1024 bytes"))
        }
        Ok(Err(_)) => {
            Err((StatusCode::BAD_REQUEST, "the body broke off, or is not framed as HTTP frames it"))
        }
        // What serde says may repeat the token.
        Ok(Ok(body)) => serde_json::from_slice(&body)
            .map(|Said { token }| Token::claimed(token.as_bytes()))
            .map_err(|_| (StatusCode::BAD_REQUEST, "the body is JSON: {\"token\": \"…\"}")),
    }
}
