//! The timers of a Robot HAT: which channels they serve, and what they make of a frequency.
//!
//! What must never live here: transfers.

use std::ops::RangeInclusive;

use super::{CHANNELS, FULL_ON};

/// What its timers make with a period that still has a hundred steps, hertz.
pub const FREQUENCIES_HZ: RangeInclusive<f64> = 1.0..=720_000.0;

const CLOCK_HZ: f64 = 72e6;
/// The longest period that the library gives a servo.
const LONGEST_PERIOD: f64 = 4095.0;
/// Timers by the first of their channels, with their prescaler and period registers.
pub(super) const TIMERS: [(u8, u8, u8); 7] = [
    (0, 0x40, 0x44),
    (4, 0x41, 0x45),
    (8, 0x42, 0x46),
    (12, 0x43, 0x47),
    (16, 0x50, 0x54),
    (18, 0x51, 0x55),
    (19, 0x52, 0x56),
];

/// What a timer divides the clock by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timer {
    pub(super) prescaler: u16,
    pub(super) period: u16,
}

impl Timer {
    /// As fine as the library's longest period allows.
    pub(super) fn at(frequency_hz: f64) -> Option<Self> {
        FREQUENCIES_HZ.contains(&frequency_hz).then(|| {
            let counts = CLOCK_HZ / frequency_hz;
            let prescaler = (counts / LONGEST_PERIOD).ceil();
            // The range of frequencies leaves 1 to 17583, and 100 to 4095.
            Self { prescaler: prescaler as u16, period: (counts / prescaler).round() as u16 }
        })
    }

    pub(super) fn frequency_hz(self) -> f64 {
        CLOCK_HZ / f64::from(self.prescaler) / f64::from(self.period)
    }

    /// The counts of the period that a duty is.
    pub(super) fn counts(self, duty: u16) -> u16 {
        let counts = f64::from(self.period) * f64::from(duty) / f64::from(FULL_ON);
        // At most the period.
        counts.round() as u16
    }
}

/// Which of [`TIMERS`] a channel is on.
pub(super) fn timer_of(channel: u8) -> Option<usize> {
    (channel < CHANNELS).then(|| TIMERS.partition_point(|(first, ..)| *first <= channel) - 1)
}

/// The channels that run at one frequency with `channel`, itself among them: of the first sixteen those of its
/// four, then P16 and P17; P18 and P19 are alone.
#[must_use]
pub fn shares_timer_with(channel: u8) -> RangeInclusive<u8> {
    let Some(timer) = timer_of(channel) else { return channel..=channel };
    let first = |timer: usize| TIMERS.get(timer).map_or(CHANNELS, |(first, ..)| *first);
    first(timer)..=first(timer + 1) - 1
}
