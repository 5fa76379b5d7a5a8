//! `/healthz`: whether the control loop turns, now, seen from where everybody is answered.
//!
//! What must never live here: how the car fares. One whose emergency stop is latched is a healthy one.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use protocol::Mode;
use tokio::time::sleep;

use super::Site;
use super::answer::words;

/// Looks at the loop in the time that it has.
const LOOKS: u32 = 50;

/// Waits for a turn.
#[derive(Debug)]
struct Pulse {
    turns: u64,
    began: Duration,
    limit: Duration,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Turns,
    /// Not yet.
    Waits,
    Stands,
}

impl Pulse {
    /// A first look at a loop that has turned `turns` times, and has to turn once more within `limit`.
    fn new(turns: u64, began: Duration, limit: Duration) -> Self {
        Self { turns, began, limit }
    }

    fn look(&self, turns: u64, now: Duration) -> Verdict {
        if turns != self.turns {
            Verdict::Turns
        } else if now.saturating_sub(self.began) < self.limit {
            Verdict::Waits
        } else {
            Verdict::Stands
        }
    }
}

pub(super) async fn health(State(site): State<Arc<Site>>) -> Response {
    let clock = &site.context.clock;
    let pulse = Pulse::new(site.heartbeat.turns(), clock.wall(), site.stall);
    loop {
        match pulse.look(site.heartbeat.turns(), clock.wall()) {
            Verdict::Turns => return words(StatusCode::OK, &fine(&site)),
            Verdict::Waits => sleep(site.stall / LOOKS).await,
            Verdict::Stands => {
                let limit = site.stall.as_millis();
                let what = format!("the control loop does not turn: nothing for {limit} ms");
                return words(StatusCode::SERVICE_UNAVAILABLE, &what);
            }
        }
    }
}

/// That it turns, and what hinders driving nevertheless.
fn fine(site: &Site) -> String {
    match site.context.shared.state(site.context.clock.now()).mode {
        Mode::Idle => "ok: idle",
        Mode::Driving => "ok: driving",
        Mode::Estop => "ok: estop; the emergency stop is latched, `reset` releases it",
        Mode::Fault => "ok: fault; hardware failed, /state says which, `reset` releases it once it answers",
        _ => "ok",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_loop_is_healthy_at_its_next_turn_however_many_it_had() {
        let pulse = Pulse::new(7, ms(1_000), ms(200));
        assert_eq!(pulse.look(7, ms(1_000)), Verdict::Waits);
        assert_eq!(pulse.look(7, ms(1_199)), Verdict::Waits);
        assert_eq!(pulse.look(8, ms(1_199)), Verdict::Turns);
        assert_eq!(pulse.look(8, ms(9_000)), Verdict::Turns, "we looked late");
        assert_eq!(pulse.look(7, ms(1_200)), Verdict::Stands);
    }
}
