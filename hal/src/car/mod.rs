//! The assembled car: every motor and servo of a board, opened on a platform.
//!
//! What lives here: the order in which a car is written. What must never live here: registers and
//! truth tables, which are the drivers'; who may drive and how fast, which is nobody's here.
//!
//! A change is a sequence of small writes: no duty for every motor that reverses; then the inputs;
//! then the new duty; then the servos. Between them each chip is flushed, so that what was staged is
//! on the wire before the next step begins.
//!
//! A bridge's standby line is the last way to stop a motor whose other wires no longer obey: it is
//! lowered as soon as a motor fails, and raised only over brakes that were written without a failure.
//!
//! Every wire and bus is behind the interlock, which is looked at before each single write. What halts
//! the car passes it; everything else is refused as a wire that fails would be, and the car halts.

use crate::board::ServoRole;
use crate::driver::hbridge::Command;
use crate::{AssembleError, Board, Drivetrain, HardwareError, Interlock, IoKind, Platform, WheelPower};

mod assemble;
mod guard;
mod parts;
mod rest;
#[cfg(test)]
mod tests;

use guard::Pass;
use parts::{Button, Chip, FirstError, Motor, Standby, Turret};

/// What the wheels shall do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Drive {
    /// Stand, motors shorted.
    #[default]
    Brake,
    /// Turn. What would need more than full power is scaled down as [`Drivetrain::mix`] says; a
    /// side that gets no power brakes.
    Power {
        /// -1 to 1, forward positive.
        throttle: f64,
        /// -1 to 1, left positive.
        steer: f64,
    },
}

/// What the whole car shall do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Target {
    /// The wheels.
    pub drive: Drive,
    /// Degrees, left positive; limited to the servo's range, ignored on a board without a pan servo.
    pub pan_deg: f64,
    /// Degrees, up positive; limited to the servo's range, ignored on a board without a tilt servo.
    pub tilt_deg: f64,
}

/// A car. A drop brakes it.
pub struct Car {
    // In the order of drops: what is staged last, the chips send.
    motors: Vec<Motor>,
    servos: Vec<Turret>,
    standby: Vec<Standby>,
    /// Every standby line is known to be high.
    awake: bool,
    chips: Vec<Chip>,
    estop: Option<Button>,
    pass: Pass,
    drivetrain: Drivetrain,
    wheels: WheelPower,
}

impl Car {
    /// Opens everything that the board names, brakes, centres the servos, and checks the chips.
    ///
    /// # Errors
    /// The first part that cannot be opened or written. Everything opened so far is safe.
    pub fn assemble(board: &Board, platform: &mut dyn Platform) -> Result<Self, AssembleError> {
        Self::assemble_under(board, platform, Interlock::default())
    }

    /// As [`assemble`](Self::assemble), under an interlock that may be engaged already: then the servos
    /// get no pulse.
    ///
    /// # Errors
    /// As of [`assemble`](Self::assemble).
    pub fn assemble_under(
        board: &Board,
        platform: &mut dyn Platform,
        interlock: Interlock,
    ) -> Result<Self, AssembleError> {
        assemble::car(board, platform, interlock)
    }

    /// What stops this car below everything else; see [`Interlock`].
    #[must_use]
    pub fn interlock(&self) -> Interlock {
        self.pass.interlock().clone()
    }

    /// Whether the board's e-stop button is pressed, or its wire broken; never on a board without one.
    /// One system call, no bus.
    ///
    /// # Errors
    /// Where the button cannot be read: whoever asks must take that for pressed.
    pub fn estop_pressed(&mut self) -> Result<bool, HardwareError> {
        self.estop.as_mut().map_or(Ok(false), Button::is_pressed)
    }

    /// Brings every output of a board to its safe state, and lets go of all of them: for whoever finds a
    /// car that nobody drives any more. Lines and the kernel's PWM go first, each by itself, then the
    /// chips; where all of them obey, the motors brake and the servos are centred, as of
    /// [`assemble`](Self::assemble). Doing it again changes nothing.
    ///
    /// # Errors
    /// Every output that does not obey, and whose it is. All others are low or have no duty, with which
    /// no bridge drives.
    pub fn rest(board: &Board, platform: &mut dyn Platform) -> Result<(), Vec<AssembleError>> {
        rest::board(board, platform)
    }

    /// Does `target`, and writes only what changed. A motor that reverses has zero duty on the bus
    /// before its inputs flip. The motors are written before the servos. A car whose bridges sleep
    /// after a failure brakes before they wake.
    ///
    /// Under an engaged [`interlock`](Self::interlock) the wheels brake and the servos hold, whatever the
    /// target. That is no error; [`wheels`](Self::wheels) and [`gimbal`](Self::gimbal) tell.
    ///
    /// # Errors
    /// The first part that failed, or a target that is not a number. Nothing is given power after a
    /// failure, and bridges with a standby line sleep after that of a motor; but a car without such
    /// lines may still move: [`halt`](Self::halt) it. Outputs that are unknown after the error are
    /// written again in full at the next call.
    pub fn apply(&mut self, target: &Target) -> Result<(), HardwareError> {
        if !self.pass.interlock().is_engaged() {
            self.pursue(target).or_else(unless_interlocked)?;
        }
        // Perhaps only since the first of its writes.
        if self.pass.interlock().is_engaged() { self.hold() } else { Ok(()) }
    }

    /// Brakes, whatever was written before. The servos hold. Bridges that sleep wake up braked.
    ///
    /// # Errors
    /// The first failure; every motor is tried even where another fails. Every bridge with a standby
    /// line then sleeps, whatever its other wires do, until a halt succeeds.
    pub fn halt(&mut self) -> Result<(), HardwareError> {
        for chip in &self.chips {
            chip.shared.lock().forget();
        }
        for motor in &mut self.motors {
            motor.bridge.forget();
        }
        self.brake()
    }

    /// Brings a car back after a failure: brakes, turns the servos to where they were last told (to the
    /// centre, if they never were), and checks the chips. All that [`apply`](Self::apply) may write has
    /// then been written without a failure, whatever was known of it before; except that under an engaged
    /// interlock the servos are left for the first [`apply`](Self::apply) after its release.
    ///
    /// # Errors
    /// The first part that still fails. The motors stand as after a [`halt`](Self::halt): braked where
    /// it is a servo that fails, asleep or braked as far as possible where it is a motor.
    pub fn recover(&mut self) -> Result<(), HardwareError> {
        self.halt()?;
        for turret in &mut self.servos {
            turret.heard = false;
        }
        if !self.pass.interlock().is_engaged() {
            self.look(|turret| turret.told_deg).or_else(unless_interlocked)?;
        }
        self.check()
    }

    /// Asks every chip whether it still runs as it was set up. A car that holds its motion writes
    /// nothing, and a chip that was reset acknowledges as if it obeyed: neither is noticed otherwise, so
    /// this is to be called now and then while the car drives. It costs four bytes on the bus for each
    /// chip (0.4 ms at 100 kHz), and nothing on a board without chips.
    ///
    /// # Errors
    /// The first chip that is gone or was reset. [`halt`](Self::halt) the car: that sets up the chip
    /// anew and brakes.
    pub fn check(&mut self) -> Result<(), HardwareError> {
        let mut first = FirstError::default();
        for chip in &self.chips {
            let verified = chip.shared.lock().verify();
            first.note(verified.map_err(|error| chip.error(error)));
        }
        first.into_result()
    }

    /// The power that was last written to each side.
    #[must_use]
    pub fn wheels(&self) -> WheelPower {
        self.wheels
    }

    /// Where (pan, tilt) were last told to turn without a failure, in degrees, after their limits; `None`
    /// without such a servo. A hobby servo does not say where it really is.
    #[must_use]
    pub fn gimbal(&self) -> (Option<f64>, Option<f64>) {
        let heard = |role| self.turret(role).map(|turret| turret.heard_deg);
        (heard(ServoRole::Pan), heard(ServoRole::Tilt))
    }

    /// Geometry.
    #[must_use]
    pub fn drivetrain(&self) -> &Drivetrain {
        &self.drivetrain
    }

    /// What [`apply`](Self::apply) does where nobody keeps it from it.
    fn pursue(&mut self, target: &Target) -> Result<(), HardwareError> {
        if !self.awake {
            self.halt()?;
        }
        let wheels = match target.drive {
            Drive::Brake => WheelPower::default(),
            Drive::Power { throttle, steer } => self.drivetrain.mix(throttle, steer),
        };
        for motor in &mut self.motors {
            motor.next = motor.command(&wheels)?;
        }
        self.drive()?;
        self.wheels = wheels;
        self.look(|turret| match turret.spec.role {
            ServoRole::Pan => target.pan_deg,
            ServoRole::Tilt => target.tilt_deg,
            ServoRole::Steering => turret.spec.center_deg,
        })
    }

    /// What [`apply`](Self::apply) does under an engaged interlock: brakes, and writes only what changed,
    /// or everything where a write was refused.
    fn hold(&mut self) -> Result<(), HardwareError> {
        if self.awake { self.brake() } else { self.halt() }
    }

    fn brake(&mut self) -> Result<(), HardwareError> {
        // What the servos' chips were told and did not send must not go out with what brakes.
        let taken_back = self.servos.iter_mut().try_for_each(Turret::take_back);
        for motor in &mut self.motors {
            motor.next = Command::Brake;
        }
        let pass = self.pass.clone();
        pass.halting(|| {
            self.drive()?;
            self.wheels = WheelPower::default();
            self.wake()
        })?;
        taken_back
    }

    fn turret(&self, role: ServoRole) -> Option<&Turret> {
        self.servos.iter().find(|turret| turret.spec.role == role)
    }

    /// Brings every motor to its `next`. Goes on where a motor fails, for the sake of the others,
    /// but from then on only to brake, and with the bridges asleep.
    fn drive(&mut self) -> Result<(), HardwareError> {
        let mut first = FirstError::default();
        for motor in &mut self.motors {
            first.note(motor.bridge.zero(motor.next).map_err(|source| motor.error(source)));
        }
        self.settle(&mut first);
        for motor in &mut self.motors {
            motor.switched = false;
            if first.is_none() || motor.next == Command::Brake {
                let switched = motor.bridge.switch(motor.next).map_err(|source| motor.error(source));
                motor.switched = first.note(switched);
            }
        }
        self.settle(&mut first);
        for motor in self.motors.iter_mut().filter(|motor| motor.switched) {
            if first.is_none() || motor.next == Command::Brake {
                first.note(motor.bridge.power(motor.next).map_err(|source| motor.error(source)));
            }
        }
        self.settle(&mut first);
        first.into_result()
    }

    /// Ends a step of the motors or their bridges. After a failure the bridges sleep before the next step, as a dead
    /// bus may take seconds to say so again. A line that is on a chip is lowered by the next flush.
    fn settle(&mut self, first: &mut FirstError) {
        self.flush(first);
        if !first.is_none() {
            self.awake = false;
            for standby in &mut self.standby {
                first.note(standby.lower());
            }
        }
    }

    /// Raises the standby lines, over brakes.
    fn wake(&mut self) -> Result<(), HardwareError> {
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

    /// Turns the servos, each only if it is to turn elsewhere than it was told. Goes on where a servo
    /// fails.
    fn look(&mut self, wanted_deg: impl Fn(&Turret) -> f64) -> Result<(), HardwareError> {
        let mut first = FirstError::default();
        for turret in &mut self.servos {
            let wanted_deg = wanted_deg(turret);
            first.note(turret.turn_to(wanted_deg));
        }
        self.flush(&mut first);
        for turret in self.servos.iter_mut().filter(|turret| turret.heard) {
            turret.heard_deg = turret.told_deg;
        }
        first.into_result()
    }

    /// Sends what is staged. A motor on a chip that fails is not switched, a servo has not heard.
    fn flush(&mut self, first: &mut FirstError) {
        for (index, chip) in self.chips.iter().enumerate() {
            let flushed = chip.shared.lock().flush();
            if !first.note(flushed.map_err(|error| chip.error(error))) {
                for motor in self.motors.iter_mut().filter(|motor| motor.chips.contains(&index)) {
                    motor.switched = false;
                }
                for turret in self.servos.iter_mut().filter(|turret| turret.chip == Some(index)) {
                    turret.heard = false;
                }
            }
        }
    }
}

fn unless_interlocked(error: HardwareError) -> Result<(), HardwareError> {
    if error.source.kind == IoKind::Interlocked { Ok(()) } else { Err(error) }
}

impl Drop for Car {
    fn drop(&mut self) {
        self.pass.only_halting();
        // Nobody is left to tell. Where the car does not halt, its bridges sleep, each part still tries
        // for itself as it is dropped, and a chip turns everything off. Where it does, its bridges stay
        // awake: asleep they would let it roll.
        if self.halt().is_ok() {
            for chip in &self.chips {
                chip.shared.lock().leave_running();
            }
        }
    }
}

impl std::fmt::Debug for Car {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Car").field("wheels", &self.wheels).finish_non_exhaustive()
    }
}
