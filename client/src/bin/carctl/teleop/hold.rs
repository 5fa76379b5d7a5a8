//! The dead-man of the keyboard: which way the car is to go for as long as a finger is on a key. Pure: the time is
//! an argument.
//!
//! Few terminals tell when a key is let go. Where they do not, a key that stays down is heard of by its repetition
//! alone, and counts for as long as the next one may take. Where they do, the terminal must also show that it is
//! there: of a line that is dead no release comes.
//!
//! What must never live here: how fast, and what is sent to the car.

use std::time::Duration;

use super::keys::Phase;

/// How long a key counts when it was pressed: until the keyboard repeats it. Systems wait 250 to 600 ms before that.
pub(super) const FIRST: Duration = Duration::from_millis(600);

/// How long a key counts that is repeated: two repetitions of the slowest keyboard, the Linux console's with one in
/// 92 ms, and some delay of a network.
pub(super) const NEXT: Duration = Duration::from_millis(250);

/// A key that comes again this soon is repeated by the keyboard; no finger is that fast for long.
const REPEATED: Duration = Duration::from_millis(150);

/// How long a key must be quiet until it counts as let go, where only something else than a key said that it must
/// be: longer than the first repetition takes.
const QUIET: Duration = Duration::from_millis(650);

/// How often the terminal is asked whether it is there.
const ASK: Duration = Duration::from_millis(200);

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_millis(600);

/// Which way a key drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Back,
    Left,
    Right,
}

/// Who said that nothing counts until it is pressed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LetGo {
    /// A key, since when the keyboard repeats no other.
    ByKey,
    /// Anything else, while the finger may be where it was.
    ByOther,
}

/// One of four keys.
#[derive(Clone, Copy, Debug, Default)]
struct Finger {
    /// When it was last heard of.
    heard: Option<Duration>,
    /// It is down, as the terminal told; it has not told that it is up.
    down: bool,
    /// Until then it counts, where the terminal does not tell that.
    until: Duration,
    /// It does not count until it was quiet for so long.
    barred: Option<Duration>,
    /// The higher, the later it was pressed.
    order: u64,
}

/// The fingers, and whether the terminal is there.
#[derive(Debug, Default)]
pub(super) struct Hold {
    fingers: [Finger; 4],
    presses: u64,
    /// The terminal says that it tells releases.
    releases: bool,
    /// It has answered once, so that its silence means something.
    answers: bool,
    asked: Option<Duration>,
    waits_since: Option<Duration>,
}

impl Hold {
    /// The terminal said whether it tells releases.
    pub(super) fn protocol(&mut self, releases: bool) {
        self.releases = releases;
    }

    /// Whether motion lasts as long as a key is held; else as long as it is repeated.
    pub(super) fn holds(&self) -> bool {
        self.releases && self.answers
    }

    /// A key that drives was heard of.
    pub(super) fn key(&mut self, way: Way, phase: Phase, now: Duration) {
        if self.is_silent(now) {
            // Whatever comes now may be old.
            return;
        }
        let (holds, telling) = (self.holds(), self.releases);
        let finger = &mut self.fingers[way as usize];
        let quiet = finger.heard.map_or(Duration::MAX, |heard| now.saturating_sub(heard));
        finger.heard = Some(now);
        if phase == Phase::Release {
            *finger = Finger { heard: finger.heard, ..Finger::default() };
            return;
        }
        let repeated = phase == Phase::Repeat || (!telling && quiet <= REPEATED);
        if let Some(needed) = finger.barred {
            if phase == Phase::Repeat || (!telling && quiet <= needed) {
                return;
            }
            finger.barred = None;
        }
        if !repeated {
            self.presses += 1;
            finger.order = self.presses;
        }
        // A repetition whose press nobody heard holds nothing.
        finger.down = holds && (finger.down || !repeated);
        finger.until = now + if repeated { NEXT } else { FIRST };
    }

    /// Nothing counts until it is pressed anew.
    pub(super) fn let_go(&mut self, who: LetGo, now: Duration) {
        for finger in &mut self.fingers {
            finger.down = false;
            finger.until = Duration::ZERO;
            match who {
                LetGo::ByKey => finger.barred = finger.barred.max(Some(REPEATED)),
                LetGo::ByOther => {
                    finger.barred = Some(QUIET);
                    finger.heard = Some(now);
                }
            }
        }
    }

    /// Throttle and steer, each -1, 0 or 1; `None` where no finger is on a key. Of two that are against each other
    /// the later one counts.
    pub(super) fn wanted(&self, now: Duration) -> Option<(f64, f64)> {
        let axis = |plus: Way, minus: Way| {
            let order = |way: Way| {
                let finger = self.fingers[way as usize];
                let counts = (self.holds() && finger.down) || now < finger.until;
                counts.then_some(finger.order)
            };
            match (order(plus), order(minus)) {
                (None, None) => 0.0,
                (plus, minus) if plus > minus => 1.0,
                _ => -1.0,
            }
        };
        let wanted = (axis(Way::Forward, Way::Back), axis(Way::Left, Way::Right));
        (wanted != (0.0, 0.0) && !self.is_silent(now)).then_some(wanted)
    }

    /// Whether the terminal should be asked now if it is there; it then is.
    pub(super) fn asks(&mut self, now: Duration) -> bool {
        // One question at a time, or an answer may be that to an older one.
        let due =
            self.waits_since.is_none() && self.asked.is_none_or(|asked| now.saturating_sub(asked) >= ASK);
        if due {
            self.asked = Some(now);
            self.waits_since = Some(now);
        }
        due
    }

    /// The terminal is there.
    pub(super) fn answered(&mut self) {
        self.answers = true;
        self.waits_since = None;
    }

    /// Whether the terminal, which used to answer, does not.
    pub(super) fn is_silent(&self, now: Duration) -> bool {
        self.answers && self.waits_since.is_some_and(|since| now.saturating_sub(since) > PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Phase::{Press, Release, Repeat};

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// Of a terminal that tells releases, and answers.
    fn holding() -> Hold {
        let mut hold = Hold::default();
        hold.protocol(true);
        hold.answered();
        hold
    }

    #[test]
    fn a_tap_counts_until_the_keyboard_would_repeat_it() {
        let mut hold = Hold::default();
        hold.key(Way::Forward, Press, MS(1000));
        assert_eq!(hold.wanted(MS(1599)), Some((1.0, 0.0)));
        assert_eq!(hold.wanted(MS(1600)), None);
    }

    #[test]
    fn a_key_that_is_repeated_counts_on_and_ends_a_quarter_of_a_second_after_the_last() {
        let mut hold = Hold::default();
        hold.key(Way::Left, Press, MS(0));
        for ms in (500..3000).step_by(92) {
            assert_eq!(hold.wanted(MS(ms)), Some((0.0, 1.0)), "{ms}");
            hold.key(Way::Left, Press, MS(ms));
        }
        let last = (500..3000).step_by(92).last().unwrap();
        assert_eq!(hold.wanted(MS(last + 249)), Some((0.0, 1.0)));
        assert_eq!(hold.wanted(MS(last + 250)), None);
    }

    #[test]
    fn after_a_stop_by_key_a_key_that_still_comes_in_does_not_count_but_one_pressed_anew() {
        let mut hold = Hold::default();
        for ms in (0..300).step_by(30) {
            hold.key(Way::Forward, Press, MS(ms));
        }
        hold.let_go(LetGo::ByKey, MS(290));
        hold.key(Way::Forward, Press, MS(300));
        hold.key(Way::Forward, Press, MS(330));
        assert_eq!(hold.wanted(MS(331)), None);
        hold.key(Way::Forward, Press, MS(500));
        assert_eq!(hold.wanted(MS(501)), Some((1.0, 0.0)));
    }

    #[test]
    fn a_key_that_was_down_all_the_while_does_not_count_after_a_refusal() {
        let mut hold = Hold::default();
        hold.key(Way::Forward, Press, MS(0));
        hold.let_go(LetGo::ByOther, MS(10));
        for ms in (500..2000).step_by(33) {
            hold.key(Way::Forward, Press, MS(ms));
            assert_eq!(hold.wanted(MS(ms)), None, "{ms}");
        }
        hold.key(Way::Forward, Press, MS(3000));
        assert_eq!(hold.wanted(MS(3000)), Some((1.0, 0.0)));
    }

    #[test]
    fn where_releases_are_told_a_key_counts_until_its_own() {
        let mut hold = holding();
        hold.key(Way::Forward, Press, MS(0));
        hold.key(Way::Right, Press, MS(100));
        assert_eq!(hold.wanted(MS(5000)), Some((1.0, -1.0)));
        hold.key(Way::Back, Press, MS(5000));
        assert_eq!(hold.wanted(MS(5000)), Some((-1.0, -1.0)), "the later of two");
        hold.key(Way::Back, Release, MS(5100));
        hold.key(Way::Right, Release, MS(5100));
        assert_eq!(hold.wanted(MS(5100)), Some((1.0, 0.0)));
        hold.key(Way::Forward, Release, MS(5200));
        assert_eq!(hold.wanted(MS(5200)), None);
        hold.key(Way::Forward, Press, MS(6000));
        hold.let_go(LetGo::ByOther, MS(6100));
        hold.key(Way::Forward, Repeat, MS(9000));
        assert_eq!(hold.wanted(MS(9000)), None, "still the same press");
    }

    #[test]
    fn a_terminal_that_no_longer_answers_holds_nothing_and_its_keys_may_be_old() {
        let mut hold = holding();
        hold.key(Way::Forward, Press, MS(0));
        assert!(hold.asks(MS(0)) && !hold.asks(MS(300)), "one question at a time");
        assert_eq!(hold.wanted(MS(600)), Some((1.0, 0.0)));
        assert_eq!(hold.wanted(MS(601)), None);
        hold.let_go(LetGo::ByOther, MS(601));
        hold.key(Way::Back, Press, MS(5000));
        assert_eq!(hold.wanted(MS(5000)), None);
        hold.answered();
        assert!(hold.asks(MS(5001)));
        assert_eq!(hold.wanted(MS(5001)), None, "what was held is not resumed");
        hold.key(Way::Back, Press, MS(5002));
        assert_eq!(hold.wanted(MS(5002)), Some((-1.0, 0.0)));
    }

    #[test]
    fn a_terminal_that_never_answers_drives_by_repetition() {
        let mut hold = Hold::default();
        hold.protocol(true);
        assert!(hold.asks(MS(0)) && !hold.asks(MS(9000)));
        hold.key(Way::Forward, Press, MS(10_000));
        assert!(!hold.holds() && hold.wanted(MS(10_599)).is_some());
        assert_eq!(hold.wanted(MS(10_600)), None);
    }

    proptest! {
        #[test]
        fn without_a_word_of_the_terminal_nothing_counts_for_longer_than_the_longest_wait(
            said in proptest::collection::vec((0..6_u8, 0..3_u8, 0..900_u64), 0..60),
            telling: bool,
        ) {
            let mut hold = Hold::default();
            hold.protocol(telling);
            let mut now = Duration::ZERO;
            for (what, phase, wait) in said {
                now += MS(wait);
                let phase = [Press, Repeat, Release][usize::from(phase)];
                let ways = [Way::Forward, Way::Back, Way::Left, Way::Right];
                match what {
                    0..4 => hold.key(ways[usize::from(what)], phase, now),
                    4 => hold.answered(),
                    _ => hold.let_go(LetGo::ByOther, now),
                }
                hold.asks(now);
            }
            // The question that is due comes with a tick; from then on it is as if the line were dead.
            hold.asks(now + ASK);
            prop_assert_eq!(hold.wanted(now + ASK + PATIENCE + MS(1)), None);
        }
    }
}
