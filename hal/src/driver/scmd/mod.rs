//! SparkFun Serial Controlled Motor Driver (SCMD): two motors over I²C, as on SparkFun's JetBot.
//!
//! What lives here: the registers, and what is to be written when. The chip has one register for each
//! motor, whose middle is no power; here it has the four terminals of its motor port, A1, A2, B1, B2, each
//! with a duty, so that it is wired like any bridge with two inputs: a motor gets the difference of its
//! two. Duties are *staged* first and written together by [`Scmd::flush`], only what changed. What must
//! never live here: which wheel a motor turns.
//!
//! Sections and registers are those of SparkFun's "Serial Controlled Motor Driver (SCMD) Datasheet and
//! Manual"; what it does not say is from its firmware (sparkfun/Serial_Controlled_Motor_Driver, SCMD_FW).
//! Its own watchdog (FSAFE_TIME) stays off: nobody promises it a word in time.

use std::fmt::{Debug, Display};
use std::ops::RangeInclusive;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;

use super::staged::Staged;

#[cfg(test)]
mod tests;

/// Terminals of a chip: A1, A2, B1, B2.
pub const CHANNELS: u8 = 4;
/// What its jumpers can make of it: patterns 3 to 12 (firmware, `CONFIG_BITS`).
pub const ADDRESSES: RangeInclusive<u8> = 0x58..=0x61;
/// The duty that is always on: "127 levels of DC drive strength" (Features).
pub const FULL_ON: u16 = 127;

const MOTORS: usize = 2;
const ID: u8 = 0x01;
/// What ID holds.
const ID_WORD: u8 = 0xA9;
const MOTOR_A_INVERT: u8 = 0x12;
const MOTOR_B_INVERT: u8 = 0x13;
const BRIDGE: u8 = 0x14;
const MA_DRIVE: u8 = 0x20;
/// The middle of a drive register.
const NO_POWER: u8 = 0x80;
const DRIVER_ENABLE: u8 = 0x70;
const FSAFE_TIME: u8 = 0x76;
const STATUS_1: u8 = 0x77;
const STATUS_ENUMERATED: u8 = 0x01;
/// Registers that are set up, to what; the outputs last.
const SETUP: [[u8; 2]; 5] =
    [[FSAFE_TIME, 0], [MOTOR_A_INVERT, 0], [MOTOR_B_INVERT, 0], [BRIDGE, 0], [DRIVER_ENABLE, 1]];
/// A boot takes 1.15 s and 200 polls for further drivers (firmware, `systemInit`): this long at most.
const BOOT_MS: u32 = 3_000;
/// How often a chip that boots is asked.
const POLL_MS: u32 = 20;
/// A written register takes effect in the chip's main loop (Operational Description: "the busy bit is
/// valid 30 µs after").
const SETTLE_US: u32 = 500;

/// What the driver refuses, or what went wrong on the bus.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error<E> {
    /// A transfer failed. What the chip puts out is unknown; the next [`Scmd::flush`] sets it up from the
    /// beginning and writes both motors.
    #[error("{0}")]
    Bus(E),
    /// Its outputs are not enabled any more. The next [`Scmd::flush`] sets it up from the beginning.
    #[error("the chip was reset (its DRIVER_ENABLE is {0:#04x}, not 0x01): does its supply drop under load?")]
    Reset(u8),
    /// Something else answers at its address.
    #[error("this is no SCMD: its ID is {0:#04x}, not 0xa9")]
    Id(u8),
    /// It answers and says that it still starts, as after its supply dropped. The next [`Scmd::flush`] asks
    /// again.
    #[error("the chip still starts, which takes 3 s at most: does its supply drop under load?")]
    Booting,
    /// The chip cannot have this address.
    #[error("{0:#04x} is no address of an SCMD: 0x58 to 0x61")]
    Address(u8),
    /// There are only four terminals.
    #[error("{0} is no terminal of an SCMD: 0 to 3, for A1, A2, B1, B2")]
    Channel(u8),
    /// More than always on.
    #[error("a duty of {0} is beyond an SCMD: 0 to 127")]
    Duty(u16),
}

/// The chip. Neither motor has power from [`new`](Self::new) on.
#[derive(Debug)]
pub struct Scmd<I: I2c, D: DelayNs> {
    /// Empty once released.
    hardware: Option<(I, D)>,
    address: u8,
    configured: bool,
    stop_on_drop: bool,
    staged: [u16; CHANNELS as usize],
    /// What the drive registers are known to have.
    written: [Option<u8>; MOTORS],
}

impl<I: I2c, D: DelayNs> Scmd<I, D> {
    /// Takes the power of both motors away, then sets the chip up. Waits up to 3 s for a chip that has just
    /// got its supply.
    ///
    /// # Errors
    /// An address that the chip does not have, another chip, or a failed transfer.
    pub fn new(bus: I, delay: D, address: u8) -> Result<Self, Error<I::Error>> {
        if !ADDRESSES.contains(&address) {
            return Err(Error::Address(address));
        }
        let mut chip = Self {
            hardware: Some((bus, delay)),
            address,
            configured: false,
            stop_on_drop: true,
            staged: [0; CHANNELS as usize],
            written: [None; MOTORS],
        };
        match chip.start() {
            Ok(()) => Ok(chip),
            Err(error) => {
                // Whatever sits there is not to be written.
                chip.stop_on_drop = !matches!(error, Error::Id(_));
                Err(error)
            }
        }
    }

    /// Sets what a terminal shall do after the next [`flush`](Self::flush): 0 is always low, [`FULL_ON`]
    /// always high. Terminals of a motor that do the same short it, on average: the chip modulates both.
    ///
    /// # Errors
    /// No such terminal, or a duty beyond [`FULL_ON`].
    pub fn stage(&mut self, channel: u8, duty: u16) -> Result<(), Error<I::Error>> {
        if duty > FULL_ON {
            return Err(Error::Duty(duty));
        }
        *self.staged.get_mut(usize::from(channel)).ok_or(Error::Channel(channel))? = duty;
        Ok(())
    }

    /// Writes what was staged and is not known to be there: three bytes on the bus for each motor. A chip that
    /// still starts is not waited for, as it drives nothing.
    ///
    /// # Errors
    /// A failed transfer, or [`Error::Booting`]. After either nothing is known, and the next flush writes
    /// everything.
    pub fn flush(&mut self) -> Result<(), Error<I::Error>> {
        let result = self.write_changes();
        self.doubt_unless(result)
    }

    /// Asks whether the outputs are enabled, which they are not in a chip that lost its supply for a
    /// moment: that one acknowledges what it is told.
    ///
    /// # Errors
    /// A failed transfer, or [`Error::Reset`]. After either the next flush writes everything.
    pub fn verify(&mut self) -> Result<(), Error<I::Error>> {
        let result = match self.read(DRIVER_ENABLE) {
            Ok(1) => Ok(()),
            Ok(other) => Err(Error::Reset(other)),
            Err(error) => Err(error),
        };
        self.doubt_unless(result)
    }

    /// Takes nothing for granted: the next flush writes both motors.
    pub fn forget(&mut self) {
        self.written = [None; MOTORS];
    }

    /// Takes the power of both motors away at once, whatever was staged.
    ///
    /// # Errors
    /// The first failed transfer; the second motor is tried all the same.
    pub fn all_off(&mut self) -> Result<(), Error<I::Error>> {
        self.staged = [0; CHANNELS as usize];
        (0..MOTORS).map(|motor| self.drive(motor, NO_POWER)).fold(Ok(()), Result::and)
    }

    /// From now on a drop leaves the motors as they are. Without this it takes their power away.
    pub fn leave_running(&mut self) {
        self.stop_on_drop = false;
    }

    /// The bus and the delay. The motors stay as they are.
    pub fn release(mut self) -> Option<(I, D)> {
        self.hardware.take()
    }

    fn configure(&mut self) -> Result<(), Error<I::Error>> {
        match self.read(ID)? {
            ID_WORD => {}
            other => return Err(Error::Id(other)),
        }
        for motor in 0..MOTORS {
            self.drive(motor, NO_POWER)?;
        }
        if self.read(STATUS_1)? & STATUS_ENUMERATED == 0 {
            return Err(Error::Booting);
        }
        for register in SETUP {
            self.write(&register)?;
            self.delay_us(SETTLE_US);
        }
        self.configured = true;
        Ok(())
    }

    /// As [`configure`](Self::configure), for whoever has the time to wait.
    fn start(&mut self) -> Result<(), Error<I::Error>> {
        for _ in 0..BOOT_MS / POLL_MS {
            match self.configure() {
                Err(Error::Booting) => self.delay_us(POLL_MS * 1_000),
                done => return done,
            }
        }
        Err(Error::Booting)
    }

    fn write_changes(&mut self) -> Result<(), Error<I::Error>> {
        if !self.configured {
            self.configure()?;
        }
        for motor in 0..MOTORS {
            let wanted = drive_value(self.staged[2 * motor], self.staged[2 * motor + 1]);
            if self.written[motor] != Some(wanted) {
                self.drive(motor, wanted)?;
            }
        }
        Ok(())
    }

    fn drive(&mut self, motor: usize, value: u8) -> Result<(), Error<I::Error>> {
        self.written[motor] = None;
        self.write(&[MA_DRIVE + motor as u8, value])?;
        self.written[motor] = Some(value);
        Ok(())
    }

    /// After a failure nothing is taken for granted: the chip may have lost its supply.
    fn doubt_unless(&mut self, result: Result<(), Error<I::Error>>) -> Result<(), Error<I::Error>> {
        if result.is_err() {
            self.forget();
            self.configured = false;
        }
        result
    }

    /// Twice: the chip fetches what it answers when a transfer ends ("reading from the device requires two
    /// bus operations"), so that within one transfer it answers what was asked before.
    fn read(&mut self, register: u8) -> Result<u8, Error<I::Error>> {
        let mut value = [0];
        if let Some((bus, _)) = &mut self.hardware {
            for _ in 0..2 {
                bus.write_read(self.address, &[register], &mut value).map_err(Error::Bus)?;
            }
        }
        Ok(value[0])
    }

    /// One register: the chip dumps longer messages (firmware, `parseI2C`).
    fn write(&mut self, bytes: &[u8; 2]) -> Result<(), Error<I::Error>> {
        match &mut self.hardware {
            Some((bus, _)) => bus.write(self.address, bytes).map_err(Error::Bus),
            None => Ok(()),
        }
    }

    fn delay_us(&mut self, us: u32) {
        if let Some((_, delay)) = &mut self.hardware {
            delay.delay_us(us);
        }
    }
}

impl<I: I2c<Error: Debug + Display>, D: DelayNs> Staged for Scmd<I, D> {
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
        None
    }

    fn stage(&mut self, channel: u8, duty: u16) -> Result<(), Self::Error> {
        self.stage(channel, duty)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.flush()
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

impl<I: I2c, D: DelayNs> Drop for Scmd<I, D> {
    fn drop(&mut self) {
        if self.stop_on_drop {
            // Nobody is left to tell. Whoever must know calls `all_off` before.
            let _unheard = self.all_off();
        }
    }
}

/// 1 to 255 around the middle. Staged duties are at most 127.
fn drive_value(first: u16, second: u16) -> u8 {
    (u16::from(NO_POWER) + first - second) as u8
}
