//! `/stream` and `/snapshot`: what the car sees, as mjpg-streamer serves it.
//!
//! What must never live here: where pictures come from.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::time::timeout;

use super::Site;
use crate::camera::Picture;

/// How long a picture is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two parts, as mjpg-streamer writes it.
const MULTIPART: &str = "multipart/x-mixed-replace;boundary=boundarydonotcross";

pub(super) async fn stream(State(site): State<Arc<Site>>) -> Response {
    let viewer = site.camera.view();
    // Each picture is two pieces, of which the second is everybody's.
    let parts = stream::unfold((viewer, None::<Bytes>), |(mut viewer, rest)| async move {
        if let Some(jpeg) = rest {
            return Some((Ok::<_, Infallible>(jpeg), (viewer, None)));
        }
        let picture = viewer.next().await;
        Some((Ok(head(&picture)), (viewer, Some(picture.jpeg.clone()))))
    });
    ([(CONTENT_TYPE, MULTIPART), (CACHE_CONTROL, "no-store")], Body::from_stream(parts)).into_response()
}

pub(super) async fn snapshot(State(site): State<Arc<Site>>) -> Response {
    let mut viewer = site.camera.view();
    match timeout(PATIENCE, viewer.next()).await {
        Ok(picture) => ([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "no-store")], picture.jpeg.clone())
            .into_response(),
        Err(_elapsed) => {
            let why = viewer.camera().trouble().map_or("no picture came".to_owned(), |why| why.to_string());
            (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
        }
    }
}

fn head(picture: &Picture) -> Bytes {
    let taken = SystemTime::now() - picture.taken.elapsed();
    let taken = taken.duration_since(UNIX_EPOCH).unwrap_or_default();
    let before = if picture.number == 1 { "" } else { "\r\n" };
    format!(
        "{before}--boundarydonotcross\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: {}.{:06}\r\n\r\n",
        picture.jpeg.len(),
        taken.as_secs(),
        taken.subsec_micros()
    )
    .into()
}
