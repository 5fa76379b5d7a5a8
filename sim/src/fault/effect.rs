//! What each fault does to the parts of a car, and when.
//!
//! What must never live here: words.

use super::{Fault, Outage, Sensor, Which};
use crate::clock::Nanos;
use crate::engine::Engine;
use crate::script::Act;

impl Engine {
    /// Breaks something. Whether the board has it.
    pub(crate) fn suffer(&mut self, outage: Outage) -> bool {
        if !self.faults.knows(&outage.fault) {
            return false;
        }
        match &outage.fault {
            Fault::ChipReset(chip) => self.circuit.change(|circuit| circuit.buses.reset(chip)),
            Fault::ClockJump(by) => self.faults.jump(*by),
            Fault::BusNoise(bus, count) => self.circuit.buses.set_noise(bus, *count),
            _ => {}
        }
        if !outage.fault.is_momentary() {
            let now = self.clock.now();
            self.faults.add(outage, now);
            self.spread();
        }
        true
    }

    /// Mends something. Whether any of it was broken.
    pub(crate) fn mend(&mut self, which: &Which) -> bool {
        let mended = self.standing_faults().iter().any(|fault| which.is(fault));
        let gone = self.faults.remove(which);
        self.end(gone);
        mended
    }

    /// Mends what is due by the clock, and does what the script says.
    pub(crate) fn happen(&mut self) {
        let now = self.clock.now();
        let gone = self.faults.expire(now);
        self.end(gone);
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

    /// What is broken now, oldest first; of noise, how much of it is left.
    pub(crate) fn standing_faults(&self) -> Vec<Fault> {
        let left = |fault: &Fault| match fault {
            Fault::BusNoise(bus, _) => match self.circuit.buses.noise(bus) {
                0 => None,
                left => Some(Fault::BusNoise(bus.clone(), left)),
            },
            other => Some(other.clone()),
        };
        self.faults.all().filter_map(left).collect()
    }

    fn end(&mut self, gone: Vec<Fault>) {
        for fault in &gone {
            if let Fault::BusNoise(bus, _) = fault {
                self.circuit.buses.set_noise(bus, 0);
            }
        }
        if !gone.is_empty() {
            self.spread();
        }
    }

    /// Every part is as broken as is known, and no more, however it was before.
    fn spread(&mut self) {
        // What falls silent stays as it is now, and not as it was when somebody last looked.
        self.look_down();
        let faults = &self.faults;
        self.circuit.change(|circuit| circuit.suffer(faults));
        for motor in &mut self.motors {
            motor.open = faults.is(Fault::MotorOpen, &motor.name);
            motor.stalled = faults.is(Fault::MotorStalled, &motor.name);
        }
        for (motor, encoder) in &mut self.encoders {
            encoder.dead = faults.is(Fault::EncoderDead, &self.motors[*motor].name);
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
