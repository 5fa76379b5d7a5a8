//! Answers of a few words, and JSON.
//!
//! What must never live here: when which is given.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;

/// One line, for people, of what is true now.
pub(super) fn words(status: StatusCode, text: &str) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], format!("{text}\n")).into_response()
}

/// What is true now, for programs.
pub(super) fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(json) => ([(CONTENT_TYPE, JSON), (CACHE_CONTROL, "no-store")], Bytes::from(json)).into_response(),
        Err(error) => words(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

pub(super) const JSON: &str = "application/json";
