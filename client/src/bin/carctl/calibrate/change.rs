//! What a change of a file looks like: the lines that go and come, under the table in which they stand.
//!
//! What must never live here: what the lines mean.

use std::fmt;

/// How far ahead a line that is still there is looked for: a table gets a few keys at most.
const AHEAD: usize = 16;

/// A change of a file, line by line, to be shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'t> {
    pub(super) old: &'t str,
    pub(super) new: &'t str,
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new): (Vec<&str>, Vec<&str>) = (self.old.lines().collect(), self.new.lines().collect());
        let (mut at, mut header, mut shown) = (0, "", "");
        let mut under = |f: &mut fmt::Formatter<'_>, header| {
            let news = std::mem::replace(&mut shown, header) != header;
            if news { writeln!(f, "  {header}") } else { Ok(()) }
        };
        for line in &old {
            if line.starts_with('[') {
                header = line;
            }
            let there = new.iter().skip(at).take(AHEAD).position(|other| other == line);
            let come = there.unwrap_or(1).min(new.len() - at);
            if there != Some(0) {
                under(f, header)?;
                if there.is_none() {
                    writeln!(f, "- {line}")?;
                }
            }
            for line in &new[at..at + come] {
                writeln!(f, "+ {line}")?;
            }
            at += come + usize::from(there.is_some());
        }
        for line in &new[at..] {
            under(f, header)?;
            writeln!(f, "+ {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_and_come_under_their_table() {
        let old =
            "# a car\n[motors.left]\nside = \"left\"\n\n[motors.right]\nside = \"right\"\nmin_duty = 0.1\n";
        let new = "# a car\n[motors.left]\nside = \"left\"\ninvert = true\n\n[motors.right]\nside = \"right\"\nmin_duty = 0.2\nx = 1\n";
        let shown = Change { old, new }.to_string();
        assert_eq!(
            shown,
            "  [motors.left]\n+ invert = true\n  [motors.right]\n- min_duty = 0.1\n+ min_duty = 0.2\n+ x = 1\n"
        );
    }

    #[test]
    fn what_is_the_same_is_not_shown() {
        for text in ["", "a = 1", "a = 1\n\n[b]\n"] {
            assert_eq!(Change { old: text, new: text }.to_string(), "");
        }
        assert_eq!(Change { old: "a\nb\n", new: "a\n" }.to_string(), "- b\n");
        assert_eq!(Change { old: "", new: "a\n" }.to_string(), "+ a\n");
    }
}
