//! `/stream`, `/snapshot` and their old names `/?action=stream` and `/?action=snapshot`: what the car sees, as
//! mjpg-streamer and ustreamer serve it.
//!
//! What must never live here: where pictures come from.
//!
//! Programs that were written for those two read the body raw, up to its end: so the answer is of HTTP/1.0, without
//! chunks, and ends with the connection.

mod lookout;
mod part;
mod pictures;
mod sight;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, EXPIRES, HeaderName, HeaderValue, PRAGMA};
use http::{Method, StatusCode, Version};
use serde::Deserialize;
use tokio::time::timeout;

pub(super) use self::lookout::Lookout;
use self::lookout::Watcher;
use self::pictures::Pictures;
use super::Site;
use super::answer::words;
use super::caller::Caller;
use super::outlet::Outlet;
use crate::camera::Picture;

/// How long a fresh picture is waited for: a camera of a Pi needs up to three seconds to begin.
const PATIENCE: Duration = Duration::from_secs(5);

/// What keeps each picture from being kept, as both programs say it.
const NEVER_KEPT: [(HeaderName, &str); 4] = [
    (
        CACHE_CONTROL,
        "no-store, no-cache, must-revalidate, proxy-revalidate, pre-check=0, post-check=0, max-age=0",
    ),
    (PRAGMA, "no-cache"),
    (EXPIRES, "Mon, 3 Jan 2000 12:34:56 GMT"),
    (CONNECTION, "close"),
];

/// What a stream can be asked for besides.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wish {
    /// As of ustreamer: each head at once after the picture before.
    advance_headers: Option<String>,
    /// Of whoever watches, and drives: where the configuration says so it is stopped when it sees nothing any more.
    session: Option<String>,
    /// Under another name: WebKit shows what is called `multipart/x-mixed-replace` in images, and gives scripts nothing of
    /// it (its `SubresourceLoader::didReceiveResponse`).
    mixed: Option<String>,
}

pub(super) async fn stream(
    State(site): State<Arc<Site>>,
    Extension(outlet): Extension<Outlet>,
    Extension(caller): Extension<Caller>,
    method: Method,
    Query(wish): Query<Wish>,
) -> Response {
    let watcher = match (&site.lookout, &wish.session) {
        (Some(lookout), Some(session)) => match watcher(lookout, session, &caller) {
            Ok(watcher) => Some(watcher),
            // Whoever wants to be stopped when it sees nothing must know that it would not be.
            Err(why) => return words(StatusCode::CONFLICT, &why),
        },
        _ => None,
    };
    let kind = if is_yes(wish.mixed.as_deref()) { part::MIXED } else { part::MULTIPART };
    let mut response = ([(CONTENT_TYPE, kind)]).into_response();
    if method != Method::HEAD {
        let (viewer, latency) = (site.camera.view(), Arc::clone(&site.latency));
        let advance = is_yes(wish.advance_headers.as_deref());
        let clock = site.context.clock.clone();
        let pictures = Pictures { viewer, outlet, clock, latency, advance, watcher, sent: None };
        *response.body_mut() = Body::from_stream(pictures.pieces());
    }
    as_of_old(response)
}

pub(super) async fn snapshot(State(site): State<Arc<Site>>, method: Method) -> Response {
    if method == Method::HEAD {
        return as_of_old([(CONTENT_TYPE, part::JPEG)].into_response());
    }
    let asked = Instant::now();
    let mut viewer = site.camera.view();
    let fresh = async {
        loop {
            let picture = viewer.next().await;
            // Words are waited past while the camera is being opened.
            let last = !picture.words || viewer.camera().trouble().is_some();
            if picture.taken >= asked && last {
                return picture;
            }
        }
    };
    match timeout(PATIENCE, fresh).await {
        Ok(picture) => as_of_old(one(&picture)),
        Err(_elapsed) => {
            let why = viewer.camera().trouble().map_or("no picture came".to_owned(), |why| why.to_string());
            words(StatusCode::SERVICE_UNAVAILABLE, &why)
        }
    }
}

/// A picture by itself. Browsers show words that stand in for one, too; programs go by the status.
fn one(picture: &Picture) -> Response {
    let status = if picture.words { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let wall = SystemTime::now() - picture.taken.elapsed();
    let headers = [
        (CONTENT_TYPE, part::JPEG.to_owned()),
        (HeaderName::from_static("x-timestamp"), part::timestamp(wall)),
    ];
    (status, headers, picture.jpeg.clone()).into_response()
}

/// The headers of old, and an end that is the connection's.
fn as_of_old(mut response: Response) -> Response {
    *response.version_mut() = Version::HTTP_10;
    for (name, value) in NEVER_KEPT {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn watcher(lookout: &Lookout, session: &str, caller: &Caller) -> Result<Watcher, String> {
    let id =
        session.parse().map_err(|_| format!("`{session}` is no session: take the number from `hello`"))?;
    lookout.watcher(id, caller.peer.ip())
}

fn is_yes(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true" | "yes"))
}

#[cfg(test)]
mod tests;
