//! What the head of a part says of the picture behind it, where another car serves the stream.
//!
//! What must never live here: where a picture begins and ends.

use std::time::Duration;

/// A head, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// It is no picture, but words that stand in for one (`X-Words`).
    pub(super) words: Option<String>,
    /// How long ago it was taken, by whoever sent it (`X-Latency-Ms`).
    pub(super) late: Duration,
}

/// A picture is believed to be no older than this.
const OLDEST_MS: f64 = 1e9;

/// The most of words that is told on, in characters.
const MOST_WORDS: usize = 200;

impl Part {
    /// Of what stands before a picture, whatever that is.
    pub(super) fn of(head: &[u8]) -> Self {
        let mut part = Self::default();
        for line in head.split(|byte| *byte == b'\n') {
            let Some((name, value)) = str::from_utf8(line).ok().and_then(|line| line.split_once(':')) else {
                continue;
            };
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "x-words" => {
                    part.words =
                        Some(value.chars().filter(|letter| !letter.is_control()).take(MOST_WORDS).collect());
                }
                "x-latency-ms" => part.late = late(value),
                _ => {}
            }
        }
        part
    }
}

fn late(value: &str) -> Duration {
    let ms = value.parse().ok().filter(|ms| (0.0..=OLDEST_MS).contains(ms));
    Duration::from_secs_f64(ms.unwrap_or(0.0) / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_age_are_read_and_nothing_else_is() {
        let part =
            |words: Option<&str>, ms| Part { words: words.map(Into::into), late: Duration::from_millis(ms) };
        for (head, said) in [
            (&b"--b\r\nContent-Type: image/jpeg\r\nX-Latency-Ms: 12\r\n\r\n"[..], part(None, 12)),
            (
                b"\r\n--b\nx-WORDS:  off\x07 : really \nX-Latency-Ms: -1\n\n\xFF",
                part(Some("off : really"), 0),
            ),
            (b"X-Words:\r\nX-Latency-Ms: 1e300\r\n", part(Some(""), 0)),
            (b"X-Latency-Ms: NaN\r\nY: X-Words: no", part(None, 0)),
            (b"", part(None, 0)),
            (b"\xFF\xFE:\n::\n", part(None, 0)),
        ] {
            assert_eq!(Part::of(head), said, "{}", head.escape_ascii());
        }
        let long = format!("X-Words: {}", "a".repeat(1_000));
        assert_eq!(Part::of(long.as_bytes()).words.map(|words| words.len()), Some(200));
    }
}
