//! What a session wants to be told unasked, and when the next sample is due.

use std::time::Duration;

use protocol::{Answer, Topics};

/// The subscription of one session; at first to nothing.
#[derive(Debug, Default)]
pub(crate) struct Subscription {
    topics: Topics,
    rate_hz: f64,
    due: Duration,
}

impl Subscription {
    pub(crate) fn add(&mut self, topics: Topics, rate_hz: f64, now: Duration) {
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
    pub(crate) fn due(&self) -> Option<Duration> {
        self.topics.state.then_some(self.due)
    }

    /// A sample was sent or passed over: the next one is a period later. Where that is past, so that many were
    /// missed, it is a period from now: no moment is told twice.
    pub(crate) fn sampled(&mut self, now: Duration) -> Duration {
        let period = Duration::from_secs_f64(self.rate_hz.recip());
        let next = self.due + period;
        self.due = if next > now { next } else { now + period };
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_keep_their_rate_and_are_not_made_up_for() {
        let start = Duration::from_secs(5);
        let mut subscription = Subscription::default();
        assert_eq!(subscription.due(), None);
        subscription.add(Topics::ALL, 10.0, start);
        assert_eq!(subscription.due(), Some(start));
        subscription.sampled(start);
        assert_eq!(subscription.due(), Some(start + Duration::from_millis(100)));
        let late = start + Duration::from_secs(7);
        subscription.sampled(late);
        let next = late + Duration::from_millis(100);
        assert_eq!(
            subscription.due(),
            Some(next),
            "seven seconds late is one sample, not seventy, and not two"
        );
    }

    #[test]
    fn unsubscribing_one_topic_leaves_the_other() {
        let now = Duration::ZERO;
        let mut subscription = Subscription::default();
        subscription.add(Topics::ALL, 10.0, now);
        subscription.remove(Topics { state: true, events: false });
        assert!(subscription.wants_events());
        assert_eq!(subscription.due(), None);
    }
}
