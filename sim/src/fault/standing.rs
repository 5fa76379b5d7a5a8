//! The faults that a car has now, and when they are mended by the clock.
//!
//! What must never live here: what any of them does.

use std::time::Duration;

use hal::Board;
use hal::board::{BatterySource, PinRef};

use super::{Ails, Fault, Outage, Sensor, Which};
use crate::clock::{Nanos, nanos};
use crate::digest::Digest;
use crate::net;

/// All of them.
#[derive(Debug)]
pub(crate) struct Standing {
    board: Board,
    /// Every pin of the board and its name.
    pins: Vec<(String, PinRef)>,
    /// Oldest first; of each kind and thing one.
    broken: Vec<Broken>,
    /// How far the caller's clock is still to jump.
    jump: Nanos,
}

#[derive(Debug)]
struct Broken {
    fault: Fault,
    until: Option<Nanos>,
}

impl Standing {
    /// None.
    pub(crate) fn new(board: &Board) -> Self {
        Self { board: board.clone(), pins: net::every_pin(board), broken: Vec::new(), jump: 0 }
    }

    /// Whether it could be said of this board: a reader takes no other.
    pub(crate) fn allows(&self, outage: &Outage) -> bool {
        Fault::check(&outage.said(), &self.board).is_ok()
    }

    /// Adds one; of the same kind and thing it takes the place of the other.
    pub(crate) fn add(&mut self, outage: Outage, now: Nanos) {
        let until = outage.lasts.map(|lasts| now.saturating_add(nanos(lasts)));
        self.broken.retain(|broken| !broken.fault.is_at(&outage.fault));
        self.broken.push(Broken { fault: outage.fault, until });
    }

    /// Takes away those that `which` says. Whether there was any.
    pub(crate) fn remove(&mut self, which: &Which) -> bool {
        self.take(|broken| which.is(&broken.fault))
    }

    /// Takes away those whose time is over by `now`. Whether there was any.
    pub(crate) fn expire(&mut self, now: Nanos) -> bool {
        self.take(|broken| broken.until.is_some_and(|until| until <= now))
    }

    /// Whether noise spoils the next transfer of a bus, which is one less then; without any left it is over.
    pub(crate) fn spoils(&mut self, on: &str) -> bool {
        let noise = self.broken.iter_mut().enumerate().find_map(|(place, broken)| match &mut broken.fault {
            Fault::BusNoise(bus, left) if bus == on => Some((place, left)),
            _ => None,
        });
        let Some((place, left)) = noise else { return false };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.broken.remove(place);
        }
        true
    }

    /// When the next one is mended by the clock; the end of time if none is.
    pub(crate) fn due(&self) -> Nanos {
        self.broken.iter().filter_map(|broken| broken.until).min().unwrap_or(Nanos::MAX)
    }

    /// Oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Fault> {
        self.broken.iter().map(|broken| &broken.fault)
    }

    /// Whether this is broken.
    pub(crate) fn has(&self, fault: &Fault) -> bool {
        self.all().any(|broken| broken.is_at(fault))
    }

    /// Whether this fault of that thing is there.
    pub(crate) fn is(&self, fault: fn(String) -> Fault, on: &str) -> bool {
        !self.broken.is_empty() && self.has(&fault(on.to_owned()))
    }

    /// Whether a chip of the board is cut off, as such or as the sensor that it is.
    pub(crate) fn is_chip_silent(&self, index: usize, name: &str) -> bool {
        let battery = self.board.battery.as_ref().is_some_and(|battery| match battery.source {
            BatterySource::Ina219 { chip } => chip == index,
            BatterySource::Analog { .. } => false,
        });
        let imu = self.board.imu.as_ref().is_some_and(|imu| imu.chip == index);
        let ails = self.ails();
        self.is(Fault::ChipSilent, name)
            || (battery && ails.silent(Sensor::Battery))
            || (imu && ails.silent(Sensor::Imu))
    }

    /// What is wrong with the sensors.
    pub(crate) fn ails(&self) -> Ails {
        let of = |fault: fn(Sensor) -> Fault| Sensor::ALL.map(|sensor| self.has(&fault(sensor)));
        Ails { silent: of(Fault::SensorSilent), mad: of(Fault::SensorMad) }
    }

    /// The pins that carry a level whatever drives them.
    pub(crate) fn stuck(&self) -> Vec<(PinRef, bool)> {
        let stuck = self.all().filter_map(|fault| match fault {
            Fault::PinStuck(name, high) => {
                let (_, pin) = self.pins.iter().find(|(known, _)| known == name)?;
                Some((pin.clone(), *high))
            }
            _ => None,
        });
        stuck.collect()
    }

    /// Lets the caller's clock jump.
    pub(crate) fn jump(&mut self, by: Duration) {
        self.jump = self.jump.saturating_add(nanos(by));
    }

    /// How far the caller's clock shall jump now; it is asked once.
    pub(crate) fn take_jump(&mut self) -> Option<Duration> {
        let jump = std::mem::take(&mut self.jump);
        (jump > 0).then(|| Duration::from_nanos(jump))
    }

    /// Takes everything that makes a difference into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.integer(self.jump);
        for Broken { fault, until } in &self.broken {
            fault.digest(into);
            into.integer(until.unwrap_or(Nanos::MAX));
        }
    }

    fn take(&mut self, over: impl Fn(&Broken) -> bool) -> bool {
        let before = self.broken.len();
        self.broken.retain(|broken| !over(broken));
        self.broken.len() < before
    }
}
