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

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, EXPIRES, HeaderName, HeaderValue, PRAGMA};
use http::{Method, StatusCode, Version};
use serde::Deserialize;
use tokio::time::timeout;
use transport::Slot;

pub(super) use self::lookout::Lookout;
use self::pictures::Pictures;
use super::Site;
use super::answer::words;
use super::caller::Caller;
use super::outlet::Outlet;
use super::query::Query;
use super::stay::Stay;
use crate::camera::Picture;
use crate::control::SessionId;

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
    /// The word of whoever watches, and drives: where the configuration says so it is stopped when it sees nothing any
    /// more.
    eye: Option<String>,
    /// Under another name: WebKit shows what is called `multipart/x-mixed-replace` in images, and gives scripts nothing of
    /// it (its `SubresourceLoader::didReceiveResponse`).
    mixed: Option<String>,
}

pub(super) async fn stream(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Extension(outlet): Extension<Outlet>,
    Extension(stay): Extension<Stay>,
    method: Method,
    Query(wish): Query<Wish>,
) -> Response {
    let watched = site.lookout.as_ref().zip(wish.eye.as_deref());
    let watched = watched.map(|(lookout, eye)| Ok((lookout, session(&site, eye)?))).transpose();
    let watched = match watched {
        Ok(watched) => watched,
        // Whoever wants to be stopped when it sees nothing must know that it would not be.
        Err(why) => return words(StatusCode::CONFLICT, why),
    };
    let kind = if is_yes(wish.mixed.as_deref()) { part::MIXED } else { part::MULTIPART };
    let mut response = ([(CONTENT_TYPE, kind)]).into_response();
    if method != Method::HEAD {
        // Before there is a place: whoever finds none sees nothing either.
        let watcher = watched.map(|(lookout, session)| lookout.watcher(session));
        let own = watched.and_then(|(lookout, session)| lookout.place(session));
        let place: Box<dyn Send> = match own.map_or_else(|| caller.look().map(boxed), |own| Ok(boxed(own))) {
            Ok(place) => place,
            Err(full) => return words(StatusCode::SERVICE_UNAVAILABLE, &full.to_string()),
        };
        let (viewer, metrics) = (site.camera.view(), Arc::clone(&site.context.shared.metrics));
        let advance = is_yes(wish.advance_headers.as_deref());
        let clock = site.context.clock.clone();
        let pictures =
            Pictures { viewer, outlet, clock, metrics, advance, watcher, sent: None, stay, _place: place };
        *response.body_mut() = Body::from_stream(pictures.pieces());
    }
    as_of_old(response)
}

/// A session that opened a stream drives by something else from now on, and is not stopped for want of pictures.
pub(super) async fn unwatch(State(site): State<Arc<Site>>, Query(wish): Query<Wish>) -> Response {
    let Some(eye) = wish.eye else {
        return words(
            StatusCode::BAD_REQUEST,
            "whose stream? say /stream?eye=EYE, with the `eye` of `hello`",
        );
    };
    match session(&site, &eye) {
        Ok(session) => {
            site.lookout.iter().for_each(|lookout| lookout.leave(session));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => words(StatusCode::CONFLICT, why),
    }
}

pub(super) async fn snapshot(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let place = match caller.look() {
        Ok(place) => place,
        Err(full) => return words(StatusCode::SERVICE_UNAVAILABLE, &full.to_string()),
    };
    let asked = Instant::now();
    let mut viewer = site.camera.view();
    // Why none came, drawn.
    let mut drawn = None;
    let fresh = async {
        let mut before = None;
        loop {
            let picture = viewer.next().await;
            if picture.words {
                // They are waited past while the camera is being opened, and where it is only late.
                let picture = drawn.insert(picture);
                if !viewer.camera().may_come() {
                    return Arc::clone(picture);
                }
                continue;
            }
            // One that came again stands: there is none that is newer, and it says how old it is.
            let stands = before.replace(picture.taken) == Some(picture.taken);
            if picture.taken >= asked || stands {
                return picture;
            }
        }
    };
    match timeout(PATIENCE, fresh).await.ok().or(drawn) {
        Some(picture) => as_of_old(one(&picture, place)),
        None => words(StatusCode::SERVICE_UNAVAILABLE, "no picture came"),
    }
}

/// A picture by itself. Browsers show words that stand in for one, too; programs go by the status.
fn one(picture: &Picture, place: Slot<IpAddr>) -> Response {
    let status = if picture.words { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let wall = SystemTime::now() - picture.taken.elapsed();
    let headers = [
        (CONTENT_TYPE, part::JPEG.to_owned()),
        (HeaderName::from_static("x-timestamp"), part::timestamp(wall)),
    ];
    let body = Bytes::from_owner(Held { jpeg: picture.jpeg.clone(), _place: place });
    (status, headers, body).into_response()
}

/// A picture whose viewer keeps its place until the picture is written.
struct Held {
    jpeg: Bytes,
    _place: Slot<IpAddr>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.jpeg
    }
}

/// The headers of old, and an end that is the connection's.
fn as_of_old(mut response: Response) -> Response {
    *response.version_mut() = Version::HTTP_10;
    for (name, value) in NEVER_KEPT {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whose eye this is. Only the session itself was told the word: nobody else can watch for it.
fn session(site: &Site, eye: &str) -> Result<SessionId, &'static str> {
    let session = site.context.identity.eyes().and_then(|eyes| eyes.whose(eye));
    session
        .filter(|session| site.context.shared.look(|gate| gate.is_here(*session)))
        .ok_or("this is no eye of a session that is here: take it from the last `hello`")
}

fn boxed(place: impl Send + 'static) -> Box<dyn Send> {
    Box::new(place)
}

fn is_yes(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true" | "yes"))
}

#[cfg(test)]
mod tests;
