//! What a change of a file looks like: the lines that go and come, under the table in which they stand.
//!
//! What must never live here: what the lines mean.

use std::fmt;

/// Beyond so many pairs of lines nobody wants to read which are the same.
const PAIRS: usize = 1 << 22;

/// A change of a file, line by line, to be shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'t> {
    pub(super) old: &'t str,
    pub(super) new: &'t str,
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new): (Vec<&str>, Vec<&str>) = (self.old.lines().collect(), self.new.lines().collect());
        let mut table = Table { header: "", shown: "" };
        for (mark, line) in steps(&old, &new) {
            match mark {
                Mark::Stays => table.enter(line),
                Mark::Goes => {
                    table.enter(line);
                    table.show(f)?;
                    writeln!(f, "- {line}")?;
                }
                Mark::Comes => {
                    table.show(f)?;
                    writeln!(f, "+ {line}")?;
                }
            }
        }
        Ok(())
    }
}

/// The table in which the lines stand.
struct Table<'t> {
    header: &'t str,
    shown: &'t str,
}

impl<'t> Table<'t> {
    fn enter(&mut self, line: &'t str) {
        if line.starts_with('[') {
            self.header = line;
        }
    }

    fn show(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let news = self.shown != self.header;
        self.shown = self.header;
        if news { writeln!(f, "  {}", self.header) } else { Ok(()) }
    }
}

#[derive(Clone, Copy)]
enum Mark {
    Stays,
    Goes,
    Comes,
}

/// What becomes of each line: as many as can stay do.
fn steps<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(Mark, &'t str)> {
    if old.len() * new.len() > PAIRS {
        let goes = old.iter().map(|line| (Mark::Goes, *line));
        return goes.chain(new.iter().map(|line| (Mark::Comes, *line))).collect();
    }
    let stay = staying(old, new);
    let (mut steps, mut a, mut b) = (Vec::new(), 0, 0);
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            steps.push((Mark::Stays, old[a]));
            (a, b) = (a + 1, b + 1);
        } else if b == new.len() || (a < old.len() && stay[a + 1][b] >= stay[a][b + 1]) {
            steps.push((Mark::Goes, old[a]));
            a += 1;
        } else {
            steps.push((Mark::Comes, new[b]));
            b += 1;
        }
    }
    steps
}

/// How many lines can stay of those from `a` and `b` on, at `[a][b]`: the longest common subsequence.
fn staying(old: &[&str], new: &[&str]) -> Vec<Vec<u32>> {
    let mut stay = vec![vec![0; new.len() + 1]; old.len() + 1];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            stay[a][b] = match old[a] == new[b] {
                true => stay[a + 1][b + 1] + 1,
                false => stay[a + 1][b].max(stay[a][b + 1]),
            };
        }
    }
    stay
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
    fn a_line_that_another_table_has_too_is_shown_where_it_changed() {
        let old = "[a]\nleast = 1\nmost = 2\n\n[b]\nleast = 3\nmost = 2\n";
        let new = old.replacen("least = 1\nmost = 2", "least = 0\nmost = 9", 1);
        let shown = Change { old, new: &new }.to_string();
        assert_eq!(shown, "  [a]\n- least = 1\n- most = 2\n+ least = 0\n+ most = 9\n");
    }

    #[test]
    fn a_file_beyond_all_reason_is_shown_as_new() {
        let old = "a\n".repeat(3000);
        assert_eq!(Change { old: &old, new: &old }.to_string().lines().count(), 6000);
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
