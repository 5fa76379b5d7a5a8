//! A car in a world, driven and asked as the daemon does.

use std::time::Duration;

use hal::{Board, Car, Drive, Motion, Platform, Target};
use sim::{Setup, Sim, World};

/// The trip.
pub(crate) struct Trip {
    pub(crate) sim: Sim,
    pub(crate) car: Car,
    pub(crate) now: Duration,
}

impl Trip {
    pub(crate) fn new(board: &Board, world: World) -> Self {
        Self::of(board, &Setup { world, ..Setup::default() })
    }

    pub(crate) fn of(board: &Board, setup: &Setup) -> Self {
        let sim = Sim::of(board, setup);
        let car = Car::assemble(board, &mut sim.clone()).expect("a car");
        Self { sim, car, now: Duration::ZERO }
    }

    /// As a control loop does, 100 times a second.
    pub(crate) fn hold(&mut self, target: &Target, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        let mut tick = self.now;
        while self.now < end {
            self.sim.advance(self.now);
            if self.now >= tick {
                tick = self.now + Duration::from_millis(10);
                self.car.apply(target, self.now).expect("applied");
            }
            self.now = self.car.sense(self.now).clamp(self.now, tick);
        }
    }

    pub(crate) fn drive(&mut self, throttle: f64, steer: f64, ms: u64) {
        let drive = Drive::Power { throttle, steer, strafe: 0.0 };
        self.hold(&Target { drive, ..Target::default() }, ms);
    }

    /// Stands and looks, long enough for three echoes.
    pub(crate) fn stand(&mut self) {
        self.hold(&Target::default(), 250);
    }

    pub(crate) fn truth(&self) -> Motion {
        self.sim.motion().expect("a chassis")
    }
}
