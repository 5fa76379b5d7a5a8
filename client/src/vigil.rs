//! What takes the place of a link for a subscriber on a connection that has none: the daemon must hear
//! of him, and the states must come. Pure: the time is an argument.

use std::time::Duration;

use protocol::{Rate, Topics};
use tokio::time::Instant;

use crate::answer::Subscribed;

/// How often the daemon hears of a subscriber. It pauses a subscription after 1 s of silence: one
/// message may be lost.
const SPEAK: Duration = Duration::from_millis(400);

/// How long states may stay away, beside two of their periods.
const PATIENCE: Duration = Duration::from_secs(3);

/// When either side was last heard of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vigil {
    spoke: Instant,
    told: Instant,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Say something.
    Speak,
    /// The daemon is gone, or has forgotten the subscription.
    Lost,
}

impl Vigil {
    /// From now on.
    pub(crate) fn new(now: Instant) -> Self {
        Self { spoke: now, told: now }
    }

    /// Something was said to the daemon.
    pub(crate) fn spoke(&mut self, now: Instant) {
        self.spoke = now;
    }

    /// A state was told, or the subscription is new.
    pub(crate) fn told(&mut self, now: Instant) {
        self.told = now;
    }

    /// What is due next, and when; nothing without a subscription. Events may stay away for as long as
    /// nothing happens.
    pub(crate) fn due(self, subscribed: Subscribed) -> Option<(Instant, Due)> {
        let Subscribed { topics, rate_hz } = subscribed;
        if topics == Topics::default() {
            return None;
        }
        let speak = (self.spoke + SPEAK, Due::Speak);
        if !topics.state {
            return Some(speak);
        }
        let periods = Duration::from_secs_f64(2.0 / Rate::clamped(rate_hz).hz());
        let lost = (self.told + PATIENCE + periods, Due::Lost);
        Some(if lost.0 < speak.0 { lost } else { speak })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[tokio::test(start_paused = true)]
    async fn a_subscriber_speaks_in_time_and_misses_his_states() {
        let epoch = Instant::now();
        let mut vigil = Vigil::new(epoch);
        let all = Subscribed { topics: Topics::ALL, rate_hz: 10.0 };
        let events = Subscribed { topics: Topics { state: false, events: true }, ..all };
        assert_eq!(vigil.due(all), Some((epoch + MS(400), Due::Speak)));
        vigil.spoke(epoch + MS(3100));
        assert_eq!(vigil.due(all), Some((epoch + MS(3200), Due::Lost)));
        assert_eq!(vigil.due(events), Some((epoch + MS(3500), Due::Speak)), "no events are no loss");
        let rare = Subscribed { rate_hz: 0.1, ..all };
        assert_eq!(vigil.due(rare), Some((epoch + MS(3500), Due::Speak)), "the next is not late yet");
        vigil.told(epoch + MS(3150));
        assert_eq!(vigil.due(all), Some((epoch + MS(3500), Due::Speak)));
        assert_eq!(vigil.due(Subscribed { topics: Topics::default(), ..all }), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_that_is_none_does_no_harm() {
        for rate_hz in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Vigil::new(Instant::now()).due(Subscribed { topics: Topics::ALL, rate_hz }).is_some());
        }
    }
}
