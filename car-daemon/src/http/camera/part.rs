//! What is written of a picture: heads and boundaries, byte for byte as mjpg-streamer and ustreamer write them.
//!
//! What must never live here: when it is written.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::camera::plain;

/// Of a stream.
pub(super) const MULTIPART: &str = "multipart/x-mixed-replace;boundary=boundarydonotcross";

/// Of a stream that a script reads.
pub(super) const MIXED: &str = "multipart/mixed;boundary=boundarydonotcross";

/// Of a picture.
pub(super) const JPEG: &str = "image/jpeg";

/// What begins a stream.
pub(super) const FIRST: Bytes = Bytes::from_static(b"--boundarydonotcross\r\n");

/// What ends a picture. A browser of the Blink family shows a picture when the next part begins, so this is sent with the
/// picture and not before the next one.
pub(super) const LAST: Bytes = Bytes::from_static(b"\r\n--boundarydonotcross\r\n");

/// The head of a picture that is not taken yet, as ustreamer's `advance_headers` has it: neither length nor time are
/// known.
pub(super) const ADVANCE: Bytes = Bytes::from_static(b"Content-Type: image/jpeg\r\n\r\n");

/// The most of a trouble's words in a head, in characters.
const MOST_WORDS: usize = 200;

/// When a picture was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) wall: SystemTime,
    /// By the clock of the state's `t`; `None` where that is not the wall's.
    pub(super) time: Option<Duration>,
}

/// The head of a picture of so many bytes that was `taken` and is handed over after `latency`. Where it is no picture but
/// `words`, it has them, too, for programs and for who does not see them.
pub(super) fn head(length: usize, taken: Taken, latency: Duration, words: Option<&str>) -> Bytes {
    let milliseconds = latency.as_secs_f64() * 1e3;
    let time = taken.time.map_or_else(String::new, |time| format!("X-Time: {:.6}\r\n", time.as_secs_f64()));
    let words = words.map_or_else(String::new, |words| format!("X-Words: {:.MOST_WORDS$}\r\n", plain(words)));
    format!(
        "Content-Type: {JPEG}\r\nContent-Length: {length}\r\nX-Timestamp: {}\r\nX-Latency-Ms: {milliseconds:.1}\r\n{time}{words}\r\n",
        timestamp(taken.wall),
    )
    .into()
}

/// Seconds since 1970 with six digits, as `X-Timestamp` has them.
pub(super) fn timestamp(wall: SystemTime) -> String {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:06}", since.as_secs(), since.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: SystemTime) -> Taken {
        Taken { wall, time: None }
    }

    #[test]
    fn a_head_says_length_time_and_latency() {
        let wall = UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_042);
        assert_eq!(
            head(1234, at(wall), Duration::from_micros(12_340), None),
            "Content-Type: image/jpeg\r\nContent-Length: 1234\r\nX-Timestamp: 1700000000.000042\r\nX-Latency-Ms: 12.3\r\n\r\n"
        );
        assert_eq!(timestamp(UNIX_EPOCH - Duration::from_secs(1)), "0.000000");
    }

    #[test]
    fn a_head_says_the_time_by_the_clock_of_the_state_where_that_is_the_walls() {
        let taken = Taken { wall: UNIX_EPOCH, time: Some(Duration::from_micros(12_000_345)) };
        let head = head(1, taken, Duration::ZERO, None);
        assert!(head.ends_with(b"\r\nX-Latency-Ms: 0.0\r\nX-Time: 12.000345\r\n\r\n"), "{head:?}");
    }

    #[test]
    fn words_in_place_of_a_picture_are_marked_and_break_no_head() {
        let said = |words: &str| {
            let head = head(1, at(UNIX_EPOCH), Duration::ZERO, Some(words));
            String::from_utf8(head.to_vec()).expect("text")
        };
        assert!(said("/dev/video0: gone").ends_with("\r\nX-Words: /dev/video0: gone\r\n\r\n"));
        let odd = said(&format!("a\r\n\r\n--boundarydonotcross ü{}", "x".repeat(1000)));
        assert!(odd.contains("\r\nX-Words: a????--boundarydonotcross ?x"), "{odd}");
        assert_eq!((odd.matches("\r\n\r\n").count(), odd.matches("\r\n").count()), (1, 6));
        assert!(odd.len() < 400);
    }
}
