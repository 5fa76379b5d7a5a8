//! Words where there are only the letters of ASCII: in headers, and in pictures.
//!
//! What must never live here: which words.

/// Printable ASCII, on one line: `…` is three dots, what else is none of it is shown as `?`.
pub(crate) fn plain(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '…' => text.push_str("..."),
            ' '..='~' => text.push(letter),
            _ => text.push('?'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_said_in_ascii_is_and_the_rest_is_marked() {
        assert_eq!(plain("http://…@car/: für ~\r\n\u{1b}[2J"), "http://...@car/: f?r ~???[2J");
    }
}
