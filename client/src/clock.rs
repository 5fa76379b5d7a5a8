//! The daemon's clock as well as this client can know it. Pure: the time is an argument.
//!
//! What the daemon said of its time is old by what its message took to come, so this clock is never
//! ahead of the daemon's, and behind by no more than the fastest message took.

use protocol::{Command, Moment};
use tokio::time::Instant;

/// The daemon's seconds at a moment of ours.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock(Option<(Instant, f64)>);

impl Clock {
    /// The daemon said that its clock was at `t`.
    pub(crate) fn told(&mut self, t: f64, now: Instant) {
        if self.seconds(now).is_none_or(|known| t > known) {
            self.0 = Some((now, t));
        }
    }

    /// Notes in a motion when it was sent, so that it is refused if it comes too late to be meant.
    pub(crate) fn stamp(&self, command: &mut Command, now: Instant) {
        if let Command::Drive { t, .. } | Command::Velocity { t, .. } | Command::Test { t, .. } = command
            && t.is_none()
        {
            *t = self.seconds(now).and_then(|seconds| Moment::new("t", seconds).ok());
        }
    }

    fn seconds(&self, now: Instant) -> Option<f64> {
        self.0.map(|(then, t)| t + now.saturating_duration_since(then).as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::Power;

    use super::*;

    fn stamped(clock: &Clock, now: Instant) -> Option<f64> {
        let mut drive = Command::Drive {
            throttle: Power::MAX,
            steer: Power::default(),
            strafe: None,
            ttl: None,
            seq: None,
            t: None,
        };
        clock.stamp(&mut drive, now);
        let Command::Drive { t, .. } = drive else { panic!("still a drive") };
        t.map(Moment::seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn the_fastest_message_sets_the_clock() {
        let epoch = Instant::now();
        let mut clock = Clock::default();
        assert_eq!(stamped(&clock, epoch), None, "nothing was told yet");
        clock.told(100.0, epoch);
        let later = epoch + Duration::from_secs(2);
        assert_eq!(stamped(&clock, later), Some(102.0));
        clock.told(101.5, later);
        assert_eq!(stamped(&clock, later), Some(102.0), "that message took longer");
        clock.told(102.25, later);
        assert_eq!(stamped(&clock, later), Some(102.25));
    }
}
