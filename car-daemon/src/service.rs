//! What the service manager is told (sd_notify(3)): that everything listens, what the daemon is about,
//! and, as often as it asks, that the control loop turns. Without a service manager nothing happens.

use std::convert::Infallible;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};
use transport::Endpoint;

use crate::hardware::Heartbeat;

/// By what a service manager speaks to one process alone (sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3)): no other
/// that the daemon starts is to have it.
pub(crate) const OURS: [&str; 6] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

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
/// only when the control loop has turned since it was last told. Does nothing where nobody asks.
pub(crate) async fn watch(heartbeat: Heartbeat) -> Infallible {
    match sd_notify::watchdog_enabled().filter(|interval| *interval > Duration::ZERO) {
        Some(interval) => feed(interval / 2, heartbeat, || tell(&[NotifyState::Watchdog])).await,
        None => std::future::pending().await,
    }
}

async fn feed(every: Duration, heartbeat: Heartbeat, mut alive: impl FnMut()) -> Infallible {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        ticks.tick().await;
        let turns = Some(heartbeat.turns());
        if turns == told {
            tracing::error!("the control loop does not turn: the service manager is not told that it does");
        } else {
            alive();
            told = turns;
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told anything");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_control_loop_that_stalls_is_not_said_to_be_well() {
        let heartbeat = Heartbeat::default();
        let mut fed = 0;
        let beats = heartbeat.clone();
        let stalls_after_a_second = async {
            for _ in 0..100 {
                beats.beat();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
        };
        tokio::select! {
            never = feed(Duration::from_millis(250), heartbeat, || fed += 1) => match never {},
            () = stalls_after_a_second => {}
        }
        // At 0, 250, 500 and 750 ms, and once for what turned after that.
        assert_eq!(fed, 5);
    }
}
