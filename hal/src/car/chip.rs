//! The chips that put out PWM, behind one trait: whatever a board is driven by is staged, and flushed
//! between the steps of a change.
//!
//! What must never live here: registers, which are the drivers'; the order of writes.

use std::fmt::Display;

use crate::driver::{pca9685, robot_hat};
use crate::platform::adapt::{Boxed, Named};
use crate::platform::{DynBus, DynDelay, DynOutput, Output, Pwm};
use crate::{HardwareError, IoError, IoKind};

type Pca9685 = pca9685::Shared<Boxed<DynBus>, Boxed<DynDelay>>;
type RobotHat = robot_hat::Shared<Boxed<DynBus>, Boxed<DynDelay>, Boxed<DynOutput>>;

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

    /// Whether it still runs as it was set up.
    fn verify(&self) -> Result<(), IoError>;

    /// Takes nothing for granted: the next flush sends everything.
    fn forget(&self);

    /// From now on a drop leaves the channels as they are.
    fn leave_running(&self);

    /// Samples an analog input, and says what it reads at full scale.
    #[allow(dead_code, reason = "for whoever senses")]
    fn read_analog(&self, input: u8) -> Result<(u16, u16), IoError>;
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
pub(super) struct OnBoard<S> {
    pub(super) name: String,
    pub(super) shared: S,
}

impl PwmChip for OnBoard<Pca9685> {
    fn pwm(&self, channel: u8, place: String) -> Result<Pwm, IoError> {
        let inner = self.shared.channel(channel).map_err(|error| refused(&place, &error))?;
        Ok(Box::new(Named { inner, place }))
    }

    fn output(&self, channel: u8, place: String) -> Result<Output, IoError> {
        let inner = self.shared.channel(channel).map_err(|error| refused(&place, &error))?;
        Ok(Box::new(Named { inner, place }))
    }

    fn frequency_hz(&self, _channel: u8) -> Option<f64> {
        Some(self.shared.lock().frequency_hz())
    }

    fn flush(&self) -> Result<(), IoError> {
        self.shared.lock().flush().map_err(|error| pca9685_refused(&self.name, error))
    }

    fn verify(&self) -> Result<(), IoError> {
        self.shared.lock().verify().map_err(|error| pca9685_refused(&self.name, error))
    }

    fn forget(&self) {
        self.shared.lock().forget();
    }

    fn leave_running(&self) {
        self.shared.lock().leave_running();
    }

    fn read_analog(&self, _input: u8) -> Result<(u16, u16), IoError> {
        Err(refused(&self.name, &"has no analog inputs"))
    }
}

impl PwmChip for OnBoard<RobotHat> {
    fn pwm(&self, channel: u8, place: String) -> Result<Pwm, IoError> {
        let inner = self.shared.channel(channel).map_err(|error| refused(&place, &error))?;
        Ok(Box::new(Named { inner, place }))
    }

    fn output(&self, channel: u8, place: String) -> Result<Output, IoError> {
        let inner = self.shared.channel(channel).map_err(|error| refused(&place, &error))?;
        Ok(Box::new(Named { inner, place }))
    }

    fn frequency_hz(&self, channel: u8) -> Option<f64> {
        self.shared.lock().frequency_hz(channel).ok()
    }

    fn flush(&self) -> Result<(), IoError> {
        self.shared.lock().flush().map_err(|error| robot_hat_refused(&self.name, error))
    }

    fn verify(&self) -> Result<(), IoError> {
        self.shared.lock().verify().map_err(|error| robot_hat_refused(&self.name, error))
    }

    fn forget(&self) {
        self.shared.lock().forget();
    }

    fn leave_running(&self) {
        self.shared.lock().leave_running();
    }

    fn read_analog(&self, input: u8) -> Result<(u16, u16), IoError> {
        let value = self.shared.lock().read_analog(input);
        let value = value.map_err(|error| robot_hat_refused(&self.name, error))?;
        Ok((value, robot_hat::FULL_SCALE))
    }
}

pub(super) fn pca9685_refused(name: &str, error: pca9685::Error<IoError>) -> IoError {
    match error {
        pca9685::Error::Bus(error) => error,
        other => refused(name, &other),
    }
}

pub(super) fn robot_hat_refused(name: &str, error: robot_hat::Error<IoError>) -> IoError {
    match error {
        robot_hat::Error::Bus(error) => error,
        other => refused(name, &other),
    }
}

fn refused(place: &str, reason: &dyn Display) -> IoError {
    IoError { place: place.to_owned(), reason: reason.to_string(), kind: IoKind::Other }
}
