//! What the service manager is told (sd_notify(3)): that everything listens, what the daemon is about,
//! and, as often as it asks, that the control loop turns. Without a service manager nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;
use transport::Endpoint;

use crate::hardware::Heartbeat;

/// Everything listens, the outputs are at rest.
pub(crate) fn ready(endpoints: &[Endpoint]) {
    let endpoints: Vec<String> = endpoints.iter().map(Endpoint::to_string).collect();
    let status = format!("listens on {}", endpoints.join(", "));
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// The configuration is taken over: a reload begins.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the service manager is not told of the reload"),
    }
}

/// The reload is over, as `outcome` says in words.
pub(crate) fn reloaded(outcome: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(outcome)]);
}

/// The daemon ends.
pub(crate) fn stopping(why: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(why)]);
}

/// Tells the service manager that all is well, twice in each of its intervals (`WatchdogSec=`), and
/// only when the control loop has turned since it was last told. Never ends, and does nothing where nobody asks.
pub(crate) async fn watch(heartbeat: Heartbeat) -> std::convert::Infallible {
    let Some(interval) = sd_notify::watchdog_enabled().filter(|interval| *interval > Duration::ZERO) else {
        return std::future::pending().await;
    };
    let mut ticks = tokio::time::interval(interval / 2);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = 0;
    loop {
        ticks.tick().await;
        let turns = heartbeat.turns();
        if turns != told {
            tell(&[NotifyState::Watchdog]);
            told = turns;
        } else {
            tracing::error!("the control loop does not turn: the service manager will restart this daemon");
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told anything");
    }
}
