//! Pictures out of a flow of bytes, for sources that are streams: the newest counts, whatever stands between them
//! is passed over.
//!
//! What must never live here: where the bytes come from, a clock.

use std::time::{Duration, Instant};

use super::part::Part;
use super::thin::Thin;
use super::{NoPicture, SILENCE, Shot, too_long};
use crate::camera::mjpeg::{self, Splitter};
use crate::config::CameraConfig;

/// A flow that has just begun may be silent for longer: a camera has to be found and to measure the light.
const START: Duration = Duration::from_secs(15);

/// A flow of bytes and what became of it.
#[derive(Debug)]
pub(super) struct Flow {
    splitter: Splitter,
    thin: Thin,
    max_bytes: usize,
    newest: Option<Shot>,
    /// When the last picture came, or the flow began.
    last: Instant,
    patience: Duration,
    /// There were bytes since the last picture.
    bytes: bool,
    /// What came last is no picture, but words that another car has drawn in its place.
    words: Option<String>,
}

impl Flow {
    pub(super) fn new(config: &CameraConfig, now: Instant) -> Self {
        Self {
            splitter: Splitter::new(config.max_bytes),
            thin: Thin::new(config.period()),
            max_bytes: config.max_bytes,
            newest: None,
            last: now,
            patience: START,
            bytes: false,
            words: None,
        }
    }

    /// Takes the next bytes, which came now.
    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) {
        let mut newest = None;
        self.bytes = true;
        self.splitter.push(bytes, |head, picture| newest = Some((Part::of(head), picture)));
        let Some((Part { words, late }, picture)) = newest else { return };
        let is_picture = words.is_none();
        // Without a word the camera there is only being opened.
        self.words = words.filter(|words| !words.is_empty());
        if is_picture && let Some(jpeg) = mjpeg::completed(picture) {
            (self.last, self.patience, self.bytes) = (now, SILENCE, false);
            if self.thin.wants(now) {
                self.newest = Some(Shot { jpeg: jpeg.into(), taken: now.checked_sub(late).unwrap_or(now) });
            }
        }
    }

    /// The newest picture that was not taken yet.
    pub(super) fn take(&mut self) -> Option<Shot> {
        self.newest.take()
    }

    /// Whether pictures still come; `hint` says what would help where bytes come that are no pictures.
    ///
    /// # Errors
    /// None did for too long, or such as are too long, or words come in place of one.
    pub(super) fn check(&self, hint: &str, now: Instant) -> Result<(), NoPicture> {
        if self.splitter.is_overrun() {
            return Err(NoPicture(format!("what comes {}", too_long(self.max_bytes))));
        }
        if let Some(words) = &self.words {
            return Err(NoPicture(format!("has no picture: {words}")));
        }
        match now.saturating_duration_since(self.last) < self.patience {
            true => Ok(()),
            false if self.bytes => Err(NoPicture(format!("gives bytes that are no JPEG pictures: {hint}"))),
            false => Err(NoPicture("gives nothing any more; it is tried again".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::mjpeg::samples::{picture, without_tables};

    fn flow(rate_hz: f64) -> (Flow, Instant) {
        let now = Instant::now();
        (Flow::new(&CameraConfig { rate_hz, ..CameraConfig::default() }, now), now)
    }

    #[test]
    fn the_newest_of_several_pictures_is_given_with_the_tables_that_it_lacks() {
        let (mut flow, now) = flow(1e9);
        let bare = without_tables(&picture(24, 24, 2));
        flow.push(&[picture(24, 24, 1), bare.clone()].concat(), now);
        let shot = flow.take().unwrap();
        assert_eq!(Some(shot.jpeg.to_vec()), mjpeg::completed(bare));
        assert!(flow.take().is_none());
    }

    #[test]
    fn words_that_another_car_draws_are_no_picture_and_what_it_says_of_their_age_counts() {
        let (mut flow, now) = flow(1e9);
        let part = |head: &str| [format!("--b\r\n{head}\r\n\r\n").as_bytes(), &picture(8, 8, 1)].concat();
        flow.push(&part("X-Latency-Ms: 250.0"), now);
        assert_eq!(flow.take().map(|shot| now - shot.taken), Some(Duration::from_millis(250)));
        flow.push(&part("x-words: the camera is off"), now);
        assert!(flow.take().is_none());
        assert_eq!(flow.check("", now).unwrap_err().0, "has no picture: the camera is off");
        flow.push(&part("X-Words:"), now);
        assert!(flow.take().is_none() && flow.check("", now).is_ok());
        let now = now + Duration::from_secs(1);
        flow.push(&part("Content-Type: image/jpeg"), now);
        assert!(flow.take().is_some_and(|shot| shot.taken == now) && flow.check("", now).is_ok());
    }

    #[test]
    fn a_flow_that_begins_is_waited_for_longer_than_one_that_stops() {
        let (mut flow, now) = flow(30.0);
        let check = |flow: &Flow, after: f64| flow.check("say so", now + Duration::from_secs_f64(after));
        assert!(check(&flow, 14.9).is_ok());
        assert!(check(&flow, 15.0).unwrap_err().0.contains("gives nothing any more"));
        flow.push(&picture(8, 8, 1), now + Duration::from_secs(10));
        assert!(check(&flow, 14.9).is_ok());
        assert!(check(&flow, 15.0).is_err());
        flow.push(b"<html>", now);
        assert_eq!(check(&flow, 15.0).unwrap_err().0, "gives bytes that are no JPEG pictures: say so");
    }

    #[test]
    fn pictures_beyond_the_rate_are_left_out_and_keep_the_flow_alive() {
        let (mut flow, now) = flow(1.0);
        let at = |ms| now + Duration::from_millis(ms);
        flow.push(&picture(8, 8, 1), at(0));
        assert!(flow.take().is_some());
        flow.push(&picture(8, 8, 2), at(500));
        assert!(flow.take().is_none());
        assert!(flow.check("", at(5499)).is_ok());
    }

    #[test]
    fn pictures_that_are_too_long_are_told_with_what_would_be_right() {
        let now = Instant::now();
        let mut flow = Flow::new(&CameraConfig { max_bytes: 500, ..CameraConfig::default() }, now);
        flow.push(&picture(64, 64, 1), now);
        let said = flow.check("", now).unwrap_err().0;
        assert!(said.contains("what comes has more bytes than [camera] max_bytes = 500 allows"), "{said}");
    }
}
