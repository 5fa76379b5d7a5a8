//! NXP PCA9685: sixteen PWM channels over I²C, with one prescaler.
//!
//! What must never live here: what is wired to a channel.

use std::ops::RangeInclusive;

/// Channels of a chip.
pub const CHANNELS: u8 = 16;
/// What its six address pins can make of it (datasheet, 7.1.1), short of what I²C itself reserves.
pub const ADDRESSES: RangeInclusive<u8> = 0x40..=0x77;
/// Every PCA9685 answers to this one until told otherwise (datasheet, 7.1.2).
pub const ALL_CALL: u8 = 0x70;
/// What the prescaler can make of the chip's own 25 MHz (datasheet, 7.3.5).
pub const FREQUENCIES_HZ: RangeInclusive<f64> = 24.0..=1526.0;
