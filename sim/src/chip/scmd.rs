//! SparkFun Serial Controlled Motor Driver. Numbers are those of its datasheet's register map, and what
//! that does not say, of its firmware (`devRegisters.c`, `customSerialInterrupts.c`).
//!
//! Three things are simpler than in the chip. It begins started, and starts only after its supply dropped. Its
//! watchdog does not bark. There is no second driver on its expansion port.

use super::{Chip, Inputs};
use crate::clock::Nanos;
use crate::digest::Digest;
use crate::signal::Signal;

/// How many registers there are; a read beyond them is a zero.
const REGISTERS: usize = 128;
/// Steps of a drive register, of which the middle is no power.
const STEPS: f64 = 256.0;
/// Terminals: A1, A2, B1, B2.
const TERMINALS: u8 = 4;
/// The chip's own PWM, Hz. The datasheet does not say; what counts is the average.
const PWM_HZ: f64 = 100e3;

const FID: usize = 0x00;
const ID: usize = 0x01;
const SLAVE_ADDR: usize = 0x02;
const CONFIG_BITS: usize = 0x03;
const U_BUF_DUMPED: usize = 0x06;
const MOTOR_A_INVERT: usize = 0x12;
const BRIDGE: usize = 0x14;
const LOCAL_USER_LOCK: usize = 0x16;
const MST_E_IN_FN: usize = 0x17;
const U_BUS_UART_BAUD: usize = 0x1E;
const FSAFE_CTRL: usize = 0x1F;
const MA_DRIVE: usize = 0x20;
const S16B_DRIVE: usize = 0x41;
const DRIVER_ENABLE: usize = 0x70;
const UPDATE_RATE: usize = 0x71;
const E_BUS_SPEED: usize = 0x73;
const USER_LOCK: usize = 0x75;
const STATUS_1: usize = 0x77;

/// How long it takes to start, nanoseconds: 1.15 s (`systemInit`). Until then it says so, and drives nothing.
const BOOT: Nanos = 1_150_000_000;

/// The addresses that its jumpers make begin here, at pattern 3.
const FIRST_ADDRESS: u8 = 0x58;

/// The chip.
#[derive(Debug)]
pub(crate) struct Scmd {
    /// As set by its jumpers.
    address: u8,
    registers: [u8; REGISTERS],
    /// Where the last write pointed to.
    pointer: u8,
    supply: Supply,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Supply {
    BackSince(Nanos),
    Started,
}

impl Scmd {
    /// As some time after power-up: outputs disabled, no power in any drive register.
    pub(crate) fn new(address: u8) -> Self {
        let mut registers = [0; REGISTERS];
        registers[FID] = 0x07;
        registers[ID] = 0xA9;
        registers[SLAVE_ADDR] = 0x10;
        registers[CONFIG_BITS] = address.wrapping_sub(FIRST_ADDRESS).wrapping_add(3) & 0x0F;
        registers[LOCAL_USER_LOCK] = 0x5C;
        registers[MST_E_IN_FN] = 0x0C;
        registers[U_BUS_UART_BAUD] = 0x02;
        registers[FSAFE_CTRL] = 0x19;
        registers[MA_DRIVE..=S16B_DRIVE].fill(0x80);
        registers[UPDATE_RATE] = 0x0A;
        registers[E_BUS_SPEED] = 0x01;
        registers[USER_LOCK] = 0x5C;
        registers[STATUS_1] = 0x01;
        Self { address, registers, pointer: 0, supply: Supply::Started }
    }

    /// The drive register of a motor, as its inversion and bridging make it: bridged, B does what A does.
    fn drive(&self, motor: usize) -> u8 {
        let source = if self.registers[BRIDGE] == 1 { 0 } else { motor };
        let drive = self.registers[MA_DRIVE + source];
        if self.registers[MOTOR_A_INVERT + source] == 1 { 0_u8.wrapping_sub(drive) } else { drive }
    }
}

impl Chip for Scmd {
    fn answers(&self, address: u8) -> bool {
        address == self.address
    }

    fn write(&mut self, bytes: &[u8], _at: &dyn Inputs) -> bool {
        match *bytes {
            [] => {}
            [pointer] => self.pointer = pointer,
            [pointer, value] => {
                self.pointer = pointer;
                if let Some(register) = self.registers.get_mut(usize::from(pointer)) {
                    let read_only = matches!(usize::from(pointer), FID..=CONFIG_BITS | STATUS_1);
                    *register = if read_only { *register } else { value };
                }
            }
            // Acknowledged, and thrown away.
            _ => self.registers[U_BUF_DUMPED] = self.registers[U_BUF_DUMPED].saturating_add(1),
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8], _at: &dyn Inputs) {
        buffer.fill(self.registers.get(usize::from(self.pointer)).copied().unwrap_or(0));
    }

    fn power_on_reset(&mut self, now: Nanos) {
        *self = Self::new(self.address);
        self.registers[STATUS_1] = 0;
        self.supply = Supply::BackSince(now);
    }

    fn tick(&mut self, at: &dyn Inputs) -> bool {
        let started =
            matches!(self.supply, Supply::BackSince(since) if at.now().saturating_sub(since) >= BOOT);
        if started {
            self.registers[STATUS_1] = 1;
            self.supply = Supply::Started;
        }
        started
    }

    /// The two terminals of a motor are never high together: one is, then the other, and in the middle
    /// of the register each for half of the time. Disabled, both are low.
    fn output(&self, channel: u8) -> Option<Signal> {
        if channel >= TERMINALS {
            return None;
        }
        if self.registers[DRIVER_ENABLE] & 1 == 0 || self.supply != Supply::Started {
            return Some(Signal::LOW);
        }
        let first = f64::from(self.drive(usize::from(channel / 2))) / STEPS;
        let (rise, duty) = if channel.is_multiple_of(2) { (0.0, first) } else { (first, 1.0 - first) };
        Some(Signal { rise, duty, frequency_hz: PWM_HZ })
    }

    fn register(&self, register: u8) -> Option<u8> {
        self.registers.get(usize::from(register)).copied()
    }

    fn digest(&self, into: &mut Digest) {
        into.bytes(&self.registers);
        into.integer(self.pointer.into());
        into.integer(match self.supply {
            Supply::BackSince(since) => since,
            Supply::Started => Nanos::MAX,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chip: &mut Scmd, register: u8) -> u8 {
        let mut value = [0xEE];
        assert!(chip.write(&[register], &0));
        chip.read(&mut value, &0);
        value[0]
    }

    /// What is between the terminals of a motor, as a share of the supply.
    fn volts(chip: &Scmd, motor: u8) -> f64 {
        let [first, second] = [0, 1].map(|terminal| chip.output(2 * motor + terminal).unwrap().duty);
        first - second
    }

    #[test]
    fn after_power_up_it_says_who_it_is_and_drives_nothing() {
        let mut chip = Scmd::new(0x5D);
        assert_eq!((read(&mut chip, 0x01), read(&mut chip, 0x77)), (0xA9, 0x01));
        assert_eq!((read(&mut chip, 0x20), read(&mut chip, 0x21)), (0x80, 0x80));
        assert_eq!(read(&mut chip, 0x03), 8);
        assert!((0..4).all(|terminal| chip.output(terminal) == Some(Signal::LOW)));
        assert_eq!((chip.output(4), chip.register(0x80)), (None, None));
    }

    #[test]
    fn a_drive_register_is_power_around_its_middle_once_the_outputs_are_enabled() {
        let mut chip = Scmd::new(0x5D);
        assert!(chip.write(&[0x20, 0xFF], &0));
        assert_eq!(volts(&chip, 0), 0.0);
        assert!(chip.write(&[0x70, 0x01], &0));
        assert!((volts(&chip, 0) - 127.0 / 128.0).abs() < 1e-12);
        assert_eq!(volts(&chip, 1), 0.0);
        assert!(chip.write(&[0x21, 0x40], &0));
        assert_eq!(volts(&chip, 1), -0.5);
        assert!(chip.write(&[0x13, 0x01], &0));
        assert_eq!(volts(&chip, 1), 0.5);
        assert!(chip.write(&[0x14, 0x01], &0));
        assert_eq!(volts(&chip, 1), volts(&chip, 0));
        chip.power_on_reset(5);
        assert_eq!(chip.output(0), Some(Signal::LOW));
        // 1.15 s later it has started, whenever somebody looks, and is enabled anew.
        assert_eq!((chip.tick(&(BOOT + 4)), read(&mut chip, 0x77)), (false, 0));
        assert_eq!((chip.tick(&(BOOT + 5)), chip.tick(&(BOOT + 6)), read(&mut chip, 0x77)), (true, false, 1));
        assert!(chip.write(&[0x70, 0x01], &0) && chip.write(&[0x20, 0xFF], &0));
        assert!(volts(&chip, 0) > 0.9);
    }

    #[test]
    fn what_is_longer_than_one_register_is_thrown_away_and_who_it_is_cannot_be_written() {
        let mut chip = Scmd::new(0x5D);
        assert!(chip.write(&[0x20, 0xFF, 0xFF], &0));
        assert_eq!((chip.register(0x20), chip.register(0x06)), (Some(0x80), Some(1)));
        assert!(chip.write(&[0x01, 0x00], &0) && chip.write(&[0xF0, 0x00], &0));
        assert_eq!((read(&mut chip, 0x01), read(&mut chip, 0xF0)), (0xA9, 0));
    }
}
