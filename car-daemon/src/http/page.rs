//! `/`: the page, and the files that it is made of, under `/page/`.
//!
//! What must never live here: what the page does.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, StatusCode, Uri};
use serde::Deserialize;

use super::answer::words;
use super::asset::ASSETS;
use super::caller::Caller;
use super::outlet::Outlet;
use super::query::Query;
use super::stay::Stay;
use super::{FILES, Site, camera};

/// What mjpg-streamer is asked by: `/?action=stream`.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    pub(super) action: Option<String>,
    #[serde(flatten)]
    wish: camera::Wish,
}

pub(super) async fn root(
    State(site): State<Arc<Site>>,
    caller: Extension<Caller>,
    outlet: Extension<Outlet>,
    stay: Option<Extension<Stay>>,
    method: Method,
    Query(asked): Query<Asked>,
) -> Response {
    // There is one camera, which mjpg-streamer numbers from 0.
    match (asked.action.as_deref(), stay) {
        (Some("stream" | "stream_0"), Some(stay)) => {
            camera::stream(State(site), caller, outlet, stay, method, Query(asked.wish)).await
        }
        // Everybody's: whoever is let in to the camera has a stay.
        (None, _) | (_, None) => asset("index.html"),
        (Some("snapshot" | "snapshot_0"), _) => camera::snapshot(State(site), caller).await,
        (Some(_), _) => words(StatusCode::NOT_FOUND, "`action` is stream or snapshot"),
    }
}

pub(super) async fn file(uri: Uri) -> Response {
    asset(uri.path().strip_prefix(FILES).unwrap_or_default())
}

pub(super) async fn nothing() -> Response {
    words(StatusCode::NOT_FOUND, "nothing is here: the page is at /")
}

/// To whoever asks for what is here by another method; the right ones are in `Allow`.
pub(super) async fn otherwise(method: Method) -> Response {
    words(
        StatusCode::METHOD_NOT_ALLOWED,
        &format!("not by {method}: `Allow` says which methods are known here"),
    )
}

fn asset(name: &str) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => {
            ([(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "no-cache")], asset.served()).into_response()
        }
        None => words(StatusCode::NOT_FOUND, "the page has no such file"),
    }
}
