//! What a session wants to be told unasked, and when the next sample is due.

use std::time::Duration;

use protocol::{Answer, Topics};

/// The subscription of one session; at first to nothing.
#[derive(Debug, Default)]
pub(crate) struct Subscription {
    topics: Topics,
    rate_hz: f64,
    due: Duration,
    /// From one turn of the control loop to the next.
    turn: Duration,
}

impl Subscription {
    /// From `now` on, of a loop that turns every `turn`. More often than that there is nothing new.
    pub(crate) fn add(&mut self, topics: Topics, rate_hz: f64, turn: Duration, now: Duration) {
        self.topics.state |= topics.state;
        self.topics.events |= topics.events;
        self.rate_hz = rate_hz.min(turn.as_secs_f64().recip());
        self.turn = turn;
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

    /// Where nearly every turn of the loop is told: by how much a sample may be early. A timer of its own would beat with
    /// the loop's, and some turns would be told twice and others not at all.
    pub(crate) fn follows_turns(&self) -> Option<Duration> {
        (self.topics.state && self.period() < self.turn * 2).then_some(self.turn / 2)
    }

    /// A sample was sent or passed over: the next one is a period later. Where that is past, so that many were
    /// missed, it is a period from now: no moment is told twice.
    pub(crate) fn sampled(&mut self, now: Duration) -> Duration {
        let next = self.due.saturating_add(self.period());
        self.due = if next > now { next } else { now.saturating_add(self.period()) };
        self.due
    }

    fn period(&self) -> Duration {
        Duration::try_from_secs_f64(self.rate_hz.recip()).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: Duration = Duration::from_millis(10);

    #[test]
    fn samples_keep_their_rate_and_are_not_made_up_for() {
        let start = Duration::from_secs(5);
        let mut subscription = Subscription::default();
        assert_eq!(subscription.due(), None);
        subscription.add(Topics::ALL, 10.0, TURN, start);
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
    fn who_wants_more_than_there_is_gets_each_turn_and_who_wants_less_has_its_own_times() {
        for (wanted, granted, follows) in
            [(1000.0, 100.0, true), (100.0, 100.0, true), (51.0, 51.0, true), (50.0, 50.0, false)]
        {
            let mut subscription = Subscription::default();
            assert_eq!(subscription.follows_turns(), None, "it hears nothing yet");
            subscription.add(Topics::ALL, wanted, TURN, Duration::ZERO);
            assert_eq!(subscription.answer(), Answer::Subscribed { topics: Topics::ALL, rate_hz: granted });
            assert_eq!(subscription.follows_turns(), follows.then_some(TURN / 2), "{wanted} Hz");
        }
    }

    #[test]
    fn unsubscribing_one_topic_leaves_the_other() {
        let now = Duration::ZERO;
        let mut subscription = Subscription::default();
        subscription.add(Topics::ALL, 10.0, TURN, now);
        subscription.remove(Topics { state: true, events: false });
        assert!(subscription.wants_events());
        assert_eq!(subscription.due(), None);
    }
}
