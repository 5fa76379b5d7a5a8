//! When to ping, and when a silent peer counts as dead.
//!
//! Pure: it is told what happened and when. Timers and sockets must never come in here.

use tokio::time::{Duration, Instant};

/// Shortest time between two pings, and to answer one. Also keeps a setting of zero from pinging
/// without end.
const SHORTEST: Duration = Duration::from_millis(10);

/// How long a peer may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    ping: Duration,
    dead: Duration,
}

impl Patience {
    /// A ping every `ping`, and the end after `dead` without any answer. Whatever they are, a peer
    /// is asked at least twice as often as that, so half of `dead` is always left to answer.
    pub(super) fn new(ping: Duration, dead: Duration) -> Self {
        let dead = dead.max(SHORTEST * 2);
        Self { ping: ping.clamp(SHORTEST, dead / 2), dead }
    }
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send a ping, and ask again.
    Ping,
    /// The peer was silent for this long.
    Dead(Duration),
    /// Nothing before then.
    Wait(Instant),
}

/// What is known about one peer.
#[derive(Debug)]
pub(super) struct Liveness {
    idle: Patience,
    held: Patience,
    now_held: bool,
    /// The silence counts from here.
    since: Instant,
    /// The first ping of this silence.
    asked: Option<Instant>,
    next_ping: Instant,
}

impl Liveness {
    pub(super) fn new(idle: Patience, held: Patience, now: Instant) -> Self {
        Self { idle, held, now_held: false, since: now, asked: None, next_ping: now + idle.ping }
    }

    /// Anything came from the peer.
    pub(super) fn heard(&mut self, now: Instant) {
        self.since = now;
        self.asked = None;
    }

    /// The link is held, or no longer. What was silent before a hold is not held against the peer:
    /// nobody asked it so often then.
    pub(super) fn hold(&mut self, held: bool, now: Instant) {
        if held == self.now_held {
            return;
        }
        self.now_held = held;
        if held {
            self.heard(now);
            self.next_ping = now;
        } else {
            self.next_ping = now + self.idle.ping;
        }
    }

    /// What is to be done at `now`.
    pub(super) fn poll(&mut self, now: Instant) -> Verdict {
        let Patience { ping, dead } = if self.now_held { self.held } else { self.idle };
        // Whoever polls too late has asked too late: silence alone condemns nobody, and a peer
        // always has the time between its first ping and `dead` to answer.
        let deadline = self.asked.map(|asked| (self.since + dead).max(asked + dead.saturating_sub(ping)));
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Verdict::Dead(now - self.since);
        }
        if self.next_ping <= now {
            self.next_ping = now + ping;
            self.asked.get_or_insert(now);
            return Verdict::Ping;
        }
        Verdict::Wait(deadline.map_or(self.next_ping, |deadline| deadline.min(self.next_ping)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the limits' defaults have it.
    const IDLE: Patience = Patience { ping: Duration::from_secs(5), dead: Duration::from_secs(15) };
    const HELD: Patience = Patience { ping: Duration::from_millis(250), dead: Duration::from_secs(1) };

    fn fresh() -> (Liveness, Instant) {
        let start = Instant::now();
        (Liveness::new(IDLE, HELD, start), start)
    }

    /// Lives through `from..to` as a timer would: the times of the pings, and when it found the
    /// peer dead. The peer answers each ping after `answer`, if ever.
    fn live(
        liveness: &mut Liveness,
        from: Instant,
        to: Instant,
        answer: Option<Duration>,
    ) -> (Vec<u128>, Option<u128>) {
        let ms = |at: Instant| (at - from).as_millis();
        let (mut now, mut pings, mut pong) = (from, Vec::new(), None);
        loop {
            let next = match liveness.poll(now) {
                Verdict::Ping => {
                    pings.push(ms(now));
                    pong = pong.or(answer.map(|after| now + after));
                    now
                }
                Verdict::Dead(_) => return (pings, Some(ms(now))),
                Verdict::Wait(until) => until,
            };
            match pong {
                Some(at) if at <= next => {
                    now = at;
                    liveness.heard(now);
                    pong = None;
                }
                _ => now = next,
            }
            if now >= to {
                return (pings, None);
            }
        }
    }

    #[test]
    fn a_peer_that_answers_in_half_the_time_lives_however_the_times_are_set() {
        let times = [0, 1, 50, 1_000, 10_000].map(Duration::from_millis);
        for (ping, dead) in times.into_iter().flat_map(|ping| times.map(|dead| (ping, dead))) {
            let patience = Patience::new(ping, dead);
            let start = Instant::now();
            let mut liveness = Liveness::new(patience, patience, start);
            let answer = patience.dead / 2 - Duration::from_millis(1);
            let (_, died) = live(&mut liveness, start, start + patience.dead * 100, Some(answer));
            assert_eq!(died, None, "ping {ping:?}, dead {dead:?}");
            liveness.hold(true, start + patience.dead * 200);
            let (pings, died) =
                live(&mut liveness, start + patience.dead * 200, start + patience.dead * 300, None);
            assert!(pings.len() <= 1_000, "{} pings", pings.len());
            assert_eq!(died, Some(patience.dead.as_millis()), "ping {ping:?}, dead {dead:?}");
        }
    }

    #[test]
    fn an_idle_peer_is_asked_every_five_seconds_and_dead_after_fifteen() {
        let (mut liveness, start) = fresh();
        let lived = live(&mut liveness, start, start + Duration::from_secs(60), None);
        assert_eq!(lived, (vec![5_000, 10_000], Some(15_000)));
    }

    #[test]
    fn a_held_peer_is_asked_at_once_and_dead_after_a_second() {
        let (mut liveness, start) = fresh();
        let held = start + Duration::from_millis(4_900);
        liveness.hold(true, held);
        let lived = live(&mut liveness, held, held + Duration::from_secs(60), None);
        assert_eq!(lived, (vec![0, 250, 500, 750], Some(1_000)));
    }

    #[test]
    fn silence_before_a_hold_is_not_counted() {
        let (mut liveness, start) = fresh();
        let held = start + Duration::from_secs(14);
        assert_eq!(liveness.poll(held), Verdict::Ping);
        liveness.hold(true, held);
        assert_eq!(live(&mut liveness, held, held + Duration::from_secs(9), None).1, Some(1_000));
    }

    #[test]
    fn a_peer_that_answers_late_but_in_time_lives_for_ever() {
        let (mut liveness, start) = fresh();
        liveness.hold(true, start);
        let hour = start + Duration::from_secs(3600);
        let (pings, dead) = live(&mut liveness, start, hour, Some(Duration::from_millis(700)));
        assert_eq!((pings.len(), dead), (3600 * 4, None));
    }

    #[test]
    fn a_released_peer_is_given_the_long_time_again() {
        let (mut liveness, start) = fresh();
        liveness.hold(true, start);
        assert_eq!(liveness.poll(start), Verdict::Ping);
        liveness.hold(false, start + Duration::from_millis(900));
        let lived = live(&mut liveness, start, start + Duration::from_secs(60), None);
        assert_eq!(lived, (vec![5_900, 10_900], Some(15_000)));
    }

    #[test]
    fn a_peer_is_not_dead_because_we_slept() {
        let (mut liveness, start) = fresh();
        liveness.hold(true, start);
        assert_eq!(liveness.poll(start), Verdict::Ping);
        liveness.heard(start + Duration::from_millis(1));
        let late = start + Duration::from_secs(30);
        assert_eq!(liveness.poll(late), Verdict::Ping);
        assert_eq!(liveness.poll(late), Verdict::Wait(late + HELD.ping));
        let (_, dead) = live(&mut liveness, late, late + Duration::from_secs(9), None);
        assert_eq!(dead, Some(750), "the time between a ping and the end of its second");
    }

    #[test]
    fn holding_twice_changes_nothing() {
        let (mut liveness, start) = fresh();
        liveness.hold(true, start);
        assert_eq!(liveness.poll(start), Verdict::Ping);
        liveness.hold(true, start + Duration::from_millis(100));
        assert_eq!(liveness.poll(start + Duration::from_millis(100)), Verdict::Wait(start + HELD.ping));
    }
}
