//! A platform for tests: remembers every write, what was at every output after it, and fails when told.
//!
//! What must never live here: the product's own tables and constants. The register map is typed again
//! from the PCA9685's data sheet, so that a mistake in the driver is not repeated here.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::i2c::{self, I2c, Operation};
use embedded_hal::pwm::{self, SetDutyCycle};

use crate::board::{Level, Pull};
use crate::car::NOBODY;
use crate::platform::{Bus, Delay, EdgeSink, Input, Output, Platform, Pwm, Watch};
use crate::{Interlock, IoError, IoKind};

/// The registers of a PCA9685, as far as writing them goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Registers(pub(crate) [u8; 256]);

impl Registers {
    pub(crate) fn after_reset() -> Self {
        let mut registers = [0; 256];
        registers[0x00] = 0x11;
        registers[0x01] = 0x04;
        registers[0xFE] = 0x1E;
        for channel in 0..16 {
            registers[0x09 + 4 * channel] = 0x10;
        }
        Self(registers)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let mut register = bytes[0];
        for byte in &bytes[1..] {
            match register {
                0x00 => self.0[0] = byte & 0x7F,
                0xFA..=0xFD => {
                    for channel in 0..16 {
                        self.0[usize::from(register - 0xFA) + 0x06 + 4 * channel] = *byte;
                    }
                }
                0xFE if self.0[0] & 0x10 == 0 => {}
                other => self.0[usize::from(other)] = *byte,
            }
            if self.0[0] & 0x20 != 0 {
                register = register.wrapping_add(1);
            }
        }
    }

    /// The share of the time that a channel is high.
    pub(crate) fn share(&self, channel: usize) -> f64 {
        let at = 0x06 + 4 * channel;
        let [on_l, on_h, off_l, off_h] = [self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]];
        match (self.0[0] & 0x10, off_h & 0x10, on_h & 0x10) {
            (0, 0, 0) => {
                assert_eq!((on_l, on_h), (0, 0), "this driver begins every pulse with the period");
                f64::from(u16::from_le_bytes([off_l, off_h & 0x0F])) / 4096.0
            }
            (0, 0, _) => 1.0,
            _ => 0.0,
        }
    }
}

/// A chip on the bench.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OnBench {
    Pca9685(Box<Registers>),
    /// The registers of a Robot HAT, by the maker's library.
    RobotHat(BTreeMap<u8, u16>),
}

impl OnBench {
    /// As after power-up; what it is goes by its address.
    pub(crate) fn after_reset(address: u8) -> Self {
        match address {
            0x14..=0x17 => Self::RobotHat(BTreeMap::new()),
            _ => Self::Pca9685(Box::new(Registers::after_reset())),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Pca9685(_) => "pca9685",
            Self::RobotHat(_) => "robot-hat",
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        match self {
            Self::Pca9685(registers) => registers.write(bytes),
            Self::RobotHat(registers) => {
                let [register, high, low] = *bytes else { panic!("one register a transfer") };
                registers.insert(register, u16::from_be_bytes([high, low]));
            }
        }
    }

    fn read(&self, register: u8) -> u8 {
        match self {
            Self::Pca9685(registers) => registers.0[usize::from(register)],
            Self::RobotHat(_) => panic!("a Robot HAT has no registers that are read"),
        }
    }

    /// The share of the time that each channel is high, by its name.
    fn shares(&self) -> Vec<(String, f64)> {
        match self {
            Self::Pca9685(registers) => {
                (0..16).map(|channel| (channel.to_string(), registers.share(channel))).collect()
            }
            // Four channels share a period.
            Self::RobotHat(registers) => {
                let get = |register| f64::from(registers.get(&register).copied().unwrap_or(0));
                let share = |channel: u8| get(0x20 + channel) / get(0x44 + channel / 4).max(1.0);
                (0..16).map(|channel| (format!("P{channel}"), share(channel).min(1.0))).collect()
            }
        }
    }
}

/// What is at every output, by its name in a board file.
pub(crate) type Outputs = BTreeMap<String, f64>;

#[derive(Debug, Default)]
pub(crate) struct World {
    /// `gpio:GPIO17 = 1`, `pca9685@0x40 06 00 00 …`
    pub(crate) log: Vec<String>,
    /// After each write.
    pub(crate) history: Vec<Outputs>,
    pub(crate) outputs: Outputs,
    pub(crate) chips: BTreeMap<String, OnBench>,
    /// The writes that fail, counted from now; each write counts down.
    pub(crate) fail_at: Option<usize>,
    /// Everything at places that begin like this fails.
    pub(crate) dead: Option<String>,
    /// Engaged after so many more writes.
    pub(crate) engage_after: Option<(usize, Interlock)>,
    /// SDA lies at ground: every byte is acknowledged, and no chip hears any.
    pub(crate) grounded: bool,
    /// Where something answers that no board names.
    pub(crate) strangers: BTreeSet<u8>,
    /// What is on an input from outside; low where nothing is said.
    pub(crate) inputs: BTreeMap<String, bool>,
}

impl World {
    fn attempt(&mut self, place: &str, what: String) -> Result<(), IoError> {
        let dead = self.dead.as_ref().is_some_and(|dead| place.starts_with(dead.as_str()));
        let due = self.fail_at == Some(0);
        self.fail_at = self.fail_at.and_then(|left| left.checked_sub(1));
        if dead || due {
            // One write that fails fails for good: what is tried again is no other write.
            let kind = if dead && place.contains('@') { IoKind::NoAcknowledge } else { IoKind::Other };
            return Err(IoError { place: place.to_owned(), reason: "made to fail".to_owned(), kind });
        }
        self.log.push(what);
        match self.engage_after.take() {
            Some((1, interlock)) => interlock.engage(),
            waiting => self.engage_after = waiting.map(|(left, interlock)| (left - 1, interlock)),
        }
        Ok(())
    }

    fn set(&mut self, place: &str, share: f64) {
        self.outputs.insert(place.to_owned(), share);
        self.history.push(self.outputs.clone());
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Bench(Arc<Mutex<World>>);

impl Bench {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// What was written since the last call.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.world().log)
    }

    fn wire(&self, place: String) -> Wire {
        self.world().set(&place, 0.0);
        Wire { bench: self.clone(), place }
    }
}

impl Platform for Bench {
    fn name(&self) -> &'static str {
        "bench"
    }

    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        let place = format!("gpio:{line}");
        self.world().attempt(&place, format!("open {place}"))?;
        self.world().set(&place, f64::from(u8::from(first == Level::High)));
        Ok(Box::new(Wire { bench: self.clone(), place }))
    }

    fn input(&mut self, line: &str, pull: Pull) -> Result<Input, IoError> {
        let place = format!("gpio:{line}");
        self.world().attempt(&place, format!("open {place} pulled {pull:?}"))?;
        Ok(Box::new(Wire { bench: self.clone(), place }))
    }

    /// Nothing ever changes by itself here.
    fn watch(
        &mut self,
        lines: &[&str],
        pull: Pull,
        debounce: Option<Duration>,
        sink: EdgeSink,
    ) -> Result<Watch, IoError> {
        let place = format!("gpio:{}", lines.join(", gpio:"));
        self.world().attempt(&place, format!("watch {place} pulled {pull:?} for {debounce:?}"))?;
        Ok(Box::new(sink))
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        let place = format!("pwm:{device}:{channel}");
        self.world().attempt(&place, format!("open {place} at {frequency_hz} Hz"))?;
        Ok(Box::new(self.wire(place)))
    }

    fn i2c(&mut self, bus: &str, address: u8) -> Result<Bus, IoError> {
        assert_eq!(bus, "i2c-1");
        if NOBODY.contains(&address) {
            return Ok(Box::new(Nobody(self.clone())));
        }
        let chip = OnBench::after_reset(address);
        let place = format!("{}@{address:#04x}", chip.name());
        self.world().attempt(&place, format!("open {place}"))?;
        self.world().chips.insert(place.clone(), chip);
        Ok(Box::new(Wire { bench: self.clone(), place }))
    }

    fn delay(&mut self) -> Delay {
        Box::new(NoDelay)
    }
}

struct NoDelay;

impl DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

/// Any kind of output.
struct Wire {
    bench: Bench,
    place: String,
}

impl Wire {
    fn level(&mut self, high: bool) -> Result<(), IoError> {
        let mut world = self.bench.world();
        world.attempt(&self.place, format!("{} = {}", self.place, u8::from(high)))?;
        world.set(&self.place, f64::from(u8::from(high)));
        Ok(())
    }
}

impl digital::ErrorType for Wire {
    type Error = IoError;
}

impl OutputPin for Wire {
    fn set_low(&mut self) -> Result<(), IoError> {
        self.level(false)
    }

    fn set_high(&mut self) -> Result<(), IoError> {
        self.level(true)
    }
}

impl InputPin for Wire {
    fn is_high(&mut self) -> Result<bool, IoError> {
        let mut world = self.bench.world();
        world.attempt(&self.place, format!("{}?", self.place))?;
        Ok(world.inputs.get(&self.place).copied().unwrap_or(false))
    }

    fn is_low(&mut self) -> Result<bool, IoError> {
        self.is_high().map(|high| !high)
    }
}

impl pwm::ErrorType for Wire {
    type Error = IoError;
}

impl SetDutyCycle for Wire {
    fn max_duty_cycle(&self) -> u16 {
        1000
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), IoError> {
        assert!(duty <= 1000);
        let mut world = self.bench.world();
        world.attempt(&self.place, format!("{} = {duty}/1000", self.place))?;
        world.set(&self.place, f64::from(duty) / 1000.0);
        Ok(())
    }
}

impl i2c::ErrorType for Wire {
    type Error = IoError;
}

impl I2c for Wire {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        let mut world = self.bench.world();
        if world.grounded {
            read_zeros(operations);
            return Ok(());
        }
        let bytes = match operations {
            [Operation::Write(bytes)] => bytes,
            [Operation::Write([register]), Operation::Read([value])] => {
                world.attempt(&self.place, format!("{} {register:02x}?", self.place))?;
                *value = world.chips[&self.place].read(*register);
                return Ok(());
            }
            [Operation::Read(bytes)] => {
                bytes.fill(0);
                return world.attempt(&self.place, format!("{}?", self.place));
            }
            _ => panic!("one buffer for each transfer"),
        };
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        world.attempt(&self.place, format!("{} {}", self.place, hex.join(" ")))?;
        let chip = world.chips.get_mut(&self.place).unwrap();
        chip.write(bytes);
        for (channel, share) in chip.shares() {
            world.outputs.insert(format!("{}:{channel}", self.place), share);
        }
        let outputs = world.outputs.clone();
        world.history.push(outputs);
        Ok(())
    }
}

fn read_zeros(operations: &mut [Operation<'_>]) {
    for operation in operations {
        if let Operation::Read(bytes) = operation {
            bytes.fill(0);
        }
    }
}

/// An address at which no chip of a board is. What goes there is no write, so it is neither remembered nor
/// made to fail.
struct Nobody(Bench);

impl i2c::ErrorType for Nobody {
    type Error = IoError;
}

impl I2c for Nobody {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        assert!(matches!(operations, [Operation::Read([_])]), "one byte is read where nobody is");
        let world = self.0.world();
        if world.grounded || world.strangers.contains(&address) {
            read_zeros(operations);
            return Ok(());
        }
        let (place, reason) = (format!("i2c-1 address {address:#04x}"), "nobody answers".to_owned());
        Err(IoError { place, reason, kind: IoKind::NoAcknowledge })
    }
}

/// A PCA9685 alone on a bus, for a driver by itself.
#[derive(Clone, Debug)]
pub(crate) struct OneChip(pub(crate) Arc<Mutex<Registers>>);

impl i2c::ErrorType for OneChip {
    type Error = Infallible;
}

impl I2c for OneChip {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), Infallible> {
        for operation in operations {
            match operation {
                Operation::Write(bytes) => self.0.lock().unwrap().write(bytes),
                Operation::Read(_) => panic!("nothing is read"),
            }
        }
        Ok(())
    }
}
