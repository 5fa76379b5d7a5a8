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

    /// Whether the board has what shall break.
    pub(crate) fn knows(&self, fault: &Fault) -> bool {
        Which::read(Some(fault.kind()), fault.on(), &self.board).is_ok()
    }

    /// Adds one; of the same kind and thing it takes the place of the other.
    pub(crate) fn add(&mut self, outage: Outage, now: Nanos) {
        let until = outage.lasts.map(|lasts| now.saturating_add(nanos(lasts)));
        self.broken.retain(|broken| !broken.fault.is_at(&outage.fault));
        self.broken.push(Broken { fault: outage.fault, until });
    }

    /// Takes away those that `which` says; they are what was mended.
    pub(crate) fn remove(&mut self, which: &Which) -> Vec<Fault> {
        self.take(|broken| which.is(&broken.fault))
    }

    /// Takes away those whose time is over by `now`.
    pub(crate) fn expire(&mut self, now: Nanos) -> Vec<Fault> {
        self.take(|broken| broken.until.is_some_and(|until| until <= now))
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
            into.bytes(fault.to_string().as_bytes());
            into.integer(until.unwrap_or(Nanos::MAX));
        }
    }

    fn take(&mut self, over: impl Fn(&Broken) -> bool) -> Vec<Fault> {
        self.broken.extract_if(.., |broken| over(broken)).map(|broken| broken.fault).collect()
    }
}
