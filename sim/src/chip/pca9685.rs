//! NXP PCA9685: 16 channels of 12-bit PWM. Numbers are those of its data sheet, revision 4.
//!
//! Three things are simpler than in the chip. A new duty shows at the end of the transfer; the chip
//! may finish its cycle first (20 ms at 50 Hz). MODE2.OCH makes no difference, since nothing looks
//! between two bytes. A pin that is set to open drain never gets high, since boards rely on the
//! totem pole and have no pull-ups.

use super::{Chip, Inputs};
use crate::clock::Nanos;
use crate::digest::Digest;
use crate::signal::Signal;

/// The internal oscillator, Hz (section 7.3.5).
const OSCILLATOR_HZ: f64 = 25e6;
/// Outputs.
const CHANNELS: u8 = 16;
/// Counts in a cycle.
const COUNTS: u16 = 4096;
/// How long the oscillator takes to wake (section 7.3.1, note 2).
const WAKE: Nanos = 500_000;
/// What the second byte of a software reset must be (section 7.6).
const SOFTWARE_RESET: [u8; 1] = [0x06];

const MODE1: u8 = 0x00;
const MODE2: u8 = 0x01;
const SUBADR1: u8 = 0x02;
const ALLCALLADR: u8 = 0x05;
const LED0_ON_L: u8 = 0x06;
const LED15_OFF_H: u8 = 0x45;
const ALL_LED_ON_L: u8 = 0xFA;
const ALL_LED_OFF_H: u8 = 0xFD;
const PRE_SCALE: u8 = 0xFE;
const TEST_MODE: u8 = 0xFF;

const RESTART: u8 = 0x80;
const EXTCLK: u8 = 0x40;
const AUTO_INCREMENT: u8 = 0x20;
const SLEEP: u8 = 0x10;
/// MODE1's bits that switch on the addresses of SUBADR1, 2, 3 and ALLCALLADR, in this order.
const ANSWER: [u8; 4] = [0x08, 0x04, 0x02, 0x01];

const INVRT: u8 = 0x10;
const OUTDRV: u8 = 0x04;

/// In an ON_H register full on, in an OFF_H register full off.
const FULL: u8 = 0x10;

/// The chip.
#[derive(Debug)]
pub(crate) struct Pca9685 {
    /// As set by its address pins.
    address: u8,
    registers: [u8; 256],
    /// Where the next byte goes, or comes from.
    pointer: u8,
    oscillator: Oscillator,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Oscillator {
    Asleep,
    Waking { ready_at: Nanos },
    Running,
}

impl Pca9685 {
    /// As after power-up (tables 4 to 7).
    pub(crate) fn new(address: u8) -> Self {
        let mut registers = [0; 256];
        registers[usize::from(MODE1)] = 0x11;
        registers[usize::from(MODE2)] = 0x04;
        for (register, value) in (SUBADR1..=ALLCALLADR).zip([0xE2, 0xE4, 0xE8, 0xE0]) {
            registers[usize::from(register)] = value;
        }
        for channel in 0..CHANNELS {
            registers[led(channel) + 3] = FULL;
        }
        registers[usize::from(PRE_SCALE)] = 0x1E;
        Self { address, registers, pointer: MODE1, oscillator: Oscillator::Asleep }
    }

    fn get(&self, register: u8) -> u8 {
        self.registers[usize::from(register)]
    }

    /// A register as the bus writes it.
    fn set(&mut self, register: u8, value: u8, now: Nanos) {
        let stored = &mut self.registers[usize::from(register)];
        match register {
            MODE1 => self.set_mode1(value, now),
            MODE2 => *stored = value & 0x1F,
            SUBADR1..=ALLCALLADR => *stored = value & 0xFE,
            LED0_ON_L..=LED15_OFF_H => {
                // Three bits of the upper bytes do not exist.
                *stored = if register % 2 == 1 { value & 0x1F } else { value };
                // Section 7.3.1.1: whoever writes a channel needs no restart.
                self.registers[usize::from(MODE1)] &= !RESTART;
            }
            ALL_LED_ON_L..=ALL_LED_OFF_H => {
                for channel in 0..CHANNELS {
                    self.set(LED0_ON_L + 4 * channel + (register - ALL_LED_ON_L), value, now);
                }
            }
            PRE_SCALE if self.get(MODE1) & SLEEP != 0 => {
                self.registers[usize::from(PRE_SCALE)] = value.max(3)
            }
            _ => {}
        }
    }

    fn set_mode1(&mut self, value: u8, now: Nanos) {
        let before = self.get(MODE1);
        let slept = before & SLEEP != 0;
        // RESTART is set by the chip alone, and EXTCLK sticks (section 7.3.1).
        let mut mode1 = (value & !(RESTART | EXTCLK)) | (before & (RESTART | EXTCLK));
        match (slept, value & SLEEP != 0) {
            (false, true) => {
                // Asleep before every channel was off: they wait for a restart.
                if (0..CHANNELS).any(|channel| self.registers[led(channel) + 3] & FULL == 0) {
                    mode1 |= RESTART;
                }
                self.oscillator = Oscillator::Asleep;
            }
            (true, false) => self.oscillator = Oscillator::Waking { ready_at: now.saturating_add(WAKE) },
            // An external clock is taken only by a chip that sleeps and goes on sleeping.
            (true, true) => mode1 |= value & EXTCLK,
            // A restart before the oscillator is stable is no restart.
            (false, false) if self.oscillator == Oscillator::Running => mode1 &= !(value & RESTART),
            (false, false) => {}
        }
        self.registers[usize::from(MODE1)] = mode1;
    }

    /// Whether the outputs follow their registers. No board here feeds an external clock.
    fn pulses(&self) -> bool {
        self.oscillator == Oscillator::Running && self.get(MODE1) & (RESTART | EXTCLK) == 0
    }

    /// What a channel's registers ask for (section 7.3.3).
    fn wanted(&self, channel: u8) -> Signal {
        let [on_l, on_h, off_l, off_h] = [0, 1, 2, 3].map(|part| self.registers[led(channel) + part]);
        match (on_h & FULL != 0, off_h & FULL != 0) {
            (_, true) => Signal::LOW,
            (true, false) => Signal::HIGH,
            (false, false) => {
                let [on, off] = [[on_l, on_h], [off_l, off_h]].map(u16::from_le_bytes);
                let high = off.wrapping_sub(on) % COUNTS;
                Signal {
                    rise: f64::from(on) / f64::from(COUNTS),
                    duty: f64::from(high) / f64::from(COUNTS),
                    frequency_hz: OSCILLATOR_HZ / f64::from(COUNTS) / (f64::from(self.get(PRE_SCALE)) + 1.0),
                }
            }
        }
    }

    fn step_pointer(&mut self) {
        if self.get(MODE1) & AUTO_INCREMENT != 0 {
            // Table 3, remark: past 69 and past 254 comes 0.
            self.pointer = match self.pointer {
                LED15_OFF_H | PRE_SCALE => MODE1,
                pointer => pointer.wrapping_add(1),
            };
        }
    }
}

impl Chip for Pca9685 {
    fn answers(&self, address: u8) -> bool {
        let programmed = (SUBADR1..=ALLCALLADR).zip(ANSWER);
        address == self.address
            || programmed
                .into_iter()
                .any(|(register, bit)| self.get(MODE1) & bit != 0 && self.get(register) >> 1 == address)
    }

    fn write(&mut self, bytes: &[u8], at: &dyn Inputs) -> bool {
        self.tick(at);
        let Some((&control, data)) = bytes.split_first() else { return true };
        if !exists(control) {
            return false;
        }
        self.pointer = control;
        for &byte in data {
            self.set(self.pointer, byte, at.now());
            self.step_pointer();
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8], _at: &dyn Inputs) {
        for byte in buffer {
            *byte = self.get(self.pointer);
            self.step_pointer();
        }
    }

    fn general_call(&mut self, bytes: &[u8], now: Nanos) -> bool {
        let reset = bytes == SOFTWARE_RESET;
        if reset {
            self.power_on_reset(now);
        }
        reset
    }

    fn power_on_reset(&mut self, _now: Nanos) {
        *self = Self::new(self.address);
    }

    fn tick(&mut self, at: &dyn Inputs) -> bool {
        let ready = matches!(self.oscillator, Oscillator::Waking { ready_at } if ready_at <= at.now());
        if ready {
            self.oscillator = Oscillator::Running;
        }
        ready
    }

    fn output(&self, channel: u8) -> Option<Signal> {
        if channel >= CHANNELS {
            return None;
        }
        let wanted = if self.pulses() { self.wanted(channel) } else { Signal::LOW };
        let mode2 = self.get(MODE2);
        let driven = if mode2 & INVRT != 0 { wanted.inverted() } else { wanted };
        Some(if mode2 & OUTDRV != 0 { driven } else { Signal::LOW })
    }

    fn register(&self, register: u8) -> Option<u8> {
        exists(register).then(|| self.get(register))
    }

    fn digest(&self, into: &mut Digest) {
        into.bytes(&self.registers);
        into.integer(self.pointer.into());
        into.integer(match self.oscillator {
            Oscillator::Asleep => 0,
            Oscillator::Waking { ready_at } => ready_at,
            Oscillator::Running => Nanos::MAX,
        });
    }
}

/// Where a channel's four registers begin.
fn led(channel: u8) -> usize {
    usize::from(LED0_ON_L) + 4 * usize::from(channel)
}

/// Reserved addresses are not acknowledged (table 3).
fn exists(register: u8) -> bool {
    matches!(register, MODE1..=LED15_OFF_H | ALL_LED_ON_L..=TEST_MODE)
}

#[cfg(test)]
#[path = "pca9685_tests.rs"]
mod tests;
