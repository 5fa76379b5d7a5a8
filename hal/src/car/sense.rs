//! What a car knows of itself and of what is around it.
//!
//! What must never live here: writing to anything that moves.

use std::time::Duration;

use super::Car;
use crate::sensor::{News, Readings};

impl Car {
    /// Lets the sensor that is due do its next step, which is at most one transfer over a bus; answers when
    /// this is to be called again (`now` or earlier: at once). Whoever drives looks between two calls
    /// whether there is something to write, so a sensor delays a motor by no more than a transfer.
    ///
    /// A sensor that fails reads as nothing, and is asked more and more seldom; [`sensor_news`](Self::sensor_news)
    /// tells. It never stops the car.
    pub fn sense(&mut self, now: Duration) -> Duration {
        self.sensors.sense(now)
    }

    /// The newest of everything.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        self.sensors.readings()
    }

    /// What people are to be told of sensors that fail or answer again, since the last call.
    pub fn sensor_news(&mut self) -> Vec<News> {
        self.sensors.take_news()
    }
}
