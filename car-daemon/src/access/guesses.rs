//! How tokens are kept from being guessed: each wrong one makes the next wait longer.
//!
//! What must never live here: a clock, a token.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::Origin;

/// After so many wrong tokens a session is closed.
pub const MOST_GUESSES: u32 = 5;

/// Wait after the first wrong token; it doubles with each.
const FIRST: Duration = Duration::from_millis(250);

/// Longest wait.
const LONGEST: Duration = Duration::from_secs(8);

/// So many wrong tokens within [`MINUTE`] and an origin is turned away for as long.
const MOST: usize = 10;

/// An origin that was quiet for this long is forgotten.
const MINUTE: Duration = Duration::from_secs(60);

/// Origins that are remembered. Beyond it the one that is worth least is forgotten.
const ORIGINS: usize = 256;

/// Between two lines in the log.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What a wrong token costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// How long its answer waits.
    pub wait: Duration,
    /// Wrong tokens from this origin, as far as they are remembered.
    pub count: u32,
    /// Whether the origin is turned away now: its session ends with this answer.
    pub turned_away: bool,
    /// Whether to log it: how many were not logged since the last that was.
    pub tell: Option<u32>,
}

/// Every origin from which wrong tokens came lately.
#[derive(Debug, Default)]
pub struct Guesses {
    rows: HashMap<Origin, Row>,
    told: Option<Duration>,
    untold: u32,
}

#[derive(Debug)]
struct Row {
    count: u32,
    /// The newest, at most [`MOST`]; never empty.
    recent: VecDeque<Duration>,
    turned_away_until: Duration,
}

impl Row {
    fn last(&self) -> Duration {
        self.recent.back().copied().unwrap_or_default()
    }

    fn is_forgotten(&self, now: Duration) -> bool {
        now.saturating_sub(self.last()) >= MINUTE && now >= self.turned_away_until
    }

    fn wait(&self) -> Duration {
        let doublings = self.count.saturating_sub(1).min(16);
        (FIRST * (1 << doublings)).min(LONGEST)
    }
}

impl Guesses {
    /// How long a token from there waits that is right: as long as the last wrong one did. A right one
    /// is never refused, so that nobody is locked out by somebody else behind the same address; nor
    /// does it wipe anything out, or whoever has one token could guess others without end.
    #[must_use]
    pub fn wait(&self, origin: Origin, now: Duration) -> Duration {
        let row = self.rows.get(&origin).filter(|row| !row.is_forgotten(now));
        row.map_or(Duration::ZERO, Row::wait)
    }

    /// A wrong token came.
    pub fn wrong(&mut self, origin: Origin, now: Duration) -> Wrong {
        self.rows.retain(|_, row| !row.is_forgotten(now));
        if self.rows.len() >= ORIGINS && !self.rows.contains_key(&origin) {
            self.forget_one();
        }
        let fresh = || Row { count: 0, recent: VecDeque::new(), turned_away_until: Duration::ZERO };
        let row = self.rows.entry(origin).or_insert_with(fresh);
        row.count = row.count.saturating_add(1);
        if row.recent.len() == MOST {
            row.recent.pop_front();
        }
        row.recent.push_back(now);
        let first = row.recent.front().copied().unwrap_or(now);
        if row.recent.len() == MOST && now.saturating_sub(first) < MINUTE {
            row.turned_away_until = now + MINUTE;
        }
        let (wait, count, turned_away) = (row.wait(), row.count, now < row.turned_away_until);
        Wrong { wait, count, turned_away, tell: self.tell(now) }
    }

    /// The one that guessed least; of those, the one that was quiet for longest.
    fn forget_one(&mut self) {
        let least =
            self.rows.iter().min_by_key(|(_, row)| (row.count, row.last())).map(|(origin, _)| *origin);
        if let Some(origin) = least {
            self.rows.remove(&origin);
        }
    }

    fn tell(&mut self, now: Duration) -> Option<u32> {
        if self.told.is_some_and(|told| now.saturating_sub(told) < TELL_EVERY) {
            self.untold = self.untold.saturating_add(1);
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const CHILD: Origin = Origin::User(1000);

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn waits(guesses: &mut Guesses, origin: Origin, count: usize, now: Duration) -> Vec<u128> {
        (0..count).map(|_| guesses.wrong(origin, now).wait.as_millis()).collect()
    }

    #[test]
    fn each_wrong_token_doubles_the_wait_up_to_eight_seconds() {
        let mut guesses = Guesses::default();
        assert_eq!(guesses.wait(CHILD, s(0)), Duration::ZERO);
        assert_eq!(waits(&mut guesses, CHILD, 8, s(0)), [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(waits(&mut guesses, CHILD, 1_000, s(1)).last(), Some(&8000));
    }

    #[test]
    fn nobody_else_waits_for_it() {
        let mut guesses = Guesses::default();
        waits(&mut guesses, CHILD, 20, s(0));
        let other = Origin::User(1001);
        assert_eq!(guesses.wait(other, s(0)), Duration::ZERO);
        assert_eq!(guesses.wrong(other, s(0)).wait, Duration::from_millis(250));
    }

    #[test]
    fn ten_within_a_minute_and_an_address_is_turned_away_for_a_minute() {
        let mut guesses = Guesses::default();
        for second in 0..9 {
            assert!(!guesses.wrong(CHILD, s(second * 6)).turned_away, "{second}");
        }
        assert!(guesses.wrong(CHILD, s(59)).turned_away);
        assert!(guesses.wrong(CHILD, s(118)).turned_away, "for a minute");
        assert_eq!(guesses.wait(CHILD, s(150)), s(8), "a right token only waits");
        assert_eq!(guesses.wait(CHILD, s(179)), Duration::ZERO, "after a quiet minute it is forgotten");
        assert_eq!(guesses.wrong(CHILD, s(180)).count, 1);
    }

    #[test]
    fn ten_in_more_than_a_minute_only_wait() {
        let mut guesses = Guesses::default();
        for turn in 0..100 {
            let wrong = guesses.wrong(CHILD, s(turn * 7));
            assert!(!wrong.turned_away, "{turn}");
        }
        assert_eq!(guesses.wait(CHILD, s(700)), s(8));
    }

    #[test]
    fn however_many_guess_only_so_many_are_remembered_and_the_worst_are() {
        let mut guesses = Guesses::default();
        waits(&mut guesses, CHILD, 10, s(0));
        for n in 0..100_000_u32 {
            guesses.wrong(Origin::Address(IpAddr::V4(Ipv4Addr::from_bits(n))), s(1));
            assert!(guesses.rows.len() <= ORIGINS);
        }
        assert_eq!(guesses.wait(CHILD, s(1)), s(8));
    }

    #[test]
    fn a_storm_of_guesses_is_one_line_a_second_in_the_log() {
        let mut guesses = Guesses::default();
        let told: Vec<_> =
            (0..300).filter_map(|n| guesses.wrong(CHILD, Duration::from_millis(n * 10)).tell).collect();
        assert_eq!(told, [0, 99, 99]);
    }
}
