//! A simulated platform: pins, chips, motors and a chassis, from the board file alone, in a world from another.
//!
//! What lives here: virtual pins and PWM, an I²C bus with chips at register level, the physics of
//! motors and chassis, a virtual clock of integer nanoseconds with a fixed step. What must never
//! live here: tokio, wall-clock time, anything of a car that its board file does not say.
//!
//! A signal goes one way only: drivers write pins and registers, bridges and servos read what is on
//! their wires, motors turn, the chassis moves. Nothing on the way knows who is at either end, so a
//! driver that is wrong moves a simulated car wrongly.
//!
//! The same writes at the same virtual times give the same state, bit for bit, on every machine,
//! however the time between them was divided: see [`Sim::state_hash`].
//!
//! ```
//! use std::time::Duration;
//!
//! use hal::{Board, Car, Drive, Platform, Target};
//! use sim::Sim;
//!
//! let board = Board::preset("demo").expect("a preset");
//! let sim = Sim::new(&board);
//! let mut car = Car::assemble(&board, &mut sim.clone())?;
//! let ahead = Drive::Power { throttle: 1.0, steer: 0.0, strafe: 0.0 };
//! car.apply(&Target { drive: ahead, ..Target::default() }, sim.now())?;
//! sim.step(Duration::from_secs(1));
//! assert!(sim.motion().expect("a chassis").x_m > 0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod battery;
mod beam;
mod bridge;
mod bumper;
mod bus;
mod camera;
mod chance;
mod chassis;
mod chip;
mod circuit;
mod clock;
mod digest;
mod encoder;
mod engine;
mod esc;
mod fault;
mod motor;
mod net;
mod pin;
mod scene;
mod script;
mod servo;
mod signal;
mod sonar;
mod supply;
mod surroundings;
mod traction;
mod transcript;
mod truth;
mod watch;
mod winding;
mod wire;
pub mod world;

use std::time::Duration;

use hal::board::{Level, PinRef, Pull};
use hal::platform::{Bus, Delay, EdgeSink, Input, Output, Pwm, Watch};
use hal::{Board, IoError, Motion, Platform};

pub use bridge::Terminals;
pub use camera::{Camera, Frame, HEIGHTS, WIDTHS};
pub use digest::Digests;
pub use fault::{Fault, KINDS, Kind, Outage, Said, Sensor, Which};
pub use script::{Act, Event, Script};
pub use signal::Signal;
pub use transcript::{Direction, TRANSFERS, Transfer};
pub use truth::{Power, Truth};
pub use world::World;

use chip::Felt;
use engine::Shared;
use motor::Motor;
use transcript::Transcript;

/// What a run begins with besides the board.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where the car stands.
    pub world: World,
    /// Of all chance: noise, and how motors differ. The same seed gives the same run.
    pub seed: u64,
    /// How much noise sensors have, and how far they are off: 0 none at all, 1 as their data sheets say, 10
    /// ten times that. What is outside 0 to 10 counts as the nearer end, and what is no number as 0.
    pub noise: f64,
    /// What happens in it.
    pub script: Script,
}

impl Default for Setup {
    /// On an open floor, with seed 0, without noise, and nothing happens.
    fn default() -> Self {
        Self { world: World::open(), seed: 0, noise: 0.0, script: Script::default() }
    }
}

/// The platform. Cheap handle; clones see the same world (tests keep one and give one to the car).
#[derive(Clone, Debug)]
pub struct Sim {
    engine: Shared,
}

impl Sim {
    /// A car at rest on an open floor without noise, wired as the board says, its chips as after power-up.
    #[must_use]
    pub fn new(board: &Board) -> Self {
        Self::of(board, &Setup::default())
    }

    /// The same in another setting.
    #[must_use]
    pub fn of(board: &Board, setup: &Setup) -> Self {
        Self { engine: Shared::new(board, setup) }
    }

    /// Lets virtual time pass. The physics runs in steps of 1 ms; what is left over counts towards
    /// the next step. A write in the middle of a step counts from the beginning of that step.
    pub fn step(&self, by: Duration) {
        self.engine.lock().run_for(clock::nanos(by));
    }

    /// The virtual time since the car was built.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.engine.lock().clock.now())
    }

    /// What is on a pin now; `None` if the board has no such pin.
    #[must_use]
    pub fn signal(&self, pin: &PinRef) -> Option<Signal> {
        let mut engine = self.engine.lock();
        engine.look_down();
        engine.circuit.signal(pin)
    }

    /// What a chip's register holds, read without touching the bus. `None` without such a chip or
    /// register. `address` is the one in the board file.
    #[must_use]
    pub fn chip_register(&self, bus: &str, address: u8, register: u8) -> Option<u8> {
        self.engine.lock().circuit.buses.register(bus, address, register)
    }

    /// What a named motor gets from its bridge now, or from its ESC in the last step; of a motor that the board calls inverted, before
    /// its swapped leads.
    #[must_use]
    pub fn terminals(&self, motor: &str) -> Option<Terminals> {
        let engine = self.engine.lock();
        let motor = engine.motors.iter().find(|m| m.name == motor)?;
        // An ESC takes a step to make anything of its pulses.
        let read = motor.reads(|pin| engine.circuit.signal(pin)).map(|output| output.terminals);
        Some(read.unwrap_or(motor.terminals()))
    }

    /// How fast a named motor's wheel turns, rad/s, forward positive.
    #[must_use]
    pub fn wheel_speed_rad_s(&self, motor: &str) -> Option<f64> {
        self.motor(motor, Motor::speed_rad_s)
    }

    /// How far a named motor's wheel has turned since the start, rad, forward positive.
    #[must_use]
    pub fn wheel_angle_rad(&self, motor: &str) -> Option<f64> {
        self.motor(motor, Motor::angle_rad)
    }

    /// Where a named servo is now, in the degrees of the board.
    #[must_use]
    pub fn servo_deg(&self, servo: &str) -> Option<f64> {
        let engine = self.engine.lock();
        engine.servos.iter().find(|s| s.name() == servo).map(servo::Servo::angle_deg)
    }

    /// From now on keeps what goes over the I²C buses, the newest [`TRANSFERS`].
    pub fn record_bus(&self) {
        self.engine.lock().circuit.buses.transcript.get_or_insert_with(Transcript::default);
    }

    /// What was recorded since this was last asked, oldest first. Empty before [`Sim::record_bus`].
    #[must_use]
    pub fn take_bus_transcript(&self) -> Vec<Transfer> {
        self.engine.lock().circuit.buses.transcript.as_mut().map(Transcript::take).unwrap_or_default()
    }

    /// Breaks something, for as long as that says. Says whether it can be: what the board does not have, and counts
    /// and times beyond those of [`Said`], break nothing. What is broken in the same way already is so anew.
    pub fn fault(&self, outage: impl Into<Outage>) -> bool {
        self.engine.lock().suffer(outage.into())
    }

    /// Mends a fault, or those that are meant. Says whether any was there.
    pub fn mend(&self, which: impl Into<Which>) -> bool {
        self.engine.lock().mend(&which.into())
    }

    /// Mends everything.
    pub fn mend_all(&self) {
        self.mend(Which::all());
    }

    /// What is broken now, oldest first; of noise, how much of it is left.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.engine.lock().faults.all().cloned().collect()
    }

    /// How far the clock of whoever drives this world shall jump ahead, by [`Fault::ClockJump`]. Asked once, it
    /// has been heard, and [`Platform::advance`] counts on it: the jump is no time that passes here.
    #[must_use]
    pub fn take_clock_jump(&self) -> Option<Duration> {
        let mut engine = self.engine.lock();
        let by = engine.faults.take_jump()?;
        engine.clock.skip(clock::nanos(by));
        Some(by)
    }

    /// Presses the board's e-stop button, or lets go of it. Says whether the board has one. At first
    /// nobody presses it.
    pub fn press_estop(&self, pressed: bool) -> bool {
        self.engine.lock().surround(|around| around.press_estop(pressed))
    }

    /// Gives the car another battery: its volts, and the amperes that are drawn from it. Says whether the
    /// board measures it.
    ///
    /// This and the other `set_` functions hold for what a sensor is told, in place of what the world says, until
    /// [`Sim::unset`]; noise is added to it as to anything.
    pub fn set_battery(&self, volts: f64, amps: f64) -> bool {
        self.engine.lock().surround(|around| around.put_battery(volts, amps))
    }

    /// Puts another floor under a line sensor, counted from the left: 0 light to 1 dark. Says whether the
    /// board has that sensor. See [`Sim::set_battery`].
    pub fn set_line(&self, index: usize, darkness: f64) -> bool {
        self.engine.lock().surround(|around| around.put_line(index, darkness))
    }

    /// Puts something that far ahead of the car, metres, or takes away whatever is there. Says whether the board
    /// looks ahead. See [`Sim::set_battery`].
    pub fn set_range(&self, distance_m: Option<f64>) -> bool {
        let mut engine = self.engine.lock();
        engine.surround(|around| around.put_ahead(distance_m));
        engine.sonar.is_some()
    }

    /// Lets something else pull at the car (m/s² along x, y, z) and turn it (rad/s about them), as its
    /// inertial sensor feels it. Says whether the board has one. See [`Sim::set_battery`].
    pub fn set_imu(&self, acceleration: [f64; 3], rotation: [f64; 3]) -> bool {
        self.engine.lock().surround(|around| around.put_felt(Felt { acceleration, rotation }))
    }

    /// Takes back whatever was put by [`Sim::set_battery`], [`Sim::set_line`], [`Sim::set_range`] and
    /// [`Sim::set_imu`]: sensors tell of the world again.
    pub fn unset(&self) {
        self.engine.lock().surround(surroundings::Surroundings::take_back);
    }

    /// The car's camera, which sees the world from where the board's model has it, turned by the servos that pan
    /// and tilt; without these it looks straight ahead.
    #[must_use]
    pub fn camera(&self) -> Camera {
        Camera::new(&self.engine)
    }

    /// Puts the car somewhere else, at rest: metres, and radians to the left of x. Where something stands it is put
    /// beside that, out of a box by its nearest side with room, and through no wall. Says whether there was room;
    /// without, and beyond a million metres or radians, it stays where it is.
    pub fn teleport(&self, x_m: f64, y_m: f64, heading_rad: f64) -> bool {
        self.engine.lock().teleport(x_m, y_m, heading_rad)
    }

    /// Puts the car where the run began, at rest, with a full battery and nothing broken. What somebody put by
    /// [`Sim::set_battery`] and the like is gone, nobody presses its button, and no jump of the clock is still to
    /// come. Chips and pins keep what they hold, time goes on, and what is left of the script happens.
    pub fn restart(&self) {
        self.engine.lock().restart();
    }

    /// A fingerprint of the whole state: time, pins, registers, motion, the seed, and what the script still
    /// brings. Two runs of one board in one world that agree in it agree in every bit, and go on to do so while
    /// the same is done to them. Not in it is what is of the caller alone: lines that it holds open, and what it
    /// watches and records.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.digests().hash()
    }

    /// The same part by part: where two runs differ, in what.
    #[must_use]
    pub fn digests(&self) -> Digests {
        self.engine.lock().digests()
    }

    fn motor<T>(&self, name: &str, read: impl Fn(&Motor) -> T) -> Option<T> {
        self.engine.lock().motors.iter().find(|motor| motor.name == name).map(read)
    }
}

impl Platform for Sim {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        Ok(Box::new(pin::Line::open(&self.engine, line, first == Level::High)?))
    }

    /// Whatever the resistor: the board's own circuit, which drives the line, is stronger.
    fn input(&mut self, line: &str, _pull: Pull) -> Result<Input, IoError> {
        Ok(Box::new(pin::Reading::open(&self.engine, line)?))
    }

    /// No line bounces here, so every edge counts. The sink is called by whoever runs the world or changes what is on
    /// a line, with the world locked: asking this or another handle of it from there never ends. A sink that panics
    /// takes down whoever called; of the world it spoils nothing, but the other edges of that step are told to nobody.
    fn watch(
        &mut self,
        lines: &[&str],
        _pull: Pull,
        _debounce: Option<Duration>,
        sink: EdgeSink,
    ) -> Result<Watch, IoError> {
        Ok(Box::new(watch::Handle::open(&self.engine, lines, sink)?))
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        Ok(Box::new(pin::Channel::open(&self.engine, device, channel, frequency_hz)?))
    }

    /// Succeeds at any address of a bus that the board names, as the kernel does; where no chip is,
    /// transfers are not acknowledged.
    fn i2c(&mut self, bus: &str, _address: u8) -> Result<Bus, IoError> {
        Ok(Box::new(bus::Port::open(&self.engine, bus)?))
    }

    /// To wait runs the world ahead; [`Platform::advance`] then waits for the caller to catch up.
    fn delay(&mut self) -> Delay {
        Box::new(pin::Wait::new(&self.engine))
    }

    /// Runs the whole steps up to `now`, where 0 is the time at which the car was built. A caller
    /// that comes back more than a second late gets one second; the rest of the gap is skipped.
    fn advance(&mut self, now: Duration) {
        self.engine.lock().follow(clock::nanos(now));
    }

    fn motion(&self) -> Option<Motion> {
        self.engine.lock().chassis.as_ref().map(chassis::Chassis::motion)
    }
}
