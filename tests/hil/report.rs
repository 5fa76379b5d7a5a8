//! What came of it, for people who were not there: Markdown that one can attach to an issue.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::rig::Rig;

/// What came of one behaviour.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    NotLookedAt,
}

/// A line of the report.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
    /// What was measured on the way.
    pub(crate) figures: Vec<String>,
    /// What could not be seen, and why.
    pub(crate) blind: Vec<String>,
}

/// All of them, in the order of the list.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) entries: Vec<Entry>,
}

impl Report {
    pub(crate) fn write(&self, rig: &dyn Rig) -> String {
        let mut text = format!("# Hardware in the loop: {}\n\n", rig.board().name);
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        line(format!("- car-daemon {}", env!("CARGO_PKG_VERSION")));
        for (what, fact) in rig.facts() {
            line(format!("- {what}: {fact}"));
        }
        line("\n| behaviour | | seconds | measured |\n| --- | --- | --- | --- |".to_owned());
        for Entry { name, outcome, took, figures, .. } in &self.entries {
            let outcome = match outcome {
                Outcome::Passed => "passed",
                Outcome::Failed(_) => "**failed**",
                Outcome::NotLookedAt => "not looked at",
            };
            line(format!("| {name} | {outcome} | {:.1} | {} |", took.as_secs_f64(), figures.join("; ")));
        }
        let failed = self.entries.iter().filter_map(|entry| match &entry.outcome {
            Outcome::Failed(why) => Some(format!("- {}: {why}\n", entry.name)),
            _ => None,
        });
        section("Failed", &mut text, failed.collect());
        section("Not looked at, and why", &mut text, self.blind());
        let count = |is: fn(&Outcome) -> bool| self.entries.iter().filter(|entry| is(&entry.outcome)).count();
        let _ = write!(
            text,
            "\n{} passed, {} failed, {} not looked at\n",
            count(|outcome| matches!(outcome, Outcome::Passed)),
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
            count(|outcome| matches!(outcome, Outcome::NotLookedAt)),
        );
        text
    }

    /// What could not be seen, each once, with the behaviours that wanted to.
    fn blind(&self) -> Vec<String> {
        let mut blind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for entry in &self.entries {
            for what in &entry.blind {
                blind.entry(what).or_default().push(entry.name);
            }
        }
        blind.into_iter().map(|(what, of)| format!("- {what} ({})\n", of.join(", "))).collect()
    }
}

fn section(title: &str, text: &mut String, lines: Vec<String>) {
    if !lines.is_empty() {
        let _ = write!(text, "\n{title}:\n\n{}", lines.concat());
    }
}
