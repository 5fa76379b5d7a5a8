//! `/state`: the state, as JSON.
//!
//! What must never live here: another way to say it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::Site;

pub(super) async fn state(State(site): State<Arc<Site>>) -> Response {
    let state = site.context.shared.state(site.context.clock.now());
    match serde_json::to_string(&state) {
        Ok(json) => ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}
