//! What is counted while the daemon runs, for `/metrics`.
//!
//! What lives here: one registry for each daemon, its counters, and what they are called. What must never live
//! here: anything global, anything that decides, and what is known elsewhere and only has to be looked at.

mod labels;
mod stops;

use std::fmt;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, Result,
};
use protocol::{Answer, Event, Fault, Role};
use transport::HandshakeError;

use crate::control::Input;

pub(crate) use self::labels::method;

/// By how much a turn of the control loop may be late, in seconds: from what nobody notices up to what counts as
/// stuck (`control.stall_ms`).
const LATE: [f64; 9] = [0.000_1, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.2];

/// How old a picture may be when it is handed over, in seconds: one that is a frame late at 30 a second, and one that is
/// many, lie in different buckets.
const OLD: [f64; 12] = [0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 5.0];

/// Everything that is counted. To count is an atomic addition or two.
pub(crate) struct Metrics {
    registry: Registry,
    lateness: Histogram,
    commands: IntCounterVec,
    stops: IntCounterVec,
    sessions: IntGaugeVec,
    turned_away: IntCounterVec,
    samples: IntCounterVec,
    requests: IntCounterVec,
    latency: Histogram,
    picture_bytes: IntCounter,
}

impl Metrics {
    /// That it was time for a turn of the control loop so long before it came.
    pub(crate) fn turned(&self, late: Duration) {
        self.lateness.observe(late.as_secs_f64());
    }

    /// What happened when the gate was told `input`, or looked at by the hardware.
    pub(crate) fn happened(&self, input: Option<&Input>, events: &[Event]) {
        if let Some(kind) = stops::kind(input, events) {
            self.stops.with_label_values(&[kind]).inc();
        }
    }

    /// The control loop is stuck.
    pub(crate) fn stalled(&self) {
        self.stops.with_label_values(&[stops::STALLED]).inc();
    }

    /// A session, until this is dropped.
    pub(crate) fn session(&self, transport: &str, role: Option<Role>) -> Counted {
        let gauge = self.sessions.with_label_values(&[transport, labels::role(role)]);
        gauge.inc();
        Counted(gauge)
    }

    /// Somebody was turned away before there was a session.
    pub(crate) fn turned_away(&self, error: &HandshakeError) {
        self.turned_away.with_label_values(&[labels::refusal(error)]).inc();
    }

    /// A sample of the state was sent to a subscriber, or passed over.
    pub(crate) fn sampled(&self, sent: bool) {
        self.samples.with_label_values(&[if sent { "sent" } else { "skipped" }]).inc();
    }

    /// A request over HTTP was answered.
    pub(crate) fn requested(&self, path: &str, status: u16) {
        self.requests.with_label_values(&[labels::path(path), labels::status(status)]).inc();
    }

    /// A picture of so many bytes was handed over to a viewer, this long after the light fell in.
    pub(crate) fn handed_over(&self, old: Duration, bytes: usize) {
        self.latency.observe(old.as_secs_f64());
        self.picture_bytes.inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// All that was counted.
    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }
}

/// What a session counts for.
#[derive(Debug)]
pub(crate) struct Counted(IntGauge);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What is answered to a session's commands. Most say the same again and again, of which the counter is at hand.
#[derive(Debug, Default)]
pub(crate) struct Answered(Option<([&'static str; 2], IntCounter)>);

impl Answered {
    /// What was answered to a command.
    pub(crate) fn count(
        &mut self,
        metrics: &Metrics,
        method: &'static str,
        outcome: &std::result::Result<Answer, Fault>,
    ) {
        let labels = [method, labels::outcome(outcome)];
        let (_, counter) = match self.0.take() {
            Some(last) if last.0 == labels => self.0.insert(last),
            _ => self.0.insert((labels, metrics.commands.with_label_values(&labels))),
        };
        counter.inc();
    }
}

impl Default for Metrics {
    /// # Panics
    /// Never: names and labels are those below, and a test makes them.
    fn default() -> Self {
        let registry = Registry::new();
        let late = "By how much turns of the control loop came too late, in seconds of the car's clock.";
        let late = HistogramOpts::new("car_loop_lateness_seconds", late).buckets(LATE.into());
        let old = "From the light to the socket, of each picture to each viewer.";
        let old = HistogramOpts::new("car_camera_latency_seconds", old).buckets(OLD.into());
        let bytes = "Pictures that were handed over to viewers.";
        let counters = |name: &str, help: &str, by: &[&str]| {
            kept(&registry, IntCounterVec::new(Opts::new(name, help), by))
        };
        // What is known beforehand is there from the start, so that whoever asks how often sees the first one.
        let from_0 = |name: &str, help: &str, by: &str, values: &[&str]| {
            let counter = counters(name, help, &[by]);
            values.iter().for_each(|value| drop(counter.with_label_values(&[value])));
            counter
        };
        Self {
            lateness: kept(&registry, Histogram::with_opts(late)),
            commands: counters(
                "car_commands_total",
                "Commands that were answered, by method and outcome: ok, or why not.",
                &["method", "outcome"],
            ),
            stops: from_0(
                "car_stops_total",
                "Stops of a car that was driven, by kind.",
                "kind",
                &stops::KINDS,
            ),
            sessions: kept(
                &registry,
                IntGaugeVec::new(
                    Opts::new("car_sessions", "Sessions that are open, by transport and role."),
                    &["transport", "role"],
                ),
            ),
            turned_away: from_0(
                "car_turned_away_total",
                "Peers that were turned away before they had a session, by reason.",
                "reason",
                &labels::REFUSALS,
            ),
            samples: from_0(
                "car_state_samples_total",
                "Samples of the state for subscribers: sent, or skipped while older ones had not left.",
                "fate",
                &["sent", "skipped"],
            ),
            requests: counters(
                "car_http_requests_total",
                "Requests over HTTP that were answered, by path and status.",
                &["path", "status"],
            ),
            latency: kept(&registry, Histogram::with_opts(old)),
            picture_bytes: kept(&registry, IntCounter::new("car_camera_bytes_total", bytes)),
            registry,
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// A metric that is part of what is gathered.
fn kept<M: Collector + Clone + 'static>(registry: &Registry, made: Result<M>) -> M {
    let metric = made.expect("its name and labels are valid");
    registry.register(Box::new(metric.clone())).expect("no other has its name");
    metric
}
