//! What converters from volts to numbers have in common: a conversion in steps of one transfer each.
//!
//! What must never live here: registers, and what is wired to an input.

use std::time::Duration;

/// What a converter refuses, or what went wrong on its bus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error<E> {
    /// A transfer failed. A conversion that was under way is given up.
    #[error("{0}")]
    Bus(E),
    /// There is no such input.
    #[error("{channel} is no analog input of this chip: it has {count}, from 0")]
    Channel {
        /// What was asked for.
        channel: u8,
        /// How many there are.
        count: u8,
    },
}

/// How far a conversion is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Conversion {
    /// Under way: ask again after this long. One that is asked for too soon is wrong, not late.
    Wait(Duration),
    /// Done, in volts.
    Volts(f64),
}

/// A converter with several inputs, of which it converts one at a time.
pub trait Analog {
    /// What goes wrong on its bus.
    type Error;

    /// What it reads as full scale, volts.
    fn full_scale_v(&self) -> f64;

    /// The next step of converting `channel`: exactly one transfer, or none if it is refused. Asking for
    /// another channel gives up what was under way.
    ///
    /// # Errors
    /// No such channel, or a transfer that failed.
    fn convert(&mut self, channel: u8) -> Result<Conversion, Error<Self::Error>>;

    /// Whether it converts `channel` now, and gives that up when anything else is written to the chip.
    fn is_spoilt_by_writes(&self, _channel: u8) -> bool {
        false
    }
}

pub(super) fn check<E>(channel: u8, count: u8) -> Result<(), Error<E>> {
    if channel < count { Ok(()) } else { Err(Error::Channel { channel, count }) }
}
