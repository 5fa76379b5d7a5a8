//! HTTP: the page, its WebSocket, the camera, and what other programs ask of the car.
//!
//! What lives here: one file for each kind of answer, and the shell that speaks HTTP. What must never live here:
//! what may move the car: over `/ws` come the same sessions as by any listener.

mod answer;
mod asset;
mod caller;
mod camera;
mod cookie;
mod guard;
mod headers;
mod health;
mod login;
mod metrics;
mod outlet;
mod page;
mod passes;
mod query;
mod serve;
mod shown;
mod socket;
mod state;
mod stay;
mod world;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

use crate::camera::Camera;
use crate::config::{Config, Limits};
use crate::hardware::Heartbeat;
use crate::server::Server;
use crate::session::Context;
use camera::Lookout;
use passes::Passes;
use transport::Web;

pub(crate) use serve::{look_out, serve};
use world::Plan;

/// What every answer is made of.
#[derive(Debug)]
pub(crate) struct Site {
    context: Arc<Context>,
    server: Server,
    camera: Camera,
    limits: Limits,
    /// Whose pages may ask, and by which names.
    web: Web,
    /// Whoever has logged in.
    passes: Passes,
    /// Where drivers are stopped who see nothing any more.
    lookout: Option<Lookout>,
    /// What stands around the car, where it is simulated.
    plan: Option<Plan>,
    heartbeat: Heartbeat,
    /// How long the control loop may not turn.
    stall: Duration,
}

impl Site {
    pub(crate) fn new(config: &Config, server: Server, camera: Camera, web: Web, life: Heartbeat) -> Self {
        let plan = config.is_simulated().then(|| Plan::new(&config.world, &config.board));
        let Context { shared, clock, .. } = &**server.context();
        let limit = Some(config.camera.stop_stalled).filter(|limit| !limit.is_zero());
        let lookout =
            limit.map(|limit| Lookout::new(limit, config.limits.eyes(), Arc::clone(shared), clock.clone()));
        Self {
            context: Arc::clone(server.context()),
            server,
            camera,
            limits: config.limits.clone(),
            web,
            passes: Passes::default(),
            lookout,
            plan,
            heartbeat: life,
            stall: config.stall(),
        }
    }
}

/// Where the files of the page are, which are everybody's.
const FILES: &str = "/page/";

/// Every path.
fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(page::root))
        .route("/ws", any(socket::open))
        .route("/stream", get(camera::stream).delete(camera::unwatch))
        .route("/snapshot", get(camera::snapshot))
        .route("/state", get(state::state))
        .route("/world", get(world::world))
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(health::health))
        .route("/login", post(login::login))
        .route("/logout", post(login::logout))
        .route("/page/{*file}", get(page::file))
        .fallback(page::nothing)
        .method_not_allowed_fallback(page::otherwise)
        .layer(from_fn_with_state(Arc::clone(&site), guard::pass))
        .with_state(site)
}
