//! What stands behind the `?` of a request.
//!
//! What must never live here: what each answer can be asked.

use axum::extract;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::answer::words;

/// What was asked, or in words why it cannot be read.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let read = extract::Query::try_from_uri(&parts.uri);
        read.map(|extract::Query(asked)| Self(asked))
            .map_err(|error| words(StatusCode::BAD_REQUEST, &error.body_text()))
    }
}
