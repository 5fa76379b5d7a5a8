//! HTTP: the page, its WebSocket, the camera, and what other programs ask of the car.
//!
//! What lives here: one file for each kind of answer, and the shell that speaks HTTP. What must never live here:
//! what may move the car: over `/ws` come the same sessions as by any listener.

mod asset;
mod caller;
mod camera;
mod headers;
mod page;
mod serve;
mod socket;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{any, get};

use crate::camera::Camera;
use crate::config::{Config, Limits};
use crate::server::Server;
use crate::session::Context;
use transport::Web;

pub(crate) use serve::serve;

/// What every answer is made of.
#[derive(Debug)]
pub(crate) struct Site {
    context: Arc<Context>,
    server: Server,
    camera: Camera,
    limits: Limits,
    /// Whose pages may ask, and by which names.
    web: Web,
}

impl Site {
    pub(crate) fn new(config: &Config, server: Server, camera: Camera, web: Web) -> Self {
        Self { context: Arc::clone(server.context()), server, camera, limits: config.limits.clone(), web }
    }
}

/// Every path.
fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(page::root))
        .route("/ws", any(socket::open))
        .route("/stream", get(camera::stream))
        .route("/snapshot", get(camera::snapshot))
        .route("/state", get(state::state))
        .route("/page/{*file}", get(page::file))
        .fallback(page::nothing)
        .layer(map_response(headers::harden))
        .with_state(site)
}
