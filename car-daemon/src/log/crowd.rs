//! Lines of one kind, of which a crowd could cause any number: so many a second are written, the rest is
//! counted. What a kind is, and where lines go, is not known here; time is an argument.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::bucket::Bucket;

/// What was said lately, by kind.
#[derive(Debug)]
pub(super) struct Crowd<K> {
    per_s: usize,
    kinds: HashMap<K, Kind>,
}

#[derive(Debug)]
struct Kind {
    bucket: Bucket,
    left_out: u64,
    words: String,
}

impl<K: Eq + Hash> Crowd<K> {
    /// Of each kind `per_s` lines a second are written.
    pub(super) fn new(per_s: usize) -> Self {
        Self { per_s, kinds: HashMap::new() }
    }

    /// Whether a line of this kind is written at `now`. If not it is counted, under the words of the
    /// first one.
    pub(super) fn admits(&mut self, kind: K, now: Duration, words: impl FnOnce() -> String) -> bool {
        let fresh =
            || Kind { bucket: Bucket::new(self.per_s, self.per_s), left_out: 0, words: String::new() };
        let kind = self.kinds.entry(kind).or_insert_with(fresh);
        let admits = kind.bucket.take(1, now);
        if !admits {
            if kind.left_out == 0 {
                kind.words = words();
            }
            kind.left_out += 1;
        }
        admits
    }

    /// The words of each kind of which lines were left out since this was last asked, and how many.
    pub(super) fn take_left_out(&mut self) -> Vec<(String, u64)> {
        let kinds = self.kinds.values_mut().filter(|kind| kind.left_out > 0);
        kinds.map(|kind| (std::mem::take(&mut kind.words), std::mem::take(&mut kind.left_out))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn so_many_lines_of_one_kind_are_written_and_the_rest_is_counted() {
        let mut crowd = Crowd::new(20);
        let written =
            (0..1_000).filter(|n| crowd.admits("connected", Duration::ZERO, || format!("{n}"))).count();
        assert_eq!(written, 20);
        assert_eq!(crowd.take_left_out(), [("20".to_owned(), 980)]);
        assert_eq!(crowd.take_left_out(), [], "told once");
        assert!(crowd.admits("connected", SECOND, String::new));
    }

    #[test]
    fn a_crowd_of_one_kind_leaves_out_no_line_of_another() {
        let mut crowd = Crowd::new(1);
        assert!(crowd.admits("connected", Duration::ZERO, String::new));
        assert!(!crowd.admits("connected", Duration::ZERO, String::new));
        assert!(crowd.admits("hardware fault", Duration::ZERO, String::new));
    }
}
