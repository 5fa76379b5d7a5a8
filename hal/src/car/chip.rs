//! The chips that put out PWM, behind one trait: whatever a board is driven by is staged, and flushed
//! between the steps of a change.
//!
//! What must never live here: registers, which are the drivers'; the order of writes.

use crate::driver::robot_hat;
use crate::driver::staged::{Shared, Staged};
use crate::platform::adapt::{Boxed, Named};
use crate::platform::{DynBus, DynDelay, DynOutput, Output, Pwm};
use crate::sensor::AnyAnalog;
use crate::{HardwareError, IoError, IoKind};

pub(super) type RobotHat = robot_hat::RobotHat<Boxed<DynBus>, Boxed<DynDelay>, Boxed<DynOutput>>;

/// A chip whose channels are staged, and written when it is flushed. A clone of a handle is the same chip.
pub(super) trait PwmChip: Send {
    /// A channel as a PWM output that is called `place`; off for now.
    fn pwm(&self, channel: u8, place: String) -> Result<Pwm, IoError>;

    /// A channel that is only ever low or high.
    fn output(&self, channel: u8, place: String) -> Result<Output, IoError>;

    /// What it really makes of the frequency that a channel was to have.
    fn frequency_hz(&self, channel: u8) -> Option<f64>;

    /// Sends what changed.
    fn flush(&self) -> Result<(), IoError>;

    /// A channel shall have what it was last given, in place of what was not sent.
    fn take_back(&self, channel: u8);

    /// Whether it still runs as it was set up.
    fn verify(&self) -> Result<(), IoError>;

    /// Takes nothing for granted: the next flush sends everything.
    fn forget(&self);

    /// From now on a drop leaves the channels as they are.
    fn leave_running(&self);

    /// Its analog inputs, if it has any, on the same chip.
    fn analog(&self) -> Option<AnyAnalog>;
}

pub(super) struct Chip {
    /// Its index in the board.
    pub(super) index: usize,
    /// `motor left, servo pan`: what fails if it fails.
    pub(super) users: Vec<String>,
    pub(super) pwm: Box<dyn PwmChip>,
}

impl Chip {
    pub(super) fn error(&self, source: IoError) -> HardwareError {
        HardwareError { part: self.users.join(", "), source }
    }
}

/// A chip that is shared with its channels, and what it is called.
pub(super) struct OnBoard<C> {
    name: String,
    shared: Shared<C>,
}

impl<C: Staged<Bus = IoError>> OnBoard<C> {
    pub(super) fn new(name: &str, chip: C) -> Self {
        Self { name: name.to_owned(), shared: Shared::new(chip) }
    }

    fn said(&self, result: Result<(), C::Error>) -> Result<(), IoError> {
        result.map_err(|error| explained::<C>(&self.name, error))
    }
}

impl<C: Staged<Bus = IoError> + Send + 'static> PwmChip for OnBoard<C> {
    fn pwm(&self, channel: u8, place: String) -> Result<Pwm, IoError> {
        let inner = self.shared.channel(channel).map_err(|error| explained::<C>(&place, error))?;
        Ok(Box::new(Named { inner, place }))
    }

    fn output(&self, channel: u8, place: String) -> Result<Output, IoError> {
        let inner = self.shared.channel(channel).map_err(|error| explained::<C>(&place, error))?;
        Ok(Box::new(Named { inner, place }))
    }

    fn frequency_hz(&self, channel: u8) -> Option<f64> {
        self.shared.lock().frequency_hz(channel)
    }

    fn flush(&self) -> Result<(), IoError> {
        self.said(self.shared.lock().flush())
    }

    fn take_back(&self, channel: u8) {
        self.shared.lock().take_back(channel);
    }

    fn verify(&self) -> Result<(), IoError> {
        self.said(self.shared.lock().verify())
    }

    fn forget(&self) {
        self.shared.lock().forget();
    }

    fn leave_running(&self) {
        self.shared.lock().leave_running();
    }

    fn analog(&self) -> Option<AnyAnalog> {
        C::analog(&self.shared)
    }
}

/// What a chip called `place` says.
pub(super) fn explained<C: Staged<Bus = IoError>>(place: &str, error: C::Error) -> IoError {
    C::of_bus(error).unwrap_or_else(|refused| IoError {
        place: place.to_owned(),
        reason: refused.to_string(),
        kind: IoKind::Other,
    })
}
