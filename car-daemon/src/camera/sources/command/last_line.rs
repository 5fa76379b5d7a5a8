//! The last line that a program said, for whoever asks why it ended.
//!
//! What must never live here: reading.

use crate::secrets;

/// Longer lines are cut.
const LONGEST: usize = 300;

/// Keeps the last line that is not empty, of whatever is said.
#[derive(Debug, Default)]
pub(super) struct LastLine {
    line: Vec<u8>,
    /// What follows begins a new one.
    is_whole: bool,
}

impl LastLine {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.is_whole = true,
                b' ' | b'\t' if self.is_whole || self.line.is_empty() => {}
                byte => {
                    if std::mem::take(&mut self.is_whole) {
                        self.line.clear();
                    }
                    if self.line.len() < LONGEST {
                        self.line.push(*byte);
                    }
                }
            }
        }
    }

    /// What can be shown to people; nothing where nothing was said.
    pub(super) fn text(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.line);
        let text: String = text.trim_end().chars().filter(|letter| !letter.is_control()).collect();
        (!text.is_empty()).then(|| secrets::without(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(pieces: &[&[u8]]) -> Option<String> {
        let mut said = LastLine::default();
        pieces.iter().for_each(|piece| said.push(piece));
        said.text()
    }

    #[test]
    fn the_last_line_with_something_in_it_is_kept_however_it_comes() {
        assert_eq!(last(&[]), None);
        assert_eq!(last(&[b"one\ntw", b"o\n\n  \r\n"]).as_deref(), Some("two"));
        assert_eq!(
            last(&[b"one\n", b"ERROR: no cameras\x1b available\t"]).as_deref(),
            Some("ERROR: no cameras available")
        );
        assert_eq!(last(&[b"\xFF\n\xFFx"]).as_deref(), Some("\u{FFFD}x"));
    }

    #[test]
    fn a_line_without_end_is_cut_and_passwords_are_left_out() {
        assert_eq!(last(&[&[b'x'; 9000]]).map(|text| text.len()), Some(LONGEST));
        let said = last(&[b"rtsp://me:pass@camera/1: Connection refused"]).unwrap();
        assert_eq!(said, "rtsp://…@camera/1: Connection refused");
    }
}
