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

pub(super) const REMEDY: &str = "this machine has too much else to do";

pub(super) fn opener(config: &CameraConfig, eye: Eye) -> Opener {
    let config = config.clone();
    Box::new(move || {
        let eye = eye.clone();
        Ok(Box::new(Drawn {
            eye,
            frame: Frame::default(),
            jpeg: Bytes::new(),
            stands: None,
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
    /// Of a camera that froze: when it did, in the time of its car and in ours.
    stands: Option<(Duration, Instant)>,
    config: CameraConfig,
    pace: Pace,
}

impl FrameSource for Drawn {
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture> {
        if !self.pace.sleep(wait) {
            return Ok(None);
        }
        let now = Instant::now();
        let CameraConfig { width, height, quality, .. } = self.config;
        // A car that stands sees now what it saw before.
        if self.eye.renew(&mut self.frame, width, height) {
            self.jpeg = self.frame.jpeg(quality).into();
        }
        Ok(Some(Shot { jpeg: self.jpeg.clone(), taken: self.taken(now) }))
    }
}

impl Drawn {
    /// When the light of the picture fell in, of one that is looked at now. The time of a car may run faster than ours
    /// or slower: how long ago its camera froze is known at the first look, as well as it can be, and ours from then on.
    fn taken(&mut self, now: Instant) -> Instant {
        let (at, age) = (self.frame.at(), self.frame.age());
        self.stands = match self.stands {
            _ if age.is_zero() => None,
            Some((froze, _)) if froze == at => self.stands,
            _ => Some((at, now.checked_sub(age).unwrap_or(now))),
        };
        self.stands.map_or(now, |(_, taken)| taken)
    }
}

#[cfg(test)]
mod tests {
    use hal::Board;
    use sim::{Fault, Sim};

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

    #[test]
    fn a_picture_that_stands_was_taken_when_the_camera_froze_however_fast_the_time_of_the_car_runs() {
        let sim = Sim::new(&Board::preset("classroom").expect("a preset"));
        let config = CameraConfig { rate_hz: 1e9, width: 160, height: 120, ..CameraConfig::default() };
        let mut source = opener(&config, sim.camera())().expect("opens");
        let mut taken = || source.next(Duration::from_secs(1)).expect("draws").expect("is due").taken;
        taken();
        assert!(sim.fault(Fault::CameraFrozen));
        sim.step(Duration::from_secs(1));
        let froze = taken();
        assert!(froze.elapsed() >= Duration::from_millis(900), "{:?}", froze.elapsed());
        // Slower than ours, and faster.
        for step in [Duration::from_nanos(1), Duration::from_secs(60)] {
            sim.step(step);
            assert_eq!(taken(), froze);
        }
        sim.mend_all();
        assert!(taken() > froze);
    }
}
