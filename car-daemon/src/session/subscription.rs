//! What a session wants to be told unasked, and when the next sample is due.

use std::time::Duration;

use protocol::{Answer, Topics};
use tokio::time::Instant;

/// The subscription of one session.
#[derive(Debug)]
pub(crate) struct Subscription {
    topics: Topics,
    rate_hz: f64,
    due: Instant,
}

impl Subscription {
    /// To nothing.
    pub(crate) fn none(now: Instant) -> Self {
        Self { topics: Topics::default(), rate_hz: 0.0, due: now }
    }

    pub(crate) fn add(&mut self, topics: Topics, rate_hz: f64, now: Instant) {
        self.topics.state |= topics.state;
        self.topics.events |= topics.events;
        self.rate_hz = rate_hz;
        if topics.state {
            self.due = now;
        }
    }

    pub(crate) fn remove(&mut self, topics: Topics) {
        self.topics.state &= !topics.state;
        self.topics.events &= !topics.events;
    }

    pub(crate) fn answer(&self) -> Answer {
        Answer::Subscribed { topics: self.topics, rate_hz: self.rate_hz }
    }

    pub(crate) fn wants_events(&self) -> bool {
        self.topics.events
    }

    /// When the next sample is due, if any.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.topics.state.then_some(self.due)
    }

    /// A sample was sent or passed over: the next one is a period later, and never in the past.
    pub(crate) fn sampled(&mut self, now: Instant) {
        self.due = (self.due + Duration::from_secs_f64(self.rate_hz.recip())).max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn samples_keep_their_rate_and_are_not_made_up_for() {
        let start = Instant::now();
        let mut subscription = Subscription::none(start);
        assert_eq!(subscription.due(), None);
        subscription.add(Topics::ALL, 10.0, start);
        assert_eq!(subscription.due(), Some(start));
        subscription.sampled(start);
        assert_eq!(subscription.due(), Some(start + Duration::from_millis(100)));
        let late = start + Duration::from_secs(7);
        subscription.sampled(late);
        assert_eq!(subscription.due(), Some(late), "seven seconds late is one sample, not seventy");
    }

    #[tokio::test(start_paused = true)]
    async fn unsubscribing_one_topic_leaves_the_other() {
        let now = Instant::now();
        let mut subscription = Subscription::none(now);
        subscription.add(Topics::ALL, 10.0, now);
        subscription.remove(Topics { state: true, events: false });
        assert!(subscription.wants_events());
        assert_eq!(subscription.due(), None);
    }
}
