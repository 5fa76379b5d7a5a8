//! What is not TOML, in words for who has not read its specification.
//!
//! What must never live here: the parsing.

use std::collections::HashSet;

use super::FileFault;

/// What the parser calls a name that stands twice.
const TWICE: &str = "duplicate key";

/// What people are told of it.
const KEY_TWICE: &str = "this key stands twice";

/// The parser's faults as a person is told them, each with whether it is of something that is not there. Of a
/// table that stands twice the fault has its name as its key, and its keys are told of no more.
pub(super) fn explained(text: &str, faults: Vec<(FileFault, bool)>) -> Vec<(FileFault, bool)> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let faults: Vec<_> = faults
        .into_iter()
        .map(|(fault, absence)| {
            let line = lines.get(fault.line.saturating_sub(1)).copied().unwrap_or("");
            (explain(fault, line), absence)
        })
        .collect();
    let twice: HashSet<usize> =
        faults.iter().filter(|(fault, _)| !fault.key.is_empty()).map(|(fault, _)| fault.line).collect();
    // The line of the table's header, for each line.
    let mut header = 0;
    let headers: Vec<usize> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            if line.starts_with('[') {
                header = index + 1;
            }
            header
        })
        .collect();
    let echoes = |fault: &FileFault| {
        let header = headers.get(fault.line.saturating_sub(1));
        fault.what == KEY_TWICE && header.is_some_and(|header| twice.contains(header))
    };
    faults.into_iter().filter(|(fault, _)| !echoes(fault)).collect()
}

fn explain(fault: FileFault, written: &str) -> FileFault {
    let (key, what, hint) = if fault.what == TWICE {
        match written.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((table, _)) => {
                let table = table.trim_start_matches('[').trim();
                (table, "this table stands twice", "rename one, or make them one".to_owned())
            }
            None => ("", KEY_TWICE, "rename one, or delete it".to_owned()),
        }
    } else if let Some(pointed) = with_a_point(written) {
        ("", "a number has a comma", format!("write a point: {pointed}"))
    } else {
        return fault;
    };
    FileFault { key: key.to_owned(), what: what.to_owned(), hint, ..fault }
}

/// `track_m = 0.13`, if the line is `track_m = 0,13`.
fn with_a_point(line: &str) -> Option<String> {
    let (key, value) = line.split_once('=')?;
    let value = value.split('#').next().unwrap_or(value).trim();
    let (whole, part) = value.split_once(',')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(whole.trim_start_matches('-')) && digits(part))
        .then(|| format!("{} = {whole}.{part}", key.trim()))
}
