//! The assembled car: every motor and servo of a board, opened on a platform.
//!
//! What lives here: what a car is told, and what becomes of it. What must never live here: the order of
//! writes, which is in `steps`; registers and truth tables, which are the drivers'; who may drive and how fast,
//! which is nobody's here.
//!
//! Every wire and bus is behind the interlock, which is looked at before each single write. What halts
//! the car passes it; everything else is refused as a wire that fails would be, and the car halts.

use std::time::Duration;

use crate::board::ServoRole;
use crate::driver::hbridge::Command;
use crate::odometry::Wheels;
use crate::sensor::Sensors;
use crate::{
    AssembleError, Board, Drivetrain, HardwareError, Interlock, IoError, IoKind, Platform, WheelPower,
};

mod assemble;
mod calibration;
mod chip;
mod guard;
mod motor;
mod panel;
mod parts;
mod probe;
mod reckoning;
mod rest;
mod sense;
mod steps;
mod target;
#[cfg(test)]
mod tests;
mod turning;
mod turret;

#[cfg(test)]
pub(crate) use probe::NOBODY;
pub use target::{Drive, Target};

use chip::Chip;
use guard::Pass;
use motor::Motor;
use panel::Light;
use parts::{Button, FirstError, Standby};
use probe::Probe;
use reckoning::Reckoning;
use turret::{Aim, Turret};

/// A car. A drop brakes it.
pub struct Car {
    // In the order of drops: what is staged last, the chips send.
    motors: Vec<Motor>,
    servos: Vec<Turret>,
    lights: Vec<Light>,
    standby: Vec<Standby>,
    /// Every standby line is known to be high.
    awake: bool,
    chips: Vec<Chip>,
    probes: Vec<Probe>,
    estop: Option<Button>,
    pass: Pass,
    drivetrain: Drivetrain,
    sensors: Sensors,
    reckoning: Reckoning,
    /// When it was last told anything.
    now: Duration,
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
    /// no bridge drives; a buzzer or lamp that is on while it is low is high.
    pub fn rest(board: &Board, platform: &mut dyn Platform) -> Result<(), Vec<AssembleError>> {
        rest::board(board, platform)
    }

    /// Does `target`, and writes only what changed. A motor that reverses has zero duty on the bus
    /// before its inputs flip. The motors are written before the servos. A car whose bridges sleep
    /// after a failure brakes before they wake.
    ///
    /// `now` is a monotonic time from anywhere. What takes a while (a servo with a speed, an ESC that arms or
    /// brakes before it reverses) goes on with the next call, so this is to be called at the rate of the
    /// control loop, 100 times a second, also where the target stays.
    ///
    /// Under an engaged [`interlock`](Self::interlock) the wheels brake and the servos hold, whatever the
    /// target. That is no error; [`wheels`](Self::wheels) and [`gimbal`](Self::gimbal) tell.
    ///
    /// # Errors
    /// The first part that failed, or a target that is not a number. Nothing is given power after a
    /// failure, and bridges with a standby line sleep after that of a motor; but a car without such
    /// lines may still move: [`halt`](Self::halt) it. Outputs that are unknown after the error are
    /// written again in full at the next call.
    pub fn apply(&mut self, target: &Target, now: Duration) -> Result<(), HardwareError> {
        self.now = now;
        if !self.pass.interlock().is_engaged() {
            // What is converted would be lost with the first write.
            self.sensors.save(now);
            self.pursue(target).or_else(unless_interlocked)?;
        }
        // Perhaps only since the first of its writes.
        if self.pass.interlock().is_engaged() { self.hold() } else { Ok(()) }
    }

    /// Sets every buzzer and lamp to its level, 0 to 1, in the order of the board, and writes only what
    /// changed; those without a level go off. Under an engaged [`interlock`](Self::interlock) the buzzers are
    /// silent and the lamps stay, whatever the levels.
    ///
    /// # Errors
    /// The first that failed, or a level that is none. All others are written.
    pub fn show(&mut self, levels: &[f64]) -> Result<(), HardwareError> {
        if !self.pass.interlock().is_engaged() {
            let level = |index: usize, _: &Light| levels.get(index).copied().unwrap_or(0.0);
            self.light(level).or_else(unless_interlocked)?;
        }
        if self.pass.interlock().is_engaged() { self.silence() } else { Ok(()) }
    }

    /// Brakes, whatever was written before. The servos hold, the buzzers are silent, the lamps stay. Bridges
    /// that sleep wake up braked.
    ///
    /// # Errors
    /// The first failure; every motor is tried even where another fails. Every bridge with a standby
    /// line then sleeps, whatever its other wires do, until a halt succeeds. Also where a bus acknowledged
    /// all of it, and acknowledges addresses where no chip is: then nothing was heard.
    pub fn halt(&mut self) -> Result<(), HardwareError> {
        for chip in &self.chips {
            chip.pwm.forget();
        }
        for motor in &mut self.motors {
            motor.driver.forget();
        }
        self.lights.iter_mut().for_each(Light::doubt);
        // Silence waits for the brakes, and comes where they fail too.
        let (braked, silent) = (self.brake(None), self.silence());
        braked.and(silent)
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
        self.servos.iter_mut().for_each(Turret::doubt);
        if !self.pass.interlock().is_engaged() {
            self.look(|_, turret| turret.told(), None).or_else(unless_interlocked)?;
        }
        self.check()
    }

    /// Asks every chip whether it still runs as it was set up. A car that holds its motion writes
    /// nothing, and a chip that was reset acknowledges as if it obeyed: neither is noticed otherwise, so
    /// this is to be called now and then while the car drives. It costs four bytes on the bus for each
    /// chip (0.4 ms at 100 kHz), one for each bus, to see that nobody answers where nobody is, and nothing on
    /// a board without chips. Of a Robot HAT only that it is there can be told: one that was reset stands
    /// with its channels off.
    ///
    /// # Errors
    /// The first chip that is gone or was reset: [`halt`](Self::halt) the car, which sets up the chip
    /// anew and brakes. Or a bus that acknowledges whatever is said, and so passes nothing on.
    pub fn check(&mut self) -> Result<(), HardwareError> {
        let mut first = FirstError::default();
        for chip in &self.chips {
            first.note(chip.pwm.verify().map_err(|error| chip.error(error)));
        }
        let chips = first.into_result();
        // What a chip that answers has said wrong may be what nobody said.
        if chips.as_ref().err().is_none_or(|error| error.source.kind == IoKind::Other) {
            self.heard()?;
        }
        chips
    }

    /// The power that each side is known to have, the mean of its motors. None after a failure, and while an
    /// ESC arms or brakes.
    #[must_use]
    pub fn wheels(&self) -> WheelPower {
        let Wheels { left, right, sideways } =
            Wheels::of(self.motors.iter().map(|motor| (motor.side, motor.end, motor.given)));
        WheelPower { left, right, strafe: if self.drivetrain.strafes() { sideways } else { 0.0 } }
    }

    /// Where (pan, tilt) were last told to turn without a failure, in degrees, after their limits; `None`
    /// without such a servo. A hobby servo does not say where it really is.
    #[must_use]
    pub fn gimbal(&self) -> (Option<f64>, Option<f64>) {
        let heard = |role| self.turret(role).map(Turret::heard_deg);
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
        self.intend(target.drive)?;
        self.drive()?;
        let (pulse, steering_deg) = (target.servo_pulse, self.steering_deg(target.drive));
        let aim = |index, turret: &Turret| match (pulse, turret.spec.role) {
            (Some((servo, pulse_us)), _) if servo == index => Aim::Pulse(pulse_us),
            (_, ServoRole::Pan) => Aim::Angle(target.pan_deg),
            (_, ServoRole::Tilt) => Aim::Angle(target.tilt_deg),
            (_, ServoRole::Steering) => steering_deg.map_or_else(|| turret.stay(), Aim::Angle),
        };
        self.look(aim, Some(self.now))
    }

    /// Where the front wheels shall stand; `None` where they stay.
    fn steering_deg(&self, drive: Drive) -> Option<f64> {
        match drive {
            Drive::Power { steer, .. } => self.drivetrain.steering_deg(steer),
            Drive::Brake | Drive::One { .. } => None,
        }
    }

    /// Tells every motor what it is to do.
    fn intend(&mut self, drive: Drive) -> Result<(), HardwareError> {
        let now = Some(self.now);
        let wheels = match drive {
            Drive::Brake => WheelPower::default(),
            Drive::Power { throttle, steer, strafe } => self.drivetrain.mix(throttle, steer, strafe),
            Drive::One { motor, power } => return self.intend_alone(motor, power),
        };
        for motor in &mut self.motors {
            let power = motor.share(&wheels);
            let next = motor.command(power)?;
            motor.intend(next, power, now);
        }
        Ok(())
    }

    fn intend_alone(&mut self, alone: usize, power: f64) -> Result<(), HardwareError> {
        let there = self.motors.get(alone).ok_or_else(|| no_such_motor(alone, self.motors.len()))?;
        let next = there.raw(power)?;
        for (index, motor) in self.motors.iter_mut().enumerate() {
            let (next, power) = if index == alone { (next, power) } else { (Command::Brake, 0.0) };
            motor.intend(next, power, Some(self.now));
        }
        Ok(())
    }

    /// What [`apply`](Self::apply) does under an engaged interlock: brakes, and writes only what changed,
    /// or everything where a write was refused.
    fn hold(&mut self) -> Result<(), HardwareError> {
        if self.awake { self.brake(Some(self.now)) } else { self.halt() }
    }

    /// Without a time where it is not known.
    fn brake(&mut self, now: Option<Duration>) -> Result<(), HardwareError> {
        // What the servos' chips were told and did not send must not go out with what brakes.
        for (index, channel) in self.servos.iter().filter_map(Turret::unsent) {
            self.chips.iter().filter(|chip| chip.index == index).for_each(|chip| chip.pwm.take_back(channel));
        }
        for motor in &mut self.motors {
            motor.brake(now);
        }
        let pass = self.pass.clone();
        pass.halting(|| {
            self.drive()?;
            if now.is_none() {
                let mut first = FirstError::default();
                if !first.note(self.heard()) {
                    self.settle(&mut first);
                }
                first.into_result()?;
            }
            self.wake()
        })
    }

    /// Buzzers go off, and lamps are what they were.
    fn silence(&mut self) -> Result<(), HardwareError> {
        let pass = self.pass.clone();
        pass.halting(|| self.light(|_, light| if light.sounds() { 0.0 } else { light.told() }))
    }

    fn turret(&self, role: ServoRole) -> Option<&Turret> {
        self.servos.iter().find(|turret| turret.spec.role == role)
    }
}

fn no_such_motor(index: usize, count: usize) -> HardwareError {
    let reason = format!("there is no motor {index}: the board has {count}, counted from 0");
    let source = IoError { place: "motor".to_owned(), reason, kind: IoKind::Other };
    HardwareError { part: format!("motor {index}"), source }
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
                chip.pwm.leave_running();
            }
        }
    }
}

impl std::fmt::Debug for Car {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Car").field("wheels", &self.wheels()).finish_non_exhaustive()
    }
}
