//! The microcontroller of SunFounder's Robot HAT: twenty PWM channels on seven timers, and eight analog
//! inputs.
//!
//! What lives here: its commands, and what is to be written when. Values are *staged* first and written
//! together by [`RobotHat::flush`], only where they changed; the chip takes one register a transfer. What
//! must never live here: what is wired to a channel.
//!
//! There is no data sheet. Registers, timers and waits are those of the maker's own library, robot_hat
//! 2.x: `pwm.py`, `adc.py`, `servo.py` and `reset_mcu` of `utils.py`.

use std::fmt::{Debug, Display};
use std::ops::RangeInclusive;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal::i2c::I2c;

use super::analog::Analog;
use super::staged::{Shared, Staged};

mod inputs;
#[cfg(test)]
mod tests;
mod timer;

pub use inputs::{ANALOG_INPUTS, REFERENCE_V};
pub use timer::{FREQUENCIES_HZ, shares_timer_with};

use timer::{TIMERS, Timer, timer_of};

/// PWM channels, P0 to P19.
pub const CHANNELS: u8 = 20;
/// Where the library looks for it, and one more that the chip leaves room for.
pub const ADDRESSES: RangeInclusive<u8> = 0x14..=0x17;
/// The duty that is always on; of whatever period.
pub const FULL_ON: u16 = u16::MAX;

const CHANNEL: u8 = 0x20;
/// How long its reset line is low, and how long it then takes to start.
const RESET_MS: u32 = 10;

/// What the driver refuses, or what went wrong on the bus.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error<E> {
    /// A transfer failed, or the reset line. What the chip puts out is unknown; the next
    /// [`RobotHat::flush`] sets it up from the beginning and writes every channel.
    #[error("{0}")]
    Bus(E),
    /// The chip cannot have this address.
    #[error("{0:#04x} is no address of a Robot HAT: 0x14 to 0x17")]
    Address(u8),
    /// The timers cannot make this frequency.
    #[error("{0} hertz is beyond a Robot HAT: 1 to 720000 hertz")]
    Frequency(f64),
    /// Two channels of one timer, and two frequencies.
    #[error("P{0} shares its timer with a channel of another frequency")]
    Timer(u8),
    /// A channel that does not exist, or that was not named when the chip was set up.
    #[error("P{0} is no channel of this Robot HAT")]
    Channel(u8),
}

/// The chip. The channels that it was set up for are off from [`new`](Self::new) on; others are left
/// alone, as not every board has them.
#[derive(Debug)]
pub struct RobotHat<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> {
    bus: I,
    delay: D,
    reset: Option<R>,
    /// The reset line is low, or may be.
    held: bool,
    /// It is to be reset before it is set up, if it answers.
    reset_due: bool,
    address: u8,
    timers: [Option<Timer>; TIMERS.len()],
    configured: bool,
    stop_on_drop: bool,
    /// The analog input that was sampled last, if nothing else was on the bus since.
    sampled: Option<u8>,
    /// Duties of the channels in use, of [`FULL_ON`].
    staged: [Option<u16>; CHANNELS as usize],
    /// What each channel was given last without a failure, even if it may have been lost since.
    given: [u16; CHANNELS as usize],
    /// The counts that the chip is known to have.
    written: [Option<u16>; CHANNELS as usize],
}

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> RobotHat<I, D, R> {
    /// Resets the chip if it has a `reset` line, turns `channels` off and sets up their timers. Each is
    /// a channel and its frequency in hertz. Whatever an earlier process left running on them stops.
    ///
    /// # Errors
    /// An address, a channel or a frequency that the chip does not have, or a failed transfer.
    pub fn new(
        bus: I,
        delay: D,
        reset: Option<R>,
        address: u8,
        channels: &[(u8, f64)],
    ) -> Result<Self, Error<I::Error>> {
        if !ADDRESSES.contains(&address) {
            return Err(Error::Address(address));
        }
        let mut timers = [None; TIMERS.len()];
        let mut staged = [None; CHANNELS as usize];
        for &(channel, frequency_hz) in channels {
            let timer = Timer::at(frequency_hz).ok_or(Error::Frequency(frequency_hz))?;
            let known = &mut timers[timer_of(channel).ok_or(Error::Channel(channel))?];
            if known.replace(timer).is_some_and(|known| known != timer) {
                return Err(Error::Timer(channel));
            }
            staged[usize::from(channel)] = Some(0);
        }
        let (given, written) = ([0; CHANNELS as usize], [None; CHANNELS as usize]);
        let (configured, stop_on_drop, sampled) = (false, true, None);
        let (held, reset_due) = (false, false);
        let mut chip = Self {
            bus,
            delay,
            reset,
            held,
            reset_due,
            address,
            timers,
            configured,
            stop_on_drop,
            sampled,
            staged,
            given,
            written,
        };
        // Whatever it was, and whether or not it answers.
        chip.reset()?;
        chip.flush()?;
        Ok(chip)
    }

    /// What the timer of a channel really makes of the frequency that was asked for.
    ///
    /// # Errors
    /// A channel that the chip was not set up for.
    pub fn frequency_hz(&self, channel: u8) -> Result<f64, Error<I::Error>> {
        let timer = timer_of(channel).and_then(|timer| self.timers[timer]);
        timer.map(Timer::frequency_hz).ok_or(Error::Channel(channel))
    }

    /// Sets what a channel shall do after the next [`flush`](Self::flush): 0 is always off,
    /// [`FULL_ON`] always on.
    ///
    /// # Errors
    /// A channel that the chip was not set up for.
    pub fn stage(&mut self, channel: u8, duty: u16) -> Result<(), Error<I::Error>> {
        let staged = self.staged.get_mut(usize::from(channel)).and_then(Option::as_mut);
        *staged.ok_or(Error::Channel(channel))? = duty;
        Ok(())
    }

    /// Writes what was staged and is not known to be there. Nothing to write is no transfer.
    ///
    /// After a failure it sets the chip up first. Only the first flush after a [`forget`](Self::forget) resets
    /// it for that, which takes 20 ms, and only once it has answered: there is a car to be stopped meanwhile.
    ///
    /// # Errors
    /// A failed transfer. After it nothing is known, and the next flush writes everything.
    pub fn flush(&mut self) -> Result<(), Error<I::Error>> {
        let result = self.write_changes();
        self.doubt_unless(result)
    }

    /// Asks the chip whether it is there; one byte, of which it is not known what it means. A chip that
    /// was reset answers too: its channels are off, which is safe, and cannot be told from outside.
    ///
    /// # Errors
    /// A failed transfer. After it the next flush writes everything.
    pub fn verify(&mut self) -> Result<(), Error<I::Error>> {
        let result = self.probe();
        self.doubt_unless(result)
    }

    /// Takes nothing for granted: the next flush writes every channel, and after a failure resets the chip.
    pub fn forget(&mut self) {
        self.written = [None; CHANNELS as usize];
        self.reset_due = !self.configured;
    }

    /// Turns every channel off that the chip was set up for, whatever was staged. Goes on where one fails.
    ///
    /// # Errors
    /// The first failed transfer.
    pub fn all_off(&mut self) -> Result<(), Error<I::Error>> {
        let mut result = Ok(());
        for channel in 0..CHANNELS {
            if let Some(staged) = &mut self.staged[usize::from(channel)] {
                *staged = 0;
                result = result.and(self.write_counts(channel, 0));
            }
        }
        self.doubt_unless(result)
    }

    /// From now on a drop leaves the channels as they are. Without this it turns them off.
    pub fn leave_running(&mut self) {
        self.stop_on_drop = false;
    }

    fn probe(&mut self) -> Result<(), Error<I::Error>> {
        self.sampled = None;
        self.bus.read(self.address, &mut [0]).map_err(Error::Bus)
    }

    fn reset(&mut self) -> Result<(), Error<I::Error>> {
        self.reset_due = false;
        if let Some(reset) = &mut self.reset {
            self.held = true;
            reset.set_low().map_err(Error::Bus)?;
            self.delay.delay_ms(RESET_MS);
        }
        self.let_go()
    }

    fn let_go(&mut self) -> Result<(), Error<I::Error>> {
        if let Some(reset) = &mut self.reset {
            reset.set_high().map_err(Error::Bus)?;
            if std::mem::take(&mut self.held) {
                self.delay.delay_ms(RESET_MS);
            }
        }
        Ok(())
    }

    fn configure(&mut self) -> Result<(), Error<I::Error>> {
        // A chip that is held in its reset cannot answer, and the line may have dropped with a supply.
        self.let_go()?;
        if self.reset_due {
            self.probe()?;
            self.reset()?;
        }
        self.written = [None; CHANNELS as usize];
        for channel in 0..CHANNELS {
            // Another period would make another pulse of what is still there.
            if self.staged[usize::from(channel)].is_some() {
                self.write_counts(channel, 0)?;
            }
        }
        for (timer, (_, prescaler, period)) in self.timers.into_iter().zip(TIMERS) {
            if let Some(timer) = timer {
                // The library takes one from the prescaler, and none from the period.
                self.write(prescaler, timer.prescaler - 1)?;
                self.write(period, timer.period)?;
            }
        }
        self.configured = true;
        Ok(())
    }

    fn write_changes(&mut self) -> Result<(), Error<I::Error>> {
        if !self.configured {
            self.configure()?;
        }
        for channel in 0..CHANNELS {
            let timer = timer_of(channel).and_then(|timer| self.timers[timer]);
            if let Some((duty, timer)) = self.staged[usize::from(channel)].zip(timer) {
                let counts = timer.counts(duty);
                if self.written[usize::from(channel)] != Some(counts) {
                    self.write_counts(channel, counts)?;
                    self.given[usize::from(channel)] = duty;
                }
            }
        }
        Ok(())
    }

    fn write_counts(&mut self, channel: u8, counts: u16) -> Result<(), Error<I::Error>> {
        self.written[usize::from(channel)] = None;
        self.write(CHANNEL + channel, counts)?;
        self.written[usize::from(channel)] = Some(counts);
        Ok(())
    }

    /// After a failure nothing is taken for granted: the chip may have lost its supply.
    fn doubt_unless(&mut self, result: Result<(), Error<I::Error>>) -> Result<(), Error<I::Error>> {
        if result.is_err() {
            self.written = [None; CHANNELS as usize];
            self.configured = false;
        }
        result
    }

    fn write(&mut self, register: u8, value: u16) -> Result<(), Error<I::Error>> {
        self.sampled = None;
        let [high, low] = value.to_be_bytes();
        self.bus.write(self.address, &[register, high, low]).map_err(Error::Bus)
    }
}

impl<I, D, R> Staged for RobotHat<I, D, R>
where
    I: I2c<Error: Debug + Display> + Send + 'static,
    D: DelayNs + Send + 'static,
    R: OutputPin<Error = I::Error> + Send + 'static,
{
    type Bus = I::Error;
    type Error = Error<I::Error>;
    const FULL_ON: u16 = FULL_ON;

    fn of_bus(error: Self::Error) -> Result<I::Error, Self::Error> {
        match error {
            Error::Bus(error) => Ok(error),
            other => Err(other),
        }
    }

    fn check(&self, channel: u8) -> Result<(), Self::Error> {
        self.frequency_hz(channel).map(|_| ())
    }

    fn frequency_hz(&self, channel: u8) -> Option<f64> {
        self.frequency_hz(channel).ok()
    }

    fn stage(&mut self, channel: u8, duty: u16) -> Result<(), Self::Error> {
        self.stage(channel, duty)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.flush()
    }

    fn take_back(&mut self, channel: u8) {
        if let Some(given) = self.given.get(usize::from(channel)) {
            self.staged[usize::from(channel)] = self.staged[usize::from(channel)].and(Some(*given));
        }
    }

    fn verify(&mut self) -> Result<(), Self::Error> {
        self.verify()
    }

    fn forget(&mut self) {
        self.forget();
    }

    fn leave_running(&mut self) {
        self.leave_running();
    }

    fn analog(chip: &Shared<Self>) -> Option<Box<dyn Analog<Error = Self::Bus> + Send>> {
        Some(Box::new(chip.clone()))
    }
}

impl<I: I2c, D: DelayNs, R: OutputPin<Error = I::Error>> Drop for RobotHat<I, D, R> {
    fn drop(&mut self) {
        if self.stop_on_drop {
            // Nobody is left to tell. Whoever must know calls `all_off` before.
            let _unheard = self.all_off();
        }
    }
}
