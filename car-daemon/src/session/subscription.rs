//! What a session wants to be told unasked, and when the next sample is due.

use std::time::Duration;

use protocol::{Answer, Topics};

/// tokio's timers come at whole milliseconds, and so up to one late.
const GRAIN: Duration = Duration::from_millis(1);

/// Periods that are shorter would be missed by that; their timers are set a grain earlier.
const SHORT: Duration = Duration::from_millis(5);

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

    /// When the next sample is to be sent, if any.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.topics.state.then(|| self.timer())
    }

    /// A sample was sent or passed over: the next one is a period later. Where that is past, so that many were
    /// missed, it is a period from now: no moment is told twice.
    pub(crate) fn sampled(&mut self, now: Duration) -> Duration {
        let next = self.due.saturating_add(self.period());
        self.due = if next > now { next } else { now.saturating_add(self.period()) };
        self.timer()
    }

    fn timer(&self) -> Duration {
        if self.period() < SHORT { self.due.saturating_sub(GRAIN) } else { self.due }
    }

    fn period(&self) -> Duration {
        Duration::try_from_secs_f64(self.rate_hz.recip()).unwrap_or(Duration::MAX)
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
    fn a_timer_that_is_up_to_a_millisecond_late_misses_no_sample_of_a_thousand_a_second() {
        for phase_us in [1, 300, 999] {
            let mut subscription = Subscription::default();
            let start = Duration::from_micros(7_000 + phase_us);
            subscription.add(Topics::ALL, 1000.0, start);
            let mut samples = 0;
            loop {
                let due = subscription.due().expect("it has subscribed");
                let late = Duration::from_micros(60);
                let now =
                    Duration::from_millis(u64::try_from(due.as_micros().div_ceil(1000)).unwrap()) + late;
                if now > start + Duration::from_secs(1) {
                    break;
                }
                subscription.sampled(now);
                samples += 1;
            }
            assert!((998..=1002).contains(&samples), "{samples} samples, {phase_us} µs past a millisecond");
        }
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
