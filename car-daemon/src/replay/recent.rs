//! What was said last, for whoever looks for the reason of something.
//!
//! What must never live here: what came of it.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use hal::file::Shown;

use super::Seconds;
use crate::recording::Told;

/// How long something counts as last.
const LASTS: Duration = Duration::from_secs(1);

/// The most that is kept.
const MOST: usize = 20;

/// The longest that is repeated of one thing that was said, in characters.
const LONGEST: usize = 160;

/// The newest last.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    said: VecDeque<(Duration, u64, String)>,
    /// Said in that time too, and not kept.
    more: u64,
}

impl Recent {
    /// Something was said.
    pub(super) fn note(&mut self, at: Duration, line: u64, told: &Told) {
        if self.said.len() >= MOST {
            self.said.pop_front();
            self.more += 1;
        }
        let text = serde_json::to_string(told).unwrap_or_default();
        let mut short: String = text.chars().take(LONGEST).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        self.said.push_back((at, line, short));
    }

    /// It is `now`.
    pub(super) fn forget_before(&mut self, now: Duration) {
        while self.said.front().is_some_and(|(at, ..)| *at + LASTS < now) {
            self.said.pop_front();
            self.more = 0;
        }
    }
}

impl fmt::Display for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.said.is_empty() {
            return f.write_str("in the second before nobody said anything");
        }
        f.write_str("in the second before somebody said")?;
        if self.more > 0 {
            let s = if self.more == 1 { "" } else { "s" };
            write!(f, " {} thing{s} more, and then", self.more)?;
        }
        for (at, line, text) in &self.said {
            write!(f, "\n  line {line}, {}: {}", Seconds(*at), Shown(text))?;
        }
        Ok(())
    }
}
