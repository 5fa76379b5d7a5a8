//! Pictures that another program serves over HTTP: a stream (mjpg-streamer, ustreamer, an ESP32-CAM, another car), or
//! one picture, asked for again and again.
//!
//! A stream's pictures are found by their own markers, so it is all one how they are wrapped: with whatever
//! boundary, with or without their length, in chunks. One counts as taken when its last byte is here, less its
//! age where another car says that; words in place of one are none. A redirection is
//! told and never followed: a camera does not choose where this machine connects to.
//!
//! What must never live here: a password or a token in a text for people.

use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::flow::Flow;
use super::{FrameSource, NoPicture, Opener, SILENCE, Shot};
use crate::config::CameraConfig;
use crate::secrets;
use place::Place;

mod place;
#[cfg(test)]
mod tests;

/// For a connection, and then for the head of the answer.
const ANSWER: Duration = Duration::from_secs(5);

/// What the head of an answer may have.
const HEAD_BYTES: usize = 64 << 10;
const HEADERS: usize = 64;

pub(super) const REMEDY: &str = "look at the camera there, and at the network to it";

const HINT: &str = "the URL must be that of a stream of JPEG pictures, or of one";

pub(super) fn opener(config: &CameraConfig, url: &str) -> Result<Opener, NoPicture> {
    let (config, place) = (config.clone(), Place::of(url).map_err(NoPicture)?);
    Ok(Box::new(move || Ok(Box::new(Far::open(&config, &place)?))))
}

/// Whether it can be asked at all; nobody is.
pub(super) fn prospect(url: &str) -> Result<String, NoPicture> {
    let place = Place::of(url).map_err(NoPicture)?;
    Ok(format!("{}, which is asked when somebody looks", place.shown))
}

/// Reads only while it is asked for a picture.
struct Far {
    /// Until it is dropped, which waits for nothing.
    runtime: Option<Runtime>,
    pictures: mpsc::Receiver<Result<Shot, NoPicture>>,
}

impl Far {
    fn open(config: &CameraConfig, place: &Place) -> Result<Self, NoPicture> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| NoPicture(error.to_string()))?;
        let (sender, pictures) = mpsc::channel(1);
        let (config, place) = (config.clone(), place.clone());
        runtime.spawn(async move {
            if let Err(why) = follow(&config, &place, &sender).await {
                // Whoever is gone needs no reason.
                let _gone = sender.send(Err(why)).await;
            }
        });
        Ok(Self { runtime: Some(runtime), pictures })
    }
}

impl FrameSource for Far {
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture> {
        let Some(runtime) = &self.runtime else { return Ok(None) };
        match runtime.block_on(async { timeout(wait, self.pictures.recv()).await }) {
            Ok(Some(picture)) => picture.map(Some),
            Ok(None) => Err(ended()),
            Err(_elapsed) => Ok(None),
        }
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        // A name that is being looked up would be waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Sends pictures until something is wrong, or nobody takes them.
async fn follow(
    config: &CameraConfig,
    place: &Place,
    pictures: &mpsc::Sender<Result<Shot, NoPicture>>,
) -> Result<(), NoPicture> {
    let mut flow = Flow::new(config, Instant::now());
    let mut pace = interval(config.period());
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let answer = get(place).await.map_err(NoPicture)?;
        let is_stream = is_stream(&answer).map_err(NoPicture)?;
        let mut body = answer.into_body();
        loop {
            let piece = timeout(SILENCE, body.frame()).await;
            let piece = piece.map_err(|_elapsed| NoPicture("nothing comes any more".to_owned()))?;
            let Some(piece) = piece else { break };
            let piece = piece.map_err(|error| NoPicture(format!("the connection broke: {error}")))?;
            if let Some(bytes) = piece.data_ref() {
                flow.push(bytes, Instant::now());
            }
            flow.check(HINT, Instant::now())?;
            if let Some(shot) = flow.take()
                && pictures.send(Ok(shot)).await.is_err()
            {
                return Ok(());
            }
        }
        if is_stream {
            return Err(ended());
        }
    }
}

fn ended() -> NoPicture {
    NoPicture("the stream has ended".to_owned())
}

/// Whether it is a stream, and not a picture.
fn is_stream(answer: &Response<Incoming>) -> Result<bool, String> {
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => {
            return Err("asks who this is: of another car write ?token=TOKEN behind the address (&token=TOKEN where it has \
                        a ? already), of others \
                        http://NAME:PASSWORD@… (only Basic is known)"
                .to_owned());
        }
        status if status.is_redirection() => {
            return Err(format!("has moved to {}: write that", secrets::without(header(LOCATION))));
        }
        status => return Err(format!("answers {status}")),
    }
    let kind = header(CONTENT_TYPE).to_ascii_lowercase();
    match kind.split(';').next().unwrap_or_default().trim() {
        "image/jpeg" | "image/jpg" => Ok(false),
        kind if kind.starts_with("multipart/") || kind == "video/x-motion-jpeg" => Ok(true),
        kind => Err(format!("serves `{kind}`: {HINT}")),
    }
}

async fn get(place: &Place) -> Result<Response<Incoming>, String> {
    let connected = timeout(ANSWER, TcpStream::connect((place.host.as_str(), place.port))).await;
    let stream = connected
        .map_err(|_elapsed| {
            format!("nobody answers within {} s: is it on, and in this network?", ANSWER.as_secs())
        })?
        .map_err(|error| format!("{error}: is the program there on, and the port right?"))?;
    let asked = async {
        let mut http = http1::Builder::new();
        http.max_buf_size(HEAD_BYTES).max_headers(HEADERS);
        let (mut sender, connection) = http.handshake(TokioIo::new(stream)).await?;
        // Ends with the body, or with the runtime; what is wrong with it the body says.
        tokio::spawn(async { drop(connection.await) });
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = place.path.clone();
        request.headers_mut().insert(HOST, place.name.clone());
        if let Some(authorization) = &place.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        sender.send_request(request).await
    };
    timeout(ANSWER, asked)
        .await
        .map_err(|_elapsed| "it takes the request and answers nothing".to_owned())?
        .map_err(|error: hyper::Error| format!("it does not answer as HTTP does: {error}"))
}
