//! `/metrics`: what was counted and what is so now, in the text format 0.0.4 of Prometheus.
//!
//! What must never live here: a counter.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use prometheus::core::Collector;
use prometheus::{Gauge, GaugeVec, IntCounter, Opts, Registry, Result, TEXT_FORMAT, TextEncoder};
use protocol::{Mode, State as Sample};

use super::Site;
use super::answer::words;
use crate::camera::Status;

/// Every mode, as the state says it.
const MODES: [(Mode, &str); 4] =
    [(Mode::Idle, "idle"), (Mode::Driving, "driving"), (Mode::Estop, "estop"), (Mode::Fault, "fault")];

pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    match text(&site) {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT), (CACHE_CONTROL, "no-store")], text).into_response(),
        Err(error) => words(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn text(site: &Site) -> Result<String> {
    let (now, shared) = (Now::default(), &site.context.shared);
    now.car(&shared.state(site.context.clock.now()))?;
    now.daemon(site)?;
    let mut families = shared.metrics.gather();
    families.extend(now.0.gather());
    families.sort_by(|one, other| one.name().cmp(other.name()));
    TextEncoder::new().encode_to_string(&families)
}

/// What is so now. What a car has no sensor for is not there.
#[derive(Default)]
struct Now(Registry);

impl Now {
    fn car(&self, state: &Sample) -> Result<()> {
        let mode =
            self.gauges("car_mode", "1 for the mode that the car is in, and 0 for each other.", "mode")?;
        for (known, name) in MODES {
            mode.with_label_values(&[name]).set(one_if(known == state.mode));
        }
        let latched = "1 while the emergency stop is latched.";
        self.gauge("car_estop_latched", latched, one_if(state.estop.is_some()))?;
        self.gauge("car_lease_held", "1 while a session holds the lease.", one_if(state.driver.is_some()))?;
        if let Some(battery) = &state.battery {
            self.gauge("car_battery_volts", "At the battery.", battery.volts)?;
            self.gauge("car_battery_charge_ratio", "What is left in it, 0 to 1.", battery.percent / 100.0)?;
        }
        if let Some(range_m) = state.range_m {
            self.gauge("car_range_meters", "To what is nearest ahead.", range_m)?;
        }
        if let Some(speed) = &state.speed {
            self.gauge("car_speed_meters_per_second", "Forward positive.", speed.linear)?;
            self.gauge("car_turn_rate_radians_per_second", "Left positive.", speed.angular)?;
        }
        Ok(())
    }

    fn daemon(&self, site: &Site) -> Result<()> {
        let Site { context, camera, heartbeat, .. } = site;
        let (version, board, platform) = context.identity.build();
        let build = Opts::new("car_build_info", "Always 1; the labels say what runs on what.")
            .const_label("version", version)
            .const_label("board", board)
            .const_label("platform", platform);
        self.keep(Gauge::with_opts(build))?.set(1.0);
        let uptime = "Since the daemon started, by the wall's clock.";
        self.gauge("car_uptime_seconds", uptime, context.clock.wall().as_secs_f64())?;
        self.counter("car_loop_turns_total", "Turns of the control loop.", heartbeat.turns())?;
        let wrong = "Tokens that were shown and are not known.";
        self.counter("car_wrong_tokens_total", wrong, context.doors.wrong_tokens())?;
        let used = "What waits for clients in memory, beyond what is free for each.";
        self.gauge("car_client_memory_bytes", used, as_f64(context.memory.used()))?;
        let most = "What may wait for all clients together (`limits.memory`).";
        self.gauge("car_client_memory_limit_bytes", most, as_f64(context.memory.most))?;
        self.camera(&camera.status())
    }

    fn camera(&self, status: &Status) -> Result<()> {
        let source = Opts::new("car_camera_info", "Always 1; the label says where pictures come from.");
        self.keep(Gauge::with_opts(source.const_label("source", &status.source)))?.set(1.0);
        self.gauge("car_camera_viewers", "Who looks through the camera.", as_f64(status.viewers))?;
        let open = "1 while the camera's source is open, which it is while somebody looks.";
        self.gauge("car_camera_open", open, one_if(status.open))?;
        let pictures = "Pictures that the camera gave, without words in their place.";
        self.counter("car_camera_pictures_total", pictures, status.pictures)?;
        let rate = "Of these in the last two seconds, per second.";
        self.gauge("car_camera_pictures_per_second", rate, status.rate_hz)?;
        if let Some(age) = status.age {
            let old = "Since the light of the last picture fell in.";
            self.gauge("car_camera_picture_age_seconds", old, age.as_secs_f64())?;
        }
        if let Some((width, height)) = status.size {
            self.gauge("car_camera_picture_width", "Columns of the last picture.", f64::from(width))?;
            self.gauge("car_camera_picture_height", "Rows of the last picture.", f64::from(height))?;
        }
        let trouble = "1 while there should be a picture and is none.";
        self.gauge("car_camera_trouble", trouble, one_if(status.trouble.is_some()))
    }

    fn gauge(&self, name: &str, help: &str, value: f64) -> Result<()> {
        self.keep(Gauge::new(name, help))?.set(value);
        Ok(())
    }

    fn gauges(&self, name: &str, help: &str, by: &str) -> Result<GaugeVec> {
        self.keep(GaugeVec::new(Opts::new(name, help), &[by]))
    }

    fn counter(&self, name: &str, help: &str, value: u64) -> Result<()> {
        self.keep(IntCounter::new(name, help))?.inc_by(value);
        Ok(())
    }

    fn keep<M: Collector + Clone + 'static>(&self, made: Result<M>) -> Result<M> {
        let metric = made?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}

fn one_if(it_is: bool) -> f64 {
    if it_is { 1.0 } else { 0.0 }
}

#[allow(clippy::cast_precision_loss, reason = "nobody has 2^53 bytes")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
