//! The order in which a car is written.
//!
//! What must never live here: what it is told, and by whom.
//!
//! A change is a sequence of small writes: no duty for every motor that reverses; then the inputs;
//! then the new duty; then the servos. Between them each chip is flushed, so that what was staged is
//! on the wire before the next step begins.
//!
//! A bridge's standby line is the last way to stop a motor whose other wires no longer obey: it is
//! lowered as soon as a motor fails, and raised only over brakes that were written without a failure.

use std::time::Duration;

use super::Car;
use super::motor::Motor;
use super::panel::Light;
use super::parts::FirstError;
use super::turret::{Aim, Turret};
use crate::HardwareError;

impl Car {
    /// Brings every motor to its `next`. Goes on where a motor fails, for the sake of the others,
    /// but from then on only to brake, and with the bridges asleep.
    pub(super) fn drive(&mut self) -> Result<(), HardwareError> {
        let mut first = FirstError::default();
        for motor in &mut self.motors {
            motor.given = 0.0;
            first.note(motor.driver.zero().map_err(|source| motor.error(source)));
        }
        self.settle(&mut first);
        for motor in &mut self.motors {
            motor.switched = false;
            if first.is_none() || motor.brakes {
                let switched = motor.driver.switch().map_err(|source| motor.error(source));
                motor.switched = first.note(switched);
            }
        }
        self.settle(&mut first);
        for motor in self.motors.iter_mut().filter(|motor| motor.switched) {
            if first.is_none() || motor.brakes {
                first.note(motor.driver.power().map_err(|source| motor.error(source)));
            }
        }
        self.settle(&mut first);
        if first.is_none() {
            self.motors.iter_mut().for_each(Motor::confirm);
        }
        first.into_result()
    }

    /// Ends a step of the motors or their bridges. After a failure the bridges sleep before the next step, as a dead
    /// bus may take seconds to say so again. A line that is on a chip is lowered by the next flush.
    pub(super) fn settle(&mut self, first: &mut FirstError) {
        self.flush(first);
        if !first.is_none() {
            self.awake = false;
            for standby in &mut self.standby {
                first.note(standby.lower());
            }
        }
    }

    /// Raises the standby lines, over brakes.
    pub(super) fn wake(&mut self) -> Result<(), HardwareError> {
        if self.awake {
            return Ok(());
        }
        let mut first = FirstError::default();
        for standby in &mut self.standby {
            first.note(standby.raise());
        }
        self.awake = true;
        self.settle(&mut first);
        first.into_result()
    }

    /// Turns the servos, each only if it is to turn elsewhere than it was told; without a time as fast as
    /// they can. Goes on where a servo fails.
    pub(super) fn look(
        &mut self,
        wanted: impl Fn(usize, &Turret) -> Aim,
        now: Option<Duration>,
    ) -> Result<(), HardwareError> {
        let mut first = FirstError::default();
        for (index, turret) in self.servos.iter_mut().enumerate() {
            let wanted = wanted(index, turret);
            first.note(turret.turn_to(wanted, now));
        }
        self.flush(&mut first);
        self.servos.iter_mut().for_each(Turret::confirm);
        first.into_result()
    }

    /// Sends what is staged. A motor on a chip that fails is not switched, a servo has not heard.
    fn flush(&mut self, first: &mut FirstError) {
        for chip in &self.chips {
            if !first.note(chip.pwm.flush().map_err(|error| chip.error(error))) {
                for motor in self.motors.iter_mut().filter(|motor| motor.chips.contains(&chip.index)) {
                    motor.switched = false;
                }
                let on_chip = |turret: &&mut Turret| turret.chip == Some(chip.index);
                self.servos.iter_mut().filter(on_chip).for_each(Turret::doubt);
                self.lights.iter_mut().filter(|light| light.is_on(chip.index)).for_each(Light::doubt);
            }
        }
    }

    pub(super) fn light(&mut self, level: impl Fn(usize, &Light) -> f64) -> Result<(), HardwareError> {
        if self.lights.is_empty() {
            return Ok(());
        }
        let mut first = FirstError::default();
        for (index, light) in self.lights.iter_mut().enumerate() {
            let level = level(index, light);
            first.note(light.show(level));
        }
        self.flush(&mut first);
        first.into_result()
    }

    /// Whether what goes over the buses arrives at all.
    pub(super) fn heard(&mut self) -> Result<(), HardwareError> {
        for probe in &mut self.probes {
            probe.ask().map_err(|source| {
                let users = self.chips.iter().filter(|chip| probe.chips.contains(&chip.index));
                let users: Vec<&str> = users.flat_map(|chip| &chip.users).map(String::as_str).collect();
                HardwareError { part: users.join(", "), source }
            })?;
        }
        Ok(())
    }
}
