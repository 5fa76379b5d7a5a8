//! `/state`: the state, as JSON.
//!
//! What must never live here: another way to say it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::Site;
use super::answer::json;

pub(super) async fn state(State(site): State<Arc<Site>>) -> Response {
    json(&site.context.shared.state(site.context.clock.now()))
}
