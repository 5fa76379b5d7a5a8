//! What a board stands on: something that hands out embedded-hal objects for the names in a board
//! file. `linux` opens the kernel's; the simulator builds virtual ones.

use std::any::Any;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal::i2c::I2c;
use embedded_hal::pwm::SetDutyCycle;

use crate::IoError;
use crate::board::{Level, Pull};

pub(crate) mod adapt;
pub mod linux;

pub use linux::Linux;

pub(crate) type DynOutput = dyn OutputPin<Error = IoError> + Send;
pub(crate) type DynPwm = dyn SetDutyCycle<Error = IoError> + Send;
pub(crate) type DynBus = dyn I2c<Error = IoError> + Send;
pub(crate) type DynDelay = dyn DelayNs + Send;

/// An output of the platform.
pub type Output = Box<dyn OutputPin<Error = IoError> + Send>;
/// An input of the platform.
pub type Input = Box<dyn InputPin<Error = IoError> + Send>;
/// A PWM output of the platform.
pub type Pwm = Box<dyn SetDutyCycle<Error = IoError> + Send>;
/// One chip's view of an I²C bus.
pub type Bus = Box<dyn I2c<Error = IoError> + Send>;
/// Ends what [`Platform::watch`] began when it is dropped; the sink is not called after that.
pub type Watch = Box<dyn Send>;
/// Is told of every edge.
pub type EdgeSink = Box<dyn FnMut(Edge) + Send>;
/// Waits.
pub type Delay = Box<dyn DelayNs + Send>;

/// A change on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Which of the lines that were asked for, counted from 0.
    pub line: usize,
    /// From low to high.
    pub rising: bool,
    /// When, on a monotonic clock that begins anywhere: only differences mean something.
    pub at: Duration,
}

/// How the car really moves, where a platform knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// Metres along the x of the platform's own plan.
    pub x_m: f64,
    /// Metres along its y.
    pub y_m: f64,
    /// Radians from x towards y, -π to π.
    pub heading_rad: f64,
    /// Metres a second, forward positive.
    pub linear_mps: f64,
    /// Metres a second, left positive; none but on mecanum wheels.
    pub lateral_mps: f64,
    /// Radians a second, left positive.
    pub angular_rad_s: f64,
}

/// Hands out hardware by name. Everything it hands out drives its safe state (low, zero duty) from
/// the moment it is opened.
pub trait Platform: Any + Send {
    /// `linux`, `sim`.
    fn name(&self) -> &'static str;

    /// A GPIO line as an output, low at first.
    ///
    /// # Errors
    /// No such line, in use, or not permitted.
    fn output(&mut self, line: &str) -> Result<Output, IoError> {
        self.output_at(line, Level::Low)
    }

    /// The same at another level from the first moment on: what a wire is safe at that is active while it is
    /// low.
    ///
    /// # Errors
    /// As of [`output`](Self::output).
    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError>;

    /// A GPIO line as an input, with a resistor of the computer towards `pull`.
    ///
    /// # Errors
    /// No such line, in use, not permitted, or a resistor that the computer does not have.
    fn input(&mut self, line: &str, pull: Pull) -> Result<Input, IoError>;

    /// Tells `sink` of each edge on `lines` from now on, until the [`Watch`] is dropped. What a line carries
    /// now is not told. With `debounce` a level must last that long before it counts; a wire that does not
    /// bounce needs none.
    ///
    /// The edges of one line come in their order, and so do those of lines on one chip. Whoever is too slow
    /// for them loses the oldest. The sink is called on a thread of the platform's: it must be short, call
    /// nothing of the platform, and wait for nobody who may be dropping the watch. Where the lines can no
    /// longer be read it is dropped.
    ///
    /// # Errors
    /// No such line, in use, named twice, not permitted, or on a chip that tells of no edges.
    fn watch(
        &mut self,
        lines: &[&str],
        pull: Pull,
        debounce: Option<Duration>,
        sink: EdgeSink,
    ) -> Result<Watch, IoError>;

    /// A hardware PWM channel, at zero duty at first.
    ///
    /// # Errors
    /// No such device, in use, not permitted, or a frequency it cannot do.
    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError>;

    /// The chip at `address` of an I²C bus. One handle for each chip.
    ///
    /// # Errors
    /// No such bus, or not permitted.
    fn i2c(&mut self, bus: &str, address: u8) -> Result<Bus, IoError>;

    /// Something to wait with. In simulation this is the simulation's time.
    fn delay(&mut self) -> Delay;

    /// Says what time it is, on the clock of the caller: once for every turn of a control loop, before it.
    /// A simulated world runs up to it; nobody else below here has a clock.
    fn advance(&mut self, now: Duration) {
        let _: Duration = now;
    }

    /// How the car really moves; `None` where nothing measures it.
    fn motion(&self) -> Option<Motion> {
        None
    }
}
