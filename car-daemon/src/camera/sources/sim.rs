//! The camera of a simulated car: what the simulator draws, at the configured rate.
//!
//! What must never live here: how a picture is drawn.

use std::time::{Duration, Instant};

use bytes::Bytes;
pub(crate) use sim::Camera as Eye;
use sim::Frame;

use super::pace::Pace;
use super::{FrameSource, NoPicture, Opener, Shot};
use crate::config::CameraConfig;

pub(super) fn opener(config: &CameraConfig, eye: Eye) -> Opener {
    let config = config.clone();
    Box::new(move || {
        let eye = eye.clone();
        Ok(Box::new(Drawn {
            eye,
            frame: Frame::default(),
            jpeg: Bytes::new(),
            config: config.clone(),
            pace: Pace::new(config.period(), Instant::now()),
        }))
    })
}

struct Drawn {
    eye: Eye,
    frame: Frame,
    /// Of the frame.
    jpeg: Bytes,
    config: CameraConfig,
    pace: Pace,
}

impl FrameSource for Drawn {
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture> {
        if !self.pace.sleep(wait) {
            return Ok(None);
        }
        let taken = Instant::now();
        let CameraConfig { width, height, quality, .. } = self.config;
        // A car that stands sees now what it saw before.
        if self.eye.renew(&mut self.frame, width, height) {
            self.jpeg = self.frame.jpeg(quality).into();
        }
        // The light of a picture that stands fell in when the camera froze.
        let taken = taken.checked_sub(self.frame.age()).unwrap_or(taken);
        Ok(Some(Shot { jpeg: self.jpeg.clone(), taken }))
    }
}

#[cfg(test)]
mod tests {
    use hal::Board;
    use sim::Sim;

    use super::*;

    #[test]
    fn a_car_that_stands_is_not_drawn_again_and_one_that_was_moved_is() {
        let sim = Sim::new(&Board::preset("classroom").expect("a preset"));
        let config = CameraConfig { rate_hz: 1e9, width: 160, height: 120, ..CameraConfig::default() };
        let mut source = opener(&config, sim.camera())().expect("opens");
        let mut shot = || source.next(Duration::from_secs(1)).expect("draws").expect("is due");
        let (first, second) = (shot(), shot());
        assert_eq!(first.jpeg.as_ptr(), second.jpeg.as_ptr());
        assert!(second.taken > first.taken, "it was looked at anew");
        assert!(sim.teleport(0.1, 0.2, 0.5));
        assert_ne!(shot().jpeg, second.jpeg);
    }
}
