//! What hardware says when it fails, with the name of what failed.

use embedded_hal::{digital, i2c, pwm};

/// The kind of an [`IoError`], enough for embedded-hal's own kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IoKind {
    /// A chip did not acknowledge.
    NoAcknowledge,
    /// The bus was lost to somebody else, or disturbed.
    Bus,
    /// The bus hangs: nobody lets go of its wires.
    Stuck,
    /// Nothing was written, because an [`Interlock`](crate::Interlock) is engaged.
    Interlocked,
    /// Anything else.
    Other,
}

/// How often a transfer is tried in all. Noise of a motor spoils one transfer, seldom the next one too; a
/// chip that is gone answers none. At 100 kHz a transfer that nobody acknowledges takes 0.1 ms, so that three
/// are nothing in a turn of the control loop, and a board whose wires need more is not safe to drive.
pub(crate) const TRIES: usize = 3;

impl IoKind {
    /// Whether the same transfer may well succeed at once. A bus that hangs has taken its time already.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::NoAcknowledge | Self::Bus)
    }
}

/// One transfer or one pin failed. Every platform uses this as the error of its embedded-hal
/// objects, so that drivers and boxes over different platforms have one type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct IoError {
    /// Which pin, channel or chip: `gpio:GPIO17`, `pca9685@0x40`, `i2c-1 address 0x40`.
    pub place: String,
    /// What happened, in words.
    pub reason: String,
    /// For programs.
    pub kind: IoKind,
}

impl IoError {
    /// The same, of a transfer that was given up after so many tries.
    pub(crate) fn after(mut self, tries: usize) -> Self {
        if tries > 1 {
            self.reason += &format!("; tried {tries} times");
        }
        self
    }
}

impl digital::Error for IoError {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}

impl pwm::Error for IoError {
    fn kind(&self) -> pwm::ErrorKind {
        pwm::ErrorKind::Other
    }
}

impl i2c::Error for IoError {
    fn kind(&self) -> i2c::ErrorKind {
        match self.kind {
            IoKind::NoAcknowledge => i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Unknown),
            IoKind::Bus | IoKind::Stuck => i2c::ErrorKind::Bus,
            IoKind::Interlocked | IoKind::Other => i2c::ErrorKind::Other,
        }
    }
}

/// The assembled car could not do what it was told. The car must be brought to rest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {source}")]
pub struct HardwareError {
    /// Which part of the car: `motor left`, `servo pan`.
    pub part: String,
    /// What failed there.
    pub source: IoError,
}

/// A board could not be put together on this platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("board `{board}`, {part}: {source}")]
pub struct AssembleError {
    /// The board's name.
    pub board: String,
    /// Which part of the car.
    pub part: String,
    /// What failed there.
    pub source: IoError,
}
