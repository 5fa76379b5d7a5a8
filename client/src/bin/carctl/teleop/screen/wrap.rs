//! Words in rows of so many columns. What must never live here: which words, and where the rows stand.

use ratatui::text::Span;

/// What the second and later rows of a line begin with.
const INDENT: &str = "  ";

/// A text in rows of at most `width` columns, broken between words where that can be.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    for word in text.split_whitespace() {
        let apart = if row.is_empty() { "" } else { " " };
        if columns(&row) + apart.len() + columns(word) <= width {
            row.push_str(apart);
            row.push_str(word);
            continue;
        }
        if !row.is_empty() {
            rows.push(std::mem::take(&mut row));
        }
        for letter in word.chars() {
            let mut bytes = [0; 4];
            if columns(&row) + columns(letter.encode_utf8(&mut bytes)) > width && !row.is_empty() {
                rows.push(std::mem::take(&mut row));
            }
            row.push(letter);
        }
    }
    rows.push(row);
    rows
}

/// Of lines, the last being the newest, as many of the newest as go into so many rows, each as a whole; of one that
/// needs more, its beginning.
pub(super) fn newest(lines: &[String], width: usize, most: usize) -> Vec<String> {
    let mut shown = Vec::new();
    for line in lines.iter().rev() {
        let mut rows = wrapped(line, width.saturating_sub(INDENT.len()));
        for row in rows.iter_mut().skip(1) {
            row.insert_str(0, INDENT);
        }
        if shown.is_empty() {
            rows.truncate(most);
        }
        if shown.len() + rows.len() > most {
            break;
        }
        shown.splice(..0, rows);
    }
    shown
}

fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_break_between_words_and_within_one_that_is_longer_than_a_row() {
        assert_eq!(wrapped("you said stop", 20), ["you said stop"]);
        assert_eq!(wrapped("you said stop", 9), ["you said", "stop"]);
        assert_eq!(wrapped("a pca9685@0x40 fails", 6), ["a", "pca968", "5@0x40", "fails"]);
        assert_eq!(wrapped("小明停了", 4), ["小明", "停了"], "a letter may be two columns wide");
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn the_newest_lines_are_shown_as_a_whole_and_older_ones_where_there_is_room() {
        let lines = ["first one", "second", "the third and newest"].map(str::to_owned);
        assert_eq!(newest(&lines, 12, 9), ["first one", "second", "the third", "  and newest"]);
        assert_eq!(newest(&lines, 12, 3), ["second", "the third", "  and newest"]);
        assert_eq!(newest(&lines, 12, 2), ["the third", "  and newest"]);
        assert_eq!(newest(&lines, 12, 1), ["the third"]);
        assert_eq!(newest(&lines, 12, 0), [""; 0]);
    }

    proptest! {
        #[test]
        fn no_letter_is_lost_and_no_row_too_long(text in "\\PC{0,60}", width in 2..40_usize) {
            let rows = wrapped(&text, width);
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&rows.concat()), letters(&text));
            prop_assert!(rows.iter().all(|row| columns(row) <= width), "{:?}", rows);
        }
    }
}
