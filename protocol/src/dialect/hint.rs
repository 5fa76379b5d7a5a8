//! Words for people who mistyped: what they wrote, safely shown, and what they may have meant.

use std::fmt::Write as _;

/// Longest part of a peer's input that an error repeats, in characters.
const SHOWN: usize = 40;

/// What a peer wrote, for an error: in backticks, shortened, and without anything that could move
/// the cursor of whoever reads it.
pub(super) fn quoted(input: &str) -> String {
    let mut shown = String::from("`");
    for char in input.chars().take(SHOWN) {
        match char {
            // `escape_debug` escapes these too, for the sake of Rust's own literals.
            '"' | '\'' | '\\' => shown.push(char),
            _ => shown.extend(char.escape_debug()),
        }
    }
    if input.chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    shown.push('`');
    shown
}

/// The candidate that was probably meant, if any is near.
pub(super) fn nearest<'c>(input: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Nothing long is a slip of the finger; this also bounds the work.
    if input.len() > SHOWN {
        return None;
    }
    let input = input.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&input, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `"; did you mean `x`?"`, or nothing.
pub(super) fn did_you_mean<'c>(input: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    nearest(input, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// `a, b, c`
pub(super) fn list<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    let mut list = String::new();
    for name in names {
        let comma = if list.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(list, "{comma}{name}");
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_what_was_meant() {
        assert_eq!(nearest("upp", ["up", "stop"]), Some("up"));
        assert_eq!(nearest("Drvie", ["look", "drive"]), Some("drive"));
        assert_eq!(nearest("fly", ["up", "stop", "drive"]), None);
    }

    #[test]
    fn nothing_long_is_compared_with_anything() {
        let long = "x".repeat(SHOWN + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
        assert_eq!(nearest(&long[1..], [&long[1..]]), Some(&long[1..]));
    }

    #[test]
    fn what_is_repeated_is_short_and_harmless() {
        assert_eq!(quoted("a\u{1b}[2Jb\n"), "`a\\u{1b}[2Jb\\n`");
        assert_eq!(quoted("it's"), "`it's`");
        assert_eq!(quoted(&"x".repeat(41)), format!("`{}...`", "x".repeat(40)));
        assert_eq!(quoted(&"é".repeat(40)), format!("`{}`", "é".repeat(40)));
        assert!(!quoted("\u{202e}").contains('\u{202e}'));
    }
}
