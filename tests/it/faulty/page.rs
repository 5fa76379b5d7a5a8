//! The last table of `docs/fault-script.md`, as stories are told by it.

use std::time::Duration;

const PAGE: &str = include_str!("../../../docs/fault-script.md");

/// A row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) what: &'static str,
    car: &'static str,
    nothing: &'static str,
    says: &'static str,
    pub(super) mended: &'static str,
}

/// Every row, in the order of the page.
pub(super) fn rows() -> Vec<Row> {
    let table = PAGE.split("## What the daemon makes of it").nth(1).expect("a section");
    let rows = table.lines().filter(|line| line.starts_with("| `")).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [what, car, nothing, says, mended] = cells[..] else { panic!("{line}") };
        Row { what, car, nothing, says, mended }
    });
    rows.collect()
}

impl Row {
    /// Within what time the car stops; `None` where it drives on.
    pub(super) fn stops_within(&self) -> Option<Duration> {
        let Some(rest) = self.car.strip_prefix("stops within ") else {
            assert!(self.car.starts_with("drives on"), "{}", self.car);
            return None;
        };
        Some(Duration::from_millis(rest.trim_end_matches(" ms").parse().expect("milliseconds")))
    }

    /// Whether it comes as far as it would without the fault.
    pub(super) fn drives_as_before(&self) -> bool {
        self.car == "drives on"
    }

    /// What the state has as null.
    pub(super) fn reads_null(&self) -> Vec<&'static str> {
        quoted(self.nothing)
    }

    /// Words that it says.
    pub(super) fn says(&self) -> Vec<&'static str> {
        quoted(self.says)
    }
}

fn quoted(cell: &'static str) -> Vec<&'static str> {
    cell.split('`').skip(1).step_by(2).collect()
}
