//! What a car knows of itself and of what is around it.
//!
//! What must never live here: writing to anything that moves.

use std::time::Duration;

use super::Car;
use crate::Motion;
use crate::board::ServoRole;
use crate::odometry::Source;
use crate::sensor::{News, Readings};

impl Car {
    /// Lets the sensor that is due do its next step, which is at most one transfer over a bus; answers when
    /// this is to be called again (`now` or earlier: at once). Whoever drives looks between two calls
    /// whether there is something to write, so a sensor delays a motor by no more than a transfer. A transfer
    /// that fails is tried three times, once a call; on a chip that drives too, at once. What such a chip has
    /// begun to sample, [`apply`](Self::apply) reads before it writes, once it is ready.
    ///
    /// A sensor that fails reads as nothing, and is asked more and more seldom; [`sensor_news`](Self::sensor_news)
    /// tells. It never stops the car.
    ///
    /// To be called after each [`apply`](Self::apply), as it also notes what the wheels do since then.
    pub fn sense(&mut self, now: Duration) -> Duration {
        let steering = self.turret(ServoRole::Steering);
        let steered_deg = steering.map_or(0.0, |turret| turret.heard_deg() - turret.spec.center_deg);
        let news = self.reckoning.look(&self.motors, steered_deg.to_radians(), now);
        self.sensors.tell(news);
        self.sensors.sense(now)
    }

    /// Where the car is by its wheels, from where it was assembled, and by what that is known.
    #[must_use]
    pub fn odometry(&self) -> (Source, Motion) {
        (self.reckoning.source(), self.reckoning.motion())
    }

    /// Its way begins here: it was put somewhere, and is told so.
    pub fn forget_way(&mut self) {
        self.reckoning.restart();
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
