//! What is not TOML, in words for who has not read its specification.
//!
//! What must never live here: the parsing.

use super::FileFault;

/// What the parser calls a name that stands twice.
const TWICE: &str = "duplicate key";

/// What people are told of it.
const KEY_TWICE: &str = "this key stands twice";

/// A fault that the parser calls `message`. Of a table that stands twice the fault has its name as its key.
pub(super) fn fault(text: &str, line: usize, column: usize, message: &str) -> FileFault {
    let written = text.lines().nth(line.saturating_sub(1)).unwrap_or("").trim();
    let (key, what, hint) = if message == TWICE {
        match written.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((table, _)) => {
                let table = table.trim_start_matches('[').trim();
                (table, "this table stands twice".to_owned(), "rename one, or make them one".to_owned())
            }
            None => ("", KEY_TWICE.to_owned(), "rename one, or delete it".to_owned()),
        }
    } else if let Some(pointed) = with_a_point(written) {
        ("", "a number has a comma".to_owned(), format!("write a point: {pointed}"))
    } else {
        ("", message.to_owned(), "this is not TOML; see https://toml.io".to_owned())
    };
    FileFault { line, column, key: key.to_owned(), what, hint }
}

/// Without the keys that stand twice because their whole table does.
pub(super) fn without_echoes(text: &str, mut faults: Vec<FileFault>) -> Vec<FileFault> {
    let twice: Vec<usize> =
        faults.iter().filter(|fault| !fault.key.is_empty()).map(|fault| fault.line).collect();
    let header = |line: usize| {
        let above: Vec<&str> = text.lines().take(line).collect();
        above.iter().rposition(|line| line.trim_start().starts_with('[')).map(|index| index + 1)
    };
    faults.retain(|fault| {
        fault.what != KEY_TWICE || !header(fault.line).is_some_and(|header| twice.contains(&header))
    });
    faults
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
