//! The camera of a simulated car: what the simulator draws, at the configured rate.
//!
//! What must never live here: how a picture is drawn.

use std::time::{Duration, Instant};

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
            config: config.clone(),
            pace: Pace::new(config.period(), Instant::now()),
        }))
    })
}

struct Drawn {
    eye: Eye,
    frame: Frame,
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
        self.eye.frame_into(&mut self.frame, width, height);
        Ok(Some(Shot { jpeg: self.frame.jpeg(quality).into(), taken }))
    }
}
