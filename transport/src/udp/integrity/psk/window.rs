//! Which datagrams have come: each counts once, in any order, as long as it is not too late (as in RFC
//! 6479). Pure.

/// How far a datagram may be overtaken and still count.
pub(super) const WIDTH: u64 = 128;

/// The counters of the newest datagram and of those just before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// The newest; nothing has come before there is one.
    newest: Option<u64>,
    /// Bit `n` stands for `newest - n`.
    seen: u128,
    came: u64,
}

impl Window {
    /// Whether a datagram with this counter has not come yet and is not too late.
    pub(super) fn is_new(&self, counter: u64) -> bool {
        match self.newest {
            Some(newest) if counter <= newest => {
                let age = newest - counter;
                age < WIDTH && (self.seen >> age) & 1 == 0
            }
            _ => true,
        }
    }

    /// It has come, and was proven. Only for one that [is new](Self::is_new).
    pub(super) fn mark(&mut self, counter: u64) {
        let newest = self.newest.unwrap_or(0);
        if counter >= newest {
            let ahead = u32::try_from(counter - newest).ok();
            self.seen = ahead.and_then(|ahead| self.seen.checked_shl(ahead)).unwrap_or(0) | 1;
            self.newest = Some(counter);
        } else {
            self.seen |= 1 << (newest - counter);
        }
        self.came += 1;
    }

    /// How many have not come of those up to the newest.
    pub(super) fn lost(&self) -> u64 {
        self.newest.map_or(0, |newest| newest.saturating_add(1).saturating_sub(self.came))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn take(window: &mut Window, counter: u64) -> bool {
        let new = window.is_new(counter);
        if new {
            window.mark(counter);
        }
        new
    }

    #[test]
    fn the_last_one_that_fits_counts_and_the_one_before_it_is_too_late() {
        let mut window = Window::default();
        assert!(take(&mut window, 1000));
        assert!(take(&mut window, 1000 - (WIDTH - 1)));
        assert!(!take(&mut window, 1000 - WIDTH));
        assert!(!take(&mut window, 1000 - (WIDTH - 1)), "twice");
    }

    #[test]
    fn the_largest_counter_is_taken_once_and_breaks_nothing() {
        let mut window = Window::default();
        assert!(take(&mut window, 0) && take(&mut window, u64::MAX));
        assert!(!take(&mut window, u64::MAX) && !take(&mut window, 0));
        assert_eq!(window.lost(), u64::MAX - 2);
    }

    #[test]
    fn who_never_came_is_lost_until_he_comes() {
        let mut window = Window::default();
        assert_eq!(window.lost(), 0);
        assert!(take(&mut window, 3));
        assert_eq!(window.lost(), 3);
        assert!(take(&mut window, 1));
        assert_eq!(window.lost(), 2);
    }

    proptest! {
        #[test]
        fn each_counts_once_and_only_those_within_the_width(
            counters in prop::collection::vec(prop_oneof![4 => 0..400_u64, 1 => any::<u64>()], 0..300)
        ) {
            let mut window = Window::default();
            let mut seen = HashSet::new();
            let mut newest = None;
            for counter in counters {
                let in_time = newest.is_none_or(|newest: u64| newest.saturating_sub(counter) < WIDTH);
                let expected = in_time && !seen.contains(&counter);
                prop_assert_eq!(take(&mut window, counter), expected, "{}", counter);
                if expected {
                    seen.insert(counter);
                    newest = newest.max(Some(counter));
                }
            }
        }
    }
}
