//! NXP PCA9685: sixteen PWM channels over I²C, with one prescaler.
//!
//! What lives here: the registers, and what is to be written when. Values are *staged* first and
//! written together by [`Pca9685::flush`]: only channels that changed, neighbours in one burst. What
//! must never live here: what is wired to a channel.
//!
//! Sections are those of the data sheet, PCA9685 rev. 4 of 16 April 2015.

use std::fmt::{Debug, Display};
use std::ops::{Range, RangeInclusive};

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;

use super::staged::Staged;

#[cfg(test)]
mod tests;

/// Channels of a chip.
pub const CHANNELS: u8 = 16;
/// What its six address pins can make of it (7.1.1), short of what I²C itself reserves.
pub const ADDRESSES: RangeInclusive<u8> = 0x40..=0x77;
/// Every PCA9685 answers to this one until told otherwise (7.1.2).
pub const ALL_CALL: u8 = 0x70;
/// What the prescaler can make of the chip's own 25 MHz (7.3.5).
pub const FREQUENCIES_HZ: RangeInclusive<f64> = 24.0..=1526.0;
/// The duty that is always on. One step is a 4096th of the period.
pub const FULL_ON: u16 = 4096;

const MODE1: u8 = 0x00;
const MODE1_RESTART: u8 = 0x80;
const MODE1_AUTO_INCREMENT: u8 = 0x20;
const MODE1_SLEEP: u8 = 0x10;
/// What the driver leaves in MODE1.
const MODE1_RUN: u8 = MODE1_AUTO_INCREMENT;
const MODE2: u8 = 0x01;
const MODE2_TOTEM_POLE: u8 = 0x04;
const LED0_ON_L: u8 = 0x06;
const ALL_LED_OFF_H: u8 = 0xFD;
const PRE_SCALE: u8 = 0xFE;
/// In ON_H always on, in OFF_H always off; off wins (7.3.3).
const FULL: u8 = 0x10;
const BYTES_A_CHANNEL: usize = 4;
/// The oscillator runs this long after SLEEP is cleared (7.3.1.1).
const WAKE_US: u32 = 500;
const OSCILLATOR_HZ: f64 = 25e6;
const STEPS: f64 = 4096.0;

/// What the driver refuses, or what went wrong on the bus.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error<E> {
    /// A transfer failed. What the chip outputs is unknown; the next [`Pca9685::flush`] sets it up
    /// from the beginning and writes every channel.
    #[error("{0}")]
    Bus(E),
    /// The chip is not as it was set up, so its outputs are off or worse. The next
    /// [`Pca9685::flush`] sets it up from the beginning and writes every channel.
    #[error("the chip was reset (its MODE1 is {0:#04x}, not 0x20): does its supply drop under load?")]
    Reset(u8),
    /// The chip cannot have this address.
    #[error("{0:#04x} is no address of a PCA9685: 0x40 to 0x77 without 0x70")]
    Address(u8),
    /// The prescaler cannot make this frequency.
    #[error("{0} hertz is beyond a PCA9685: 24 to 1526 hertz")]
    Frequency(f64),
    /// There are only sixteen channels.
    #[error("{0} is no channel of a PCA9685: 0 to 15")]
    Channel(u8),
    /// More than always on.
    #[error("a duty of {0} is beyond a PCA9685: 0 to 4096")]
    Duty(u16),
}

/// The chip. Every channel is off from [`new`](Self::new) on.
#[derive(Debug)]
pub struct Pca9685<I: I2c, D: DelayNs> {
    /// Empty once released.
    hardware: Option<(I, D)>,
    address: u8,
    prescale: u8,
    configured: bool,
    stop_on_drop: bool,
    staged: [u16; CHANNELS as usize],
    /// What each channel was given last without a failure, even if it may have been lost since.
    given: [u16; CHANNELS as usize],
    /// What the chip is known to have.
    written: [Option<u16>; CHANNELS as usize],
    /// Bit n: channel n was staged at some time, so it is ours to write.
    used: u16,
}

impl<I: I2c, D: DelayNs> Pca9685<I, D> {
    /// Turns every channel off, then sets the chip up. Whatever an earlier process left running stops.
    ///
    /// # Errors
    /// An address or a frequency that the chip does not have, or a failed transfer.
    pub fn new(bus: I, delay: D, address: u8, frequency_hz: f64) -> Result<Self, Error<I::Error>> {
        if !ADDRESSES.contains(&address) || address == ALL_CALL {
            return Err(Error::Address(address));
        }
        let mut chip = Self {
            hardware: Some((bus, delay)),
            address,
            prescale: prescale(frequency_hz).ok_or(Error::Frequency(frequency_hz))?,
            configured: false,
            stop_on_drop: true,
            staged: [0; CHANNELS as usize],
            given: [0; CHANNELS as usize],
            written: [Some(0); CHANNELS as usize],
            used: 0,
        };
        chip.configure()?;
        Ok(chip)
    }

    /// What the prescaler really makes of the frequency that was asked for.
    #[must_use]
    pub fn frequency_hz(&self) -> f64 {
        OSCILLATOR_HZ / STEPS / (f64::from(self.prescale) + 1.0)
    }

    /// Sets what a channel shall do after the next [`flush`](Self::flush): 0 is always off,
    /// [`FULL_ON`] always on.
    ///
    /// # Errors
    /// No such channel, or a duty beyond [`FULL_ON`].
    pub fn stage(&mut self, channel: u8, duty: u16) -> Result<(), Error<I::Error>> {
        if duty > FULL_ON {
            return Err(Error::Duty(duty));
        }
        let staged = self.staged.get_mut(usize::from(channel)).ok_or(Error::Channel(channel))?;
        *staged = duty;
        self.used |= 1 << channel;
        Ok(())
    }

    /// Writes what was staged and is not known to be there. Nothing to write is no transfer.
    ///
    /// # Errors
    /// A failed transfer. After it nothing is known, and the next flush writes everything.
    pub fn flush(&mut self) -> Result<(), Error<I::Error>> {
        let result = self.write_changes();
        self.doubt_unless(result)
    }

    /// Reads one register, which tells a chip that runs from one that is gone, or that lost its supply
    /// for a moment: that one sleeps, yet acknowledges what it is told. Four bytes on the bus.
    ///
    /// # Errors
    /// A failed transfer, or [`Error::Reset`]. After either the next flush writes everything.
    pub fn verify(&mut self) -> Result<(), Error<I::Error>> {
        let result = match self.read(MODE1) {
            // Whether channels wait for a restart is the chip's affair: every write to one ends it.
            Ok(mode1) if mode1 & !MODE1_RESTART == MODE1_RUN => Ok(()),
            Ok(mode1) => Err(Error::Reset(mode1)),
            Err(error) => Err(error),
        };
        self.doubt_unless(result)
    }

    /// Takes nothing for granted: the next flush writes every channel that was ever staged.
    pub fn forget(&mut self) {
        self.written = [None; CHANNELS as usize];
    }

    /// Turns every channel off at once, in one short transfer, whatever was staged.
    ///
    /// # Errors
    /// A failed transfer.
    pub fn all_off(&mut self) -> Result<(), Error<I::Error>> {
        self.staged = [0; CHANNELS as usize];
        self.write(&[ALL_LED_OFF_H, FULL])?;
        self.written = self.staged.map(Some);
        Ok(())
    }

    /// From now on a drop leaves the channels as they are. Without this it turns them off.
    pub fn leave_running(&mut self) {
        self.stop_on_drop = false;
    }

    /// The bus and the delay. The channels stay as they are.
    pub fn release(mut self) -> Option<(I, D)> {
        self.hardware.take()
    }

    fn configure(&mut self) -> Result<(), Error<I::Error>> {
        self.write(&[ALL_LED_OFF_H, FULL])?;
        // The prescaler is writable only in sleep. ALLCALL and the sub-addresses are off from here on:
        // nothing but this driver shall speak to the chip.
        self.write(&[MODE1, MODE1_RUN | MODE1_SLEEP])?;
        self.write(&[PRE_SCALE, self.prescale])?;
        self.write(&[MODE2, MODE2_TOTEM_POLE])?;
        self.write(&[MODE1, MODE1_RUN])?;
        if let Some((_, delay)) = &mut self.hardware {
            delay.delay_us(WAKE_US);
        }
        // Set if the chip was put to sleep while it ran; a one clears it, and then channels run again.
        self.write(&[MODE1, MODE1_RUN | MODE1_RESTART])?;
        self.configured = true;
        Ok(())
    }

    fn write_changes(&mut self) -> Result<(), Error<I::Error>> {
        if !self.configured {
            self.configure()?;
        }
        let mut from = 0;
        while let Some(run) = self.next_run(from) {
            let mut bytes = [0; 1 + BYTES_A_CHANNEL * CHANNELS as usize];
            bytes[0] = LED0_ON_L + (run.start * BYTES_A_CHANNEL) as u8;
            let (registers, _) = bytes[1..].as_chunks_mut::<BYTES_A_CHANNEL>();
            for (registers, duty) in registers.iter_mut().zip(&self.staged[run.clone()]) {
                *registers = on_off(*duty);
            }
            self.write(&bytes[..1 + BYTES_A_CHANNEL * run.len()])?;
            for channel in run.clone() {
                self.written[channel] = Some(self.staged[channel]);
                self.given[channel] = self.staged[channel];
            }
            from = run.end;
        }
        Ok(())
    }

    /// The next channels side by side that have changed. A gap is never written through: one channel
    /// is four bytes, a new burst only two (address and register).
    fn next_run(&self, from: usize) -> Option<Range<usize>> {
        let changed = |channel: &usize| {
            self.used & (1 << channel) != 0 && self.written[*channel] != Some(self.staged[*channel])
        };
        let start = (from..usize::from(CHANNELS)).find(changed)?;
        let end = (start..usize::from(CHANNELS)).find(|channel| !changed(channel));
        Some(start..end.unwrap_or(usize::from(CHANNELS)))
    }

    /// After a failure nothing is taken for granted: the chip may have lost its supply, and be asleep
    /// with the prescaler of its reset.
    fn doubt_unless(&mut self, result: Result<(), Error<I::Error>>) -> Result<(), Error<I::Error>> {
        if result.is_err() {
            self.forget();
            self.configured = false;
        }
        result
    }

    fn read(&mut self, register: u8) -> Result<u8, Error<I::Error>> {
        let mut value = [0];
        if let Some((bus, _)) = &mut self.hardware {
            bus.write_read(self.address, &[register], &mut value).map_err(Error::Bus)?;
        }
        Ok(value[0])
    }

    /// One buffer for each transfer: several adapters refuse a message in pieces.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error<I::Error>> {
        match &mut self.hardware {
            Some((bus, _)) => bus.write(self.address, bytes).map_err(Error::Bus),
            None => Ok(()),
        }
    }
}

impl<I: I2c<Error: Debug + Display>, D: DelayNs> Staged for Pca9685<I, D> {
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
        if channel < CHANNELS { Ok(()) } else { Err(Error::Channel(channel)) }
    }

    fn frequency_hz(&self, _channel: u8) -> Option<f64> {
        Some(self.frequency_hz())
    }

    fn stage(&mut self, channel: u8, duty: u16) -> Result<(), Self::Error> {
        self.stage(channel, duty)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.flush()
    }

    fn take_back(&mut self, channel: u8) {
        if let Some(given) = self.given.get(usize::from(channel)) {
            self.staged[usize::from(channel)] = *given;
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
}

impl<I: I2c, D: DelayNs> Drop for Pca9685<I, D> {
    fn drop(&mut self) {
        if self.stop_on_drop {
            // Nobody is left to tell. Whoever must know calls `all_off` before.
            let _unheard = self.all_off();
        }
    }
}

/// 7.3.5, equation 1.
fn prescale(frequency_hz: f64) -> Option<u8> {
    FREQUENCIES_HZ.contains(&frequency_hz).then(|| {
        let prescale = (OSCILLATOR_HZ / (STEPS * frequency_hz)).round() - 1.0;
        // The range of frequencies leaves 3 to 253.
        prescale as u8
    })
}

/// ON_L, ON_H, OFF_L, OFF_H: on at the start of the period, off after `duty` steps.
fn on_off(duty: u16) -> [u8; BYTES_A_CHANNEL] {
    match duty {
        0 => [0, 0, 0, FULL],
        FULL_ON.. => [0, FULL, 0, 0],
        steps => {
            let [low, high] = steps.to_le_bytes();
            [0, 0, low, high]
        }
    }
}
