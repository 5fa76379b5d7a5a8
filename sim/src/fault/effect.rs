//! What each fault does to the parts of a car, and when.
//!
//! What must never live here: words.

use super::{Fault, Outage, Sensor, Which};
use crate::clock::Nanos;
use crate::engine::Engine;
use crate::script::Act;

impl Engine {
    /// Breaks something. Whether it can: what the board does not have cannot, nor what nobody could say.
    pub(crate) fn suffer(&mut self, outage: Outage) -> bool {
        if !self.faults.allows(&outage) {
            return false;
        }
        let now = self.clock.now();
        match &outage.fault {
            Fault::ChipReset(chip) => self.change(|circuit| circuit.buses.reset(chip, now)),
            Fault::ClockJump(by) => self.faults.jump(*by),
            _ => {}
        }
        if !outage.fault.is_momentary() {
            self.faults.add(outage, now);
            self.spread();
        }
        true
    }

    /// Mends something. Whether any of it was broken.
    pub(crate) fn mend(&mut self, which: &Which) -> bool {
        let mended = self.faults.remove(which);
        if mended {
            self.spread();
        }
        mended
    }

    /// Mends what is due by the clock, and does what the script says.
    pub(crate) fn happen(&mut self) {
        let now = self.clock.now();
        if self.faults.expire(now) {
            self.spread();
        }
        while let Some(act) = self.plan.next(now) {
            match act {
                // The script was read against this board.
                Act::Break(outage) => drop(self.suffer(outage)),
                Act::Press(pressed) => drop(self.surround(|around| around.press_estop(pressed))),
                // Where it cannot stand, nobody puts it.
                Act::Teleport { x_m, y_m, heading_rad } => drop(self.teleport(x_m, y_m, heading_rad)),
            }
        }
    }

    /// When that is next.
    pub(crate) fn happens_at(&self) -> Nanos {
        self.faults.due().min(self.plan.due())
    }

    /// Every part is as broken as is known, and no more, however it was before.
    fn spread(&mut self) {
        // What falls silent stays as it is now, and not as it was when somebody last looked.
        self.look_down();
        let faults = &self.faults;
        self.circuit.change(self.clock.now(), |circuit| circuit.suffer(faults));
        for motor in &mut self.motors {
            motor.open = faults.is(Fault::MotorOpen, &motor.name);
            motor.stalled = faults.is(Fault::MotorStalled, &motor.name);
        }
        for (motor, encoder) in &mut self.encoders {
            let dead = faults.is(Fault::EncoderDead, &self.motors[*motor].name);
            if std::mem::replace(&mut encoder.dead, dead) && !dead {
                // It sees where its disc stands by now.
                for (line, high) in encoder.stands() {
                    line.iter().for_each(|line| self.circuit.nets.drive_input(*line, high));
                }
            }
        }
        self.surroundings.ails = faults.ails();
        if let Some(sonar) = &mut self.sonar {
            sonar.silent = self.surroundings.ails.silent(Sensor::Range);
        }
        let frozen = faults.has(&Fault::CameraFrozen);
        self.freeze_camera(frozen);
        self.feed();
        self.hear();
    }
}
